import { parseArgs } from 'node:util';

export const PARTS = ['keys', 'owners', 'leases'] as const;
export type Part = (typeof PARTS)[number];

export interface Options {
  readonly only: readonly Part[];
  readonly quick: boolean;
  readonly help: boolean;
}

/** How much of everything. */
export interface Amounts {
  /** Of keys of one owner, and of owners. */
  readonly sizes: readonly number[];
  readonly rounds: number;
  /** Days of use of every living key. */
  readonly days: number;
  /** Times that workerd is started anew to meet keys cold. */
  readonly restarts: number;
  /** Seconds for which a Ring is asked 1,000 times a second, and for which at each other rate. */
  readonly seconds: number;
  readonly stepSeconds: number;
}

export const HELP = `What a long life and many users cost: admission, the Ring, lists.

  npm run bench:growth
  npm run bench:growth -- [--only ${PARTS.join(',')}] [--quick]

  keys     one owner with 10, 1,000 and 100,000 keys, up to 900 of them alive and used in every hour of 90 days: what a
           request waits for, what an alarm takes, and every order of the list at its beginning, middle and end
  owners   10, 1,000 and 100,000 owners: a request of one of them, warm, cold, and one that is nobody's; memory
  leases   one Ring that 200 isolates ask for leases, 1,000 times a second for 30 s, and at rates up to where it cannot follow
  --quick  smaller sizes and fewer rounds, about a minute; not to be quoted

All sizes are asked in turns. The figures are medians of so many requests with their 99th percentile, in milliseconds,
as the client sees them. Kept in bench/results/growth.json, growth.svg and growth-leases.svg when all parts ran, and not quick.
Fails when the largest takes more than twice as long as the smallest, or when a lease was refused.
`;

export const amountsOf = ({ quick }: Pick<Options, 'quick'>): Amounts =>
  quick
    ? { sizes: [10, 100, 5_000], rounds: 30, days: 2, restarts: 2, seconds: 5, stepSeconds: 2 }
    : { sizes: [10, 1_000, 100_000], rounds: 200, days: 90, restarts: 5, seconds: 30, stepSeconds: 5 };

/** The options, or what is wrong with them. */
export const readOptions = (args: readonly string[]): Options | string => {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        only: { type: 'string', default: PARTS.join(',') },
        quick: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    const asked = values.only.split(',');
    const unknown = asked.find((name) => !PARTS.some((part) => part === name));
    if (unknown !== undefined) return `There is no part "${unknown}".`;
    return { only: PARTS.filter((part) => asked.includes(part)), quick: values.quick, help: values.help };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};
