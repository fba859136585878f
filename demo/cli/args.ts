import { hostname } from 'node:os';
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { done, EXIT, failed, type Outcome } from './outcome.ts';
import { baseUrl } from './urls.ts';

export const DEFAULT_API = 'http://127.0.0.1:8787';

export const COMMANDS = ['login', 'whoami', 'call', 'status', 'logout'] as const;

/** What is to be done. `api` is null where the user did not name it: then it is the one that is logged in to. */
export type Command =
  | { readonly name: 'help'; readonly of: (typeof COMMANDS)[number] | 'all' }
  | {
      readonly name: 'login';
      readonly api: string;
      readonly deviceName: string;
      /** Null for what the server gives by default. */
      readonly scope: string | null;
    }
  | { readonly name: 'whoami' | 'status'; readonly api: string | null }
  | {
      readonly name: 'call';
      readonly api: string | null;
      readonly path: string;
      readonly method: string;
      /** What is sent; null for nothing, `-` for what stdin has. */
      readonly data: string | null;
    }
  | { readonly name: 'logout'; readonly api: string | null; readonly force: boolean };

const text = { type: 'string' } as const;
const flag = { type: 'boolean', default: false } as const;
const COMMON = { api: text, help: { ...flag, short: 'h' } } as const;

/** Each command's own options: one that another has is an error here. */
const OPTIONS = {
  login: { ...COMMON, 'device-name': text, scope: text },
  whoami: COMMON,
  call: { ...COMMON, request: { ...text, short: 'X' }, data: { ...text, short: 'd' } },
  status: COMMON,
  logout: { ...COMMON, force: flag },
} as const;

/** Reads a command line. No secret is ever taken from one: everybody on the machine can see it. */
export const readArgs = (args: readonly string[]): Outcome<Command> => {
  const [first, ...rest] = args;
  if (first === undefined) return misused('Say what to do.');
  if (first === '--help' || first === '-h' || first === 'help') return done({ name: 'help', of: 'all' });
  const name = COMMANDS.find((each) => each === first);
  if (name === undefined) return misused(`There is no command "${first}".`);
  const parsed = parse(name, rest);
  if (!parsed.ok) return parsed;
  const { values, positionals } = parsed.value;
  if (values.help === true) return done({ name: 'help', of: name });
  const [path, ...more] = positionals;
  if (more.length > 0 || (path !== undefined && name !== 'call'))
    return misused('That is one word too many.');
  const api = values.api === undefined ? null : baseUrl(String(values.api));
  if (api === null && values.api !== undefined)
    return misused('--api must be https://…, or http on this machine, without a path.');
  return commandOf(name, api, values, path);
};

type Values = Readonly<Record<string, string | boolean | undefined>>;

const parse = (
  name: (typeof COMMANDS)[number],
  args: readonly string[],
): Outcome<{ readonly values: Values; readonly positionals: readonly string[] }> => {
  try {
    const options: ParseArgsOptionsConfig = OPTIONS[name];
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true });
    return done({ values: values as Values, positionals });
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return misused(error.message);
    throw error;
  }
};

const commandOf = (
  name: (typeof COMMANDS)[number],
  api: string | null,
  values: Values,
  path: string | undefined,
): Outcome<Command> => {
  switch (name) {
    case 'login': {
      const deviceName = String(values['device-name'] ?? hostname()).trim();
      if (deviceName === '') return misused('--device-name must not be empty.');
      const scope = typeof values.scope === 'string' ? values.scope : null;
      return done({ name, api: api ?? DEFAULT_API, deviceName, scope });
    }
    case 'call': {
      if (path === undefined || !/^\/[\x21-\x7E]*$/.test(path))
        return misused('Say which path to call: it begins with "/", and is encoded as in a URL.');
      const data = typeof values.data === 'string' ? values.data : null;
      const method = String(values.request ?? (data === null ? 'GET' : 'POST')).toUpperCase();
      if (!/^[A-Z]{1,20}$/.test(method)) return misused('-X must be a method, such as DELETE.');
      if (data !== null && (method === 'GET' || method === 'HEAD')) return misused(`${method} has no body.`);
      return done({ name, api, path, method, data });
    }
    case 'logout':
      return done({ name, api, force: values.force === true });
    default:
      return done({ name, api });
  }
};

const misused = (problem: string): Outcome<never> => failed(problem, EXIT.misused);
