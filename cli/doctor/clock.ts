/** How far clocks may be apart, in seconds: what the Worker forgives Stytch, and an origin the edge. */
export const MAX_SKEW_SECONDS = 5;

/**
 * By how many seconds another clock is ahead of ours, at the least: it was read between two readings of ours, all in
 * milliseconds, and is told in whole seconds (RFC 9110 §5.6.7).
 */
export const skewSeconds = (theirs: number, before: number, after: number): number => {
  if (theirs > after) return (theirs - after) / 1000;
  return theirs + 1000 < before ? (theirs + 1000 - before) / 1000 : 0;
};

/** The moment of a `Date` header; null where there is none that can be read. */
export const readDate = (value: string | null): number | null => {
  const ms = Date.parse(value ?? '');
  return Number.isNaN(ms) ? null : ms;
};

/** What is wrong with a clock that is so far ahead. */
export const skewProblem = (whose: string, seconds: number): readonly string[] =>
  Math.abs(seconds) <= MAX_SKEW_SECONDS
    ? []
    : [
        `${whose} clock is ${Math.abs(Math.round(seconds))} s ${seconds > 0 ? 'ahead of' : 'behind'} this machine's`,
      ];
