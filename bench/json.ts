import type { PacedSummary, Spread, Summary } from './figures.ts';
import type { Run } from './report.ts';

/** Raised when a reader of the file would have to change. */
const VERSION = 2;

/** The run as it is kept: the medians, and `[least, greatest]` of each under `spread`. */
export const asJson = (run: Run): string => written(plain(run));

/** A value as Biome has it: a few figures or texts in a row stand on one line. */
export const written = (value: unknown): string => {
  const spread = JSON.stringify(value, null, 2);
  const text = spread.replace(
    /\[\n\s+([^[\]{}]+?)\n\s+\]/g,
    (_, row: string) => `[${row.replace(/\n\s+/g, ' ')}]`,
  );
  return `${text}\n`;
};

const plain = ({ variants, goals, alone, ...run }: Run) => ({
  version: VERSION,
  ...run,
  alone: { ...alone, client_us: rounded(alone.client_us) },
  goals: goals.map(({ measured, ...goal }) => ({
    ...goal,
    measured: measured === null ? null : rounded(measured.median),
    spread: measured === null ? null : ends(measured),
  })),
  variants: Object.fromEntries(
    variants.map(({ name, says, group, base = null, full, paced }) => [
      name,
      { group, base, says, ...figures(full), ...(paced === null ? {} : { paced: figures(paced) }) },
    ]),
  ),
});

/** Medians by their names; a ratio to something that was not measured is left out. */
const figures = (summary: Summary | PacedSummary) => {
  const given = Object.entries(summary).filter((each): each is [string, Spread] => each[1] !== null);
  return {
    ...Object.fromEntries(given.map(([figure, { median }]) => [figure, rounded(median)])),
    spread: Object.fromEntries(given.map(([figure, spread]) => [figure, ends(spread)])),
  };
};

const ends = ({ min, max }: Spread): readonly [number, number] => [rounded(min), rounded(max)];

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
