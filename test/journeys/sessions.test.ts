import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import type { Ring } from '../../src/model/ports.ts';
import { hashOfToken } from '../../src/model/token.ts';
import settings from '../settings.ts';
import {
  atOrigin,
  BY,
  call,
  desk,
  dumpOfRing,
  emulator,
  isolate,
  issueKey,
  later,
  now,
  oddToken,
  ownerOf,
  PROJECT,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

const SUSPENDED = { status: 403, code: 'owner_suspended', challenge: null, retryAfter: null };
const REVOKED = {
  ...{ status: 401, code: 'invalid_token', retryAfter: null },
  challenge: 'Bearer realm="acme-api", error="invalid_token"',
};

/** A signed-in user and his Ring by its RPC face. */
const signedIn = async () => {
  const session = await signIn();
  const stub = await ringStub(session);
  return { session, stub, ring: stub as unknown as Ring, owner: ownerOf(session) };
};

const NOTHING_HELD = { rate: 0, used: 0, held: 0, reports: [] };

/** That the origin was not called since the last time this was asked. */
const originUntouched = async (): Promise<void> => {
  expect(await rooms.ORIGIN.records()).toEqual([]);
};

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(now);

describe('a session JWT at an API host', () => {
  it('is its user at the origin, with the scopes of his roles, and with what is left of his limit', async () => {
    const { session } = await signedIn();
    const answer = await call(session, '/v1/items/1');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('ratelimit')).toMatch(/^"owner";r=\d+;t=\d+$/);
    expect([
      await atOrigin('x-latchkey-auth'),
      await atOrigin('x-latchkey-user-id'),
      await atOrigin('x-latchkey-key-id'),
      await atOrigin('x-latchkey-scopes'),
      await atOrigin('authorization'),
    ]).toEqual(['session', subjectOf(session), null, 'items:read items:write admin:all', null]);
  });

  it('is warm: one word of its Ring, and then nobody is asked while the lease lasts', async () => {
    const { session } = await signedIn();
    const here = isolate();
    expect((await here.call(session)).status).toBe(200);
    expect(here.calls.filter((each) => each !== 'kv.get')).toEqual(['ring.admit']);
    here.calls.length = 0;
    await emulator('DELETE', '/counters');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    for (let i = 0; i < 4; i++) {
      vi.setSystemTime(Date.now() + 500);
      expect((await here.call(session)).status).toBe(200);
    }
    expect([here.calls, await stytchCalls()]).toEqual([[], {}]);
  });

  it('spends one limit together with the keys of its user', async () => {
    const { session, ring, owner } = await signedIn();
    const { key } = await issueKey(session);
    await ring.setLimits(owner, { plan: 'tiny' }, BY);
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await call(i % 2 === 0 ? session : key)).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(2);
    expect(await rooms.ORIGIN.records()).toHaveLength(10);
  });

  it('of two sessions of one user, both spend it', async () => {
    const { session, ring, owner } = await signedIn();
    await ring.setLimits(owner, { plan: 'tiny' }, BY);
    const other = await oddToken({ kind: 'session', claims: { sub: subjectOf(session) } });
    const statuses = [];
    for (let i = 0; i < 12; i++) statuses.push((await call(i % 2 === 0 ? session : other)).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
  });

  it('of a suspended user is 403 on the next strict request and everywhere within a lease', async () => {
    const { session, ring, owner } = await signedIn();
    expect((await call(session)).status).toBe(200);
    await ring.suspend(owner, 'an operator', BY);
    await rooms.ORIGIN.reset();
    expect(await refusalOf(await call(session, '/v1/strict/a'))).toEqual(SUSPENDED);
    expect(await refusalOf(await call(session))).toEqual(SUSPENDED);
    await originUntouched();
    await ring.suspend(owner, null, BY);
    await later(6);
    expect((await call(session)).status).toBe(200);
  });

  it('in another isolate dies with the lease that it had', async () => {
    const { session, ring, owner } = await signedIn();
    const here = isolate();
    expect((await here.call(session)).status).toBe(200);
    await ring.suspend(owner, 'an operator', BY);
    expect((await here.call(session)).status).toBe(200);
    await later(5);
    await rooms.ORIGIN.reset();
    expect(await refusalOf(await here.call(session))).toEqual(SUSPENDED);
    await originUntouched();
  });

  it('that was revoked by itself is refused, and another of the same user is not', async () => {
    const { session, ring, owner } = await signedIn();
    const other = await oddToken({ kind: 'session', claims: { sub: subjectOf(session) } });
    const seconds = Math.floor(Date.now() / 1000);
    await ring.revokeToken({
      name: { kind: 'session', owner, tokenHash: await hashOfToken(session) },
      ...{ expiresAt: seconds + 300, by: { kind: 'owner', owner }, author: BY },
    });
    expect(await refusalOf(await call(session))).toEqual(REVOKED);
    await originUntouched();
    expect((await call(other)).status).toBe(200);
  });

  it('ends with its five minutes, warm as cold', async () => {
    const { session } = await signedIn();
    await later(295);
    expect((await call(session)).status).toBe(200);
    await later(5);
    await rooms.ORIGIN.reset();
    expect(await refusalOf(await call(session))).toEqual(REVOKED);
    expect(await refusalOf(await isolate().call(session))).toEqual(REVOKED);
    await originUntouched();
  });

  it('is counted as used under the name "session"', async () => {
    const { session, ring, owner } = await signedIn();
    for (let i = 0; i < 3; i++) await call(session, '/v1/strict/a');
    const hour = 3_600_000;
    const uses = await ring.usage({
      owner: owner,
      keyId: 'session',
      from: Date.now() - hour,
      to: Date.now() + hour,
      by: 'hour',
    });
    expect(uses.reduce((sum, { admitted }) => sum + admitted, 0)).toBeGreaterThanOrEqual(3);
  });

  it('is no verdict while the Ring throws: 503, and the origin is not called', async () => {
    const { session } = await signedIn();
    const broken = { getByName: () => ({ admit: () => Promise.reject(new Error('x')) }) };
    const refused = await isolate({ KEY_RING: broken }).call(session);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    await originUntouched();
  });
});

describe('the Ring of a user without keys', () => {
  it('has nothing written down until something is lent to him', async () => {
    const { session, stub } = await signedIn();
    expect((await desk(session, 'GET', '/v1/whoami')).status).toBe(200);
    expect((await desk(session, 'GET', '/v1/keys')).status).toBe(200);
    expect(await dumpOfRing(stub)).toEqual({});
    expect((await call(session)).status).toBe(200);
    expect(await dumpOfRing(stub)).toMatchObject({
      ring: [{ owner_kind: 'user', owner_id: subjectOf(session) }],
      keys: [],
      uses: [{ client_id: 'session' }],
    });
  });

  it('is gone when its window is empty again, and not before', async () => {
    const { session, stub } = await signedIn();
    expect((await call(session)).status).toBe(200);
    await runDurableObjectAlarm(stub);
    expect((await dumpOfRing(stub)).ring).toHaveLength(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 30_000 });
    expect((await call(session)).status).toBe(200);
    vi.setSystemTime(Date.now() + 40_000);
    await runDurableObjectAlarm(stub);
    expect((await dumpOfRing(stub)).ring).toHaveLength(1);
    vi.setSystemTime(Date.now() + 30_000);
    await runDurableObjectAlarm(stub);
    expect(await dumpOfRing(stub)).toEqual({});
    // And it comes back with the next request.
    expect((await call(session)).status).toBe(200);
    expect((await dumpOfRing(stub)).ring).toHaveLength(1);
  });

  it('keeps its limit as long as it lives: what was spent is not forgotten by going', async () => {
    const { session, ring, owner, stub } = await signedIn();
    await ring.setLimits(owner, { plan: 'tiny' }, BY);
    for (let i = 0; i < 12; i++) await call(session);
    expect(await rooms.ORIGIN.records()).toHaveLength(10);
    await ring.setLimits(owner, { plan: null }, BY);
    await runDurableObjectAlarm(stub);
    await ring.setLimits(owner, { plan: 'tiny' }, BY);
    expect((await isolate().call(session)).status).toBe(429);
  });

  it('speaks of nobody but its own owner', async () => {
    const { stub } = await signedIn();
    const eve = { kind: 'user', id: 'user-test-eve', organizationId: null } as const;
    const credential = { kind: 'session', owner: eve, tokenHash: 'h' } as const;
    const ask = {
      ...{ leaseId: 'l', isolate: 'i', purse: '', costs: [1], wantsLease: true },
      ...NOTHING_HELD,
    };
    const request = { credential, others: [], wantToken: false, ask, uses: [], seen: null };
    const said = await runInDurableObject(stub, async (instance) => {
      const ring = instance as unknown as Ring;
      return ring.admit(request).then(
        () => 'something',
        (error: Error) => error.message,
      );
    });
    expect(said).toBe("this Ring is another owner's");
    expect(await dumpOfRing(stub)).toEqual({});
  });
});

describe('a suspended user at the Desk', () => {
  it('lists and revokes his keys, and neither makes nor changes one', async () => {
    const { session, ring, owner } = await signedIn();
    const { key_id } = await issueKey(session);
    await ring.suspend(owner, 'an operator', BY);
    // The API's door has said so in this isolate: that must not shut the Desk's.
    expect((await call(session)).status).toBe(403);
    const create = await desk(session, 'POST', '/v1/keys', { name: 'n', scopes: ['items:read'] });
    expect(await refusalOf(create)).toMatchObject(SUSPENDED);
    expect(
      await ring.change({
        owner: owner,
        keyId: key_id,
        patch: { name: 'other' },
        revision: null,
        author: BY,
      }),
    ).toEqual({
      ok: false,
      refusal: { reason: 'owner_suspended' },
    });
    expect((await desk(session, 'GET', '/v1/keys')).status).toBe(200);
    expect((await desk(session, 'GET', `/v1/keys/${key_id}`)).status).toBe(200);
    const revoked = await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    expect([revoked.status, ((await revoked.json()) as { status: string }).status]).toEqual([200, 'revoked']);
    expect((await stytchCalls())['m2m.update']).toBeUndefined();
  });
});

describe("a member's session", () => {
  const b2b = latchkeyFor({
    ...settings,
    stytch: { projectId: PROJECT, vertical: 'b2b' },
    roles: { stytch_member: ['items:read'], editor: ['items:write'] },
  });
  const elsewhere = () => isolate({}, b2b);
  const member = 'member-test-11111111-1111-4111-8111-111111111111';
  const organization = 'organization-test-22222222-2222-4222-8222-222222222222';
  const wish = (more: object = {}) => ({
    kind: 'memberSession',
    claims: {
      sub: member,
      'https://stytch.com/organization': { organization_id: organization, slug: 'example' },
      ...more,
    },
  });

  it('is the member and his organisation at the origin', async () => {
    const here = elsewhere();
    expect((await here.call(await oddToken(wish()))).status).toBe(200);
    expect([
      await atOrigin('x-latchkey-auth'),
      await atOrigin('x-latchkey-user-id'),
      await atOrigin('x-latchkey-organization-id'),
      await atOrigin('x-latchkey-scopes'),
    ]).toEqual(['session', member, organization, 'items:read']);
    const ring = await ringOfOwner(PROJECT, { kind: 'member', id: member });
    expect((await dumpOfRing(rooms.KEY_RING.getByName(ring))).ring).toMatchObject([
      { owner_kind: 'member', owner_id: member, organization_id: organization },
    ]);
  });

  it("is not a user's, nor the other way round", async () => {
    const token = await oddToken(wish());
    expect(await refusalOf(await isolate().call(token))).toEqual(REVOKED);
    expect(await refusalOf(await elsewhere().call(await signIn()))).toEqual(REVOKED);
    await originUntouched();
  });

  it('without roles has those of every member', async () => {
    const claim = {
      id: 'member-session-test-1',
      expires_at: new Date(Date.now() + 600_000).toISOString().replace(/\.\d+/, ''),
    };
    const token = await oddToken(wish({ 'https://stytch.com/session': claim }));
    const here = elsewhere();
    expect((await here.call(token)).status).toBe(200);
    expect(await atOrigin('x-latchkey-scopes')).toBe('items:read');
  });
});
