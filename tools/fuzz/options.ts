import { parseArgs } from 'node:util';

export const PROPERTIES = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] as const;

export interface Options {
  readonly runs: number;
  readonly seed: number;
  readonly only: readonly number[];
  /** For each test of a property; null for as long as it takes. */
  readonly minutes: number | null;
  readonly help: boolean;
}

export const HELP = `Tries the ten properties of SECURITY.md section 3 on more inputs than the tests do.

  npm run fuzz
  npm run fuzz -- [--runs 10000] [--seed 42] [--only 1,7] [--minutes 10]

  --runs     inputs for each test of a property; 10000 by default. With --minutes: as many as there is time for
  --seed     an integer; the same one tries the same inputs. Chosen by chance if it is not given, and printed first
  --only     these properties
  --minutes  after so many minutes each test of a property ends

An input that breaks a property is made smaller, printed, and kept in test/counter-examples.json: every \`npm test\` tries
it first from then on. Commit it with what mends it.

Exit code: 0 if every property held, 1 if one did not, 2 if the command makes no sense.
`;

const DEFAULT_RUNS = 10_000;

/** More than there is time for. */
const NO_END = 1_000_000_000;

/** The options, or what is wrong with them. */
export const readOptions = (given: readonly string[], chance: () => number): Options | string => {
  try {
    const { values } = parseArgs({
      args: [...given],
      options: {
        runs: { type: 'string' },
        seed: { type: 'string' },
        only: { type: 'string' },
        minutes: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    const minutes = values.minutes === undefined ? null : Number(values.minutes);
    if (minutes !== null && !(minutes > 0 && minutes <= 10_080))
      return '--minutes must be more than 0, and no more than a week.';
    const usual = minutes === null ? DEFAULT_RUNS : NO_END;
    const runs = values.runs === undefined ? usual : whole(values.runs, 1);
    if (runs === null) return '--runs must be a whole number from 1 on.';
    const seed = values.seed === undefined ? Math.floor(chance() * 2 ** 31) : whole(values.seed, -(2 ** 31));
    if (seed === null) return '--seed must be a whole number of 32 bits.';
    const only = values.only === undefined ? PROPERTIES : values.only.split(',').map(Number);
    const unknown = only.find((number) => !PROPERTIES.some((each) => each === number));
    if (unknown !== undefined) return `--only must name properties from 1 to 10, such as 1,7.`;
    return { runs, seed, only, minutes, help: values.help };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

const whole = (text: string, least: number): number | null => {
  const number = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return number >= least && number < 2 ** 31 ? number : null;
};
