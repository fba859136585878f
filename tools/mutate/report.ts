import type { Compared, Explanation } from './explained.ts';
import type { Fate, Mutant } from './mutants.ts';

/** The mutants of one group. */
export interface Tally {
  readonly name: string;
  readonly mutants: readonly Mutant[];
}

/** Percent, to one decimal, of the mutants that are programs: those a test noticed, be it that it never ended. */
export const scoreOf = (mutants: readonly Mutant[]): string => {
  const valid = mutants.filter(({ fate }) => fate !== 'invalid');
  const noticed = valid.filter(({ fate }) => fate === 'killed' || fate === 'timeout');
  return valid.length === 0 ? '100.0' : ((noticed.length / valid.length) * 100).toFixed(1);
};

/** The table for people, a line for each group and one for all. */
export const tableOf = (tallies: readonly Tally[], { explained }: Pick<Compared, 'explained'>): string => {
  const all = { name: 'all', mutants: tallies.flatMap(({ mutants }) => mutants) };
  const rows = [COLUMNS, ...[...tallies, all].map((tally) => cellsOf(tally, new Set(explained)))];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0)))
        .join('  '),
    )
    .join('\n');
};

const COLUMNS = ['group', 'mutants', 'killed', 'timeout', 'survived', 'no coverage', 'explained', 'score'];

const cellsOf = ({ name, mutants }: Tally, explained: ReadonlySet<Mutant>): readonly string[] => {
  const count = (...fates: readonly Fate[]): string =>
    String(mutants.filter(({ fate }) => fates.includes(fate)).length);
  return [
    ...[name, count('killed', 'timeout', 'survived', 'no coverage')],
    ...[count('killed'), count('timeout'), count('survived'), count('no coverage')],
    ...[String(mutants.filter((mutant) => explained.has(mutant)).length), scoreOf(mutants)],
  ];
};

/** One survivor that nothing explains, as docs/mutants.md would have it. */
export const told = ({ file, line, before, after, fate }: Mutant): string =>
  `${file}:${line} ${fate}\n- ${before}\n+ ${after}`;

/** An explanation that explains nothing. */
export const toldStale = ({ file, line, before, after }: Explanation): string =>
  `docs/mutants.md:${line} of ${file}: no such mutant survives\n- ${before}\n+ ${after}`;
