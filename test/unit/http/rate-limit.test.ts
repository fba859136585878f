import fc from 'fast-check';
import { parseList, serializeList } from 'structured-headers';
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

const item = (name: string, parameters: object): [string, Map<string, number>] => [
  name,
  new Map(Object.entries(parameters)),
];

describe('rateLimitHeaders', () => {
  it('RFC 9651 §4.1: is what a serializer of structured fields writes', () => {
    fc.assert(
      fc.property(fc.array(field, { minLength: 1, maxLength: 3 }), (fields) => {
        expect(rateLimitHeaders(fields)).toEqual({
          'RateLimit-Policy': serializeList(
            fields.map((f) => item(f.name, { q: f.quota, w: f.windowSeconds })),
          ),
          RateLimit: serializeList(fields.map((f) => item(f.name, { r: f.remaining, t: f.resetSeconds }))),
        });
      }),
    );
  });

  it('RFC 9651 §4.2: is read back as the numbers that went in', () => {
    const headers = rateLimitHeaders([
      { name: 'owner', quota: 600, windowSeconds: 60, remaining: 12, resetSeconds: 7 },
      { name: 'month', quota: 100_000, windowSeconds: 2_592_000, remaining: 0, resetSeconds: 1 },
    ]);
    expect(parseList(headers.RateLimit ?? '')).toEqual([
      item('owner', { r: 12, t: 7 }),
      item('month', { r: 0, t: 1 }),
    ]);
  });

  it('nothing is said of limits that are not known', () => {
    expect(rateLimitHeaders([])).toEqual({});
  });
});
