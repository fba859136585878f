import type { Outcome } from './drive.ts';
import { percent, ROWS, type Row } from './tally.ts';

/** How a test tells the reporter what came of an outage. */
export interface OutageMeta {
  outage?: Outcome;
}

/** All outages of a run of the tests, as a page that reads well on a terminal too. */
export const asMarkdown = (outcomes: readonly Outcome[]): string =>
  [...outcomes.map(section), summary(outcomes)].join('\n\n');

/** One outage, for those who wait. */
export const asLine = (outcome: Outcome): string =>
  `${outcome.name}: ${lengthOf(outcome)}. ${countsOf(outcome)}`;

const lengthOf = ({ simulatedSeconds, steps, tookSeconds }: Outcome): string =>
  `${(simulatedSeconds / 3600).toFixed(1)} h in ${steps} steps, ${tookSeconds.toFixed(0)} s of ours`;

const countsOf = ({ wrong, unkept, missed }: Outcome): string =>
  `Wrong decisions: ${wrong.length}; promises not kept: ${unkept.length}; figures not as expected: ${missed.length}.`;

const section = (outcome: Outcome): string => {
  const { name, seed, figures } = outcome;
  const rows = figures.map((each) => [
    ...[each.phase, each.row, each.requests, each.admitted, each.refused, each.limited, each.unavailable],
    ...[`${percent(each.availability)} %`, `${Math.round(each.longestRefusalSeconds)} s`],
  ]);
  const heads = [
    'Phase',
    'Who',
    'Requests',
    'Admitted',
    '401, 403',
    '429',
    '503',
    'Available',
    'Longest refusal',
  ];
  return `## ${name}\n\nSeed ${seed}, ${lengthOf(outcome)}. ${verdict(outcome)}\n\n${table([heads, ...rows])}`;
};

const verdict = (outcome: Outcome): string =>
  [
    countsOf(outcome),
    ...[...outcome.wrong, ...outcome.unkept, ...outcome.missed].map((line) => `- ${line}`),
  ].join('\n');

/** One column for each part of an outage: the availability of everybody. */
const summary = (outcomes: readonly Outcome[]): string => {
  const columns = outcomes.flatMap(({ name, figures }) =>
    [...new Set(figures.map(({ phase }) => phase))]
      .filter((phase) => !AROUND.has(phase))
      .map((phase) => ({ name, phase, of: figures.filter((each) => each.phase === phase) })),
  );
  const cell = (row: Row, of: Outcome['figures']): string => {
    const found = of.find((each) => each.row === row);
    return found === undefined ? '–' : percent(found.availability);
  };
  const rows = columns.map(({ name, phase, of }) => [
    `${name}: ${phase}`,
    ...ROWS.map((row) => cell(row, of)),
  ]);
  return `## Availability, percent of the time\n\n${table([['', ...ROWS], ...rows])}`;
};

const AROUND: ReadonlySet<string> = new Set(['before', 'after']);

const table = (rows: readonly (readonly (string | number)[])[]): string => {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => String(row[column]).length)),
  );
  const line = (cells: readonly (string | number)[]): string =>
    `| ${cells.map((cell, i) => padded(cell, widths[i] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows.map(line);
  return [head, line(widths.map((width) => '-'.repeat(width))), ...body].join('\n');
};

const padded = (cell: string | number, width: number): string =>
  typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
