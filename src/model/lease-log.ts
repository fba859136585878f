import { CELLS_PER_WINDOW } from './book.ts';
import type { Limit, Report } from './lease-wire.ts';

/** More log entries than this in one purse are merged: later, so never too early. */
export const MAX_LOG_ENTRIES = 128;

/** Entries need not be finer than the Ring's cells, nor coarser than this. */
const COARSEST_ENTRY_MS = 500;

/**
 * Taken off every reported age. A Worker's clock stands still while it computes, so a spend may have been
 * this much younger than it was dated; understating an age only keeps the unit on the book a little longer.
 */
export const AGE_MARGIN_MS = 10;

/** How many numbers of a log are one entry of it. */
const ENTRY = 2;

/** A lease as its isolate keeps it. Times are the isolate's own. */
export type HeldLease = {
  readonly leaseId: string;
  /** Never spent at or after this. */
  readonly until: number;
  left: number;
  /** Units spent, ever. */
  total: number;
  /** Of them, units the Ring is known to have booked. */
  acknowledged: number;
  /** Never spent again. Set before the report that says so leaves. */
  closed: boolean;
  /** When the units beyond `acknowledged` were spent, oldest first: a moment, its units, the next moment, its units. */
  log: number[];
};

/** Length of a log entry in ms for a purse under these limits. */
export const entryMs = (limits: readonly Limit[]): number =>
  Math.min(COARSEST_ENTRY_MS, ...limits.map((limit) => (limit.perSeconds * 1000) / CELLS_PER_WINDOW));

/** Takes units out of a lease and dates them. The caller knows that it may. */
export const spendFrom = (lease: HeldLease, units: number, now: number, lengthMs: number): void => {
  lease.left -= units;
  lease.total += units;
  const { log } = lease;
  const newest = log.length - ENTRY;
  if (newest >= 0 && Math.floor(at(log, newest) / lengthMs) === Math.floor(now / lengthMs)) {
    log[newest] = now;
    log[newest + 1] = at(log, newest + 1) + units;
  } else if (log.length === 0) {
    // Not pushed: that would make room for sixteen numbers at once.
    lease.log = [now, units];
  } else {
    log.push(now, units);
  }
};

/** Keeps the logs of a purse within bounds by merging the two oldest entries of the longest, at the later date. */
export const boundLogs = (leases: readonly HeldLease[]): void => {
  while (entriesIn(leases) > MAX_LOG_ENTRIES) {
    const { log } = leases.reduce((one, other) => (other.log.length > one.log.length ? other : one));
    if (log.length < 2 * ENTRY) return;
    log[ENTRY + 1] = at(log, 1) + at(log, ENTRY + 1);
    log.splice(0, ENTRY);
  }
};

/** What the Ring should hear of a lease, and closes it if it is over. */
export const reportOf = (lease: HeldLease, now: number): Report => {
  lease.closed ||= now >= lease.until || lease.left <= 0;
  const { leaseId, total, closed, log } = lease;
  return { leaseId, total, spent: agesOf(log, now), closed };
};

/** How long ago what the Ring has not acknowledged was spent. */
export const agesOf = (log: readonly number[], now: number): Report['spent'] =>
  entriesOf(log).map(([spentAt, units]) => [Math.max(0, now - spentAt - AGE_MARGIN_MS), units] as const);

/** The entries of a log, oldest first. */
export const entriesOf = (log: readonly number[]): (readonly [at: number, units: number])[] => {
  const entries: (readonly [number, number])[] = [];
  for (let i = 0; i < log.length; i += ENTRY) entries.push([at(log, i), at(log, i + 1)]);
  return entries;
};

/** Units that were spent after a moment. */
export const unitsAfter = (log: readonly number[], since: number): number => {
  let sum = 0;
  for (let i = 0; i < log.length; i += ENTRY) if (at(log, i) > since) sum += at(log, i + 1);
  return sum;
};

/** The Ring has booked a report: what it dated need not be said again, and is answered here as a log of its own. */
export const acknowledge = (lease: HeldLease, report: Pick<Report, 'total'>): readonly number[] => {
  const { log } = lease;
  const booked: number[] = [];
  let known = report.total - lease.acknowledged;
  while (known > 0 && log.length > 0) {
    const units = Math.min(known, at(log, 1));
    known -= units;
    booked.push(at(log, 0), units);
    log[1] = at(log, 1) - units;
    if (log[1] === 0) log.splice(0, ENTRY);
  }
  lease.acknowledged = Math.max(lease.acknowledged, report.total);
  return booked;
};

const at = (log: readonly number[], index: number): number => log[index] ?? 0;

const entriesIn = (leases: readonly HeldLease[]): number => {
  let numbers = 0;
  for (const { log } of leases) numbers += log.length;
  return numbers / ENTRY;
};
