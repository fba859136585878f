import type { Timing } from './timing.ts';

/** One thing at several sizes. */
export interface Row {
  readonly name: string;
  readonly timings: readonly Timing[];
  /** Why it may grow, where it may. */
  readonly grows?: string;
}

/** Several things at the same sizes. */
export interface Table {
  /** What there are so many of. */
  readonly of: string;
  readonly sizes: readonly number[];
  readonly rows: readonly Row[];
  /** What else there is to say of each size. */
  readonly more: readonly { readonly name: string; readonly texts: readonly string[] }[];
}

/** What the machine's noise may make of one and the same: twice, or so many milliseconds more. */
const FLAT = 2;
const FLAT_MS = 1;

/** What takes longer for the largest than for the smallest, and may not. */
export const steepIn = ({ rows }: Pick<Table, 'rows'>): readonly string[] =>
  rows
    .filter(({ grows, timings }) => {
      const [small = 0, large = 0] = [timings[0]?.median, timings.at(-1)?.median];
      return grows === undefined && large > FLAT * small && large - small > FLAT_MS;
    })
    .map(({ name }) => name);

/** As Markdown: medians, and the 99th percentiles beside them. */
export const tableText = ({ of, sizes, rows, more }: Table): string =>
  [
    `| ms, median (p99) | ${sizes.map((size) => `${size.toLocaleString('en')} ${of}`).join(' | ')} |`,
    `|---|${sizes.map(() => '---').join('|')}|`,
    ...rows.map(({ name, timings }) => `| ${name} | ${timings.map(written).join(' | ')} |`),
    ...more.map(({ name, texts }) => `| ${name} | ${texts.join(' | ')} |`),
  ].join('\n');

const written = ({ median, p99 }: Timing): string => `${median.toFixed(2)} (${p99.toFixed(1)})`;
