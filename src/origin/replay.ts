import type { IsNew } from './verifier.ts';

export interface MemoryOptions {
  /** How many ids are remembered at once. Default 100,000: a new one every millisecond, each for its whole life. */
  readonly maxIds?: number;
  /** The clock, in ms. Default `Date.now`. */
  readonly nowMs?: () => number;
}

/** Remembers ids in this process: enough for an origin that is one process, and for no other. */
export const isNewInMemory = ({ maxIds = 100_000, nowMs = Date.now }: MemoryOptions = {}): IsNew => {
  const taken = new Map<string, number>();
  return async (id, expiresAt) => {
    if (taken.has(id)) return false;
    // In the order they came, which is nearly that in which they end.
    for (const [oldest, endsAt] of taken) {
      if (endsAt * 1000 > nowMs()) break;
      taken.delete(oldest);
    }
    // Forgetting one that still counts would let it in again: the verifier makes 503 of this.
    if (taken.size >= maxIds) throw new RangeError('more ids than can be remembered');
    taken.set(id, expiresAt);
    return true;
  };
};
