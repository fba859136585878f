import { beforeEach, describe, expect, it } from 'vitest';
import {
  desk,
  dumpOfRing,
  emulator,
  fault,
  issueKey,
  refusalOf,
  ringStub,
  signIn,
  stytchCalls,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
let session: string;
let id: string;

const patch = (body: unknown, headers?: Record<string, string>, key = id) =>
  desk(session, 'PATCH', `/v1/keys/${key}`, body, headers);

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  session = await signIn();
  ({ key_id: id } = await issueKey(session, ['items:read']));
  await emulator('DELETE', '/counters');
});

/** The key is what it was, and Stytch was not asked. */
const nothingHappened = async () => {
  const { keys } = await dumpOfRing(await ringStub(session));
  expect(keys).toMatchObject([{ revision: 1, name: 'test', scopes: '["items:read"]' }]);
  expect(Object.keys(await stytchCalls()).filter((each) => each.startsWith('m2m'))).toEqual([]);
};

describe('PATCH /v1/keys/{key_id} refuses', () => {
  it.each([
    ['nothing at all', {}, '', /change something/],
    ['an empty name', { name: ' ' }, '/name', /empty/],
    ['a name of 65', { name: 'x'.repeat(65) }, '/name', /64/],
    ['no scopes', { scopes: [] }, '/scopes', /at least one/],
    ['an end in the past', { expires_at: '2020-01-01T00:00:00Z' }, '/expires_at', /future/],
    ['an end without a zone', { expires_at: '2099-01-01T00:00:00' }, '/expires_at', /RFC 3339/],
    ['an address that is none', { ip_allowlist: ['10.0.0.256'] }, '/ip_allowlist/0', /CIDR/],
    ['a block with host bits', { ip_allowlist: ['10.0.0.1/8'] }, '/ip_allowlist/0', /CIDR/],
    ['an empty list of addresses', { ip_allowlist: [] }, '/ip_allowlist', /null/],
    ['too many addresses', { ip_allowlist: Array(101).fill('192.0.2.1') }, '/ip_allowlist', /100/],
    ['a limit of nothing', { limit: { requests: 0, per_seconds: 1 } }, '/limit/requests', /./],
    [
      'a limit under which a route is out of reach',
      { limit: { requests: 9, per_seconds: 1 } },
      '/limit/requests',
      /10/,
    ],
    ['half a limit', { limit: { requests: 1 } }, '/limit/per_seconds', /./],
    ['what it does not know', { status: 'active' }, '/status', /not known/],
  ])('%s, by its pointer', async (_, body, pointer, detail) => {
    expect(await refusalOf(await patch(body))).toEqual({
      ...{ status: 400, code: 'request_invalid', ...NONE },
      errors: [{ pointer, detail: expect.stringMatching(detail) }],
    });
    await nothingHappened();
  });

  it.each(['latchkey:admin', 'admin:all', 'items:READ', 'items:*', 'nothing'])(
    'the scope %s, which is not the user’s to give',
    async (scope) => {
      expect(await refusalOf(await patch({ scopes: ['items:read', scope] }))).toEqual({
        ...{ status: 403, code: 'scope_not_grantable', ...NONE, scopes: [scope] },
      });
      await nothingHappened();
    },
  );

  it.each([
    ['of before', '"0"', 412, 'precondition_failed'],
    ['of another', '"99"', 412, 'precondition_failed'],
    ['that is weak', 'W/"1"', 412, 'precondition_failed'],
    ['that is not ours', '"abc"', 412, 'precondition_failed'],
  ])('an entity-tag %s', async (_, tag, status, code) => {
    expect(await refusalOf(await patch({ name: 'x' }, { 'if-match': tag }))).toEqual({
      status,
      code,
      ...NONE,
    });
    await nothingHappened();
  });

  it.each(['1', '"1', '"1", "2"'])('%s as an entity-tag: it is none, or more than one', async (tag) => {
    expect(await refusalOf(await patch({ name: 'x' }, { 'if-match': tag }))).toMatchObject({
      ...{ status: 400, code: 'request_invalid' },
    });
    await nothingHappened();
  });

  it('a key that has ended, and one that never was, alike', async () => {
    await desk(session, 'DELETE', `/v1/keys/${id}`);
    const unknown = `${id.slice(0, 27)}${'0'.repeat(11)}`;
    for (const key of [id, unknown, 'nobody', 'm2m-client-test-1'])
      expect(await refusalOf(await patch({ name: 'x' }, {}, key))).toEqual({
        ...{ status: 404, code: 'not_found', ...NONE },
      });
  });

  it('to widen while Stytch is silent: what was, stays, and it is said when to come back', async () => {
    await fault('m2m.update', { kind: 'status', status: 503 });
    expect(await refusalOf(await patch({ scopes: ['items:read', 'items:write'] }))).toEqual({
      ...{ status: 503, code: 'unavailable', challenge: null, retryAfter: '5' },
    });
    await emulator('DELETE', '/faults');
    const { keys } = await dumpOfRing(await ringStub(session));
    expect(keys).toMatchObject([{ revision: 1, scopes: '["items:read"]' }]);
  });
});
