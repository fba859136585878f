import { type HeldLease, reportOf } from './lease-log.ts';
import { cellsOf, emptied, type Past, rememberLog } from './lease-past.ts';
import type { Rate } from './lease-rate.ts';
import { isRefusing, type LocalRefusal } from './lease-refusal.ts';
import { type GraceReport, LEASE_MEMORY_MS, type Level, type LimitName, type Report } from './lease-wire.ts';

/** What all purses of one isolate have in common. */
export type PurseOptions = {
  /** Names this isolate for as long as it lives. */
  readonly isolate: string;
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

/** A call to the Ring, as the purse remembers it until it is answered. */
export type Call = {
  readonly leaseId: string;
  readonly sentAt: number;
  readonly costs: readonly number[];
  readonly used: number;
  readonly reports: readonly Report[];
  readonly grace: GraceReport | null;
  /** Its answer did not come in time: it is no longer in flight, and its lease is given back by the next call. */
  failed: boolean;
  /** The clock ran backwards since: its lease cannot be timed. */
  untimed: boolean;
};

/** What a purse needs to go on for a while by itself (lease-grace.ts). */
export type Grace = {
  /** What was admitted, and is in no log any more, by window. */
  pasts: readonly Past[];
  /** Null while the Ring answers. */
  began: GraceBegan | null;
  /** Spent in grace, as if it were a lease, and not all of it booked by the Ring. */
  untold: HeldLease | null;
  /** When the newest ask that has an answer was sent. */
  heardOf: number;
};

type GraceBegan = {
  readonly since: number;
  /** Most units that each window may hold. */
  readonly caps: readonly { readonly past: Past; readonly units: number }[];
  /** What the month had left by the last answer: it has no window that anything could leave. */
  leftOfMonth: number;
  probeNotBefore: number;
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
  /** Null where there is none, so that nothing is kept for it. */
  readonly grace: Grace | null;
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
  grace: options.graceMs ? { pasts: [], began: null, untold: null, heardOf: Number.NEGATIVE_INFINITY } : null,
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
    if (purse.grace !== null) forgetPast(purse.grace, purse.leases);
    for (const call of purse.calls) call.untimed = true;
    purse.rate = null;
    purse.refusal = null;
    purse.renewNotBefore = Number.NEGATIVE_INFINITY;
    purse.answeredAt = now;
  }
  purse.lastSeen = now;
};

/** Nothing that was dated by the clock counts any more. */
const forgetPast = (grace: Grace, leases: readonly HeldLease[]): void => {
  // What is dated wrong is no past to repeat; undated, it stays on the book until the lease's end.
  for (const lease of leases) lease.log = [];
  grace.began = null;
  grace.heardOf = Number.NEGATIVE_INFINITY;
  grace.pasts = emptied(grace.pasts);
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
export const hold = (purse: Purse, lease: HeldLease, now: number): void => {
  const { leases, grace } = purse;
  const kept = leases.length < MAX_HELD_LEASES ? leases : leases.slice(1);
  if (grace !== null && kept !== leases) rememberLog(grace.pasts, leases[0]?.log ?? [], now);
  // Not pushed: an empty array would make room for sixteen at once, of which most purses need one.
  purse.leases = [...kept, lease];
};

/** Closes every lease and forgets it; what is to be said of them. For a purse that is evicted, and for what comes to it late. */
export const giveBack = (purse: Purse, now: number): readonly Report[] => {
  holdFailed(purse, now);
  for (const lease of purse.leases) {
    lease.closed = true;
    if (purse.grace !== null) rememberLog(purse.grace.pasts, lease.log, now);
  }
  const reports = purse.leases.map((lease) => reportOf(lease, now));
  purse.leases = [];
  return reports;
};

/**
 * Whether nothing in the purse matters any more: it was not looked at since its leases are over and the Ring would
 * hear no report of them, it refuses nothing, has nothing to tell of a grace and no past that one could repeat.
 */
export const isOver = ({ lastSeen, refusal, grace, options }: Purse, now: number): boolean => {
  const pasts = (grace?.pasts ?? []).filter(({ cells }) => cells.length > 0);
  const longestMs = Math.max(options.leaseMs + LEASE_MEMORY_MS, ...pasts.map(({ windowMs }) => windowMs));
  return now - lastSeen > longestMs && !isRefusing(refusal, now) && (grace === null || grace.untold === null);
};

/** So many cells of a past take about as much memory as a lease with a full log: 1.5 KiB. */
const CELLS_LIKE_A_LEASE = 64;

/** How much memory a purse takes, in leases; one that holds none counts as one. */
export const weightOf = ({ leases, grace }: Purse): number =>
  Math.max(1, leases.length) + (grace === null ? 0 : Math.floor(cellsOf(grace.pasts) / CELLS_LIKE_A_LEASE));

/** What a call brought, or would have brought, that was not answered in time: a lease that is never to be spent. */
export const holdFailed = (purse: Purse, now: number): void => {
  for (const call of purse.calls) if (call.failed) hold(purse, unspendable(call.leaseId), now);
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
