import fc from 'fast-check';
import { parseList } from 'structured-headers';
import { describe, expect, it } from 'vitest';
import { rateLimitHeaders } from '../../../src/http/rate-limit.ts';
import type { RateLimitField } from '../../../src/model/lease-fields.ts';

const integer = fc.integer({ min: 0, max: 999_999_999_999_999 });
const field: fc.Arbitrary<RateLimitField> = fc.record({
  name: fc.constantFrom('owner', 'key', 'month'),
  quota: integer,
  windowSeconds: integer,
  remaining: integer,
  resetSeconds: integer,
});

describe('rateLimitHeaders', () => {
  it('RFC 9651 §4.2: whatever is left is read back as it is', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 3 }), (fields) => {
        const read = (name: string) =>
          parseList(rateLimitHeaders(fields)[name] ?? '').map(([value, parameters]) => [
            value,
            Object.fromEntries(parameters),
          ]);
        expect(read('RateLimit-Policy')).toEqual(
          fields.map(({ name, quota, windowSeconds }) => [name, { q: quota, w: windowSeconds }]),
        );
        expect(read('RateLimit')).toEqual(
          fields.map(({ name, remaining, resetSeconds }) => [name, { r: remaining, t: resetSeconds }]),
        );
      }),
    );
  });

  it('RFC 9651 §4.2: is read back as the numbers that went in', () => {
    const headers = rateLimitHeaders([
      { name: 'owner', quota: 600, windowSeconds: 60, remaining: 12, resetSeconds: 7 },
      { name: 'month', quota: 100_000, windowSeconds: 2_592_000, remaining: 0, resetSeconds: 1 },
    ]);
    expect(parseList(headers.RateLimit ?? '')).toEqual([
      ['owner', new Map(Object.entries({ r: 12, t: 7 }))],
      ['month', new Map(Object.entries({ r: 0, t: 1 }))],
    ]);
  });

  it('nothing is said of limits that are not known', () => {
    expect(rateLimitHeaders([])).toEqual({});
  });
});
