import { ok, type Result } from '../model/refusal.ts';
import { DAY_MS, TOKEN_DAYS_KEPT } from '../model/token-days.ts';
import { invalid } from './body.ts';

/** UTC days, or UTC months. */
export type TokensBy = 'day' | 'month';

/** How much is told where nobody asks for some: days, or months with the one that runs. */
const USUAL = { day: 30, month: 12 } as const;

/**
 * The UTC days or months that were asked for, each by where it begins, and where the last one ends: those that any of the
 * range lies in, and none after the one that runs. Times in milliseconds; undefined takes what is usual.
 */
export const tokenRange = (
  by: TokensBy,
  asked: { readonly from: number | undefined; readonly to: number | undefined },
  now: number,
): Result<{ readonly starts: readonly number[]; readonly to: number }> => {
  const last = startOf(by, Math.min(now, asked.to === undefined ? now : asked.to - 1));
  const first = asked.from === undefined ? ahead(by, last, 1 - USUAL[by]) : startOf(by, asked.from);
  const to = ahead(by, last, 1);
  if (first > last) return invalid([{ pointer: '/from', detail: 'must be before "to", and not ahead' }]);
  if (to - first > TOKEN_DAYS_KEPT * DAY_MS)
    return invalid([{ pointer: '/from', detail: `must be at most ${TOKEN_DAYS_KEPT} days before "to"` }]);
  return ok({ starts: startsOf(by, first, to), to });
};

const startsOf = (by: TokensBy, first: number, to: number): readonly number[] => {
  const starts = [];
  for (let at = first; at < to; at = ahead(by, at, 1)) starts.push(at);
  return starts;
};

const startOf = (by: TokensBy, at: number): number => {
  const date = new Date(at);
  return by === 'day'
    ? Math.floor(at / DAY_MS) * DAY_MS
    : Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1);
};

/** Where the bucket begins that is so many after the one that begins then. */
const ahead = (by: TokensBy, start: number, buckets: number): number => {
  const date = new Date(start);
  return by === 'day'
    ? start + buckets * DAY_MS
    : Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + buckets, 1);
};
