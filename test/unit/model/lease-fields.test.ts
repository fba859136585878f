import { describe, expect, it } from 'vitest';
import { type RateLimitField, rateLimitFields, retryAfterSeconds } from '../../../src/model/lease-fields.ts';
import type { Level } from '../../../src/model/lease-wire.ts';

const LEVEL: Level = { name: 'owner', requests: 60, perSeconds: 30, free: 20, freesInMs: 0 };
const field = (level: Partial<Level>, left = 0, ageMs = 0): RateLimitField | undefined =>
  rateLimitFields([{ ...LEVEL, ...level }], left, ageMs)[0];

describe('the numbers of RateLimit', () => {
  it('say the policy, and what is left by the Ring’s last word and by what is at hand', () => {
    expect(field({}, 4.9)).toEqual({
      ...{ name: 'owner', quota: 60, windowSeconds: 30, remaining: 24, resetSeconds: 12 },
    });
  });

  it('never say more than the limit, nor less than nothing', () => {
    expect(field({}, 100)?.remaining).toBe(60);
    expect(field({ free: -5 })?.remaining).toBe(0);
  });

  it.each([
    ['at the pace of the limit', { free: 20 }, 0, 10],
    ['rounded up', { free: 21 }, 0, 11],
    ['when units become free next, if that is later', { free: 0, freesInMs: 7_001 }, 0, 8],
    ['less by the age of the answer', { free: 0, freesInMs: 7_001 }, 1_001, 6],
    ['in a second at the least', { free: 0, freesInMs: 500 }, 2_000, 1],
  ])('reset %s', (_, level, ageMs, seconds) => {
    expect(field(level, 0, ageMs)?.resetSeconds).toBe(seconds);
  });

  it('are there for each limit, in its order', () => {
    const levels = (['owner', 'key', 'month'] as const).map((name) => ({ ...LEVEL, name }));
    expect(rateLimitFields(levels, 0, 0).map(({ name }) => name)).toEqual(['owner', 'key', 'month']);
  });
});

describe('Retry-After', () => {
  const FIELDS: readonly RateLimitField[] = [
    { name: 'owner', quota: 60, windowSeconds: 30, remaining: 0, resetSeconds: 4 },
    { name: 'month', quota: 60, windowSeconds: 30, remaining: 0, resetSeconds: 9 },
  ];

  it.each([
    ['when it fits again, in whole seconds', 6_001, 0, ['key'], 7],
    ['spread by up to a second', 6_001, 0.9995, ['key'], 8],
    ['not before the reset of what stood in the way', 1_000, 0, ['owner'], 4],
    ['nor of any of several', 1_000, 0, ['owner', 'month'], 9],
    ['after a second at the least', -5_000, 0, ['key'], 1],
    ['after a second where it fits by now, however it is spread', -5_000, 0.5, [], 1],
  ] as const)('is %s', (_, ms, jitter, by, seconds) => {
    expect(retryAfterSeconds(ms, by, FIELDS, jitter)).toBe(seconds);
  });
});
