import { err, ok, type Result } from '../../src/model/refusal.ts';
import { readArgs } from '../args.ts';
import { baseUrl, isSafe, keyOf } from '../probe/options.ts';
import { environmentOf } from '../project.ts';

export const HELP = `Looks at everything between the files of this folder and the deployment that runs, and says what is wrong and what to do.

  npm run latchkey -- doctor [--env production] [more]

  --env       an environment of wrangler.toml, '' for its top level; without it, production
  --url       an API host to look at, in place of all that the configuration has; may be said more than once
  --only      a check or a group of them, as STYTCH or WRANGLER-03; may be said more than once
  --key-file  a file with a good key in its first line, for what the probe sees with one; without it, LATCHKEY_KEY of
              the environment. It goes to the API hosts and nowhere else, and is never shown
  --offline   looks at the files alone
  --json      the findings as JSON
  --help

At Stytch it makes a client, takes one token and deletes the client, whatever happens. The secrets that it needs for that
are in .latchkey/, or STYTCH_SECRET in the environment. Nothing else is changed anywhere. Hosts that are not on this
machine get about three requests a second: it takes two minutes.

Each finding has a name: docs/doctor.md has them all. It ends with 0 if nothing FAILs, with 1 if something does, with 2 if
it was called wrongly.
`;

export interface Options {
  readonly environment: string | null;
  /** Empty: the hosts of the configuration. */
  readonly urls: readonly URL[];
  /** Checks, or the first words of some; empty for all. */
  readonly only: readonly string[];
  readonly key: string | null;
  readonly offline: boolean;
  readonly json: boolean;
}

const ARGS = {
  env: { type: 'string' },
  url: { type: 'string', multiple: true },
  only: { type: 'string', multiple: true },
  'key-file': { type: 'string' },
  offline: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

/** Reads the command line. */
export const readOptions = (
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Result<Options, string> => {
  const parsed = readArgs(args, ARGS);
  if (!parsed.ok) return parsed;
  const { values } = parsed.value;
  const urls = (values.url ?? []).map(baseUrl);
  if (!urls.every((url) => url !== null)) return err('--url is https://…, or http://…, without a path.');
  const key = keyOf(values['key-file'], env);
  if (!key.ok) return key;
  if (key.value !== null && !urls.every(isSafe))
    return err('A key goes over TLS, or to this machine, alone.');
  const { env: name, only = [], offline = false, json = false } = values;
  return ok({ environment: environmentOf(name), urls, only, key: key.value, offline, json });
};
