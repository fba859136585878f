import type { PacedSummary, Spread, Summary } from './figures.ts';
import type { Judged } from './goals.ts';
import type { Machine } from './machine.ts';
import { type Column, tableOf } from './table.ts';
import { FLOOR, GROUPS, type Group } from './variant.ts';

/** One variant, and what it came to. */
export interface Measured {
  readonly name: string;
  readonly says: string;
  readonly group: Group;
  readonly base: string | undefined;
  readonly full: Summary;
  readonly paced: PacedSummary | null;
}

/** What the origin answers without anything between. */
export interface Alone {
  readonly rps: number;
  /** CPU of what sends the load, for each request. */
  readonly client_us: number;
}

/** One run, whole. */
export interface Run {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly rounds: number;
  readonly seconds: number;
  /** The paced load, in requests per second. */
  readonly per_second: number;
  /** The load average before the run, which the run itself then raises. */
  readonly load_before: number;
  readonly alone: Alone;
  readonly variants: readonly Measured[];
  /** What could not be measured, and why. */
  readonly skipped: Readonly<Record<string, string>>;
  readonly goals: readonly Judged[];
}

/** A thread that has nothing to wait for uses a core; the machine's own restlessness is less than this. */
const BUSY_CORES = 0.85;
const RESTLESS_CORES = 0.1;

/** The run as a page of Markdown; it reads well on a terminal too. */
export const asMarkdown = (run: Run): string =>
  [
    head(run),
    '## Goals',
    goalsTable(run.goals),
    ...warning(run),
    ...Object.entries(GROUPS).flatMap(([group, title]) => section(run, group as Group, title)),
    ...pacedSection(run),
    ...skippedSection(run),
  ]
    .join('\n\n')
    .concat('\n');

const head = ({ command, date, rounds, seconds, machine, load_before, alone }: Run): string =>
  `\`${command}\`, ${date}: ${rounds} rounds of ${seconds} s in turns,
medians (least–greatest). ${machine.cpu}, ${machine.cores} cores; workerd ${machine.workerd}, Node ${machine.node}.
Load average before: ${load_before.toFixed(2)}. The origin alone: ${alone.rps} requests/s, ${alone.client_us.toFixed(1)} µs of the client's CPU each.
"client" and "others" are the most cores that what sends the load and whoever is not ours took in a round.`;

const goalsTable = (goals: readonly Judged[]): string =>
  tableOf(goals, [
    { heading: 'goal', of: ({ says }) => says, isText: true },
    { heading: 'wanted', of: ({ side, goal }) => `${side} ${goal.toFixed(2)}` },
    { heading: 'measured', of: ({ measured }) => told(measured, 2) },
    { heading: 'met', of: ({ met }) => answer(met) },
    {
      heading: 'stretch',
      of: ({ stretch, stretch_met }) =>
        stretch === null ? '' : `${stretch.toFixed(2)}: ${answer(stretch_met)}`,
    },
  ]);

/** Whoever else is busy is busy at the cost of some rounds and not of others. */
const warning = ({ variants }: Run): readonly string[] => {
  const foreign = variants.flatMap(({ full, paced }) => [full, ...(paced === null ? [] : [paced])]);
  const most = Math.max(0, ...foreign.map(({ foreign_cores }) => foreign_cores.median));
  return most < RESTLESS_CORES
    ? []
    : [
        `**The machine was not quiet: others took up to ${most.toFixed(2)} cores. These figures are not to be quoted.**`,
      ];
};

const answer = (met: boolean | null): string => (met === null ? 'not measured' : met ? 'yes' : '**no**');

/** The full load on one group of variants, and what each of them is. */
const section = ({ variants }: Run, group: Group, title: string): readonly string[] => {
  const some = variants.filter((each) => each.group === group);
  if (some.length === 0) return [];
  const ofContract: Column<Measured> = {
    heading: 'of contract',
    of: ({ full }) => told(full.contract_ratio, 2),
  };
  return [
    `## ${title}`,
    tableOf(some, [
      { heading: '', of: ({ name }) => `\`${name}\``, isText: true },
      { heading: 'requests/s', of: ({ full }) => told(full.rps, 0) },
      {
        heading: 'ratio',
        of: ({ full, base }) => `${told(full.ratio, 2)}${base === undefined ? '' : ` of ${base}`}`,
      },
      ...(group === 'latchkey' || group === 'floor' ? [ofContract] : []),
      { heading: 'CPU µs', of: ({ full }) => told(full.cpu_us, 0) },
      { heading: 'CPU ratio', of: ({ full }) => told(full.cpu_ratio, 2) },
      { heading: 'p50 ms', of: ({ full }) => told(full.p50_ms, 2) },
      { heading: 'p90 ms', of: ({ full }) => told(full.p90_ms, 2) },
      { heading: 'p99 ms', of: ({ full }) => told(full.p99_ms, 0) },
      { heading: 'client', of: ({ full }) => full.client_cores.max.toFixed(2) },
      { heading: 'others', of: ({ full }) => full.foreign_cores.max.toFixed(2) },
      { heading: 'limited by', of: ({ full }) => limitOf(full) },
    ]),
    some.map(({ name, says }) => `- \`${name}\`: ${says}`).join('\n'),
  ];
};

/** What held the load back. Only where it is the CPU of the variant itself, a rate is what the variant can do. */
export const limitOf = ({ client_cores, server_cores, foreign_cores }: Summary): Limit => {
  if (client_cores.median >= BUSY_CORES) return 'the client';
  if (server_cores.median >= BUSY_CORES) return 'its CPU';
  return foreign_cores.median >= RESTLESS_CORES ? 'others' : 'waiting';
};

type Limit = 'its CPU' | 'the client' | 'others' | 'waiting';

const pacedSection = ({ variants, per_second }: Run): readonly string[] => {
  const some = variants.flatMap(({ name, paced }) => (paced === null ? [] : [{ name, ...paced }]));
  if (some.length === 0) return [];
  return [
    `## At ${per_second} requests/s`,
    tableOf(some, [
      { heading: '', of: ({ name }) => `\`${name}\``, isText: true },
      { heading: 'sent/s', of: ({ rps }) => told(rps, 0) },
      { heading: 'p50 ms', of: ({ p50_ms }) => told(p50_ms, 2) },
      { heading: `of ${FLOOR}`, of: ({ p50_ratio }) => told(p50_ratio, 2) },
      { heading: 'p90 ms', of: ({ p90_ms }) => told(p90_ms, 2) },
      { heading: `of ${FLOOR}`, of: ({ p90_ratio }) => told(p90_ratio, 2) },
      { heading: 'p99 ms', of: ({ p99_ms }) => told(p99_ms, 1) },
      { heading: 'CPU µs', of: ({ cpu_us }) => told(cpu_us, 0) },
      { heading: 'client', of: ({ client_cores }) => client_cores.max.toFixed(2) },
      { heading: 'others', of: ({ foreign_cores }) => foreign_cores.max.toFixed(2) },
    ]),
  ];
};

const skippedSection = ({ skipped }: Run): readonly string[] => {
  const lines = Object.entries(skipped).map(([name, reason]) => `- \`${name}\`: ${reason}`);
  return lines.length === 0 ? [] : ['## Not measured here', lines.join('\n')];
};

const told = (spread: Spread | null, digits: number): string =>
  spread === null
    ? '–'
    : `${spread.median.toFixed(digits)} (${spread.min.toFixed(digits)}–${spread.max.toFixed(digits)})`;
