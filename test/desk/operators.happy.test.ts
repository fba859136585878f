import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Owner } from '../../src/model/identity.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import type { Ring } from '../../src/model/ports.ts';
import { asOperator, OPERATOR, told } from '../operators.ts';
import { inUse } from '../secrets.ts';
import {
  BY,
  call,
  desk,
  dumpOfRing,
  emulator,
  isolate,
  issueKey,
  later,
  now,
  PROJECT,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchClient,
  stytchClients,
  subjectOf,
} from '../world.ts';

const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;
const SUSPENDED = { status: 403, code: 'owner_suspended', challenge: null, retryAfter: null };

/** The greatest lease of the tests' file, in milliseconds. */
const LEASE_MS = 5_000;

let session: string;
let userId: string;
let user: string;

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  session = await signIn();
  userId = subjectOf(session);
  user = `/v1/users/${userId}`;
});
afterEach(now);

/** A key that the operator makes for the user. */
const issued = async (more: object = {}, path = user) => {
  const answer = await asOperator('POST', `${path}/keys`, {
    ...{ name: 'made for you', scopes: ['admin:all'] },
    ...more,
  });
  const body = (await answer.json()) as { key: string; key_id: string };
  inUse(body.key);
  return { answer, ...body, body };
};

/** The owner's trail, oldest first, as it is written down. */
const trail = async () => (await dumpOfRing(await ringStub(session))).audit ?? [];

const effective = (before: number, body: Record<string, unknown>): void => {
  const at = Date.parse(String(body.effective_by));
  expect(at).toBeGreaterThanOrEqual(before + LEASE_MS);
  expect(at).toBeLessThanOrEqual(Date.now() + LEASE_MS);
};

describe('GET /v1/users/{user_id}', () => {
  it('tells of somebody Latchkey never heard of that there is nothing, and leaves no trace', async () => {
    const answer = await asOperator('GET', user);
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        owner: { kind: 'user', id: userId, organization_id: null },
        ...{ created_at: null, plan: null, keys_limit: null, live_keys: 0 },
        ...{ suspension: null, deletion: null },
      },
    ]);
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });

  it('tells since when there is something, and how many keys live', async () => {
    const { key_id } = await issueKey(session);
    await issueKey(session);
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    expect(await told(asOperator('GET', user))).toMatchObject({
      ...{ created_at: expect.stringMatching(SECONDS), live_keys: 1 },
    });
  });

  it.each([
    ['member-test-1', { kind: 'member', id: 'member-test-1', organization_id: null }],
    [
      'organization-test-1',
      { kind: 'organization', id: 'organization-test-1', organization_id: 'organization-test-1' },
    ],
  ])('of %s tells what its prefix says it is', async (id, owner) => {
    expect(await told(asOperator('GET', `/v1/users/${id}`))).toMatchObject({ owner });
  });
});

describe('a suspension', () => {
  it('refuses every credential and session of the owner, and its lifting lets them in again', async () => {
    const { key } = await issueKey(session);
    expect((await call(key)).status).toBe(200);
    const before = Date.now();
    const answer = await asOperator('PUT', `${user}/suspension`, { reason: ' abuse ' });
    const body = (await answer.json()) as Record<string, unknown>;
    expect([answer.status, body]).toMatchObject([
      200,
      { suspension: { suspended_at: expect.stringMatching(SECONDS), reason: 'abuse' }, live_keys: 1 },
    ]);
    effective(before, body);

    // At once where nobody holds a lease; everywhere by `effective_by`.
    const here = isolate();
    expect(await refusalOf(await here.call(key))).toEqual(SUSPENDED);
    expect(await refusalOf(await here.call(session))).toEqual(SUSPENDED);
    await later(LEASE_MS / 1000 + 1);
    expect(await refusalOf(await call(key))).toEqual(SUSPENDED);

    const lifted = await told(asOperator('DELETE', `${user}/suspension`));
    expect(lifted).toMatchObject({ suspension: null, effective_by: expect.any(String) });
    await later(LEASE_MS / 1000 + 1);
    expect((await call(key)).status).toBe(200);
    expect((await isolate().call(session)).status).toBe(200);
  });

  it('lets the owner look at his keys and revoke them, and make or change none', async () => {
    const { key_id } = await issueKey(session);
    await asOperator('PUT', `${user}/suspension`, { reason: 'abuse' });
    const wish = { name: 'n', scopes: ['items:read'] };
    expect(await refusalOf(await desk(session, 'POST', '/v1/keys', wish))).toEqual(SUSPENDED);
    expect(await refusalOf(await desk(session, 'PATCH', `/v1/keys/${key_id}`, { name: 'x' }))).toEqual(
      SUSPENDED,
    );
    expect((await desk(session, 'GET', '/v1/keys')).status).toBe(200);
    expect((await desk(session, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
  });

  it('is written down of whoever has no key yet', async () => {
    await asOperator('PUT', `${user}/suspension`, { reason: 'abuse' });
    expect(await refusalOf(await isolate().call(session))).toEqual(SUSPENDED);
  });

  it('put again changes nothing but its reason, and says who did it', async () => {
    const path = `${user}/suspension`;
    const first = await told(asOperator('PUT', path, { reason: 'abuse' }));
    await later(60);
    const again = await told(asOperator('PUT', path, { reason: 'abuse' }));
    const other = await told(asOperator('PUT', path, { reason: 'unpaid' }));
    expect([again.suspension, other.suspension]).toEqual([
      first.suspension,
      { ...(first.suspension as object), reason: 'unpaid' },
    ]);
    await asOperator('DELETE', path);
    await asOperator('DELETE', path);
    expect(
      (await trail()).map(({ action, actor_kind, actor_id, details }) => [
        action,
        actor_kind,
        actor_id,
        details,
      ]),
    ).toEqual([
      ['owner.suspended', 'operator', OPERATOR, '{"reason":"abuse"}'],
      ['owner.suspended', 'operator', OPERATOR, '{"reason":"unpaid"}'],
      ['owner.lifted', 'operator', OPERATOR, '{}'],
    ]);
  });
});

describe('limits', () => {
  it('are nobody’s own at first, and then what was put', async () => {
    expect(await told(asOperator('GET', `${user}/limits`))).toMatchObject({ plan: null, keys_limit: null });
    const before = Date.now();
    const put = await told(asOperator('PUT', `${user}/limits`, { plan: 'tiny', keys_limit: 2 }));
    expect(put).toEqual({ plan: 'tiny', keys_limit: 2, effective_by: expect.any(String) });
    effective(before, put);
    expect(await told(asOperator('GET', `${user}/limits`))).toEqual({
      ...{ plan: 'tiny', keys_limit: 2, keys: { limit: 2, used: 0 } },
      limits: [{ name: 'owner', requests: 10, per_seconds: 60, left: 10, whole_at: null }],
    });
    expect(await told(asOperator('GET', user))).toMatchObject({ plan: 'tiny', keys_limit: 2 });
    expect(await trail()).toMatchObject([
      { action: 'owner.limits_changed', details: '{"plan":"tiny","keys_limit":2}' },
    ]);
  });

  it('of keys are the owner’s from then on, down to none', async () => {
    const limits = (keys_limit: number | null) =>
      asOperator('PUT', `${user}/limits`, { plan: null, keys_limit });
    const refused = async () => {
      const wish = { name: 'n', scopes: ['items:read'] };
      const { status, code, detail } = await told(desk(session, 'POST', '/v1/keys', wish));
      return [status, code, detail];
    };
    const reached = (limit: number) => [
      ...[409, 'key_limit_reached'],
      `You have ${limit} keys already. Revoke one first.`,
    ];
    await limits(1);
    await issueKey(session);
    expect(await refused()).toEqual(reached(1));
    await limits(0);
    expect(await refused()).toEqual(reached(0));
    await limits(null);
    await issueKey(session);
  });

  it('of a plan are the owner’s from then on', async () => {
    await asOperator('PUT', `${user}/limits`, { plan: 'tiny', keys_limit: null });
    const { key } = await issueKey(session);
    const answer = await isolate().call(key);
    expect(answer.headers.get('ratelimit-policy')).toContain('q=10;w=60');
  });
});

describe('DELETE /v1/users/{user_id}/keys', () => {
  it('revokes every living key, once', async () => {
    const keys = [await issueKey(session), await issueKey(session), await issueKey(session)];
    await desk(session, 'DELETE', `/v1/keys/${keys[0]?.key_id}`);
    const before = Date.now();
    const answer = await asOperator('DELETE', `${user}/keys`);
    const body = (await answer.json()) as Record<string, unknown>;
    expect([answer.status, body]).toEqual([200, { revoked: 2, effective_by: expect.any(String) }]);
    effective(before, body);
    for (const { key } of keys) expect((await isolate().call(key)).status).toBe(401);
    await runDurableObjectAlarm(await ringStub(session));
    expect(await stytchClients(session)).toEqual([]);
    expect(await told(asOperator('DELETE', `${user}/keys`))).toMatchObject({ revoked: 0 });
    // Who may make keys can go on.
    await issueKey(session);
  });
});

describe('the keys of a user, for an operator', () => {
  it('are made in the user’s name, by the operator, with scopes that users cannot give', async () => {
    const { answer, key, key_id, body } = await issued();
    expect(answer.status).toBe(201);
    expect(answer.headers.get('location')).toBe(`${user}/keys/${key_id}`);
    expect(body).toMatchObject({
      owner: { kind: 'user', id: userId, organization_id: null },
      ...{ created_by: OPERATOR, scopes: ['admin:all'], status: 'active' },
    });
    expect((await call(key, '/v1/payouts/1')).status).toBe(200);
    expect(await stytchClient(key_id)).toMatchObject({ trusted_metadata: { user_id: userId } });
    expect(await trail()).toMatchObject([
      { action: 'key.created', actor_kind: 'operator', actor_id: OPERATOR, via: OPERATOR, client_id: key_id },
    ]);
    const { data } = (await (await desk(session, 'GET', '/v1/keys')).json()) as { data: object[] };
    expect(data).toMatchObject([{ key_id, created_by: OPERATOR }]);
  });

  it('are listed, shown, changed, rotated and revoked by the operator as by their owner', async () => {
    const { key, key_id } = await issueKey(session);
    const path = `${user}/keys/${key_id}`;
    expect(await told(asOperator('GET', `${user}/keys`))).toMatchObject({ data: [{ key_id }] });
    expect(await told(asOperator('GET', path))).toMatchObject({ key_id, created_by: userId });
    expect(await told(asOperator('PATCH', path, { scopes: ['items:read', 'admin:all'] }))).toMatchObject({
      scopes: ['items:read', 'admin:all'],
    });
    const rotated = (await told(asOperator('POST', `${path}/rotate`, { overlap_seconds: 60 }))) as {
      key: string;
    };
    inUse(rotated.key);
    expect([(await call(key)).status, (await call(rotated.key)).status]).toEqual([200, 200]);
    expect(await told(asOperator('POST', `${path}/rotate/finish`))).toMatchObject({ status: 'active' });
    expect(await told(asOperator('DELETE', path))).toMatchObject({ status: 'revoked' });
    expect((await isolate().call(rotated.key)).status).toBe(401);
    expect((await trail()).map(({ action, actor_kind }) => `${action} by ${actor_kind}`)).toEqual([
      'key.created by user',
      'key.changed by operator',
      'key.rotation_started by operator',
      'key.rotation_finished by operator',
      'key.revoked by operator',
    ]);
  });

  it('are the organisation’s where an organisation is named', async () => {
    const id = `organization-test-${crypto.randomUUID()}`;
    const { key, body } = await issued({ scopes: ['items:read'] }, `/v1/users/${id}`);
    expect(body).toMatchObject({ owner: { kind: 'organization', id, organization_id: id } });
    expect((await call(key)).status).toBe(200);
  });

  it('are a member’s with his organisation, once his Ring knows it', async () => {
    const id = `member-test-${crypto.randomUUID()}`;
    const owner: Owner = { kind: 'member', id, organizationId: 'organization-test-1' };
    const ring = rooms.KEY_RING.getByName(await ringOfOwner(PROJECT, owner)) as unknown as Ring;
    const path = `/v1/users/${owner.id}`;
    const first = await issued({ scopes: ['items:read'] }, path);
    expect(first.body).toMatchObject({ owner: { id: owner.id, organization_id: null } });
    await ring.suspend(owner, 'a test', BY);
    await ring.suspend(owner, null, BY);
    const shown = { owner: { kind: 'member', id: owner.id, organization_id: owner.organizationId } };
    expect(await told(asOperator('GET', `${path}/keys/${first.key_id}`))).toMatchObject(shown);
    const second = await issued({ scopes: ['items:read'] }, path);
    expect(second.body).toMatchObject(shown);
    expect(await stytchClient(second.key_id)).toMatchObject({
      trusted_metadata: { organization_id: owner.organizationId },
    });
  });

  it('are made once for one Idempotency-Key of one operator', async () => {
    const wish = { name: 'n', scopes: ['items:read'] };
    const header = { 'idempotency-key': 'one' };
    const first = (await told(asOperator('POST', `${user}/keys`, wish, header))) as {
      key: string;
      key_id: string;
    };
    inUse(first.key);
    expect(await told(asOperator('POST', `${user}/keys`, wish, header))).toEqual({ ...first, key: null });
    expect(await told(asOperator('GET', user))).toMatchObject({ live_keys: 1 });
  });
});
