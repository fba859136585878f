import { type Book, bookedUnits, freesInMs, nextLeavesInMs, putUnits } from './book.ts';
import type { Level, Limit, LimitName } from './lease-wire.ts';

/** Units granted in one UTC month, less those given back in it. Plain JSON. */
export type Month = {
  /** `2026-11`. */
  readonly name: string;
  /** First instant of the month after, epoch ms. */
  readonly endsAt: number;
  units: number;
};

/** One limit as an ask meets it: the admission and the policy need not know of which kind it is. */
export type Tally = Limit & {
  readonly name: LimitName;
  /** May be negative after a limit was lowered. */
  free(): number;
  /** Books units at a moment of the Ring's clock. */
  charge(at: number, units: number): void;
  freesInMs(cost: number): number;
  level(): Level;
};

/** A sliding window. */
export const windowTally = (name: LimitName, limit: Limit, book: Book, now: number): Tally => {
  const { requests, perSeconds } = limit;
  const free = () => requests - bookedUnits(book);
  return {
    name,
    requests,
    perSeconds,
    free,
    charge: (at, units) => putUnits(book, at, units, now),
    freesInMs: (cost) => freesInMs(book, requests, cost, now),
    level: () => ({
      name,
      requests,
      perSeconds,
      free: Math.max(0, free()),
      freesInMs: free() > 0 ? nextLeavesInMs(book, now) : freesInMs(book, requests, 1, now),
    }),
  };
};

/** The month of `now`: the one before it is forgotten whole. */
export const monthAt = (before: Month | null, now: number): Month => {
  const date = new Date(now);
  const name = date.toISOString().slice(0, 7);
  if (before?.name === name) return before;
  return { name, endsAt: Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1), units: 0 };
};

/** A monthly quota. It is charged in the month in which the Ring grants; a lease that outlives its month is not cut. */
export const monthTally = (requests: number, month: Month, now: number): Tally => {
  const startsAt = Date.UTC(new Date(now).getUTCFullYear(), new Date(now).getUTCMonth());
  const perSeconds = (month.endsAt - startsAt) / 1000;
  const free = () => requests - month.units;
  return {
    name: 'month',
    requests,
    perSeconds,
    free,
    charge(_, units) {
      month.units += units;
    },
    freesInMs: (cost) => (free() >= cost ? 0 : month.endsAt - now),
    level: () => ({
      name: 'month',
      requests,
      perSeconds,
      free: Math.max(0, free()),
      freesInMs: month.units > 0 ? month.endsAt - now : 0,
    }),
  };
};
