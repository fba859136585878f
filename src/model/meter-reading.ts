import { type Book, emptyAt } from './book.ts';
import type { Ask, Level } from './lease-wire.ts';
import { type MeterRules, openMeter, type SavedMeter } from './meter.ts';

/** Where one limit stands, when nobody asks. */
export type Reading = Level & {
  /** Until all of it is free again at the latest, if nobody takes any; 0 when it is. */
  readonly wholeInMs: number;
};

/** Asks for nothing, and reports nothing. */
const NO_ASK: Omit<Ask, 'purse'> = {
  ...{ leaseId: '', isolate: '', costs: [], wantsLease: false },
  ...{ rate: 0, used: 0, held: 0, reports: [] },
};

/**
 * Every limit of a purse as an ask would meet it now, the owner's first. Units that are out on lease count as spent until
 * somebody says that they were not. It is read off a copy: looking changes nothing.
 */
export const readMeter = (
  saved: SavedMeter,
  purse: string,
  rules: MeterRules,
  now: number,
): readonly Reading[] => {
  const copy = openMeter(saved);
  const { levels } = copy.ask({ ...NO_ASK, purse }, rules, now);
  const { last, owner, keys, month } = copy.saved();
  const whole = (book: Book | null | undefined): number => Math.max(0, book ? emptyAt(book) - last : 0);
  return levels.map((level) => ({
    ...level,
    wholeInMs: {
      owner: whole(owner),
      key: whole(keys[purse]),
      month: month !== null && month.units > 0 ? month.endsAt - last : 0,
    }[level.name],
  }));
};
