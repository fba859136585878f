import { B2BClient, Client } from 'stytch';
import { vi } from 'vitest';
import { createTestHarness } from 'wrangler';

export const PROJECT_ID = 'project-test-11111111-1111-4111-8111-111111111111';
export const SECRET = 'secret-test-bm90LWEtc2VjcmV0LW9ubHktZm9yLXRoZS1lbXVsYXRvcg==';
export const ADA = { email: 'ada@example.com', password: 'correct horse battery staple' };
export const LIN = { email_address: 'lin@example.com', password: 'quiet lantern paper boat' };

/** An answer as it came: status, headers, parsed body. */
export type Answer = { readonly status: number; readonly headers: Headers; readonly body: Body };

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever the answer has.
type Body = any;

/** Starts the emulator behind real HTTP, with the official SDK pointed at it; `vars` go over those of wrangler.toml. */
export const startEmulator = async (vars: Record<string, string> = {}) => {
  const configPath = new URL('../../emulator/wrangler.toml', import.meta.url);
  const server = createTestHarness({ workers: [{ configPath, vars }] });
  const { url } = await server.listen();
  const config = { project_id: PROJECT_ID, secret: SECRET, env: url.href };
  // The SDK warns of every `env` that is not Stytch's own.
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined);
  const clients = { stytch: new Client({ ...config }), b2b: new B2BClient({ ...config }) };
  warn.mockRestore();
  const send = async (method: string, path: string, init: RequestInit = {}): Promise<Answer> => {
    const response = await fetch(new URL(path, url), { method, redirect: 'manual', ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: response.status, headers: response.headers, body: isJson ? parse(text) : text };
  };
  const api = async (method: string, path: string, body?: unknown): Promise<Answer> =>
    await send(method, path, {
      headers: JSON_HEADERS,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const door = async (method: string, path: string, body: unknown = {}): Promise<Body> => {
    const sent = method === 'GET' ? {} : { body: JSON.stringify(body) };
    return (await send(method, `/_emulator/${path}`, sent)).body;
  };
  return { ...clients, url, send, api, door, server };
};

export const basic = (user: string, password: string): string => `Basic ${btoa(`${user}:${password}`)}`;

/** The claims of a JWT, unverified. */
export const claimsOf = (jwt: string): Body => part(jwt, 1);

/** The header of a JWT. */
export const headerOf = (jwt: string): Body => part(jwt, 0);

/** What an SDK call is refused with. */
export const refusal = async (call: Promise<unknown>): Promise<Body> =>
  await call.then(
    () => null,
    (err: unknown) => err,
  );

const JSON_HEADERS = { authorization: basic(PROJECT_ID, SECRET), 'content-type': 'application/json' };

const part = (jwt: string, at: number): Body =>
  JSON.parse(Buffer.from(jwt.split('.')[at] ?? '', 'base64url').toString());

const parse = (text: string): Body => {
  try {
    return JSON.parse(text);
  } catch (err) {
    if (err instanceof SyntaxError) return text;
    throw err;
  }
};
