import { runDurableObjectAlarm } from 'cloudflare:test';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { BY, call, emulator, issueKey, ownerOf, ringStub, rooms, signIn, stytchClient } from '../world.ts';

const fault = (endpoint: string, more: object) => emulator('POST', '/faults', { endpoint, ...more });

/** A user, a key of his, and his Ring by its RPC face. */
const setting = async (scopes: readonly string[]) => {
  const session = await signIn();
  const issued = await issueKey(session, scopes);
  const stub = await ringStub(session);
  return { ...issued, owner: ownerOf(session), stub, ring: stub as unknown as Ring };
};

/** Requests that ask the Ring each time show what is in force now. */
const strict = async (key: string): Promise<number> => (await call(key, '/v1/strict/a')).status;

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});

describe('narrowing', () => {
  it('is in force at once, while Stytch is down, and reaches Stytch when it is back', async () => {
    const { key, key_id, owner, ring, stub } = await setting(['items:read', 'items:write']);
    expect((await call(key, '/v1/items/1', { method: 'POST' })).status).toBe(200);
    await fault('m2m.update', { kind: 'status', status: 503 });
    expect(
      await ring.change({
        owner: owner,
        keyId: key_id,
        patch: { scopes: ['items:read'] },
        revision: null,
        author: BY,
      }),
    ).toMatchObject({ ok: true });
    expect(await strict(key)).toBe(200);
    const refused = await call(key, '/v1/items/1', { method: 'POST' });
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      403,
      'insufficient_scope',
    ]);
    expect((await stytchClient(key_id)).scopes).toEqual(['items:read', 'items:write']);
    await emulator('DELETE', '/faults');
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 61_000 });
    await runDurableObjectAlarm(stub);
    vi.useRealTimers();
    await vi.waitFor(async () => expect((await stytchClient(key_id)).scopes).toEqual(['items:read']));
  });
});

describe('widening', () => {
  it('is in force with one exchange, made by the first request that follows', async () => {
    const { key, key_id, owner, ring } = await setting(['items:read']);
    expect(await strict(key)).toBe(200);
    expect((await call(key, '/v1/items/1', { method: 'POST' })).status).toBe(403);
    await emulator('DELETE', '/counters');
    expect(
      await ring.change({
        owner: owner,
        keyId: key_id,
        patch: { scopes: ['items:read', 'items:write'] },
        revision: null,
        author: BY,
      }),
    ).toMatchObject({
      ok: true,
    });
    expect(await strict(key)).toBe(200);
    expect((await call(key, '/v1/items/1', { method: 'POST' })).status).toBe(200);
    const { tokens } = (await emulator('GET', '/counters')) as { tokens: number };
    expect(tokens).toBe(1);
  });

  it('waits for Stytch: while it is silent nothing is added, and what was taken away is gone', async () => {
    const { key, key_id, owner, ring } = await setting(['items:read']);
    await fault('m2m.update', { kind: 'status', status: 503 });
    const changed = await ring.change({
      owner: owner,
      keyId: key_id,
      patch: { scopes: ['items:write'] },
      revision: null,
      author: BY,
    });
    expect(changed).toMatchObject({ ok: false, refusal: { reason: 'unavailable', what: 'stytch' } });
    expect(await strict(key)).toBe(200);
    expect((await call(key, '/v1/items/1')).status).toBe(403);
    expect((await call(key, '/v1/items/1', { method: 'POST' })).status).toBe(403);
  });

  it('two at once: one wins, the other is told to wait', async () => {
    const { key_id, owner, ring } = await setting(['items:read']);
    await fault('m2m.update', { kind: 'latency', latencyMs: 300, times: 1 });
    const both = await Promise.all([
      ring.change({
        owner: owner,
        keyId: key_id,
        patch: { scopes: ['items:read', 'items:write'] },
        revision: null,
        author: BY,
      }),
      ring.change({
        owner: owner,
        keyId: key_id,
        patch: { scopes: ['items:read', 'admin:all'] },
        revision: null,
        author: BY,
      }),
    ]);
    expect(both).toMatchObject([{ ok: true }, { ok: false, refusal: { reason: 'conflict' } }]);
  });
});

describe('suspension', () => {
  it('refuses every key of the owner with 403 and says so, and lifting it is enough', async () => {
    const { key, owner, ring } = await setting(['items:read']);
    expect(await strict(key)).toBe(200);
    await ring.suspend(owner, 'operator', BY);
    const before = (await rooms.ORIGIN.records()).length;
    const refused = await call(key, '/v1/strict/a');
    expect([refused.status, ((await refused.json()) as { code: string }).code]).toEqual([
      403,
      'owner_suspended',
    ]);
    expect((await rooms.ORIGIN.records()).length).toBe(before);
    await ring.suspend(owner, null, BY);
    // What was refused is refused for one lease.
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5_001 });
    expect(await strict(key)).toBe(200);
    vi.useRealTimers();
  });
});

describe('plans', () => {
  it('an owner on a plan has its limit, and an unknown plan is refused', async () => {
    const { key, owner, ring } = await setting(['items:read']);
    expect(await ring.setLimits(owner, { plan: 'nonsense' }, BY)).toMatchObject({ ok: false });
    expect(await ring.setLimits(owner, { plan: 'tiny' }, BY)).toMatchObject({ ok: true });
    const answer = await call(key, '/v1/strict/a');
    expect(answer.headers.get('ratelimit-policy')).toBe('"owner";q=10;w=60');
  });
});

describe('use', () => {
  it('is counted by key and hour, and last used is shown', async () => {
    const { key, key_id, owner, ring } = await setting(['items:read']);
    for (let i = 0; i < 5; i++) expect(await strict(key)).toBe(200);
    const uses = await ring.usage({
      owner: owner,
      keyId: key_id,
      from: Date.now() - 3_600_000,
      to: Date.now() + 3_600_000,
      by: 'hour',
    });
    const admitted = uses.reduce((sum, use) => sum + use.admitted, 0);
    expect(admitted).toBeGreaterThanOrEqual(5);
    const record = await ring.get(owner, key_id);
    expect(record?.lastUsedAt).toBeGreaterThan(0);
  });
});
