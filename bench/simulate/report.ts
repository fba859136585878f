import { type GoalMet, judge } from './goals.ts';
import type { Measured } from './measure.ts';
import { loadOf, type Scenario } from './scenario.ts';
import { simulate } from './world.ts';

/** One scenario, what it came to, and what was asked for. Plain JSON, flat but for `goals` and `scenario`. */
export type Run = { readonly name: string; readonly seed: number } & Measured & {
    /** Fewer windows than the default run has. */
    readonly quick: boolean;
    readonly group: string;
    readonly load: number;
    readonly scenario: Scenario;
    readonly goals: Readonly<Record<string, GoalMet>>;
    readonly met: boolean;
  };

/** Runs one scenario and judges it. */
export const runOf = (scenario: Scenario, seed: number, quick: boolean): Run => {
  const measured = simulate(scenario, seed);
  const goals = judge(scenario, measured);
  const { name, group } = scenario;
  const load = Number(loadOf(scenario).toFixed(3));
  const met = Object.values(goals).every((goal) => goal.met);
  return { name, seed, quick, group, load, ...measured, scenario, goals, met };
};

const HEADS = [
  'scenario',
  'over',
  'unused',
  'calls/1,000',
  'waits/1,000',
  'revoked',
  'met',
  'goals (measured)',
];

/** The table for people. */
export const tableOf = (runs: readonly Run[]): string => {
  const rows = [HEADS, ...runs.map(cellsOf)];
  const widths = HEADS.map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

/** What was missed, one line each; empty if nothing was. */
export const missesOf = (runs: readonly Run[]): string[] =>
  runs.flatMap(({ name, goals }) =>
    Object.entries(goals)
      .filter(([, { met }]) => !met)
      .map(([goal, { goal: bound, measured }]) => `${name}: ${goal} is ${measured}, should be ${bound}`),
  );

const cellsOf = (run: Run): string[] => [
  run.name,
  String(run.over_admission),
  `${(100 * run.unused_share).toFixed(2)} %`,
  run.ring_calls_per_1000.toFixed(1),
  run.waits_per_1000.toFixed(1),
  run.revocation_delay_s === null ? '–' : `${run.revocation_delay_s.toFixed(2)} s`,
  run.met ? 'yes' : 'NO',
  Object.entries(run.goals)
    .filter(([name]) => name !== 'over_admission')
    .map(([name, { goal, measured, met }]) => `${met ? '' : '! '}${name} ${goal} (${measured})`)
    .join(', '),
];
