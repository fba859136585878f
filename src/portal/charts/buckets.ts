import { totalsOf, type UsageBucket, type UsageCounts } from '../../model/life.ts';

/** What became of requests, in the order in which it is stacked and told. */
export const OUTCOMES = ['admitted', 'limited', 'refused'] as const satisfies readonly (keyof UsageCounts)[];

/** Longer times, of milliseconds each, that begin where UTC's do: six hours are from midnight, 6, 12 and 18 on. */
export const joined = (buckets: readonly UsageBucket[], stepMs: number): readonly UsageBucket[] => {
  const startOf = ({ at }: UsageBucket): number => Math.floor(at / stepMs) * stepMs;
  return [...Map.groupBy(buckets, startOf)].map(([at, parts]) => ({ at, ...totalsOf(parts) }));
};
