import type { UsageQuery } from '../model/life.ts';
import { ok, type Result } from '../model/refusal.ts';
import { invalid } from './body.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Of each kind of bucket: how long it is, how many days are told at once, and how many where nobody asks for some. */
const BUCKETS = {
  hour: { ms: HOUR_MS, mostDays: 31, usualDays: 1 },
  day: { ms: DAY_MS, mostDays: 90, usualDays: 30 },
} as const;

export interface UsageRange {
  readonly from: number;
  readonly to: number;
  /** Length of a bucket, in milliseconds. */
  readonly stepMs: number;
}

/**
 * The whole hours or UTC days that were asked for: those that any of the range lies in, and none after the one that runs.
 * Times in milliseconds; undefined takes what is usual.
 */
export const usageRange = (
  by: UsageQuery['by'],
  asked: { readonly from: number | undefined; readonly to: number | undefined },
  now: number,
): Result<UsageRange> => {
  const { ms, mostDays, usualDays } = BUCKETS[by];
  const running = Math.floor(now / ms) * ms + ms;
  const to = Math.min(running, asked.to === undefined ? running : Math.ceil(asked.to / ms) * ms);
  const from = asked.from === undefined ? to - usualDays * DAY_MS : Math.floor(asked.from / ms) * ms;
  if (from >= to) return invalid([{ pointer: '/from', detail: 'must be before "to", and not ahead' }]);
  if (to - from > mostDays * DAY_MS)
    return invalid([{ pointer: '/from', detail: `must be at most ${mostDays} days before "to"` }]);
  return ok({ from, to, stepMs: ms });
};
