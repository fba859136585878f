/** A limit as it is seen from outside: what was asked for and what was let in. */
export interface Meter {
  readonly name: string;
  readonly requests: number;
  readonly perSeconds: number;
  /** What was sent: when, and what it costs. */
  readonly asked: Spent[];
  /** What came through: it was decided at some moment from `from` to `to`. */
  readonly admitted: Admitted[];
  refused: number;
}

interface Spent {
  readonly at: number;
  readonly cost: number;
}

interface Admitted {
  readonly from: number;
  readonly to: number;
  readonly cost: number;
}

export const openMeter = (name: string, requests: number, perSeconds: number): Meter => ({
  ...{ name, requests, perSeconds },
  ...{ asked: [], admitted: [], refused: 0 },
});

/** The units that were asked for in the last `ms` before a moment. */
export const askedWithin = ({ asked }: Meter, ms: number, until: number): number => {
  let sum = 0;
  for (let i = asked.length - 1; i >= 0; i--) {
    const spent = asked[i];
    if (spent === undefined || spent.at < until - ms) break;
    if (spent.at <= until) sum += spent.cost;
  }
  return sum;
};

/**
 * Whether a refusal can be right: within the window, and the leases that may still be on the book, at least half of
 * the limit was asked for. docs/leases.md: an isolate may hold units that it does not spend, for as long as a lease.
 */
export const mayBeOver = (meter: Meter, leaseMs: number, until: number): boolean =>
  askedWithin(meter, meter.perSeconds * 1000 + 2 * leaseMs, until) >= meter.requests / 2;

/** The most units that were let in, for certain, within one window (promise 3); 0 for none. */
export const fullestWindow = ({ admitted, perSeconds }: Meter): number => {
  const byStart = admitted.toSorted((one, other) => one.from - other.from);
  let most = 0;
  for (const [first, { from }] of byStart.entries()) {
    let units = 0;
    for (let i = first; i < byStart.length; i++) {
      const each = byStart[i];
      if (each === undefined || each.from >= from + perSeconds * 1000) break;
      // Only what was decided within the window whenever that was.
      if (each.to < from + perSeconds * 1000) units += each.cost;
    }
    most = Math.max(most, units);
  }
  return most;
};
