import type { UsageQuery, UsageReport } from '../model/life.ts';
import { joined } from './charts/buckets.ts';
import { isOneOf } from './is-one-of.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Over what time use is shown, how it is counted, and how wide a bar is. */
const RANGES = {
  '24h': { by: 'hour', spanMs: DAY_MS, stepMs: HOUR_MS },
  '7d': { by: 'hour', spanMs: 7 * DAY_MS, stepMs: 6 * HOUR_MS },
  '90d': { by: 'day', spanMs: 90 * DAY_MS, stepMs: DAY_MS },
} as const satisfies Readonly<
  Record<string, { readonly by: UsageQuery['by']; readonly spanMs: number; readonly stepMs: number }>
>;

export type UsageRangeName = keyof typeof RANGES;

/** In the order in which they are offered. */
export const USAGE_RANGES = Object.keys(RANGES) as readonly UsageRangeName[];

/** The range that an address names; a day for whatever else it says. */
export const rangeIn = (query: URLSearchParams): UsageRangeName => {
  const named = query.get('range') ?? '';
  return isOneOf(RANGES, named) ? named : '24h';
};

/** The query for a range that ends with the bar that is running. `now` in milliseconds. */
export const usageAsked = (name: UsageRangeName, now: number) => {
  const { by, spanMs, stepMs } = RANGES[name];
  const end = Math.floor(now / stepMs) * stepMs + stepMs;
  return { by, from: new Date(end - spanMs).toISOString() };
};

/** What a chart of a range is drawn from. */
export const barsOf = (name: UsageRangeName, { buckets }: Pick<UsageReport, 'buckets'>) => {
  const { stepMs } = RANGES[name];
  return { buckets: joined(buckets, stepMs), stepMs };
};
