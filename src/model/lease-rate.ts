/** Half of what an isolate knows about its demand is younger than about 1.4 s. */
const RATE_MEMORY_MS = 2_000;

/** The first requests of a burst lie milliseconds apart; without a floor they would read as thousands per second. */
const LEAST_SPAN_MS = 250;

/** Measures how many units per second are asked for. */
export type Rate = {
  observe(units: number, now: number): void;
  /** Units per second at `now`, leaving out the `latest` units that were observed. */
  perSecond(now: number, latest?: number): number;
};

/** An exponentially weighted moving average, corrected for the time before the first request. */
export const openRate = (): Rate => {
  let startedAt: number | null = null;
  let seenAt = 0;
  let weight = 0;
  const decayed = (now: number, units = weight) =>
    units * Math.exp(-Math.max(0, now - seenAt) / RATE_MEMORY_MS);
  return {
    observe(units, now) {
      startedAt ??= now;
      weight = decayed(now) + units;
      seenAt = now;
    },
    perSecond(now, latest = 0) {
      if (startedAt === null) return 0;
      const span = Math.max(LEAST_SPAN_MS, now - startedAt);
      const seconds = (RATE_MEMORY_MS / 1000) * (1 - Math.exp(-span / RATE_MEMORY_MS));
      return Math.max(0, decayed(now, weight - latest)) / seconds;
    },
  };
};
