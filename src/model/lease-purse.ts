import { type HeldLease, reportOf } from './lease-log.ts';
import type { Rate } from './lease-rate.ts';
import { isRefusing, type LocalRefusal } from './lease-refusal.ts';
import { LEASE_MEMORY_MS, type Level, type LimitName, type Report } from './lease-wire.ts';

/** What all purses of one isolate have in common. */
export type PurseOptions = {
  /** Names this isolate for as long as it lives. */
  readonly isolate: string;
  /** Life of a lease in ms, as configured. */
  readonly leaseMs: number;
  /** A new lease id each time: at least 64 random bits. */
  readonly newLeaseId: () => string;
};

/** What became of a request's cost. */
export type Spending =
  | { readonly outcome: 'spent' }
  | { readonly outcome: 'ask' }
  | { readonly outcome: 'refused'; readonly retryAfterMs: number; readonly by: readonly LimitName[] };

/** `seenBefore`: this request was counted in the rate already. `mustAsk`: no lease will do, the Ring shall decide. */
export type SpendOptions = { readonly seenBefore?: boolean; readonly mustAsk?: boolean };

/** What an answer means for one waiting cost; `again` is a cost smaller than the one that was refused: spend it anew. */
export type Verdict = 'admitted' | 'refused' | 'again';

/** A call to the Ring, as the purse remembers it until it is answered. */
export type Call = {
  readonly leaseId: string;
  readonly sentAt: number;
  readonly costs: readonly number[];
  readonly used: number;
  readonly reports: readonly Report[];
  /** Its answer did not come in time: it is no longer in flight, and its lease is given back by the next call. */
  failed: boolean;
  /** The clock ran backwards since: its lease cannot be timed. */
  untimed: boolean;
};

/**
 * One isolate's side of an owner's permits (or of a key's with its own limit). Plain data, because an isolate keeps
 * thousands of them; it is read and changed by the functions of this folder only, each of which takes the
 * isolate's clock in ms.
 */
export type Purse = {
  readonly options: PurseOptions;
  /** `OWNER_PURSE`, or the id of a key with a limit of its own. */
  readonly name: string;
  /** Oldest first; live, closed and lost ones together. */
  leases: readonly HeldLease[];
  /** Oldest first. */
  calls: Call[];
  rate: Rate | null;
  refusal: LocalRefusal | null;
  lastSeen: number;
  /** Units used since the last call. */
  used: number;
  latestCost: number;
  roundTripMs: number;
  renewNotBefore: number;
  levels: readonly Level[];
  answeredAt: number;
  scarce: boolean;
  /** When a last report is looked for, where somebody waits to look. */
  reportAt: number;
};

/** Leases one purse may remember, live, closed and lost ones together; beyond it the oldest is dropped unreported (it slides out of the book). */
export const MAX_HELD_LEASES = 32;

/** Opens an empty purse: `OWNER_PURSE`, or that of a key with a limit of its own, by its id. */
export const openPurse = (options: PurseOptions, name: string): Purse => ({
  options,
  name,
  leases: [],
  calls: [],
  rate: null,
  refusal: null,
  lastSeen: Number.NEGATIVE_INFINITY,
  used: 0,
  latestCost: 0,
  roundTripMs: 0,
  renewNotBefore: Number.NEGATIVE_INFINITY,
  levels: [],
  answeredAt: 0,
  scarce: false,
  reportAt: 0,
});

/** Looks at the clock. One that ran backwards cannot say how old a lease is: all are closed, those under way too. */
export const see = (purse: Purse, now: number): void => {
  if (now < purse.lastSeen) {
    for (const lease of purse.leases) lease.closed = true;
    for (const call of purse.calls) call.untimed = true;
    purse.rate = null;
    purse.refusal = null;
    purse.renewNotBefore = Number.NEGATIVE_INFINITY;
    purse.answeredAt = now;
  }
  purse.lastSeen = now;
};

/** Whether a lease may be spent. */
export const isLive = (lease: HeldLease, now: number): boolean => !lease.closed && now < lease.until;

/** Units in live leases. */
export const left = ({ leases }: Purse, now: number): number => {
  let units = 0;
  for (const lease of leases) if (isLive(lease, now)) units += lease.left;
  return units;
};

/** Calls under way. There should be at most one of each. */
export const inFlight = ({ calls }: Purse): { readonly waiting: boolean; readonly background: boolean } => ({
  waiting: calls.some((call) => !call.failed && call.costs.length > 0),
  background: calls.some((call) => !call.failed && call.costs.length === 0),
});

/** Takes a lease into the purse, in the place of the oldest where there are too many. */
export const hold = (purse: Purse, lease: HeldLease): void => {
  const kept = purse.leases.length < MAX_HELD_LEASES ? purse.leases : purse.leases.slice(1);
  // Not pushed: an empty array would make room for sixteen at once, of which most purses need one.
  purse.leases = [...kept, lease];
};

/** Closes every lease and forgets it; what is to be said of them. For a purse that is evicted, and for what comes to it late. */
export const giveBack = (purse: Purse, now: number): readonly Report[] => {
  holdFailed(purse);
  for (const lease of purse.leases) lease.closed = true;
  const reports = purse.leases.map((lease) => reportOf(lease, now));
  purse.leases = [];
  return reports;
};

/**
 * Whether nothing in the purse matters any more: it was not looked at since its leases are over and the Ring would
 * hear no report of them, and it refuses nothing.
 */
export const isOver = ({ lastSeen, refusal, options }: Purse, now: number): boolean =>
  now - lastSeen > options.leaseMs + LEASE_MEMORY_MS && !isRefusing(refusal, now);

/** What a call brought, or would have brought, that was not answered in time: a lease that is never to be spent. */
export const holdFailed = (purse: Purse): void => {
  for (const call of purse.calls) if (call.failed) hold(purse, unspendable(call.leaseId));
  purse.calls = purse.calls.filter((call) => !call.failed);
};

/** A lease that was or may have been granted, and is never to be spent. */
const unspendable = (leaseId: string): HeldLease => ({
  leaseId,
  until: Number.NEGATIVE_INFINITY,
  left: 0,
  total: 0,
  acknowledged: 0,
  closed: true,
  log: [],
});
