import { runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import { base64url } from 'jose';
import { afterEach, beforeEach, expect, vi } from 'vitest';
import type { Env, Latchkey } from '../src/assemble.ts';
import { LATCHKEY } from '../src/model/author.ts';
import { parseKey, ringOfOwner } from '../src/model/key.ts';
import type { MasterKeySecret } from '../src/model/keychain.ts';
import { withoutMetadata } from './challenge.ts';
import { witnessed } from './contract.ts';
import type { Reply, Seen } from './origin.ts';
import { inUse } from './secrets.ts';
import { latchkey } from './worker.ts';

/** A room that remembers what it was asked, and answers as it is told (test/origin.ts). */
type Recorder = Fetcher & {
  records(): Promise<readonly Seen[]>;
  reset(): Promise<void>;
  next(...replies: readonly Reply[]): Promise<void>;
  always(path: string, reply: Reply): Promise<void>;
};

/** The rooms of `test/wrangler.toml`, as a test sees them. */
interface Rooms {
  readonly EMULATOR: Fetcher;
  readonly ORIGIN: Recorder;
  /** Where the operator is told of what happens to keys. */
  readonly RECEIVER: Recorder;
  readonly GITHUB: Recorder;
  readonly INTERNET: Fetcher & { refused(): Promise<readonly string[]> };
}

export const rooms = env as unknown as Rooms & {
  readonly VAULT: KVNamespace;
  readonly KEY_RING: DurableObjectNamespace;
  readonly LOBBY: DurableObjectNamespace;
};

export const API = 'https://api.test';
export const DESK = 'https://desk.test';
export const ADA = { email: 'ada@example.com', password: 'correct horse battery staple' };

const worker = (exports as unknown as { default: Fetcher }).default;

/** Sends a request to the Worker under test. */
export const send = async (url: string, init?: RequestInit): Promise<Response> => {
  const request = new Request(url, { redirect: 'manual', ...init });
  return witnessed(request, (await worker.fetch(request)) as Response);
};

/** The emulator's side door. */
export const emulator = async (method: string, path: string, body?: unknown): Promise<unknown> => {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) };
  const response = await rooms.EMULATOR.fetch(`https://stytch.test/_emulator${path}`, init as RequestInit);
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
  return response.json();
};

/** How often each endpoint of Stytch was called, and how many tokens it gave. */
export const stytchCalls = async (): Promise<Readonly<Record<string, number>>> => {
  const { calls } = (await emulator('GET', '/counters')) as { calls: Record<string, number> };
  return calls;
};

/** A user of Stytch whom no other test knows: limits and keys are per user. */
export const newUser = async (): Promise<typeof ADA> => {
  const user = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' };
  await emulator('POST', '/seed', { users: [user] });
  return user;
};

/** A session JWT of a user, by default of a new one. */
export const signIn = async (known?: typeof ADA): Promise<string> => {
  const user = known ?? (await newUser());
  const response = await rooms.EMULATOR.fetch('https://stytch.test/v1/passwords/authenticate', {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${envText('STYTCH_PROJECT_ID')}:${envText('STYTCH_SECRET')}`)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ ...user, session_duration_minutes: 60 }),
  });
  const { session_jwt } = (await response.json()) as { session_jwt: string };
  inUse(session_jwt);
  return session_jwt;
};

const envText = (name: string): string => String((env as unknown as Record<string, unknown>)[name]);

export interface Issued {
  readonly key: string;
  readonly key_id: string;
  readonly owner: { readonly kind: string; readonly id: string };
}

/** A key that opens `scopes`, issued over the Desk. */
export const issueKey = async (
  session: string,
  scopes: readonly string[] = ['items:read'],
  more: object = {},
): Promise<Issued> => {
  const response = await desk(session, 'POST', '/v1/keys', { name: 'test', scopes, ...more });
  if (response.status !== 201) throw new Error(`issue: ${response.status} ${await response.text()}`);
  const issued: Issued = await response.json();
  inUse(issued.key);
  return issued;
};

/** A Desk request of a signed-in user. */
export const desk = (
  session: string,
  method: string,
  path: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): Promise<Response> => send(`${DESK}${path}`, deskRequest(session, method, body, headers));

/** An API request with a key. */
export const call = (key: string, path = '/v1/items/1', init: RequestInit = {}): Promise<Response> =>
  send(`${API}${path}`, {
    ...init,
    headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
  });

/** The Ring of a signed-in user. */
export const ringStub = async (session: string): Promise<DurableObjectStub> => {
  const id = subjectOf(session);
  return rooms.KEY_RING.getByName(await ringOfOwner(envText('STYTCH_PROJECT_ID'), { kind: 'user', id }));
};

/** All that a Ring has written down: its rows by table; empty when it has no tables. */
export const dumpOfRing = (
  ring: DurableObjectStub,
): Promise<Record<string, readonly Record<string, SqlStorageValue>[]>> =>
  runInDurableObject(ring, (_instance, state) => {
    const tables = state.storage.sql
      .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray();
    return Object.fromEntries(
      tables.map(({ name }) => [String(name), state.storage.sql.exec(`SELECT * FROM "${name}"`).toArray()]),
    );
  });

/** As if a Ring had never kept a token. */
export const forgetTokens = (ring: DurableObjectStub): Promise<void> =>
  runInDurableObject(ring, (_instance, state) => {
    state.storage.sql.exec('DELETE FROM tokens');
  });

/** The ids of the M2M clients that Stytch has for a signed-in user. */
export const stytchClients = async (session: string): Promise<readonly string[]> => {
  const response = await rooms.EMULATOR.fetch('https://stytch.test/v1/m2m/clients/search', {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${envText('STYTCH_PROJECT_ID')}:${envText('STYTCH_SECRET')}`)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ limit: 1000 }),
  });
  const { m2m_clients } = (await response.json()) as {
    m2m_clients: { client_id: string; trusted_metadata?: { user_id?: string } }[];
  };
  return m2m_clients
    .filter((each) => each.trusted_metadata?.user_id === subjectOf(session))
    .map((each) => each.client_id);
};

/** What is in a JWT, unchecked. */
export const claimsOf = (jwt: string): Readonly<Record<string, unknown>> =>
  JSON.parse(atob((jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));

/** Whose session a JWT is. */
export const subjectOf = (jwt: string): string => String(claimsOf(jwt).sub);

/** Another isolate of the same deployment: a memory of its own, the same KV, Rings, Stytch and origin. */
export interface Isolate {
  /** Every call to KV, Rings and Lobbies, counted at the bindings: `kv.get`, `ring.admit`, `lobby.look`. */
  readonly calls: string[];
  readonly fetch: (url: string, init?: RequestInit) => Promise<Response>;
  readonly scheduled: () => Promise<void>;
  readonly call: (key: string, path?: string) => Promise<Response>;
  readonly desk: (session: string, method: string, path: string, body?: unknown) => Promise<Response>;
}

/** Starts an isolate that knows nothing yet; `variables` replace those of the environment, undefined leaves one out. */
export const isolate = (
  variables: Readonly<Record<string, unknown>> = {},
  assembled: (env: Env) => Latchkey = latchkey,
): Isolate => {
  const calls: string[] = [];
  const counting = <T extends object>(target: T, name: string): T =>
    new Proxy(target, {
      get: (object, method) => {
        const value: unknown = Reflect.get(object, method);
        if (typeof value !== 'function') return value;
        return (...parameters: unknown[]) => {
          if (method !== 'getByName') calls.push(`${name}.${String(method)}`);
          // Called as a method: on an RPC stub, `value.apply` would be a remote method of that name.
          const result = (object as Record<string, (...each: unknown[]) => unknown>)[String(method)]?.(
            ...parameters,
          );
          return method === 'getByName' ? counting(result as object, name) : result;
        };
      },
    });
  const bindings = {
    VAULT: counting(rooms.VAULT, 'kv'),
    KEY_RING: counting(rooms.KEY_RING, 'ring'),
    LOBBY: counting(rooms.LOBBY, 'lobby'),
  };
  const it = assembled({ ...(env as unknown as Env), ...bindings, ...variables });
  const fetch = async (url: string, init?: RequestInit) => {
    const request = new Request(url, { redirect: 'manual', ...init });
    return witnessed(request, await it.fetch(request));
  };
  return {
    calls,
    fetch,
    scheduled: it.scheduled,
    call: (key, path = '/v1/items/1') =>
      fetch(`${API}${path}`, { headers: { authorization: `Bearer ${key}` } }),
    desk: (session, method, path, body) => fetch(`${DESK}${path}`, deskRequest(session, method, body)),
  };
};

/** A request to the Desk of whoever is signed in. */
export const deskRequest = (
  session: string,
  method: string,
  body?: unknown,
  headers: Readonly<Record<string, string>> = {},
): RequestInit => ({
  method,
  headers: {
    authorization: `Bearer ${session}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...headers,
  },
  ...(body === undefined ? {} : { body: JSON.stringify(body) }),
});

/** What a refusal says, without what differs from one request to the next; checks that it is a whole problem document. */
export const refusalOf = async (response: Response) => {
  const problem = (await response.json()) as Record<string, unknown>;
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  const { type, title, status, detail, code, request_id, ...members } = problem;
  expect([type, status]).toEqual([`${DESK}/problems/${code}`, response.status]);
  expect(request_id).toBe(response.headers.get('x-request-id'));
  expect([title, detail]).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
  const challenge = withoutMetadata(response.headers.get('www-authenticate'));
  const retryAfter = response.headers.get('retry-after');
  return { status: response.status, code, challenge, retryAfter, ...members };
};

/** The refusal of a request whose credential cannot be judged now: never a challenge, always when to come back. */
export const cannotTell = (retryAfter = '1') => ({
  ...{ status: 503, code: 'unavailable' },
  ...{ challenge: null, retryAfter },
});

/** The one refusal of every credential that is not good. */
export const notGood = (realm: string) => ({
  ...{ status: 401, code: 'invalid_token' },
  ...{ challenge: `Bearer realm="${realm}", error="invalid_token"`, retryAfter: null },
});

/** An answer byte by byte, less the one id that is new each time. */
export const shown = async (response: Response) => {
  const id = response.headers.get('x-request-id') ?? '';
  return {
    status: response.status,
    headers: [...response.headers].filter(([name]) => name !== 'x-request-id'),
    body: (await response.text()).replaceAll(id, '…'),
  };
};

/** Moves the clocks of Latchkey and of Stytch; ours stands still from then on. `now` puts both right again. */
export const later = async (seconds: number): Promise<void> => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
  await emulator('POST', '/clock', { advanceSeconds: seconds });
};

export const now = async (): Promise<void> => {
  vi.useRealTimers();
  await emulator('POST', '/clock', { reset: true });
};

/** For the tests of a file: before each, Stytch misbehaves no more and all clocks are right; and they are after it. */
export const beginAfresh = (): void => {
  beforeEach(async () => {
    await emulator('DELETE', '/faults');
    await now();
  });
  afterEach(now);
};

/** Makes Stytch misbehave at one of its endpoints. */
export const fault = (endpoint: string, more: object): Promise<unknown> =>
  emulator('POST', '/faults', { endpoint, ...more });

/** A call of Stytch's API as the project's owner, behind Latchkey's back. */
export const atStytch = (method: string, path: string, body?: unknown): Promise<Response> => {
  const authorization = `Basic ${btoa(`${envText('STYTCH_PROJECT_ID')}:${envText('STYTCH_SECRET')}`)}`;
  return rooms.EMULATOR.fetch(`https://stytch.test${path}`, {
    method,
    headers: { authorization, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
};

/** A token of the emulator's making: any kind, any signer, any claims. */
export const oddToken = async (wish: object): Promise<string> => {
  const { token } = (await emulator('POST', '/tokens', wish)) as { token: string };
  // What nobody signed is no secret.
  if (!token.endsWith('.')) inUse(token);
  return token;
};

/** Who does what a test asks a Ring for by itself. */
export const BY = LATCHKEY;

/** The Stytch project of the tests. */
export const PROJECT = 'project-test-11111111-1111-4111-8111-111111111111';

/** The deployment's master keys, newest first. */
export const masterKeys = (): readonly MasterKeySecret[] =>
  (JSON.parse(envText('LATCHKEY_MASTER_KEYS')) as { id: string; key: string }[]).map(({ id, key }) => ({
    id,
    key: base64url.decode(key),
  }));

/** `POST /v1/keys` with a body of any kind. */
export const post = (session: string, body: BodyInit, contentType: string | null): Promise<Response> =>
  send(`${DESK}/v1/keys`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${session}`,
      ...(contentType === null ? {} : { 'content-type': contentType }),
    },
    body,
  });

/** The owner that a user's session makes. */
export const ownerOf = (session: string) => ({
  kind: 'user' as const,
  id: subjectOf(session),
  organizationId: null,
});

/** An M2M client as Stytch has it. */
export const stytchClient = async (clientId: string): Promise<{ readonly scopes: readonly string[] }> => {
  const response = await rooms.EMULATOR.fetch(`https://stytch.test/v1/m2m/clients/${clientId}`, {
    headers: {
      authorization: `Basic ${btoa(`${envText('STYTCH_PROJECT_ID')}:${envText('STYTCH_SECRET')}`)}`,
    },
  });
  return ((await response.json()) as { m2m_client: { scopes: string[] } }).m2m_client;
};

/** An access token of a key, as its client pair gets one at Stytch. */
export const accessToken = async (key: string): Promise<string> => {
  const parsed = parseKey(key, { brands: ['acme', 'oldacme'], environment: 'test' });
  const form = {
    grant_type: 'client_credentials',
    client_id: parsed?.clientId ?? '',
    client_secret: parsed?.clientSecret ?? '',
  };
  const answer = await rooms.EMULATOR.fetch(`https://stytch.test/v1/public/${PROJECT}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  inUse(access_token);
  return access_token;
};

/** A header that the origin saw in the last request; null where there was none. */
export const atOrigin = async (name: string): Promise<string | null> => {
  const headers = (await rooms.ORIGIN.records()).at(-1)?.headers ?? [];
  return headers.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1] ?? null;
};
