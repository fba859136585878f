import type { GraceReport } from './lease-wire.ts';
import type { Tally } from './meter-tally.ts';

/** A report of one grace may be repeated for this long after the longest window that it was booked in; ms. */
const MEMORY_MS = 60_000;

/** Units that isolates admitted while they could not ask: booked when they are told of, room or no room. */
export type Belated = {
  /** Books what is new in a report, each unit when it was spent. */
  book(report: GraceReport, tallies: readonly Tally[], now: number): void;
  forget(now: number): void;
};

/**
 * Nothing told yet. In memory only, as leases are: after an eviction a report that is repeated is booked twice, which
 * wastes units for a window and admits none.
 */
export const openBelated = (): Belated => {
  const told = new Map<string, { total: number; forgetAt: number }>();
  return {
    book({ graceId, total, spent }, tallies, now) {
      const before = told.get(graceId)?.total ?? 0;
      let rest = Math.max(0, total - before);
      for (const [ageMs, logged] of spent.toReversed()) {
        const units = Math.max(0, Math.min(rest, logged));
        rest -= units;
        // The age lacks the way the report took, so this is never too early.
        for (const tally of tallies) tally.charge(now - Math.max(0, ageMs), units);
      }
      const longest = Math.max(...tallies.map(({ perSeconds }) => perSeconds)) * 1000;
      // In the order in which they were last told: ten thousand isolates may have been in grace.
      told.delete(graceId);
      told.set(graceId, { total: Math.max(before, total), forgetAt: now + longest + MEMORY_MS });
    },
    forget(now) {
      for (const [graceId, { forgetAt }] of told) {
        if (forgetAt > now) break;
        told.delete(graceId);
      }
    },
  };
};
