import type { Taking } from './timeline.ts';

/** Something that may not be, with what it takes to look for it again. */
export interface Violation {
  readonly kind: string;
  readonly problem: string;
  /** RFC 3339, when the request began. */
  readonly at: string;
  readonly ms: number;
  readonly nonce: string;
  /** Port of the isolate, user, key, what was asked, what came back. */
  readonly detail: Readonly<Record<string, unknown>>;
}

/** How long requests of one kind took, in cells a twentieth wide each. */
export interface Times {
  readonly cells: Map<number, number>;
  count: number;
}

/** All that is counted. */
export interface Tally {
  /** Answers by kind and status. */
  readonly answers: Map<string, Map<number, number>>;
  readonly times: Map<string, Times>;
  /** Calls at the Desk by what they do and status. */
  readonly desk: Map<string, Map<number, number>>;
  readonly takings: Taking[];
  readonly violations: Violation[];
  violationCount: number;
  requests: number;
  /** Requests that the origin must have seen. */
  admitted: number;
  /** Requests that began after something had been taken away for good. */
  revocationsChecked: number;
  webSockets: number;
  /** Answers and WebSockets that were broken off because a Ring was too slow. */
  cutBySilence: number;
  /** Requests whose refusal was not heard, because their body was still on its way. */
  unheard: number;
}

/** As many are kept whole; the others are counted. */
const MAX_KEPT = 100;

const CELL = Math.log(1.05);

export const openTally = (): Tally => ({
  ...{ answers: new Map(), times: new Map(), desk: new Map(), takings: [], violations: [] },
  ...{
    violationCount: 0,
    requests: 0,
    admitted: 0,
    revocationsChecked: 0,
    webSockets: 0,
    cutBySilence: 0,
    unheard: 0,
  },
});

export const violate = (tally: Tally, violation: Violation): void => {
  tally.violationCount++;
  if (tally.violations.length < MAX_KEPT) tally.violations.push(violation);
};

export const count = (counts: Map<string, Map<number, number>>, kind: string, status: number): void => {
  const mine = counts.get(kind) ?? new Map<number, number>();
  counts.set(kind, mine);
  mine.set(status, (mine.get(status) ?? 0) + 1);
};

export const time = (tally: Tally, kind: string, ms: number): void => {
  const times = tally.times.get(kind) ?? { cells: new Map<number, number>(), count: 0 };
  tally.times.set(kind, times);
  const cell = Math.round(Math.log(Math.max(ms, 0.01)) / CELL);
  times.cells.set(cell, (times.cells.get(cell) ?? 0) + 1);
  times.count++;
};

/** The time that a share of requests did not exceed, in milliseconds, to a twentieth. */
export const quantile = ({ cells, count: all }: Times, share: number): number => {
  let seen = 0;
  for (const [cell, n] of [...cells].sort(([one], [other]) => one - other)) {
    seen += n;
    if (seen >= share * all) return Math.exp(cell * CELL);
  }
  return Number.NaN;
};
