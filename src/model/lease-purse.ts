import type { RateLimitField } from './lease-fields.ts';
import type { Silence } from './lease-grace.ts';
import type { Ask, Grant, LimitName } from './lease-wire.ts';

/** Who the purse belongs to. */
export type PurseOptions = {
  /** Names this isolate for as long as it lives. */
  readonly isolate: string;
  /** `OWNER_PURSE`, or the id of a key with a limit of its own. */
  readonly purse: string;
  /** Life of a lease in ms, as configured. */
  readonly leaseMs: number;
  /** A new lease id each time: at least 64 random bits. */
  readonly newLeaseId: () => string;
  /** For how long the isolate may repeat its own past while the Ring is silent, in ms; 0, the default, is not at all. */
  readonly graceMs?: number;
};

/** What became of a request's cost. `silent`: the Ring says nothing, and the isolate's own past has no room. */
export type Spending =
  | { readonly outcome: 'spent' }
  | { readonly outcome: 'ask' }
  | { readonly outcome: 'silent' }
  | { readonly outcome: 'refused'; readonly retryAfterMs: number; readonly by: readonly LimitName[] };

/** `seenBefore`: this request was counted in the rate already. `mustAsk`: no lease will do, the Ring shall decide. */
export type SpendOptions = { readonly seenBefore?: boolean; readonly mustAsk?: boolean };

/** What an answer means for one waiting cost; `again` is a cost smaller than the one that was refused: spend it anew. */
export type Verdict = 'admitted' | 'refused' | 'again';

/** One isolate's side of an owner's permits (or of a key's with its own limit). Every method takes the isolate's clock in ms. */
export type Purse = {
  /** Takes the cost from live leases, or in grace from its own past, or says that the Ring must be asked, or refuses. Throws RangeError for a cost that is no integer ≥ 1. */
  spend(cost: number, now: number, options?: SpendOptions): Spending;
  /** The next call: for the costs that wait, or with none to renew. What it reports closed is never spent again. */
  compose(costs: readonly number[], now: number, options?: { readonly wantsLease?: boolean }): Ask;
  /** Takes an answer, however late, and says what it means for each cost of its ask, in order. `jitter` in [0, 1). */
  accept(grant: Grant, now: number, jitter: number): readonly Verdict[];
  /**
   * No answer came in time: the Ring is silent until one comes. A late one may still be accepted, until the next call
   * gives the lease back. `jitter` in [0, 1) spreads the next probe.
   */
  failed(leaseId: string, now: number, jitter?: number): void;
  /** The answer was a verdict, or that the Ring is overloaded: it grants nothing, and is not silent. */
  declined(leaseId: string, now: number): void;
  /** Since when the Ring is silent and until when the isolate goes on by itself; null when it does not. */
  silence(now: number): Silence | null;
  /** Calls under way. There should be at most one of each. */
  inFlight(): { readonly waiting: boolean; readonly background: boolean };
  /** Whether to renew, or to probe a silent Ring, in the background now. */
  renewalDue(now: number): boolean;
  /** When to look whether a last report is due, ms of the isolate's clock; null if it would not be worth it. */
  reportDueAt(now: number): number | null;
  /** Whether the flow has stopped with units left that others could use: compose([], now, { wantsLease: false }). */
  reportDue(now: number): boolean;
  /** Closes every lease and says so; null if there is nothing to say. For a purse that is evicted. */
  giveBack(now: number): Ask | null;
  /** Units in live leases. */
  left(now: number): number;
  /** The numbers of the RateLimit fields; empty before the first answer. */
  fields(now: number): readonly RateLimitField[];
};
