import { spread } from '../figures.ts';

/** How long something took, in milliseconds. */
export interface Timing {
  readonly median: number;
  readonly p99: number;
  readonly min: number;
  readonly max: number;
}

/** The figures of at least one duration. */
export const timing = (durations: readonly number[]): Timing => {
  const sorted = durations.toSorted((one, other) => one - other);
  return { ...spread(durations), p99: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN };
};

/** How long it takes until something has come, in milliseconds. */
export const timed = async (work: () => Promise<unknown>): Promise<number> => {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
};

/** Rounds that are not counted: the compiler's, and the caches'. */
const WARM_UP = 5;

/** Measures each of several in turns, so that noise falls on all alike. */
export const inTurn = async <T>(
  each: readonly T[],
  rounds: number,
  work: (one: T, round: number) => Promise<unknown>,
): Promise<readonly Timing[]> => {
  const durations = each.map((): number[] => []);
  for (let round = -WARM_UP; round < rounds; round++) {
    for (const [i, one] of each.entries()) {
      const duration = await timed(() => work(one, round));
      if (round >= 0) durations[i]?.push(duration);
    }
  }
  return durations.map(timing);
};
