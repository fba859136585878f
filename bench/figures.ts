import type { Sample } from './measure.ts';

/** A median over the rounds, and between what it lay. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export const FIGURES = ['rps', 'cpu_us', 'p50_ms', 'p90_ms', 'p99_ms'] as const;
export type Figure = (typeof FIGURES)[number];

/** All figures of one variant. The ratios are of pairs: each round against the floor's of the same round. */
export interface Summary extends Readonly<Record<Figure, Spread>> {
  /** Requests per second, of the floor's; null when the floor was not measured. */
  readonly ratio: Spread | null;
  /** The floor's CPU per request, of this one's: what the ratio would be if CPU were all that counts. */
  readonly cpu_ratio: Spread | null;
  /** As `ratio`, against the Worker that keeps the wire forms without any decision; null when it was not measured. */
  readonly contract_ratio: Spread | null;
  readonly foreign_cores: Spread;
}

type Rounds = readonly Sample[] | undefined;

/** The figures of a variant from its rounds and those of the two it is compared with, in order. */
export const summarize = (samples: readonly Sample[], floor: Rounds, contract: Rounds): Summary => {
  const spreadOf = (name: keyof Sample): Spread => spread(samples.map((sample) => sample[name]));
  const pairs = (rounds: Rounds, of: (mine: Sample, theirs: Sample) => number): Spread | null =>
    rounds === undefined
      ? null
      : spread(
          samples.flatMap((mine, round) => {
            const theirs = rounds[round];
            return theirs === undefined ? [] : [of(mine, theirs)];
          }),
        );
  return {
    rps: spreadOf('rps'),
    cpu_us: spreadOf('cpu_us'),
    p50_ms: spreadOf('p50_ms'),
    p90_ms: spreadOf('p90_ms'),
    p99_ms: spreadOf('p99_ms'),
    foreign_cores: spreadOf('foreign_cores'),
    ratio: pairs(floor, (mine, theirs) => mine.rps / theirs.rps),
    cpu_ratio: pairs(floor, (mine, theirs) => theirs.cpu_us / mine.cpu_us),
    contract_ratio: pairs(contract, (mine, theirs) => mine.rps / theirs.rps),
  };
};

/** Median, least and greatest of at least one number. */
export const spread = (numbers: readonly number[]): Spread => {
  const sorted = numbers.toSorted((one, other) => one - other);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
};
