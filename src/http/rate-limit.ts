import type { RateLimitField } from '../model/lease-fields.ts';

/**
 * RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-11), as lists of RFC 9651 items: what is
 * left of each limit, and for how long that has to do. Written out by hand, for every warm request needs both: names
 * are lower-case words of ours and numbers are integers, so a string is its text in quotes (RFC 9651 §4.1.6).
 */
export const rateLimitHeaders = (fields: readonly RateLimitField[]): Readonly<Record<string, string>> =>
  fields.length === 0
    ? {}
    : {
        'RateLimit-Policy': fields.map(policy).join(', '),
        RateLimit: fields.map(state).join(', '),
      };

const policy = ({ name, quota, windowSeconds }: RateLimitField): string =>
  `"${name}";q=${quota};w=${windowSeconds}`;

const state = ({ name, remaining, resetSeconds }: RateLimitField): string =>
  `"${name}";r=${remaining};t=${resetSeconds}`;
