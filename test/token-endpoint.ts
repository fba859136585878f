import { expect } from 'vitest';
import { inUse } from './secrets.ts';
import { DESK, send, stytchCalls } from './world.ts';

/** A client's id and secret. */
export interface ClientPair {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** A key cut in two: the pair that standard clients know. */
export const pairOf = (key: string): ClientPair => {
  const at = key.lastIndexOf('_');
  const pair = { clientId: key.slice(0, at), clientSecret: key.slice(at + 1) };
  inUse(pair.clientSecret);
  return pair;
};

/** A pair in a header (RFC 6749 §2.3.1). */
export const basicOf = ({ clientId, clientSecret }: ClientPair): string =>
  `Basic ${btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`)}`;

/** What a standard client sends: its pair in the header, the rest in the form. */
export const tokenRequest = (
  pair: ClientPair | null,
  form: Readonly<Record<string, string>> = {},
): RequestInit => ({
  method: 'POST',
  headers: {
    'content-type': 'application/x-www-form-urlencoded',
    ...(pair === null ? {} : { authorization: basicOf(pair) }),
  },
  body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
});

export const TOKEN_URL = `${DESK}/oauth2/token`;

/** Asks the token endpoint, of the Worker under test or of another isolate. */
export const askToken = (
  pair: ClientPair | null,
  form: Readonly<Record<string, string>> = {},
  fetch: typeof send = send,
): Promise<Response> => fetch(TOKEN_URL, tokenRequest(pair, form));

/** A form that is sent as it stands. */
export const postForm = (body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  send(TOKEN_URL, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body,
  });

/** A token answer (RFC 6749 §5.1). */
export interface Token {
  readonly access_token: string;
  readonly token_type: string;
  readonly expires_in: number;
  readonly scope: string;
}

/** The token of an answer that must have one. */
export const tokenIn = async (response: Response): Promise<Token> => {
  const token: Token = await response.json();
  expect([response.status, token]).toEqual([200, expect.objectContaining({ token_type: 'Bearer' })]);
  inUse(token.access_token);
  return token;
};

/** What is in a JWT, unchecked. */
export const claimsOf = (jwt: string): Readonly<Record<string, unknown>> =>
  JSON.parse(atob((jwt.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')));

/** What a refusal of the OAuth endpoints says (RFC 6749 §5.2); checks that it is one. */
export const oauthErrorOf = async (response: Response) => {
  const { error, error_description, error_uri, ...rest } = (await response.json()) as Record<string, string>;
  expect(rest).toEqual({});
  expect(error_description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
  expect(error_uri).toMatch(new RegExp(`^${DESK}/problems/[a-z_]+$`));
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('pragma')).toBe('no-cache');
  const challenge = response.headers.get('www-authenticate');
  return { status: response.status, error, challenge, retryAfter: response.headers.get('retry-after') };
};

/** The refusal of a client that did not authenticate; the challenge is for who tried in the header. */
export const notAuthenticated = (isBasic = true) => ({
  ...{ status: 401, error: 'invalid_client', retryAfter: null },
  challenge: isBasic ? `Basic realm="${DESK}", charset="UTF-8"` : null,
});

/** Stytch or the Ring is silent: that says nothing of the client. */
export const silent = (retryAfter = '1') => ({
  ...{ status: 503, error: 'temporarily_unavailable', challenge: null, retryAfter },
});

export const badScope = { status: 400, error: 'invalid_scope', challenge: null, retryAfter: null };

/** How often Stytch's token endpoint was called while something was done. */
export const spent = async (work: () => Promise<unknown>): Promise<number> => {
  const { token: before = 0 } = await stytchCalls();
  await work();
  const { token: after = 0 } = await stytchCalls();
  return after - before;
};
