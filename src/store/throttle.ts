import { addressBlock } from '../model/address.ts';
import type { Log, Throttle } from '../model/ports.ts';
import { within } from '../model/within.ts';

/** Cloudflare's rate-limit binding: counts by key and location, exact nowhere, waited for no longer than memory takes. */
export interface RateLimiter {
  limit(options: { readonly key: string }): Promise<{ readonly success: boolean }>;
}

/** The binding answers from its location's memory; what takes longer is broken. */
const DEADLINE_MS = 250;

const UNKNOWN = 'unknown';

/**
 * Throttles by the block of an address: who has a /64 of IPv6 has all of its addresses (SECURITY: RL-07). Each `place`
 * counts by itself. A binding that fails lets through: it is the strangers' limit, and no credential hangs on it.
 */
export const createThrottle = (limiter: RateLimiter, place: string, log: Log): Throttle => {
  const failed = (because: string): true => {
    log({ event: 'throttle', outcome: 'failed', because });
    return true;
  };
  return async function throttle(address) {
    try {
      const asked = limiter.limit({ key: `${place} ${addressBlock(address) ?? UNKNOWN}` });
      // What is answered from memory is there already: a timer would cost more than the answer.
      const outcome = (await Promise.race([asked, null])) ?? (await within(asked, DEADLINE_MS));
      return outcome === null ? failed('timeout') : outcome.success;
    } catch (error) {
      // Whatever it throws, it says that it does not know.
      return failed(error instanceof Error ? error.name : 'unknown');
    }
  };
};
