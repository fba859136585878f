import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createThrottle, type RateLimiter } from '../../../src/store/throttle.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A binding that lets each key through so many times, and remembers which keys it was asked for. */
const limiterOf = (limit: number) => {
  const counts = new Map<string, number>();
  const limiter: RateLimiter = {
    limit: async ({ key }) => {
      counts.set(key, (counts.get(key) ?? 0) + 1);
      return { success: (counts.get(key) ?? 0) <= limit };
    },
  };
  return { limiter, keys: () => [...counts.keys()] };
};

const quiet = () => undefined;

describe('RL-07 › a throttle', () => {
  it.each([
    ['one IPv4 address', ['203.0.113.7', '203.0.113.7']],
    ['an IPv4 address and its mapped spellings', ['203.0.113.7', '::ffff:203.0.113.7', '::FFFF:cb00:7107']],
    ['all of a /64', ['2001:db8:1:2::1', '2001:0DB8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2:a:b:c:d']],
    ['every address that is not known', [null, '', 'unknown', '203.0.113.7:80', '999.1.1.1']],
  ])('counts %s as one', async (_, addresses) => {
    const { limiter, keys } = limiterOf(1);
    const throttle = createThrottle(limiter, 'api', quiet);
    const answers = [];
    for (const address of addresses) answers.push(await throttle(address));
    expect(answers).toEqual(addresses.map((_each, i) => i === 0));
    expect(keys()).toHaveLength(1);
  });

  it.each([
    ['203.0.113.7', '203.0.113.8'],
    ['2001:db8:1:2::1', '2001:db8:1:3::1'],
    ['203.0.113.7', null],
  ])('tells %s from %s', async (one, other) => {
    const { limiter } = limiterOf(1);
    const throttle = createThrottle(limiter, 'api', quiet);
    expect([await throttle(one), await throttle(other), await throttle(one)]).toEqual([true, true, false]);
  });

  it('counts each place by itself', async () => {
    const { limiter } = limiterOf(1);
    const [api, desk] = ['api', 'desk'].map((place) => createThrottle(limiter, place, quiet));
    expect([await api?.('203.0.113.7'), await desk?.('203.0.113.7'), await api?.('203.0.113.7')]).toEqual([
      ...[true, true, false],
    ]);
  });
});

describe('a binding', () => {
  const failing = async (limit: RateLimiter['limit']) => {
    const log = vi.fn();
    const answer = createThrottle({ limit }, 'api', log)('203.0.113.7');
    await vi.advanceTimersByTimeAsync(1_000);
    return { answer: await answer, log: log.mock.calls };
  };

  it.each([
    [
      'that throws lets through',
      () => {
        throw new TypeError('203.0.113.7');
      },
      'TypeError',
    ],
    ['that rejects lets through', () => Promise.reject(new RangeError('203.0.113.7')), 'RangeError'],
    ['that hangs lets through', () => new Promise<never>(() => undefined), 'timeout'],
  ])('%s, and is logged without the address', async (_, limit, because) => {
    expect(await failing(limit)).toEqual({
      answer: true,
      log: [[{ event: 'throttle', outcome: 'failed', because }]],
    });
  });

  it('that says something else than yes does not let through', async () => {
    expect(await failing(async () => ({ success: false }))).toEqual({ answer: false, log: [] });
  });

  it('that answers after a while is waited for, and leaves no timer behind', async () => {
    const limit = () =>
      new Promise<{ success: boolean }>((resolve) => setTimeout(() => resolve({ success: false }), 200));
    expect(await failing(limit)).toEqual({ answer: false, log: [] });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('that answers at once costs no timer', async () => {
    const timers = vi.spyOn(globalThis, 'setTimeout');
    const { limiter } = limiterOf(1);
    expect(await createThrottle(limiter, 'api', quiet)(null)).toBe(true);
    expect(timers).not.toHaveBeenCalled();
    timers.mockRestore();
  });
});
