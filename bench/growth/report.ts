import { lines } from '../plot/index.ts';
import type { Leases, Load } from './leases.ts';
import { steepIn, type Table } from './table.ts';
import type { Timing } from './timing.ts';

/** What of a run is kept. */
export interface Growth {
  readonly keys: Table | null;
  readonly owners: Table | null;
  readonly leases: Leases | null;
}

/** What a run fails for. */
export const problemsOf = ({ keys, owners, leases }: Growth): readonly string[] => [
  ...[keys, owners].flatMap((table) =>
    table === null ? [] : steepIn(table).map((name) => `not flat: ${name}`),
  ),
  ...(leases !== null && leases.load.refused > 0 ? [`${leases.load.refused} leases were refused`] : []),
];

/** What of the keys' table is drawn: the others lie on top of these. */
const DRAWN: ReadonlySet<string> = new Set([
  'admission, warm',
  'admission, cold: KV and Ring',
  'admission, the Ring asked',
  'list: living, first page',
  'list: all, newest, middle',
  'search: all, found nothing',
]);

export const growthPlot = ({ sizes, rows }: Table): string =>
  lines({
    title: 'What an owner with many keys waits for',
    says: 'Medians, with the 99th percentile; all sizes asked in turns in one workerd',
    x: { name: 'keys of one owner', scale: 'log' },
    y: { name: 'ms', scale: 'log' },
    series: rows
      .filter(({ name }) => DRAWN.has(name))
      .map(({ name, timings }) => ({
        name,
        points: sizes.map((size, i) => [size, drawn(timings[i])] as const),
      })),
    digits: 2,
  });

export const leasesPlot = ({ loads }: Leases): string =>
  lines({
    title: 'One Ring, asked for leases',
    says: 'From when an ask was due until its answer, through a Worker, each grant confirmed on disk',
    x: { name: 'leases asked for a second' },
    y: { name: 'ms', scale: 'log' },
    series: [
      {
        name: 'p50',
        points: loads.map((load): readonly [number, number] => [load.rate, load.latency.median]),
      },
      {
        name: 'p99',
        points: loads.map((load: Load): readonly [number, number] => [load.rate, load.latency.p99]),
      },
    ],
    digits: 1,
  });

const drawn = (timing: Timing | undefined) =>
  timing === undefined ? Number.NaN : { median: timing.median, min: timing.min, max: timing.p99 };
