import type { Variant } from './variant.ts';

export const WARM_UP_SECONDS = 2;

/** Before a paced load: the full one of the same round was before it. */
export const PACED_WARM_UP_SECONDS = 1;

/** The paced load: what a busy customer sends, and far from what any variant can. */
export const PER_SECOND = 1_000;

/** What a round takes beside its load, on a quiet machine: a look at an answer, a start of the load. */
const BETWEEN_SECONDS = 0.6;

/** What it takes to serve a variant for the first time; a cold one has its keys to make. */
const SERVE_SECONDS = 1;
const COLD_SECONDS = 30;

/** How long a run will take, in whole minutes. */
export const expectedMinutes = (
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
  variants: readonly Variant[],
): number => {
  const paced = variants.filter((variant) => variant.paced).length;
  const cold = variants.filter(({ name }) => name.startsWith('cold_')).length;
  const visits = [
    [variants.length, WARM_UP_SECONDS],
    [paced, PACED_WARM_UP_SECONDS],
  ] as const;
  const load = visits.reduce(
    (sum, [count, warmUp]) => sum + rounds * count * (warmUp + seconds + BETWEEN_SECONDS),
    0,
  );
  return Math.ceil((load + variants.length * SERVE_SECONDS + cold * COLD_SECONDS) / 60);
};

/** The order of one round: each begins with another, so that none always follows the same neighbour. */
export const turns = <T>(all: readonly T[], round: number): readonly T[] => {
  const first = (round - 1) % Math.max(1, all.length);
  return [...all.slice(first), ...all.slice(0, first)];
};
