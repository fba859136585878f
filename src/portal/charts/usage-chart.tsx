import { requestsIn, totalsOf, type UsageBucket, type UsageCounts } from '../../model/life.ts';
import { WORDS } from '../words.ts';
import { OUTCOMES } from './buckets.ts';
import { heights, sumOf, ticks } from './scale.ts';
import { axisTimes, bucketName } from './times.ts';
import { UsageTable } from './usage-table.tsx';

const { charts: words } = WORDS;

interface Shown {
  /** Unique on the page. */
  readonly id: string;
  /** Of each time, those without any use too. */
  readonly buckets: readonly UsageBucket[];
  readonly stepMs: number;
}

/** Of the drawing. It is stretched to the width that there is; what is written stands beside it in the page's own letters. */
const HEIGHT = 100;
const COLUMN = 8;
const BAR = 6;

/** What became of requests over a time: a bar for each hour or day. The numbers are in a table as well. */
export const UsageChart = ({ id, buckets, stepMs }: Shown) => {
  const totals = totalsOf(buckets);
  const spanMs = buckets.length * stepMs;
  if (requestsIn(totals) === 0) return <p class="chart-empty">{words.nothing}</p>;
  const width = buckets.length * COLUMN;
  const lines = ticks(Math.max(...buckets.map(requestsIn)));
  const top = lines.at(-1) ?? 1;
  return (
    <figure class="chart">
      <figcaption>
        <Legend id={id} totals={totals} />
      </figcaption>
      <ol class="chart-counts" aria-hidden="true">
        {lines.map((line) => (
          <li>{words.short(line)}</li>
        ))}
      </ol>
      <svg
        class="chart-bars"
        viewBox={`0 0 ${width} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-labelledby={`${id}-title ${id}-text`}
      >
        <title id={`${id}-title`}>{words.requestsIn(requestsIn(totals), spanMs)}</title>
        <desc id={`${id}-text`}>{told(totals)}</desc>
        <Patterns id={id} />
        <path class="chart-grid" d={gridOf(lines.length - 1, width)} />
        <Bars id={id} buckets={buckets} top={top} />
        <g class="chart-columns">
          {buckets.map((bucket, i) => (
            <rect x={i * COLUMN} width={COLUMN} height={HEIGHT}>
              <title>{words.at(bucketName(bucket.at, stepMs), told(bucket))}</title>
            </rect>
          ))}
        </g>
      </svg>
      <Times buckets={buckets} stepMs={stepMs} />
      <UsageTable buckets={buckets} stepMs={stepMs} />
    </figure>
  );
};

const told = (counts: UsageCounts): string =>
  OUTCOMES.filter((outcome) => counts[outcome] > 0)
    .map((outcome) => words.told[outcome](counts[outcome]))
    .join(', ');

const Legend = ({ id, totals }: { readonly id: string; readonly totals: UsageCounts }) => (
  <ul class="chart-legend">
    {OUTCOMES.map((outcome) => (
      <li>
        <svg viewBox="0 0 12 12" aria-hidden="true">
          <rect fill={paint(id, outcome)} width="12" height="12" />
        </svg>{' '}
        {words[outcome]} <b>{words.count(totals[outcome])}</b>
      </li>
    ))}
  </ul>
);

/** Stripes, so that nobody needs the colours. A style sheet could not name them: its addresses are from where it is. */
const Patterns = ({ id }: { readonly id: string }) => (
  <defs>
    <pattern id={`${id}-limited`} width="4" height="4" patternUnits="userSpaceOnUse">
      <rect class="chart-limited" width="4" height="4" />
      <path class="chart-cut" d="M0 2h4" />
    </pattern>
    <pattern id={`${id}-refused`} width="4" height="4" patternUnits="userSpaceOnUse">
      <rect class="chart-refused" width="4" height="4" />
      <path class="chart-cut" d="M0 4 4 0" />
    </pattern>
  </defs>
);

const paint = (id: string, outcome: keyof UsageCounts) =>
  outcome === 'admitted' ? undefined : `url(#${id}-${outcome})`;

/**
 * One path for each outcome, of lines as wide as bars, which is shorter than a rectangle for each. All begin at the bottom: what
 * is stacked above others is drawn before them.
 */
const Bars = ({ id, buckets, top }: Pick<Shown, 'id' | 'buckets'> & { readonly top: number }) => {
  const stacks = buckets.map((bucket) =>
    heights(
      OUTCOMES.map((outcome) => bucket[outcome]),
      top,
      HEIGHT,
    ),
  );
  const bars = (layer: number): string =>
    stacks
      .map((stack, i) =>
        stack[layer] === 0 ? '' : `M${(i + 0.5) * COLUMN} ${HEIGHT}v-${sumOf(stack.slice(0, layer + 1))}`,
      )
      .join('');
  return (
    <g class="chart-stacks" stroke-width={BAR}>
      {OUTCOMES.map((outcome, layer) => <path stroke={paint(id, outcome)} d={bars(layer)} />).reverse()}
    </g>
  );
};

const gridOf = (steps: number, width: number): string =>
  Array.from({ length: steps + 1 }, (_, i) => `M0 ${HEIGHT - (i / steps) * HEIGHT}h${width}`).join('');

/** In percent of the width and in letters of the page's size: what is stretched with the bars could not be read. */
const Times = ({ buckets, stepMs }: Pick<Shown, 'buckets' | 'stepMs'>) => (
  <svg class="chart-times" aria-hidden="true">
    {axisTimes(
      buckets.map(({ at }) => at),
      stepMs,
    ).map(({ index, text, isMinor }) => (
      <text
        class={isMinor ? 'minor' : undefined}
        x={`${Math.round(((index + 0.5) / buckets.length) * 1000) / 10}%`}
        y="1em"
      >
        {text}
      </text>
    ))}
  </svg>
);
