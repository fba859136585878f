import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { keyOfSomebody, rotationOf } from '../rotation.ts';
import { accessToken, dumpOfRing, emulator, isolate, later, now, ringStub, rooms, signIn } from '../world.ts';

const LEASE_SECONDS = 5;
const A_MONTH = 30 * 86_400;

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await rooms.ORIGIN.reset();
});
afterEach(now);

type Somebody = Awaited<ReturnType<typeof keyOfSomebody>>;

/** When the old secret was last used, as its owner is shown it; milliseconds. */
const oldUsedAt = async ({ user, key_id }: Pick<Somebody, 'user' | 'key_id'>): Promise<number | null> => {
  const { rotation } = await rotationOf(await signIn(user), { key_id }).shown();
  const at = rotation?.old_secret_last_used_at ?? null;
  return at === null ? null : Date.parse(at);
};

/** What is told in the background has come in. */
const told = (it: Pick<Somebody, 'user' | 'key_id'>): Promise<number> =>
  vi.waitFor(async () => {
    const at = await oldUsedAt(it);
    expect(at).not.toBeNull();
    return at ?? 0;
  });

/** A key in rotation. The clock stands, so that a time is a time. */
const rotating = async (more: object = {}) => {
  const it = await keyOfSomebody(more);
  await later(0);
  const next = await it.begin(A_MONTH);
  return { ...it, next };
};

/** Requests by one secret for several leases. */
const traffic = async (here: ReturnType<typeof isolate>, key: string, leases = 4): Promise<void> => {
  for (let i = 0; i < leases * 5; i++) {
    expect((await here.call(key)).status).toBe(200);
    await later(1);
  }
};

describe('while only the new secret is used', () => {
  it('the old one is not, in an isolate that knew it before', async () => {
    const { key, begin, ...it } = await keyOfSomebody();
    const here = isolate();
    await traffic(here, key, 2);
    await later(1);
    await traffic(here, await begin(A_MONTH));
    expect(await oldUsedAt(it)).toBeNull();
  });

  it('the old one is not, in two', async () => {
    const it = await rotating();
    for (const here of [isolate(), isolate()]) await traffic(here, it.next, 2);
    expect(await oldUsedAt(it)).toBeNull();
  });

  it('what the old one is refused for is no use of it', async () => {
    const it = await rotating({ scopes: ['items:read'], limit: { requests: 10, per_seconds: 60 } });
    for (const here of [isolate(), isolate()]) {
      expect((await here.call(it.key, '/v1/payouts/1')).status).toBe(403);
      expect((await here.call(it.key, '/v1/pairs')).status).toBe(403);
    }
    const here = isolate();
    for (let i = 0; i < 10; i++) expect((await here.call(it.next)).status).toBe(200);
    expect((await here.call(it.key)).status).toBe(429);
    await later(LEASE_SECONDS);
    await here.call(it.key);
    expect(await oldUsedAt(it)).toBeNull();
  });

  it('a token that it opened says nothing of it', async () => {
    const it = await rotating();
    const here = isolate();
    await traffic(here, await accessToken(it.key), 2);
    expect(await oldUsedAt(it)).toBeNull();
  });

  it('whoever only asks who he is has not used it', async () => {
    const it = await rotating();
    const here = isolate();
    const headers = { 'x-api-key': it.key };
    expect((await here.fetch('https://desk.test/v1/whoami', { headers })).status).toBe(200);
    expect(await oldUsedAt(it)).toBeNull();
  });
});

describe('the old secret', () => {
  it('is shown as used after one request of an isolate that is never heard of again', async () => {
    const it = await rotating();
    await later(60);
    expect((await isolate().call(it.key)).status).toBe(200);
    expect(await told(it)).toBe(seconds(Date.now()));
  });

  it('is shown as used at once where the Ring decides', async () => {
    const it = await rotating();
    const here = isolate();
    expect((await here.call(it.next, '/v1/strict/1')).status).toBe(200);
    expect(await oldUsedAt(it)).toBeNull();
    expect((await here.call(it.key, '/v1/strict/1')).status).toBe(200);
    await later(1);
    expect((await here.call(it.key, '/v1/strict/1')).status).toBe(200);
    expect(await oldUsedAt(it)).toBe(seconds(Date.now()));
  });

  it('is shown as used when it was, to a lease, beside the new one in the same isolate', async () => {
    const it = await rotating();
    const here = isolate();
    await traffic(here, it.next, 2);
    await traffic(here, it.key, 2);
    const lastUse = Date.now() - 1_000;
    await traffic(here, it.next, 3);
    const at = await told(it);
    expect(at).toBeLessThanOrEqual(lastUse);
    expect(at).toBeGreaterThan(lastUse - LEASE_SECONDS * 1000 - 1_000);
  });

  it('is shown as used when it was, though the Ring is told only much later', async () => {
    const it = await rotating();
    const here = isolate();
    for (let i = 0; i < 2; i++) expect((await here.call(it.key)).status).toBe(200);
    await told(it);
    const firstAt = Date.now();
    await later(2);
    expect((await here.call(it.key)).status).toBe(200);
    const secondAt = Date.now();
    await later(3_600);
    await traffic(here, it.next, 2);
    const at = await oldUsedAt(it);
    expect([seconds(firstAt), seconds(secondAt)]).toContain(at);
    expect(at).toBe(seconds(secondAt));
  });

  it('of the rotation after has not been used yet', async () => {
    const it = await rotating();
    expect((await isolate().call(it.next, '/v1/strict/1')).status).toBe(200);
    await it.finish();
    await later(60);
    await vi.waitFor(async () =>
      expect((await dumpOfRing(await ringStub(it.session))).rotations).toEqual([]),
    );
    await it.begin(A_MONTH);
    expect(await oldUsedAt(it)).toBeNull();
    expect((await isolate().call(it.next, '/v1/strict/1')).status).toBe(200);
    expect(await told(it)).toBe(seconds(Date.now()));
  });
});

describe('where no rotation is open', () => {
  const words = ({ calls }: ReturnType<typeof isolate>): number =>
    calls.filter((each) => each === 'ring.admit').length;

  it('nothing is written down of a secret', async () => {
    const it = await keyOfSomebody();
    await later(0);
    await traffic(isolate(), it.key);
    const { secrets } = await dumpOfRing(await ringStub(it.session));
    expect(secrets?.map(({ last_used_at }) => last_used_at)).toEqual([null]);
  });

  it('the Ring is asked once for the first request of an isolate, and told once more while one is', async () => {
    const it = await keyOfSomebody();
    await later(0);
    expect((await isolate().call(it.key)).status).toBe(200);
    const [before, during, after] = [isolate(), isolate(), isolate()];
    expect((await before.call(it.key)).status).toBe(200);
    const next = await it.begin(A_MONTH);
    expect((await during.call(it.key)).status).toBe(200);
    await it.finish();
    expect((await isolate().call(next)).status).toBe(200);
    expect((await after.call(next)).status).toBe(200);
    expect([before, during, after].map(words)).toEqual([1, 2, 1]);
  });
});

/** As the Desk tells a time. */
const seconds = (ms: number): number => Math.floor(ms / 1000) * 1000;
