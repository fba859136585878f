/** Most steps of an axis: more could not be told apart on a phone. */
const MOST_STEPS = 5;

/** Lines of an axis from 0 to the first of them that no count is above: 1, 2 or 5 times a power of ten apart. */
export const ticks = (most: number): readonly number[] => {
  const step = stepFor(most);
  return Array.from({ length: Math.max(1, Math.ceil(most / step)) + 1 }, (_, i) => i * step);
};

/** Counts are whole, so that no step is under 1. */
const stepFor = (most: number): number => {
  for (let power = 1; ; power *= 10) {
    const step = [1, 2, 5].map((each) => each * power).find((each) => most / each <= MOST_STEPS);
    if (step !== undefined) return step;
  }
};

/**
 * Heights of what is stacked, in whole units, of which `units` are `top`. Together they are as high as their sum, and what is
 * not nothing is seen: at least `LEAST` high, at the cost of the highest.
 */
export const heights = (counts: readonly number[], top: number, units: number): readonly number[] => {
  const seen = counts.map((count) => (count === 0 ? 0 : Math.max(LEAST, Math.round((count / top) * units))));
  const over = sumOf(seen) - Math.round((sumOf(counts) / top) * units);
  const highest = seen.indexOf(Math.max(...seen));
  return seen.map((height, i) => (i === highest ? Math.max(Math.min(LEAST, height), height - over) : height));
};

/** In the units of the charts, and with stripes in it: what can just be seen. */
const LEAST = 2;

/** What numbers add up to. */
export const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);
