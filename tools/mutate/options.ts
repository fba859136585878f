import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { type Group, isGroup, NAMES } from './groups.ts';

export const HELP = `Breaks the pure modules on purpose, one place at a time, and looks whether a unit test notices (Stryker).

  npm run mutate -- [GROUP]… [more]

  GROUP          ${NAMES.join(', ')}; without one, all.
                 tools/mutate/groups.ts says which files they are
  --concurrency  how many at once, 1 to 32; 2
  --last         runs nothing: holds the report of the last run against docs/mutants.md once more
  --help

Each mutant that survives is named, unless docs/mutants.md explains it. The last line is "mutation score N": of all
mutants, the percentage that a test noticed. Reports are in dist/mutate/. All groups take about eleven minutes.

It ends with 0 if every survivor is explained; with 1 if one is not, or if an explanation has no survivor any more; with
2 if it was called wrongly, or if the tests fail without any mutant.
`;

export interface Options {
  readonly groups: readonly Group[];
  readonly concurrency: number;
  readonly last: boolean;
}

/** Reads the command line; null is a call for help. */
export const readOptions = (args: readonly string[]): Result<Options | null, string> => {
  const parsed = parse(args);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values.help) return ok(null);
  const unknown = positionals.filter((name) => !isGroup(name));
  if (unknown.length > 0) return err(`No such group: ${unknown.join(', ')}`);
  if (!/^(?:[1-9]|[12]\d|3[0-2])$/.test(values.concurrency))
    return err('--concurrency must be from 1 to 32.');
  const groups = NAMES.filter((name) => positionals.length === 0 || positionals.includes(name));
  return ok({ groups, concurrency: Number(values.concurrency), last: values.last });
};

const parse = (args: readonly string[]) => {
  try {
    return ok(
      parseArgs({
        args: [...args],
        allowPositionals: true,
        options: {
          concurrency: { type: 'string', default: '2' },
          last: { type: 'boolean', default: false },
          help: { type: 'boolean', default: false },
        },
      }),
    );
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return err(error.message);
    throw error;
  }
};
