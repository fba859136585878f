import type { Level, LimitName } from './lease-wire.ts';

/** The numbers of one item of RateLimit and RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers). All integers. */
export type RateLimitField = {
  readonly name: LimitName;
  /** `q`, `w`: the policy. */
  readonly quota: number;
  readonly windowSeconds: number;
  /** `r`: understated rather than overstated. 0..quota. */
  readonly remaining: number;
  /** `t`: remaining / t never exceeds quota / window, so a client that paces by it is never refused for it. ≥ 1. */
  readonly resetSeconds: number;
};

/** The fields after a request: `left` units in live leases, the last answer's levels, and how long ago that was. */
export const rateLimitFields = (levels: readonly Level[], left: number, ageMs: number): RateLimitField[] =>
  levels.map(({ name, requests, perSeconds, free, freesInMs }) => {
    const remaining = Math.max(0, Math.min(requests, Math.floor(left + free)));
    const nextSeconds = Math.ceil(Math.max(0, freesInMs - ageMs) / 1000);
    const paceSeconds = Math.ceil((remaining * perSeconds) / requests);
    const resetSeconds = Math.max(1, nextSeconds, paceSeconds);
    return { name, quota: requests, windowSeconds: perSeconds, remaining, resetSeconds };
  });

/**
 * Retry-After in whole seconds: when the refused cost fits again, spread by up to a second so that refused
 * clients do not come back at once, and never before the `t` of a limit that stood in the way.
 * `jitter` in [0, 1).
 */
export const retryAfterSeconds = (
  retryAfterMs: number,
  by: readonly LimitName[],
  fields: readonly RateLimitField[],
  jitter: number,
): number => {
  const resets = fields.filter((field) => by.includes(field.name)).map((field) => field.resetSeconds);
  return Math.max(1, Math.ceil(Math.max(0, retryAfterMs) / 1000 + jitter), ...resets);
};
