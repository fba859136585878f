import { parseList } from 'structured-headers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { BY, call, isolate, issueKey, later, now, ownerOf, ringStub, rooms, signIn } from '../world.ts';

/** A header as RFC 9651 reads it: items with their parameters. */
const items = (
  response: Response,
  name: string,
): readonly (readonly [unknown, Record<string, unknown>])[] => {
  const text = response.headers.get(name);
  if (text === null) return [];
  return parseList(text).map(([value, parameters]) => [value, Object.fromEntries(parameters)]);
};

/** A user on a plan, ten requests a minute by default, a key of his, and his Ring. */
const setting = async (plan = 'tiny') => {
  const session = await signIn();
  const { key, key_id } = await issueKey(session);
  const ring = (await ringStub(session)) as unknown as Ring;
  const owner = ownerOf(session);
  await ring.setLimits(owner, { plan: plan }, BY);
  return { key, key_id, ring, owner };
};

beforeEach(() => rooms.ORIGIN.reset());

describe('RateLimit and RateLimit-Policy', () => {
  it('are lists that any RFC 9651 parser reads, with the policy and what is left of it', async () => {
    const { key } = await setting();
    const answer = await call(key);
    expect(items(answer, 'RateLimit-Policy')).toEqual([['owner', { q: 10, w: 60 }]]);
    const [[name, { r, t }] = ['', {}]] = items(answer, 'RateLimit');
    expect(name).toBe('owner');
    expect(r).toBeLessThan(10);
    // Who paces by them is never refused for it: r / t is never more than q / w.
    expect((r as number) / (t as number)).toBeLessThanOrEqual(10 / 60);
  });

  it('count down, and never below nought', async () => {
    const { key } = await setting();
    const left: number[] = [];
    for (let i = 0; i < 10; i++) {
      const [[, { r }] = ['', {}]] = items(await call(key), 'RateLimit');
      left.push(r as number);
    }
    expect(left.every((each) => each >= 0)).toBe(true);
    expect(left.at(-1)).toBe(0);
  });

  it('name the limit of a key that has one of its own besides', async () => {
    const { key, key_id, ring, owner } = await setting();
    await ring.change({
      owner: owner,
      keyId: key_id,
      patch: { limit: { requests: 5, perSeconds: 30 } },
      revision: null,
      author: BY,
    });
    const answer = await call(key, '/v1/strict/x');
    expect(items(answer, 'RateLimit-Policy')).toEqual([
      ['owner', { q: 10, w: 60 }],
      ['key', { q: 5, w: 30 }],
    ]);
  });

  it('are not on what was refused before it was counted', async () => {
    const { key } = await setting();
    await call(key);
    for (const [path, init] of [
      ['/v1/items/1', { method: 'POST' }],
      ['/nowhere', {}],
    ] as const) {
      const refused = await call(key, path, init);
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(refused.headers.get('ratelimit')).toBeNull();
    }
  });
});

describe('over the limit', () => {
  it('is 429 with Retry-After and the violated policy, and the origin is not called', async () => {
    const { key } = await setting();
    for (let i = 0; i < 10; i++) expect((await call(key)).status).toBe(200);
    const before = (await rooms.ORIGIN.records()).length;
    const refused = await call(key);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
    expect(refused.headers.get('www-authenticate')).toBeNull();
    expect(await refused.json()).toMatchObject({
      type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
      code: 'rate_limited',
      'violated-policies': ['owner'],
    });
    expect((await rooms.ORIGIN.records()).length).toBe(before);
  });

  it('a dear request is refused while cheap ones still pass', async () => {
    const { key } = await setting();
    for (let i = 0; i < 5; i++) expect((await call(key)).status).toBe(200);
    expect((await call(key, '/v1/heavy')).status).toBe(429);
    expect((await call(key)).status).toBe(200);
  });

  it('a refusal of 401 or 403 takes nothing from the limit', async () => {
    const { key } = await setting();
    for (let i = 0; i < 20; i++)
      expect((await call(key, '/v1/items/1', { method: 'POST' })).status).toBe(403);
    for (let i = 0; i < 10; i++) expect((await call(key)).status).toBe(200);
  });
});

describe('a monthly quota', () => {
  afterEach(now);

  /** Seconds until the UTC month after this one. */
  const toNextMonth = (): number => {
    const today = new Date();
    return Math.ceil((Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1) - today.getTime()) / 1000);
  };

  it('is one more limit: told with the others, never exceeded, and full again with the next UTC month', async () => {
    const { key } = await setting('trial');
    const admitted = [];
    for (let i = 0; i < 25; i++) admitted.push((await call(key)).status);
    expect(admitted.filter((status) => status === 200)).toHaveLength(20);
    expect(await rooms.ORIGIN.records()).toHaveLength(20);

    const refused = await call(key);
    expect(refused.status).toBe(429);
    expect(await refused.json()).toMatchObject({ code: 'rate_limited', 'violated-policies': ['month'] });
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(60);

    await later(3_600);
    expect((await call(key)).status).toBe(429);

    await later(toNextMonth());
    const again = await call(key);
    expect(again.status).toBe(200);
    expect(items(again, 'RateLimit-Policy').map(([name]) => name)).toEqual(['owner', 'month']);
  });
});

describe('an owner with several credentials in one isolate', () => {
  afterEach(() => void vi.useRealTimers());

  it('makes one renewal for each lease, not one for each credential', async () => {
    const session = await signIn();
    const keys = await Promise.all(Array.from({ length: 5 }, () => issueKey(session)));
    const credentials = [session, ...keys.map(({ key }) => key)];
    const here = isolate();
    const LEASES = 8;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    const round = async (): Promise<void> => {
      vi.setSystemTime(Date.now() + 1_000);
      for (const credential of credentials) expect((await here.call(credential)).status).toBe(200);
      // What is asked for in the background is let come.
      await new Promise((resolve) => setTimeout(resolve, 5));
    };
    for (let i = 0; i < 20; i++) await round();
    const admits = () => here.calls.filter((each) => each === 'ring.admit').length;
    const before = admits();
    for (let i = 0; i < LEASES * 5; i++) await round();
    // In the last fifth of each lease; a round more or less.
    expect(admits() - before).toBeGreaterThanOrEqual(LEASES - 1);
    expect(admits() - before).toBeLessThanOrEqual(1.5 * LEASES);
    expect(await rooms.ORIGIN.records()).toHaveLength(6 * (20 + LEASES * 5));
  });
});
