import type { Limited, LimitName } from './lease-wire.ts';

/**
 * The longest an isolate refuses by itself before it asks again (unless the Ring's floor is longer). The
 * units of others come back, and limits get raised, before the Ring's estimate is over.
 */
const LONGEST_LOCAL_REFUSAL_MS = 5_000;

/** What an isolate refuses without asking, since the Ring refused it just now: this cost and dearer ones. */
export type LocalRefusal = {
  readonly cost: number;
  readonly until: number;
  readonly retryAt: number;
  readonly by: readonly LimitName[];
};

/** Whether anything is refused at all. */
export const isRefusing = (refusal: LocalRefusal | null, now: number): refusal is LocalRefusal =>
  refusal !== null && now < refusal.until;

/** The Ring refused a cost. `jitter` in [0, 1) spreads the isolates that come back. */
export const refusing = (
  before: LocalRefusal | null,
  cost: number,
  { retryMs, floorMs, by }: Limited,
  now: number,
  jitter: number,
): LocalRefusal => {
  if (isRefusing(before, now) && before.cost < cost) return before;
  const pause = Math.max(floorMs, Math.min(retryMs, LONGEST_LOCAL_REFUSAL_MS)) + (jitter * floorMs) / 2;
  return { cost, until: now + pause, retryAt: now + retryMs, by };
};

/** The Ring admitted a cost: whatever is no dearer is worth asking for again. */
export const lifted = (before: LocalRefusal | null, cost: number): LocalRefusal | null =>
  before !== null && cost >= before.cost ? null : before;

/** For how long a cost need not be asked for, in ms; null if it may be. A cheaper cost than the refused one is never refused for it. */
export const refusedFor = (
  refusal: LocalRefusal | null,
  cost: number,
  now: number,
): { readonly retryAfterMs: number; readonly by: readonly LimitName[] } | null =>
  isRefusing(refusal, now) && cost >= refusal.cost
    ? { retryAfterMs: Math.max(refusal.until, refusal.retryAt) - now, by: refusal.by }
    : null;
