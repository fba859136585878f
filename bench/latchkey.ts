import { randomUUID } from 'node:crypto';
import { bundle } from '../tools/serve/bundle.ts';
import { type ServeOptions, type Server, type ServiceOptions, serve } from '../tools/serve/index.ts';
import { freshSecrets } from '../tools/serve/secrets.ts';
import { variablesOf } from '../tools/serve/variables.ts';
import { callJson } from './http.ts';

/** The hosts of `workers/settings.ts`. */
export const API_HOST = 'api.bench';
const DESK_HOST = 'desk.bench';

/** The route of a key with one scope, and the one that asks for nobody. */
export const ITEMS = '/v1/items/1';
export const PUBLIC = '/public/1';
/** The Ring is asked each time. */
export const STRICT = '/v1/at-once/1';
/** It wants a scope that no key has. */
export const REPORTS = '/v1/reports/1';

/** How many keys are made at a time. */
const PARALLEL = 16;

export interface IssuedKey {
  readonly key: string;
  readonly key_id: string;
}

/** The emulator as others than Latchkey meet it. */
export interface Stytch {
  readonly port: number;
  readonly projectId: string;
  readonly secret: string;
}

/** A Latchkey over a folder of state, and the Stytch that it asks. */
export interface Deployment {
  readonly start: () => Promise<Server>;
  /** Makes as many owners, and as many keys of each, over the Desk of a running server: the first of each, the second of each… */
  readonly issue: (server: Server, owners: number, keysOfEach: number) => Promise<readonly IssuedKey[]>;
  /** Makes one key of whoever is signed in. */
  readonly issueFor: (server: Server, session: string) => Promise<IssuedKey>;
  /** A session JWT of a user, by default of a new one; good for five minutes. */
  readonly signIn: (user?: string) => Promise<string>;
  /** The access token that Stytch gives for a key. */
  readonly exchange: (key: IssuedKey) => Promise<string>;
  /** How many tokens Stytch has given so far. */
  readonly tokens: () => Promise<number>;
  readonly stytch: Stytch;
}

/** The emulator, in a process of its own, so that its CPU is not Latchkey's. */
export const startStytch = async (options: Pick<ServeOptions, 'outlivesInterrupt'> = {}): Promise<Server> =>
  serve({
    ...options,
    services: [
      {
        name: 'stytch',
        script: bundle('emulator/worker.ts').script,
        bindings: variablesOf('emulator/wrangler.toml'),
        durableObjects: [{ binding: 'STYTCH_PROJECT', className: 'StytchProject' }],
        socket: 0,
      },
    ],
  });

/** The production code with everything that it is bound to. Whoever calls by no credential is let in without end. */
export const latchkeyService = (stytch: Server, originUrl: string, entry: string): ServiceOptions => ({
  name: 'latchkey',
  script: bundle(entry, { minify: true }).script,
  bindings: {
    ...freshSecrets(),
    STYTCH_API_URL: `http://127.0.0.1:${stytch.port('stytch')}`,
    STYTCH_SECRET: variablesOf('emulator/wrangler.toml').PROJECT_SECRET ?? '',
    ORIGIN_URL: originUrl,
  },
  kv: ['VAULT'],
  durableObjects: [
    { binding: 'KEY_RING', className: 'KeyRing' },
    { binding: 'LOBBY', className: 'Lobby' },
  ],
  rateLimits: [{ binding: 'STRANGERS', limit: 1_000_000_000, periodSeconds: 60 }],
  socket: 0,
});

/** The production code as a bundle, served again and again over the same `state`. */
export const deploy = (
  stytch: Server,
  originUrl: string,
  state: string,
  entry = 'bench/workers/latchkey.ts',
): Deployment => {
  const port = stytch.port('stytch');
  const variables = variablesOf('emulator/wrangler.toml');
  const service = latchkeyService(stytch, originUrl, entry);
  const { PROJECT_ID: projectId = '', PROJECT_SECRET: secret = '' } = variables;
  return {
    start: () => serve({ services: [service], state }),
    issue: async (server, owners, keysOfEach) => {
      const sessions = await inParallel(PARALLEL, Array(owners).fill(port), (each) => signIn(each));
      const turns = Array.from({ length: keysOfEach }, () => sessions).flat();
      return inParallel(PARALLEL, turns, (session) => issueKey(server, session));
    },
    issueFor: issueKey,
    signIn: (user) => signIn(port, user),
    exchange: (key) => exchange(port, projectId, key),
    tokens: async () => {
      const { tokens } = await callJson<{ readonly tokens: number }>(
        { port, path: '/_emulator/counters' },
        200,
      );
      return tokens;
    },
    stytch: { port, projectId, secret },
  };
};

/** What a client of the API sends with a key, or with any other credential. */
export const apiHeaders = (key?: string, scheme = 'Bearer'): Readonly<Record<string, string>> => ({
  Host: API_HOST,
  ...(key === undefined ? {} : { Authorization: `${scheme} ${key}` }),
});

/** A key as an OAuth client sends it: the secret is what follows the client_id and its underscore. */
export const basicOf = ({ key, key_id }: IssuedKey): string =>
  btoa(`${key_id}:${key.slice(key_id.length + 1)}`);

/** Uses each key once, so that its token is in the Vault. */
export const useEach = async (server: Server, keys: readonly IssuedKey[]): Promise<void> => {
  const port = server.port('latchkey');
  await inParallel(PARALLEL, keys, ({ key }) =>
    callJson({ port, path: ITEMS, headers: apiHeaders(key) }, 200),
  );
};

/** A session of a user; by default of one whom nobody knew before. */
const signIn = (stytchPort: number, sub = `user-test-${randomUUID()}`): Promise<string> =>
  makeToken(stytchPort, { kind: 'session', claims: { sub } });

/** A token as the emulator makes it on demand: of a kind, with claims of one's own. */
export const makeToken = async (
  stytchPort: number,
  body: { readonly kind: string; readonly claims: object },
): Promise<string> => {
  const wish = { port: stytchPort, path: '/_emulator/tokens', method: 'POST', body };
  return (await callJson<{ readonly token: string }>(wish, 200)).token;
};

/** How much of what follows the client_id is Latchkey's own: the tag and the CRC. */
const TAIL_LENGTH = 17;

const exchange = async (
  stytchPort: number,
  projectId: string,
  { key, key_id }: IssuedKey,
): Promise<string> => {
  const path = `/v1/public/${projectId}/oauth2/token`;
  const body = {
    grant_type: 'client_credentials',
    client_id: key_id,
    client_secret: key.slice(key_id.length + 1, -TAIL_LENGTH),
  };
  const wish = { port: stytchPort, path, method: 'POST', body };
  return (await callJson<{ readonly access_token: string }>(wish, 200)).access_token;
};

/** A key of the user of a session, by the Desk. */
export const issueKey = (server: Server, session: string, more: object = {}): Promise<IssuedKey> =>
  callJson<IssuedKey>(
    {
      port: server.port('latchkey'),
      path: '/v1/keys',
      method: 'POST',
      headers: { Host: DESK_HOST, Authorization: `Bearer ${session}` },
      body: { name: 'bench', scopes: ['items:read'], ...more },
    },
    201,
  );

/** Results in the order of the items, whatever the order in which they came. */
export const inParallel = async <T, R>(
  parallel: number,
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> => {
  const results: R[] = [];
  const left = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of left) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: parallel }, worker));
  return results;
};
