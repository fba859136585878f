import { parseArgs } from 'node:util';
import { expectedMinutes } from './plan.ts';
import { GROUPS, type Variant } from './variant.ts';
import { VARIANTS } from './variants/index.ts';

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly variants: readonly Variant[];
  readonly json: boolean;
  readonly help: boolean;
}

const ROUNDS = 5;
const SECONDS = 3;

const namesOf = (group: string): string =>
  VARIANTS.filter((variant) => variant.group === group)
    .map(({ name }) => name)
    .join(', ');

export const HELP = `Measures Latchkey, what it refuses, and what users would pick instead against a bare pass-through Worker.

  npm run bench
  npm run bench -- [--rounds ${ROUNDS}] [--seconds ${SECONDS}] [--only NAME,…] [--json]

  --rounds   of each variant, in turns: pass, …, pass, …; at least 5 for figures to be quoted
  --seconds  of load in each round, after 2 of warm-up
  --only     these variants, or groups of them; ratios want "pass" among them
  --json     JSON on stdout instead of the page

${Object.keys(GROUPS)
  .map((group) => `  ${group}: ${namesOf(group)}`)
  .join('\n')}

Figures are medians of the rounds with their least and greatest. A run of all variants with at least 5 rounds, about ${expectedMinutes({ rounds: ROUNDS, seconds: SECONDS }, VARIANTS)}
minutes, is kept in bench/results: latest.json, latest.md and plots. A goal that is not met is told; the exit code stays 0.
It wants Linux, wrk (installed if it may be), and a quiet machine of two cores: what others took of it is in the table.
docs/performance.md says how to read the figures.
`;

/** The options, or what is wrong with them. */
export const readOptions = (args: readonly string[] = process.argv.slice(2)): Options | string => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        rounds: { type: 'string', default: String(ROUNDS) },
        seconds: { type: 'string', default: String(SECONDS) },
        only: { type: 'string', default: '' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const rounds = whole(values.rounds);
    const seconds = whole(values.seconds);
    if (rounds === null || seconds === null)
      return '--rounds and --seconds must be whole numbers from 1 to 600.';
    const only = values.only === '' ? [] : values.only.split(',');
    const unknown = only.find((name) => !VARIANTS.some((variant) => isOf(variant, name)));
    if (unknown !== undefined) return `There is no variant and no group "${unknown}".`;
    const variants = VARIANTS.filter(
      (variant) => only.length === 0 || only.some((name) => isOf(variant, name)),
    );
    return { rounds, seconds, variants, json: values.json, help: values.help };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

const isOf = ({ name, group }: Variant, wanted: string): boolean => name === wanted || group === wanted;

const whole = (text: string): number | null =>
  /^[1-9][0-9]{0,2}$/.test(text) && Number(text) <= 600 ? Number(text) : null;
