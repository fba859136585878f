import { env, exports } from 'cloudflare:workers';
import type { Reply, Seen } from './origin.ts';

/** The rooms of `test/wrangler.toml`, as a test sees them. */
interface Rooms {
  readonly EMULATOR: Fetcher;
  readonly ORIGIN: Fetcher & {
    records(): Promise<readonly Seen[]>;
    reset(): Promise<void>;
    next(...replies: readonly Reply[]): Promise<void>;
    always(path: string, reply: Reply): Promise<void>;
  };
  readonly INTERNET: Fetcher & { refused(): Promise<readonly string[]> };
}

export const rooms = env as unknown as Rooms & { readonly VAULT: KVNamespace; readonly KEY_RING: DurableObjectNamespace };

export const API = 'https://api.test';
export const DESK = 'https://desk.test';
export const ADA = { email: 'ada@example.com', password: 'correct horse battery staple' };

const worker = (exports as unknown as { default: Fetcher }).default;

/** Sends a request to the Worker under test. */
export const send = (url: string, init?: RequestInit): Promise<Response> =>
  worker.fetch(new Request(url, { redirect: 'manual', ...init })) as Promise<Response>;

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

/** A session JWT for a demo user of the emulator. */
export const signIn = async (user: typeof ADA = ADA): Promise<string> => {
  const response = await rooms.EMULATOR.fetch('https://stytch.test/v1/passwords/authenticate', {
    method: 'POST',
    headers: { authorization: `Basic ${btoa(`${envText('STYTCH_PROJECT_ID')}:${envText('STYTCH_SECRET')}`)}`, 'content-type': 'application/json' },
    body: JSON.stringify({ ...user, session_duration_minutes: 60 }),
  });
  const { session_jwt } = (await response.json()) as { session_jwt: string };
  return session_jwt;
};

const envText = (name: string): string => String((env as unknown as Record<string, unknown>)[name]);

export interface Issued {
  readonly key: string;
  readonly key_id: string;
  readonly owner: { readonly kind: string; readonly id: string };
}

/** A key that opens `scopes`, issued over the Desk. */
export const issueKey = async (session: string, scopes: readonly string[] = ['items:read'], more: object = {}): Promise<Issued> => {
  const response = await desk(session, 'POST', '/v1/keys', { name: 'test', scopes, ...more });
  if (response.status !== 201) throw new Error(`issue: ${response.status} ${await response.text()}`);
  return response.json();
};

/** A Desk request of a signed-in user. */
export const desk = (session: string, method: string, path: string, body?: unknown): Promise<Response> =>
  send(`${DESK}${path}`, {
    method,
    headers: { authorization: `Bearer ${session}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });

/** An API request with a key. */
export const call = (key: string, path = '/v1/items/1', init: RequestInit = {}): Promise<Response> =>
  send(`${API}${path}`, { ...init, headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) } });
