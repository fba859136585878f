/** Half of what an isolate knows about its demand is younger than about 1.4 s. */
const RATE_MEMORY_MS = 2_000;

/** The first requests of a burst lie milliseconds apart; without a floor they would read as thousands per second. */
const LEAST_SPAN_MS = 250;

/** How many units per second are asked for: an exponentially weighted moving average since the first request. */
export type Rate = { readonly startedAt: number; seenAt: number; weight: number };

/** Counts units that were asked for. Null is where nothing was asked for before. */
export const observed = (rate: Rate | null, units: number, now: number): Rate => {
  if (rate === null) return { startedAt: now, seenAt: now, weight: units };
  rate.weight = decayed(rate, rate.weight, now) + units;
  rate.seenAt = now;
  return rate;
};

/** Units per second at `now`, leaving out the `latest` units that were observed; corrected for the time before the first request. */
export const perSecond = (rate: Rate | null, now: number, latest = 0): number => {
  if (rate === null) return 0;
  const span = Math.max(LEAST_SPAN_MS, now - rate.startedAt);
  const seconds = (RATE_MEMORY_MS / 1000) * (1 - Math.exp(-span / RATE_MEMORY_MS));
  return Math.max(0, decayed(rate, rate.weight - latest, now)) / seconds;
};

const decayed = ({ seenAt }: Rate, units: number, now: number): number =>
  units * Math.exp(-Math.max(0, now - seenAt) / RATE_MEMORY_MS);
