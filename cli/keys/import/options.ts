import { err, ok, type Result } from '../../../src/model/refusal.ts';
import { readArgs } from '../../args.ts';
import type { World } from '../../command.ts';
import { type DeskAccess, deskAccess, deskUrl, OPERATOR_HELP, OPERATOR_OPTIONS } from '../../operator.ts';

export const HELP = `Makes M2M clients that Stytch has already keys of your users.

  npm run latchkey -- keys import --file CLIENTS --desk URL [--report REPORT] [more]

  --file          *.ndjson: {"client_id", "client_secret", "user_id", "name"?} in each line; or *.csv with these columns
  --report        a file with a line for each row: imported, already, refused or failed, and why. Run again with the same
                  report, rows that are done are passed over
${OPERATOR_HELP}
  --concurrency   how many rows at once, 1 to 32; 4
  --dry-run       reads file and report, and sends nothing
  --json          the summary as one line of JSON
  --help

It ends with 0 if every row is imported, now or before; with 1 if some were refused, failed or left; with 2 if it was
called wrongly, or is no operator. Secrets are in the file alone: no report, message or argument has one. An import may
take longer than one token lives: give --client-id for a long one.`;

export interface Options {
  readonly file: string;
  readonly format: 'csv' | 'ndjson';
  readonly reportFile: string | null;
  /** Null for a dry run. */
  readonly access: DeskAccess | null;
  readonly concurrency: number;
  readonly json: boolean;
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

export const readOptions = (args: readonly string[], env: World['env']): Result<Options, string> => {
  const read = readArgs(args, {
    ...{ file: text, report: text, concurrency: text, ...OPERATOR_OPTIONS },
    ...{ 'dry-run': flag, json: flag },
  });
  if (!read.ok) return read;
  const { values } = read.value;
  const { file, report = null, concurrency = '4', json = false, 'dry-run': isDry = false } = values;
  if (file === undefined) return err('Say --file FILE.');
  if (!/^(?:[1-9]|[12]\d|3[0-2])$/.test(concurrency)) return err('--concurrency must be from 1 to 32.');
  const desk = deskUrl(values, env);
  if (!desk.ok) return desk;
  const access = isDry ? ok(null) : deskAccess(values, env);
  if (!access.ok) return access;
  return ok({
    ...{ file, format: /\.csv$/i.test(file) ? 'csv' : 'ndjson', reportFile: report },
    ...{ access: access.value, concurrency: Number(concurrency), json },
  });
};
