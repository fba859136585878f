// What crosses between an isolate and its owner's Ring about permits. Plain data, structured-cloneable,
// and durations only: no clock of either side ever means anything to the other (docs/leases.md).

/** A rate limit: at most `requests` units in every window of `perSeconds` seconds. Both are integers ≥ 1. */
export type Limit = { readonly requests: number; readonly perSeconds: number };

/** Which of the limits of one ask is meant: the owner's window, the key's own window, the owner's UTC month. */
export const LIMIT_NAMES = ['owner', 'key', 'month'] as const;
export type LimitName = (typeof LIMIT_NAMES)[number];

/** The purse of an owner whose key has no limit of its own; a key with one uses its key id. */
export const OWNER_PURSE = '';

/** A lease may be reported, and an ask repeated, for this long after its end (or one window, if that is shorter). */
export const LEASE_MEMORY_MS = 60_000;

/**
 * What an isolate did with one lease so far. Cumulative, so any report may be repeated, lost or overtaken:
 * `total` counts all units ever spent from the lease, `spent` dates at least those the Ring has not yet
 * acknowledged, oldest first, as [age in ms when the ask was composed, units]. `closed` says that nothing
 * more will ever be spent from it.
 */
export type Report = {
  readonly leaseId: string;
  readonly total: number;
  readonly spent: readonly (readonly [ageMs: number, units: number])[];
  readonly closed: boolean;
};

/**
 * What an isolate admitted by itself while the Ring was silent, of no lease. Cumulative like a report, and as harmless
 * when repeated: `spent` dates all that the Ring has not acknowledged.
 */
export type GraceReport = Pick<Report, 'total' | 'spent'> & {
  /** Names one grace of one purse; made as lease ids are. */
  readonly graceId: string;
};

/**
 * One call of an isolate to the Ring, for one purse. Sending the very same Ask again is harmless: the same
 * `leaseId` is answered with the same lease. No `costs` is a background renewal, or (without `wantsLease`)
 * only a report.
 */
export type Ask = {
  /** Made by the isolate, unguessable enough never to collide within one owner. */
  readonly leaseId: string;
  /** Names the isolate for as long as it lives. */
  readonly isolate: string;
  /** `OWNER_PURSE`, or the id of a key that has a limit of its own. */
  readonly purse: string;
  /** Every request waiting in this isolate for the Ring's decision, first come first. Integers ≥ 1. */
  readonly costs: readonly number[];
  /** Whether units to be spent without asking are wanted as well. */
  readonly wantsLease: boolean;
  /**
   * What the request that asks costs if the credential turns out to be good and may do what it wants: the lease is to be
   * no smaller. Absent where nobody waits, or it is among `costs`.
   */
  readonly next?: number;
  /** Units per second lately asked of this purse in this isolate, without the request that asks. */
  readonly rate: number;
  /** Units used since the ask before. */
  readonly used: number;
  /** Units left in live leases. */
  readonly held: number;
  readonly reports: readonly Report[];
  /** Absent or null where nothing was admitted in grace, or all of it is booked. */
  readonly grace?: GraceReport | null;
};

/** Where one limit stands right after an answer. For the month, `perSeconds` is the length of this month. */
export type Level = Limit & {
  readonly name: LimitName;
  /** Units that nobody has admitted or holds, ≥ 0. */
  readonly free: number;
  /** Until units become free next; 0 when all are free. */
  readonly freesInMs: number;
};

/** Why the tail of an ask's costs was not admitted. */
export type Limited = {
  /** Until the first cost that was not admitted would fit, if nobody else took the units. ≥ 1. */
  readonly retryMs: number;
  /** The shortest time for which the isolate shall refuse by itself, so that refused isolates do not flood the Ring. */
  readonly floorMs: number;
  /** The limits that stood in the way, at least one. */
  readonly by: readonly LimitName[];
};

/** The Ring's answer to an Ask. */
export type Grant = {
  readonly leaseId: string;
  /** How many of the ask's costs, from the first, are admitted: here and now, without any lease. */
  readonly decided: number;
  /** Units the isolate may spend by itself; 0 is no lease. */
  readonly units: number;
  /** For how long, counted by the isolate from its own clock as read before it asked. */
  readonly ms: number;
  /** Every limit this purse is under, the owner's first. */
  readonly levels: readonly Level[];
  /** Accounts now alive at the Ring, this one included. */
  readonly active: number;
  /** Whether units are short, so that unused ones are worth a call of their own to give back. */
  readonly scarce: boolean;
  /** Set when not all costs were admitted. */
  readonly limited: Limited | null;
};
