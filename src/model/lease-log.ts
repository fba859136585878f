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

/** Units by when they were spent. */
export type Spent = { at: number; units: number };

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
  /** When the units beyond `acknowledged` were spent, oldest first. */
  log: Spent[];
};

/** Length of a log entry in ms for a purse under these limits. */
export const entryMs = (limits: readonly Limit[]): number =>
  Math.min(COARSEST_ENTRY_MS, ...limits.map((limit) => (limit.perSeconds * 1000) / CELLS_PER_WINDOW));

/** Takes units out of a lease and dates them. The caller knows that it may. */
export const spendFrom = (lease: HeldLease, units: number, now: number, lengthMs: number): void => {
  lease.left -= units;
  lease.total += units;
  const newest = lease.log.at(-1);
  if (newest && Math.floor(newest.at / lengthMs) === Math.floor(now / lengthMs)) {
    newest.units += units;
    newest.at = now;
  } else {
    lease.log.push({ at: now, units });
  }
};

/** Keeps the logs of a purse within bounds by merging the two oldest entries of the longest, at the later date. */
export const boundLogs = (leases: Iterable<HeldLease>): void => {
  const all = [...leases];
  let entries = all.reduce((sum, lease) => sum + lease.log.length, 0);
  while (entries > MAX_LOG_ENTRIES) {
    const longest = all.reduce((one, other) => (other.log.length > one.log.length ? other : one));
    const [oldest, next] = longest.log;
    if (!oldest || !next) return;
    next.units += oldest.units;
    longest.log.shift();
    entries--;
  }
};

/** What the Ring should hear of a lease, and closes it if it is over. */
export const reportOf = (lease: HeldLease, now: number): Report => {
  lease.closed ||= now >= lease.until || lease.left <= 0;
  return { leaseId: lease.leaseId, total: lease.total, spent: agesOf(lease, now), closed: lease.closed };
};

/** How long ago what the Ring has not acknowledged was spent. */
export const agesOf = ({ log }: Pick<HeldLease, 'log'>, now: number): Report['spent'] =>
  log.map(({ at, units }) => [Math.max(0, now - at - AGE_MARGIN_MS), units] as const);

/** The Ring has booked a report: what it dated need not be said again, and is answered here. */
export const acknowledge = (lease: HeldLease, report: Pick<Report, 'total'>): readonly Spent[] => {
  const booked: Spent[] = [];
  let known = report.total - lease.acknowledged;
  while (known > 0) {
    const oldest = lease.log[0];
    if (!oldest) break;
    const units = Math.min(known, oldest.units);
    known -= units;
    booked.push({ at: oldest.at, units });
    oldest.units -= units;
    if (oldest.units === 0) lease.log.shift();
  }
  lease.acknowledged = Math.max(lease.acknowledged, report.total);
  return booked;
};
