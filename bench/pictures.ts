import type { Spread } from './figures.ts';
import { bars } from './plot/index.ts';
import type { Measured, Run } from './report.ts';
import { GROUPS } from './variant.ts';

/** The plots of a run, by the names of their files. */
export const pictures = (run: Run): Readonly<Record<string, string>> => ({
  'throughput.svg': throughput(run),
  'cpu.svg': cpu(run),
  ...(run.variants.some(({ paced }) => paced !== null) ? { 'paced.svg': paced(run) } : {}),
});

const throughput = (run: Run): string =>
  bars({
    title: "Requests per second, of the bare pass-through Worker's",
    says: `${roundsOf(run)}; 16 connections. More is better.`,
    axis: { name: 'ratio', min: 0 },
    rows: run.variants.map(({ name, base }) => (base === undefined ? name : `${name} (of ${base})`)),
    series: byGroup(run.variants, ({ full }) => full.ratio),
    goals: [{ at: 0.9, says: 'goal of warm keys and tokens: 0.90' }],
    digits: 2,
  });

const cpu = (run: Run): string =>
  bars({
    title: 'CPU per request',
    says: `${roundsOf(run)}; the process of the variant alone, by powers of ten. Less is better.`,
    axis: { name: 'µs', scale: 'log' },
    mark: 'dot',
    rows: run.variants.map(({ name }) => name),
    series: byGroup(run.variants, ({ full }) => full.cpu_us),
    digits: 0,
  });

const paced = (run: Run): string => {
  const some = run.variants.flatMap(({ name, paced }) => (paced === null ? [] : [{ name, paced }]));
  return bars({
    title: `Latency at ${run.per_second} requests/s`,
    says: `${roundsOf(run)}; corrected for coordinated omission, by powers of ten. Less is better.`,
    axis: { name: 'ms', scale: 'log' },
    mark: 'dot',
    rows: some.map(({ name }) => name),
    series: (['p50', 'p90', 'p99'] as const).map((name) => ({
      name,
      values: some.map(({ paced }) => paced[`${name}_ms`]),
    })),
    digits: 2,
  });
};

const roundsOf = ({ rounds, seconds }: Run): string =>
  `Medians of ${rounds} alternating rounds of ${seconds} s, least to greatest`;

/** One series for each group that is there: so they are told apart by colour. */
const byGroup = (variants: readonly Measured[], of: (variant: Measured) => Spread | null) =>
  Object.entries(GROUPS)
    .filter(([group]) => variants.some((variant) => variant.group === group))
    .map(([group, name]) => ({
      name,
      values: variants.map((variant) => (variant.group === group ? of(variant) : null)),
    }));
