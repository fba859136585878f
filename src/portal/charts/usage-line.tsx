import { requestsIn, type UsageBucket } from '../../model/life.ts';
import { WORDS } from '../words.ts';
import { sumOf } from './scale.ts';

const WIDTH = 120;
const HEIGHT = 24;
/** Half of the line is beside the points that it goes through. */
const EDGE = 2;

/** How much something was used, as a small line for a list: its form alone, and the sum in words. */
export const UsageLine = ({
  buckets,
  stepMs,
}: {
  /** Of each time, those without any use too. */
  readonly buckets: readonly UsageBucket[];
  readonly stepMs: number;
}) => {
  const counts = buckets.map(requestsIn);
  return (
    <svg class="usage-line" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img">
      <title>{WORDS.charts.requestsIn(sumOf(counts), counts.length * stepMs)}</title>
      <path d={lineThrough(counts)} />
    </svg>
  );
};

/** From left to right in whole units, each point from the one before it: that is the shortest. */
const lineThrough = (counts: readonly number[]): string => {
  const most = Math.max(1, ...counts);
  const last = Math.max(1, counts.length - 1);
  const points = counts.map((count, i) => ({
    x: EDGE + Math.round((i / last) * (WIDTH - 2 * EDGE)),
    y: HEIGHT - EDGE - Math.round((count / most) * (HEIGHT - 2 * EDGE)),
  }));
  const [first = { x: EDGE, y: HEIGHT - EDGE }, ...rest] = points;
  const steps = rest.map(({ x, y }, i) => {
    const before = points[i] ?? first;
    return `${x - before.x} ${y - before.y}`;
  });
  // One time alone, or none, is a level line.
  return `M${first.x} ${first.y}${steps.length === 0 ? `h${WIDTH - 2 * EDGE}` : `l${steps.join(' ').replaceAll(' -', '-')}`}`;
};
