import type { UsageBucket } from '../../model/life.ts';
import { sumOf } from './scale.ts';

/** What became of requests, in the order in which it is stacked and told. */
export const OUTCOMES = ['admitted', 'limited', 'refused'] as const;

export type Outcome = (typeof OUTCOMES)[number];

export type Counts = Readonly<Record<Outcome, number>>;

/** All requests of a time, whatever became of them. */
export const requestsIn = (counts: Counts): number => counts.admitted + counts.limited + counts.refused;

/** Counts of several times together. */
export const together = (all: readonly Counts[]): Counts => ({
  admitted: sumOf(all.map(({ admitted }) => admitted)),
  limited: sumOf(all.map(({ limited }) => limited)),
  refused: sumOf(all.map(({ refused }) => refused)),
});

/** Longer times, of milliseconds each, that begin where UTC's do: six hours are from midnight, 6, 12 and 18 on. */
export const joined = (buckets: readonly UsageBucket[], stepMs: number): readonly UsageBucket[] => {
  const startOf = ({ at }: UsageBucket): number => Math.floor(at / stepMs) * stepMs;
  const starts = [...new Set(buckets.map(startOf))];
  return starts.map((at) => ({ at, ...together(buckets.filter((bucket) => startOf(bucket) === at)) }));
};
