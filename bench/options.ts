import { parseArgs } from 'node:util';
import { VARIANTS } from './variants/index.ts';

export interface Options {
  readonly rounds: number;
  readonly seconds: number;
  readonly only: readonly string[];
  readonly json: boolean;
  readonly help: boolean;
}

export const HELP = `Measures Latchkey against a bare pass-through Worker, all served by plain workerd.

  npm run bench
  npm run bench -- [--rounds 5] [--seconds 4] [--only ${VARIANTS.map(({ name }) => name).join(',')}] [--json]

  --rounds   of each variant, in turns: pass, …, pass, …; at least 5 for figures to be quoted
  --seconds  of load in each round, after 2 of warm-up
  --only     these variants; ratios want "pass" among them
  --json     JSON on stdout instead of the table

Figures are medians of the rounds with their least and greatest. A run of all variants with at least 5 rounds is
kept in bench/results/latest.json and latest.md. It wants Linux, wrk (installed if it may be), and a quiet machine
of two cores: what others took of it is in the table. docs/performance.md says how to read the figures.
`;

/** The options, or what is wrong with them. */
export const readOptions = (): Options | string => {
  try {
    const { values } = parseArgs({
      options: {
        rounds: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '4' },
        only: { type: 'string', default: '' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const rounds = whole(values.rounds);
    const seconds = whole(values.seconds);
    if (rounds === null || seconds === null)
      return '--rounds and --seconds must be whole numbers from 1 to 600.';
    const only = values.only === '' ? VARIANTS.map(({ name }) => name) : values.only.split(',');
    const unknown = only.find((name) => !VARIANTS.some((variant) => variant.name === name));
    if (unknown !== undefined) return `There is no variant "${unknown}".`;
    return { rounds, seconds, only, json: values.json, help: values.help };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

const whole = (text: string): number | null =>
  /^[1-9][0-9]{0,2}$/.test(text) && Number(text) <= 600 ? Number(text) : null;
