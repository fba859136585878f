import { beforeEach, describe, expect, expectTypeOf, it } from 'vitest';
import { type Client, createClient, type Problem } from '../../src/client/index.ts';
import { inUse } from '../secrets.ts';
import { DESK, issueKey, refusalOf, send, signIn, subjectOf } from '../world.ts';

let session: string;
let client: Client;

/** Sends what the client makes of a call to the Worker under test. */
const fetch = async (request: Request): Promise<Response> => {
  const { method, url, headers } = request;
  const text = await request.text();
  return send(url, { method, headers, ...(text === '' ? {} : { body: text }) });
};

const clientOf = (token: Parameters<typeof createClient>[0]['token']) =>
  createClient({ url: DESK, token, fetch });

beforeEach(async () => {
  session = await signIn();
  client = clientOf(session);
});

describe('the client', () => {
  it('makes, reads, lists, changes, rotates and revokes a key, and knows each answer', async () => {
    const made = await client.POST('/v1/keys', { body: { name: 'robot', scopes: ['items:read'] } });
    inUse(made.data?.key ?? '');
    expect(made.data).toMatchObject({ name: 'robot', owner: { kind: 'user', id: subjectOf(session) } });
    const path = { key_id: made.data?.key_id ?? '' };

    const read = await client.GET('/v1/keys/{key_id}', { params: { path } });
    expect(read.data).toMatchObject({ ...path, status: 'active' });
    const etag = read.response.headers.get('etag') ?? '';
    const changed = await client.PATCH('/v1/keys/{key_id}', {
      ...{ params: { path, header: { 'If-Match': etag } }, body: { name: 'renamed' } },
    });
    expect(changed.data).toMatchObject({ name: 'renamed', effective_by: expect.any(String) });

    const listed = await client.GET('/v1/keys', { params: { query: { status: 'all', limit: 5 } } });
    expect(listed.data?.data.map(({ key_id }) => key_id)).toEqual([path.key_id]);
    const rotated = await client.POST('/v1/keys/{key_id}/rotate', {
      ...{ params: { path }, body: { overlap_seconds: 60 } },
    });
    inUse(rotated.data?.key ?? '');
    expect(rotated.data).toMatchObject({
      status: 'rotating',
      rotation: { next_last_four: expect.any(String) },
    });
    const revoked = await client.DELETE('/v1/keys/{key_id}', { params: { path } });
    expect(revoked.data).toMatchObject({ status: 'revoked' });
  });

  it('reads usage and the trail', async () => {
    const { key_id } = await issueKey(session);
    const usage = await client.GET('/v1/keys/{key_id}/usage', {
      params: { path: { key_id }, query: { by: 'day' } },
    });
    expect(usage.data?.data).toHaveLength(30);
    const audit = await client.GET('/v1/audit', { params: { query: { key_id } } });
    expect(audit.data?.data.map(({ action }) => action)).toEqual(['key.created']);
    expect((await client.GET('/v1/audit/head')).data?.seq).toBe(1);
  });

  it('searches a list, and reads the use of its keys and what is left of the limits', async () => {
    const { key_id } = await issueKey(session, ['items:read'], { name: 'Ärger' });
    const { key_id: other } = await issueKey(session);
    const query = { search: 'ärger', scope: 'items:read', sort: 'name' } as const;
    const listed = await client.GET('/v1/keys', { params: { query } });
    expect(listed.data?.data.map((each) => each.key_id)).toEqual([key_id]);
    const usage = await client.GET('/v1/usage/keys', { params: { query: { key_id: [other, key_id] } } });
    expect(usage.data?.data.map((each) => each.key_id)).toEqual([other, key_id]);
    const limits = await client.GET('/v1/limits', { params: { query: { key_id } } });
    expect(limits.data?.limits[0]).toMatchObject({ name: 'owner', left: 600 });
  });

  it('gives a refusal as the problem document that it is', async () => {
    const refused = await client.POST('/v1/keys', { body: { name: 'robot', scopes: ['admin:all'] } });
    expect(refused.data).toBeUndefined();
    expect(refused.error).toMatchObject({ status: 403, code: 'scope_not_grantable', scopes: ['admin:all'] });
    expect(refused.response.status).toBe(403);
    const invalid = await client.POST('/v1/keys', { body: { name: '', scopes: [] } });
    expect(invalid.error?.errors?.map(({ pointer }) => pointer).sort()).toEqual(['/name', '/scopes']);
  });

  it('asks for its token before each request', async () => {
    const tokens = [session, await signIn()];
    const owners = [...tokens].map(subjectOf);
    const changing = clientOf(async () => tokens.shift() ?? null);
    for (const owner of [...owners, undefined])
      expect((await changing.GET('/v1/whoami')).data?.user_id).toBe(owner);
  });

  it('says nothing of anybody where there is no token', async () => {
    const nobody = clientOf(null);
    expect((await nobody.GET('/healthz')).data).toEqual({ status: 'ok' });
    const { error, response } = await nobody.GET('/v1/keys');
    expect([response.status, error?.code]).toEqual([401, 'credential_missing']);
  });

  it('puts what it is given into the path as one segment, whatever it is', async () => {
    for (const key_id of ['../whoami', 'a/b', '?x=1', '#x', '%2e%2e']) {
      const { error, response } = await client.GET('/v1/keys/{key_id}', { params: { path: { key_id } } });
      expect([response.status, error?.code]).toEqual([404, 'not_found']);
    }
  });

  it('reads a page as text', async () => {
    const { data } = await client.GET('/docs', { parseAs: 'text' });
    expect(data).toMatch(/^<!doctype html>/);
  });

  it('does nothing that fetch does not do: the same call by hand is answered the same', async () => {
    const byHand = await send(`${DESK}/v1/keys`, { headers: { authorization: 'Bearer nonsense' } });
    const { error } = await clientOf('nonsense').GET('/v1/keys');
    expect(error?.code).toBe((await refusalOf(byHand)).code);
  });
});

/** Looked at by the compiler alone: nothing of this is run. */
const types = async (): Promise<void> => {
  const made = await client.POST('/v1/keys', { body: { name: 'n', scopes: ['s'] } });
  if (made.data !== undefined) {
    expectTypeOf(made.data.key).toEqualTypeOf<string | null>();
    expectTypeOf(made.data.status).toEqualTypeOf<'active' | 'rotating' | 'revoked' | 'expired'>();
    expectTypeOf(made.data.owner.organization_id).toEqualTypeOf<string | null>();
    // @ts-expect-error: no answer has such a member
    made.data.secret;
  } else expectTypeOf(made.error).toExtend<Problem>();
  // @ts-expect-error: a name is wanted
  await client.POST('/v1/keys', { body: { scopes: ['s'] } });
  // @ts-expect-error: a body is wanted
  await client.POST('/v1/keys');
  // @ts-expect-error: whose usage, the path says
  await client.GET('/v1/keys/{key_id}/usage');
  // @ts-expect-error: both names of the path are wanted
  await client.GET('/v1/users/{user_id}/keys/{key_id}', { params: { path: { key_id: 'k' } } });
  // @ts-expect-error: no such status
  await client.GET('/v1/keys', { params: { query: { status: 'creating' } } });
  // @ts-expect-error: no such path
  await client.GET('/v1/key');
  // @ts-expect-error: a list is not deleted
  await client.DELETE('/v1/keys');
  const read = await client.GET('/v1/keys/{key_id}', { params: { path: { key_id: 'k' } } });
  expectTypeOf(read.data).not.toHaveProperty('key');
  const usage = await client.GET('/v1/usage');
  expectTypeOf(usage.data?.totals.admitted).toEqualTypeOf<number | undefined>();
  const page = await client.GET('/docs', { parseAs: 'text' });
  expectTypeOf(page.data).toEqualTypeOf<string | undefined>();
};

it('is typed: the compiler has looked', () => {
  expect(types).toBeTypeOf('function');
});
