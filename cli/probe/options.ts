import { err, ok, type Result } from '../../src/model/refusal.ts';
import { readArgs } from '../args.ts';
import { isHere } from '../here.ts';
import { readFirstLine } from '../read-file.ts';

export const HELP = `Looks at a Latchkey that is deployed, from outside, and says what does not hold.

  npm run probe -- https://api.acme.com [https://api2.acme.com ...] [more]

  --path       a path that needs a credential, as /v1/items/1; without it, some usual ones are tried
  --open       a path that needs none
  --desk       where the Desk is; without it, the API is asked (RFC 9728)
  --key-file   a file with a good key in its first line, which may GET the path; without it, LATCHKEY_KEY of the
               environment. It goes to the API hosts that are named here and nowhere else, and is never shown
  --origin     where the API itself is, behind the edge: it should let nobody in
  --elsewhere  another address of the same Worker, as https://latchkey.acme.workers.dev: nothing should be served there
  --yes        makes the checks that take more than a handful of requests, too: for a minute afterwards, requests of your
               address that need no credential may be refused
  --only       a check or a group of them, as caches or paths.case
  --json       the report as JSON
  --help

It ends with 0 if all held that could be looked at, with 1 if something did not, with 2 if it was called wrongly or nobody
answers. Hosts that are not on this machine get about three requests a second.
`;

export interface Options {
  readonly apis: readonly URL[];
  readonly path: string | null;
  readonly open: string | null;
  readonly desk: URL | null;
  readonly key: string | null;
  readonly origin: URL | null;
  readonly elsewhere: URL | null;
  /** A check's id, or the first word of some. */
  readonly only: string | null;
  readonly yes: boolean;
  readonly json: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const ARGS = {
  ...{ path: text, open: text, desk: text, 'key-file': text, origin: text, elsewhere: text, only: text },
  ...{ yes: flag, json: flag },
} as const;

/** Reads the command line. */
export const readOptions = (args: readonly string[], environment: Environment): Result<Options, string> => {
  const parsed = readArgs(args, ARGS, 'words');
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (positionals.length === 0) return err('Say where the API is: https://api.acme.com');
  for (const path of [values.path, values.open])
    if (path !== undefined && !/^\/[A-Za-z0-9._~/-]*$/.test(path))
      return err('--path and --open are plain paths, as /v1/items/1.');
  const apis = positionals.map(baseUrl);
  if (!apis.every((url) => url !== null)) return err('The API is https://…, or http://…, without a path.');
  const others = [values.desk, values.origin, values.elsewhere].map((text) =>
    text === undefined ? null : (baseUrl(text) ?? undefined),
  );
  if (others.includes(undefined))
    return err('--desk, --origin and --elsewhere are https://…, or http://…, without a path.');
  const [desk = null, origin = null, elsewhere = null] = others;
  const key = keyOf(values['key-file'], environment);
  if (!key.ok) return key;
  if (key.value !== null && !apis.every(isSafe))
    return err('A key goes over TLS, or to this machine, alone.');
  return ok({
    ...{
      apis,
      desk,
      origin,
      elsewhere,
      key: key.value,
      path: values.path ?? null,
      open: values.open ?? null,
    },
    ...{ only: values.only ?? null, yes: values.yes === true, json: values.json === true },
  });
};

/** The key of a file's first line, or of the environment; null where there is none. */
export const keyOf = (
  file: string | undefined,
  { LATCHKEY_KEY = '' }: Environment,
): Result<string | null, string> => {
  const text = file === undefined ? ok(LATCHKEY_KEY) : readFirstLine(file);
  if (!text.ok) return text;
  if (text.value === '') return file === undefined ? ok(null) : err(`${file} has no key in its first line.`);
  return /^[\x21-\x7E]+$/.test(text.value) ? ok(text.value) : err('The key has a character that no key has.');
};

/** Whether a key may go there. */
export const isSafe = (url: URL): boolean => url.protocol === 'https:' || isHere(url);

/** A URL of scheme, host and port; null for any other text. */
export const baseUrl = (text: string): URL | null => {
  if (!URL.canParse(text)) return null;
  const url = new URL(text);
  const isWeb = url.protocol === 'https:' || url.protocol === 'http:';
  return isWeb && url.href === `${url.origin}/` ? url : null;
};
