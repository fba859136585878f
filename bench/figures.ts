import type { Sample } from './measure.ts';
import { FLOOR } from './variant.ts';

/** A median over the rounds, and between what it lay. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The rounds of every variant that was measured, in order. */
export type Rounds = ReadonlyMap<string, readonly Sample[]>;

/** All figures of one variant. The ratios are of pairs: each round against that of another variant in the same round. */
export interface Summary extends Readonly<Record<keyof Sample, Spread>> {
  /** Requests per second, of its base's; null when that was not measured. */
  readonly ratio: Spread | null;
  /** The base's CPU per request, of this one's: what the ratio would be if CPU were all that counts. */
  readonly cpu_ratio: Spread | null;
  /** As `ratio`, against the Worker that keeps the wire forms without any decision. */
  readonly contract_ratio: Spread | null;
}

const PACED_FIGURES = [
  ...(['rps', 'cpu_us', 'p50_ms', 'p90_ms', 'p99_ms'] as const),
  ...(['client_cores', 'foreign_cores'] as const),
] as const;
type PacedFigure = (typeof PACED_FIGURES)[number];

/** What a paced load met: latencies beside the floor's. */
export interface PacedSummary extends Readonly<Record<PacedFigure, Spread>> {
  readonly p50_ratio: Spread | null;
  readonly p90_ratio: Spread | null;
}

/** The figures of a variant from its rounds and those of the two it is compared with. */
export const summarize = (rounds: Rounds, name: string, base = FLOOR): Summary => ({
  ...spreads(rounds, name, [
    ...(['rps', 'cpu_us', 'p50_ms', 'p90_ms', 'p99_ms'] as const),
    ...(['server_cores', 'client_cores', 'foreign_cores'] as const),
  ]),
  ratio: compare(rounds, name, base, 'rps'),
  cpu_ratio: compare(rounds, base, name, 'cpu_us'),
  contract_ratio: compare(rounds, name, 'contract', 'rps'),
});

export const summarizePaced = (rounds: Rounds, name: string, base = FLOOR): PacedSummary => ({
  ...spreads(rounds, name, PACED_FIGURES),
  p50_ratio: compare(rounds, name, base, 'p50_ms'),
  p90_ratio: compare(rounds, name, base, 'p90_ms'),
});

/** A figure of one variant divided by that of another, round by round; null unless both were measured. */
export const compare = (rounds: Rounds, one: string, other: string, figure: keyof Sample): Spread | null => {
  const [mine = [], theirs = []] = [rounds.get(one), rounds.get(other)];
  const ratios = mine.flatMap((sample, round) => {
    const beside = theirs[round];
    return beside === undefined ? [] : [sample[figure] / beside[figure]];
  });
  return ratios.length === 0 ? null : spread(ratios);
};

const spreads = <Name extends keyof Sample>(
  rounds: Rounds,
  name: string,
  figures: readonly Name[],
): Readonly<Record<Name, Spread>> => {
  const samples = rounds.get(name) ?? [];
  const entries = figures.map((figure) => [figure, spread(samples.map((sample) => sample[figure]))]);
  return Object.fromEntries(entries) as Readonly<Record<Name, Spread>>;
};

/** Median, least and greatest of at least one number. */
export const spread = (numbers: readonly number[]): Spread => {
  const sorted = numbers.toSorted((one, other) => one - other);
  const at = (index: number): number => sorted[index] ?? Number.NaN;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? at(middle) : (at(middle - 1) + at(middle)) / 2;
  return { median, min: at(0), max: at(sorted.length - 1) };
};
