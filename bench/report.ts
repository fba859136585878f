import type { Spread, Summary } from './figures.ts';
import type { Machine } from './machine.ts';
import { VARIANTS } from './variants/index.ts';

/** One run, whole. */
export interface Run {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  /** The load average before the run, which the run itself then raises. */
  readonly load_before: number;
  /** Requests per second that the origin alone answers to the same load. */
  readonly origin_rps: number;
  readonly variants: Readonly<Record<string, Summary>>;
}

/** The run as it is kept: the medians, and `[least, greatest]` of each under `spread`, a pair to a line as Biome has it. */
export const asJson = (run: Run): string =>
  `${JSON.stringify(plain(run), null, 2).replace(/\[\s+([\d.]+),\s+([\d.]+)\s+\]/g, '[$1, $2]')}\n`;

const plain = ({ variants, ...run }: Run) => ({
  ...run,
  variants: Object.fromEntries(
    Object.entries(variants).map(([name, summary]) => {
      const given = Object.entries(summary).filter((each): each is [string, Spread] => each[1] !== null);
      return [
        name,
        {
          ...Object.fromEntries(given.map(([figure, { median }]) => [figure, rounded(median)])),
          spread: Object.fromEntries(
            given.map(([figure, { min, max }]) => [figure, [rounded(min), rounded(max)]]),
          ),
        },
      ];
    }),
  ),
});

/** The run as a page of Markdown; it reads well on a terminal too. */
export const asMarkdown = (
  run: Run,
): string => `\`${run.command}\`, ${run.date}: ${run.rounds} rounds of ${run.seconds} s in turns,
medians (least–greatest). ${run.machine.cpu}, ${run.machine.cores} cores; workerd ${run.machine.workerd}, Node ${run.machine.node}.
Load average before: ${run.load_before.toFixed(2)}. The origin alone: ${Math.round(run.origin_rps)} requests/s.

${table(run)}

${VARIANTS.filter(({ name }) => name in run.variants)
  .map(({ name, says }) => `- \`${name}\`: ${says}`)
  .join('\n')}
`;

const HEADINGS = [
  '',
  'requests/s',
  'ratio',
  'of contract',
  'CPU µs',
  'CPU ratio',
  'p50 ms',
  'p90 ms',
  'p99 ms',
  'others, cores',
];

const table = ({ variants }: Run): string => {
  const rows = Object.entries(variants).map(([name, summary]) => [
    `\`${name}\``,
    told(summary.rps, 0),
    told(summary.ratio, 2),
    told(summary.contract_ratio, 2),
    told(summary.cpu_us, 0),
    told(summary.cpu_ratio, 2),
    told(summary.p50_ms, 2),
    told(summary.p90_ms, 2),
    told(summary.p99_ms, 0),
    told(summary.foreign_cores, 2),
  ]);
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(' | ')} |`;
  const rule = `|${widths.map((width, i) => (i === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(HEADINGS), rule, ...rows.map(line)].join('\n');
};

const told = (spread: Spread | null, digits: number): string =>
  spread === null
    ? '–'
    : `${spread.median.toFixed(digits)} (${spread.min.toFixed(digits)}–${spread.max.toFixed(digits)})`;

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
