import { serializeInteger, serializeString } from 'structured-headers';
import type { RateLimitField } from '../model/lease-fields.ts';

/**
 * RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11), as lists of RFC 9651 items: what is
 * left of each limit, and for how long that has to do.
 */
export const rateLimitHeaders = (fields: readonly RateLimitField[]): Readonly<Record<string, string>> => {
  if (fields.length === 0) return {};
  const policy = fields.map(({ name, quota, windowSeconds }) => item(name, 'q', quota, 'w', windowSeconds));
  const state = fields.map(({ name, remaining, resetSeconds }) =>
    item(name, 'r', remaining, 't', resetSeconds),
  );
  return { 'RateLimit-Policy': policy.join(', '), RateLimit: state.join(', ') };
};

/** RFC 9651 §4.1.3 and §4.1.1.2: an item with two parameters. */
const item = (name: string, first: string, one: number, second: string, other: number): string =>
  `${serializeString(name)};${first}=${serializeInteger(one)};${second}=${serializeInteger(other)}`;
