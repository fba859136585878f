import { err, ok, type Result } from '../../src/model/refusal.ts';

/** A time of the day, UTC, in minutes after midnight. */
export type MinuteOfDay = number;

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;

/** `[triggers] crons` of wrangler.toml, as far as a day has them once: `23 3 * * *`. */
export const readDaily = (crons: readonly string[]): Result<readonly MinuteOfDay[], readonly string[]> => {
  const read = crons.map((cron) => {
    const [, minute, hour] = DAILY.exec(cron.trim()) ?? [];
    return minute === undefined || Number(minute) > 59 || Number(hour) > 23
      ? err(
          `wrangler.toml, triggers.crons: ${JSON.stringify(cron)} is no time of the day, such as "23 3 * * *"`,
        )
      : ok(Number(hour) * 60 + Number(minute));
  });
  const problems = read.flatMap((each) => (each.ok ? [] : [each.refusal]));
  return problems.length > 0 ? err(problems) : ok(read.flatMap((each) => (each.ok ? [each.value] : [])));
};

const DAILY = /^(\d{1,2}) +(\d{1,2}) +\* +\* +\*$/;

/** The first of these times after a moment, in milliseconds since the epoch; Infinity if there are none. */
export const nextAfter = (times: readonly MinuteOfDay[], momentMs: number): number => {
  const midnight = momentMs - (momentMs % DAY_MS);
  const candidates = times.flatMap((minute) =>
    [0, 1].map((day) => midnight + day * DAY_MS + minute * MINUTE_MS),
  );
  return Math.min(...candidates.filter((each) => each > momentMs), Number.POSITIVE_INFINITY);
};
