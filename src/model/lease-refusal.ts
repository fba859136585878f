import type { Limited, LimitName } from './lease-wire.ts';

/**
 * The longest an isolate refuses by itself before it asks again (unless the Ring's floor is longer). The
 * units of others come back, and limits get raised, before the Ring's estimate is over.
 */
const LONGEST_LOCAL_REFUSAL_MS = 5_000;

/** What an isolate refuses without asking, since the Ring refused it just now. */
export type LocalRefusal = {
  /** The Ring refused a cost. `jitter` in [0, 1) spreads the isolates that come back. */
  begin(cost: number, limited: Limited, now: number, jitter: number): void;
  /** The Ring admitted a cost: whatever is no dearer is worth asking for again. */
  lift(cost: number): void;
  forget(): void;
  active(now: number): boolean;
  /** For how long a cost need not be asked for, in ms; null if it may be. */
  of(cost: number, now: number): { readonly retryAfterMs: number; readonly by: readonly LimitName[] } | null;
};

/** Refuses nothing yet. A cheaper cost than the refused one is never refused for it. */
export const openRefusal = (): LocalRefusal => {
  let refused: { cost: number; until: number; retryAt: number; by: readonly LimitName[] } | null = null;
  const active = (now: number): boolean => refused !== null && now < refused.until;
  return {
    begin(cost, { retryMs, floorMs, by }, now, jitter) {
      if (refused && refused.cost < cost && active(now)) return;
      const pause = Math.max(floorMs, Math.min(retryMs, LONGEST_LOCAL_REFUSAL_MS)) + (jitter * floorMs) / 2;
      refused = { cost, until: now + pause, retryAt: now + retryMs, by };
    },
    lift(cost) {
      if (refused && cost >= refused.cost) refused = null;
    },
    forget() {
      refused = null;
    },
    active,
    of(cost, now) {
      if (!refused || cost < refused.cost || !active(now)) return null;
      return { retryAfterMs: Math.max(refused.until, refused.retryAt) - now, by: refused.by };
    },
  };
};
