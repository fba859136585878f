import { describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { inUse } from '../secrets.ts';
import settings from '../settings.ts';
import {
  atOrigin,
  DESK,
  type Isolate,
  type Issued,
  isolate,
  oddToken,
  PROJECT,
  refusalOf,
  rooms,
  signIn,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const MANAGER = 'key_manager';

const b2b = latchkeyFor({
  ...settings,
  stytch: { projectId: PROJECT, vertical: 'b2b' },
  roles: { stytch_member: ['items:read'], [MANAGER]: ['items:read', 'items:write'] },
  desk: { organizationRoles: [MANAGER] },
});

/** An isolate of a B2B project, and an organisation that no other test knows. */
const setting = () => {
  const here = isolate({}, b2b);
  const organization = `organization-test-${crypto.randomUUID()}`;
  /** A session of a new member of an organisation. */
  const member = async (roles: readonly string[], of = organization) => {
    const id = `member-test-${crypto.randomUUID()}`;
    const expires_at = new Date(Date.now() + 3_600_000).toISOString();
    const session = await oddToken({
      kind: 'memberSession',
      claims: {
        sub: id,
        'https://stytch.com/session': { id: `member-session-test-${id}`, expires_at, roles },
        'https://stytch.com/organization': { organization_id: of, slug: 'example' },
      },
    });
    return { id, session };
  };
  return { here, organization, member };
};

const issue = async (here: Isolate, session: string, path = '/v1/organization/keys'): Promise<Issued> => {
  const answer = await here.desk(session, 'POST', path, { name: 'of us all', scopes: ['items:read'] });
  expect(answer.status).toBe(201);
  const issued = (await answer.json()) as Issued;
  inUse(issued.key);
  return issued;
};

describe('keys of an organisation', () => {
  it('are made by a member with the role, belong to the organisation, and say who made them', async () => {
    const { here, organization, member } = setting();
    const { id, session } = await member(['stytch_member', MANAGER]);
    const issued = await issue(here, session);
    expect(issued).toMatchObject({
      owner: { kind: 'organization', id: organization, organization_id: organization },
      created_by: id,
    });
    expect((await here.call(issued.key)).status).toBe(200);
    expect(await atOrigin('X-Latchkey-Organization-Id')).toBe(organization);
    expect(await atOrigin('X-Latchkey-User-Id')).toBeNull();
  });

  it('MG-09 › are made by each member under Idempotency-Keys of his own', async () => {
    const { here, member } = setting();
    const made = await Promise.all(
      [await member([MANAGER]), await member([MANAGER])].map(({ session }) =>
        here.fetch(`${DESK}/v1/organization/keys`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${session}`,
            'content-type': 'application/json',
            'idempotency-key': 'one',
          },
          body: JSON.stringify({ name: 'of us all', scopes: ['items:read'] }),
        }),
      ),
    );
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    const keys = await Promise.all(made.map(async (answer) => (await answer.json()) as Issued));
    for (const { key } of keys) inUse(key);
    expect(new Set(keys.map(({ key_id }) => key_id)).size).toBe(2);
  });

  it('are everybody’s with the role, of that organisation alone', async () => {
    const { here, member } = setting();
    const [ada, bob] = [await member([MANAGER]), await member([MANAGER])];
    const eve = await member([MANAGER], `organization-test-${crypto.randomUUID()}`);
    const { key_id, key } = await issue(here, ada.session);
    const path = `/v1/organization/keys/${key_id}`;
    expect((await here.desk(bob.session, 'GET', path)).status).toBe(200);
    expect(await refusalOf(await here.desk(eve.session, 'GET', path))).toEqual({
      ...{ status: 404, code: 'not_found', ...NONE },
    });
    const named = await here.desk(bob.session, 'PATCH', path, { name: 'renamed' });
    expect(await named.json()).toMatchObject({ key_id, name: 'renamed' });
    const rotated = await here.desk(bob.session, 'POST', `${path}/rotate`, { overlap_seconds: 0 });
    const { key: next } = (await rotated.json()) as Issued;
    inUse(next);
    expect([rotated.status, next === key]).toEqual([200, false]);
    expect((await here.desk(bob.session, 'DELETE', path)).status).toBe(200);
    expect(await (await here.desk(ada.session, 'GET', '/v1/organization/keys')).json()).toEqual({
      ...{ data: [], next_cursor: null },
    });
  });

  it('are not the member’s own, and his own are not the organisation’s', async () => {
    const { here, member } = setting();
    const { session } = await member(['stytch_member', MANAGER]);
    const [ours, own] = [await issue(here, session), await issue(here, session, '/v1/keys')];
    for (const path of [`/v1/keys/${ours.key_id}`, `/v1/organization/keys/${own.key_id}`])
      expect(await refusalOf(await here.desk(session, 'GET', path))).toEqual({
        ...{ status: 404, code: 'not_found', ...NONE },
      });
  });

  it('are written down with the member who did it', async () => {
    const { here, member } = setting();
    const { id, session } = await member([MANAGER]);
    const { key_id } = await issue(here, session);
    const audit = await here.desk(session, 'GET', `/v1/organization/audit?key_id=${key_id}`);
    expect(await audit.json()).toMatchObject({
      data: [{ action: 'key.created', actor: { kind: 'member', id }, key_id }],
    });
  });
});

describe('a member without the role', () => {
  it.each([
    ['POST', '', { name: 'x', scopes: ['items:read'] }],
    ['GET', '', undefined],
    ['GET', '/{id}', undefined],
    ['PATCH', '/{id}', { name: 'x' }],
    ['DELETE', '/{id}', undefined],
    ['POST', '/{id}/rotate', { overlap_seconds: 0 }],
    ['POST', '/{id}/rotate/finish', undefined],
    ['POST', '/{id}/rotate/cancel', undefined],
  ] as const)('is refused %s /v1/organization/keys%s, and no Ring is asked', async (method, path, body) => {
    const { here, member } = setting();
    const manager = await member([MANAGER]);
    const { key_id } = await issue(here, manager.session);
    const other = isolate({}, b2b);
    const { session } = await member(['stytch_member']);
    const answer = await other.desk(
      session,
      method,
      `/v1/organization/keys${path.replace('{id}', key_id)}`,
      body,
    );
    expect(await refusalOf(answer)).toEqual({ status: 403, code: 'role_missing', ...NONE });
    expect(other.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
    expect(await rooms.INTERNET.refused()).toEqual([]);
  });

  it('may not give a scope that his own roles do not have, though he manages the keys', async () => {
    const { here, member } = setting();
    const { session } = await member([MANAGER]);
    const answer = await here.desk(session, 'POST', '/v1/organization/keys', {
      ...{ name: 'x', scopes: ['admin:all'] },
    });
    expect(await refusalOf(answer)).toEqual({
      ...{ status: 403, code: 'scope_not_grantable', ...NONE, scopes: ['admin:all'] },
    });
  });
});

describe('where organisations are not configured', () => {
  it('there are no keys of organisations', async () => {
    const here = isolate();
    const answer = await here.desk(await signIn(), 'GET', '/v1/organization/keys');
    expect(await refusalOf(answer)).toEqual({ status: 404, code: 'not_configured', ...NONE });
    expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
  });
});
