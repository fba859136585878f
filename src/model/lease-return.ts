import type { Level } from './lease-wire.ts';

/** Fewer units than this are not worth a call of their own, unless units are short. */
const WORTH_RETURNING_UNITS = 8;
const WORTH_RETURNING_PART = 1 / 100;

/** Whether so many units of leases are worth a call of their own, so that others have them. */
export const isWorthReturning = (units: number, levels: readonly Level[], scarce: boolean): boolean => {
  const least = Math.min(...levels.map((level) => level.requests));
  // While units are short, a few of a small limit are worth a call too; but not each single one of a large limit.
  const share = least * WORTH_RETURNING_PART;
  return scarce
    ? units >= Math.min(WORTH_RETURNING_UNITS, Math.max(1, share))
    : units > Math.max(WORTH_RETURNING_UNITS, share);
};
