import { parseArgs } from 'node:util';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { fetchedTokens, givenToken, type TokenSource, tokenInFile } from './token.ts';

export const HELP = `Makes M2M clients that Stytch has already keys of your users.

  npm run import -- --file CLIENTS --desk URL [--report REPORT] [more]

  --file         *.ndjson: {"client_id", "client_secret", "user_id", "name"?} in each line; or *.csv with these columns
  --desk         where the Desk is: https://keys.acme.com
  --report       a file with a line for each row: imported, already, refused or failed, and why. Run again with the same
                 report, rows that are done are passed over
  --token-file   a file with an operator's token in its first line; without it, LATCHKEY_OPERATOR_TOKEN of the environment
  --client-id    an operator's client, whose tokens are fetched as they are needed: an import may take longer than one
                 lives. Its secret is LATCHKEY_OPERATOR_SECRET of the environment
  --token-url    Stytch's token endpoint: https://api.stytch.com/v1/public/PROJECT_ID/oauth2/token
  --concurrency  how many rows at once, 1 to 32; 4
  --dry-run      reads file and report, and sends nothing
  --json         the summary as one line of JSON
  --help

It ends with 0 if every row is imported, now or before; with 1 if some were refused, failed or left; with 2 if it was
called wrongly, or is no operator. Secrets are in the file alone: no report, message or argument has one.
`;

export interface Options {
  readonly file: string;
  readonly format: 'csv' | 'ndjson';
  readonly desk: string;
  readonly reportFile: string | null;
  /** Null for a dry run. */
  readonly tokens: TokenSource | null;
  readonly concurrency: number;
  readonly json: boolean;
}

type Values = Readonly<Record<string, string | boolean | undefined>>;
type Environment = Readonly<Record<string, string | undefined>>;

/** Reads the command line; null is a call for help. */
export const readOptions = (environment: Environment): Result<Options | null, string> => {
  const parsed = parse();
  if (!parsed.ok) return parsed;
  const values = parsed.value;
  if (values.help === true) return ok(null);
  const { file, desk, report, concurrency = '4' } = values;
  if (typeof file !== 'string' || typeof desk !== 'string') return err('Say --file and --desk.');
  const deskUrl = baseUrl(desk);
  if (deskUrl === null) return err('--desk must be https://…, or http on this machine, without a path.');
  if (!/^(?:[1-9]|[12]\d|3[0-2])$/.test(String(concurrency)))
    return err('--concurrency must be from 1 to 32.');
  const tokens = values['dry-run'] === true ? ok(null) : tokensOf(values, environment);
  if (!tokens.ok) return tokens;
  return ok({
    ...{ file, desk: deskUrl, format: /\.csv$/i.test(file) ? 'csv' : 'ndjson' },
    ...{ reportFile: typeof report === 'string' ? report : null, tokens: tokens.value },
    ...{ concurrency: Number(concurrency), json: values.json === true },
  });
};

const parse = (): Result<Values, string> => {
  try {
    const text = { type: 'string' } as const;
    const flag = { type: 'boolean' } as const;
    const { values } = parseArgs({
      options: {
        ...{ file: text, desk: text, report: text, concurrency: text },
        ...{ 'token-file': text, 'client-id': text, 'token-url': text },
        ...{ 'dry-run': flag, json: flag, help: flag },
      },
    });
    return ok(values);
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return err(error.message);
    throw error;
  }
};

const tokensOf = (values: Values, environment: Environment): Result<TokenSource, string> => {
  const { 'token-file': file, 'client-id': clientId, 'token-url': url } = values;
  if (typeof file === 'string') return ok(givenToken(tokenInFile(file)));
  if (clientId === undefined && url === undefined) {
    const token = environment.LATCHKEY_OPERATOR_TOKEN ?? '';
    if (token === '') return err('Say --token-file or --client-id, or set LATCHKEY_OPERATOR_TOKEN.');
    return ok(givenToken(() => ok(token)));
  }
  const secret = environment.LATCHKEY_OPERATOR_SECRET ?? '';
  if (typeof clientId !== 'string' || typeof url !== 'string' || secret === '')
    return err('--client-id needs --token-url, and LATCHKEY_OPERATOR_SECRET in the environment.');
  if (!isSafe(url)) return err('--token-url must be https://…, or http on this machine.');
  return ok(fetchedTokens(url, clientId, secret));
};

/** A URL to which a secret may go: over TLS, or to this machine. */
const isSafe = (text: string): boolean => {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
  return username === '' && password === '' && (protocol === 'https:' || (protocol === 'http:' && isHere));
};

const baseUrl = (text: string): string | null => {
  if (!isSafe(text)) return null;
  const { origin, pathname, search, hash } = new URL(text);
  return pathname === '/' && search === '' && hash === '' ? origin : null;
};
