import { expect } from 'vitest';
import type { Pair } from './foreign.ts';
import { basicOf, FORM } from './oauth.ts';
import { inUse } from './secrets.ts';
import { DESK, send, stytchCalls } from './world.ts';

/** What a standard client sends: its pair in the header, the rest in the form. */
export const tokenRequest = (
  pair: Pair | null,
  form: Readonly<Record<string, string>> = {},
): RequestInit => ({
  method: 'POST',
  headers: {
    'content-type': FORM,
    ...(pair === null ? {} : { authorization: basicOf(pair) }),
  },
  body: new URLSearchParams({ grant_type: 'client_credentials', ...form }).toString(),
});

export const TOKEN_URL = `${DESK}/oauth2/token`;

/** Asks the token endpoint, of the Worker under test or of another isolate. */
export const askToken = (
  pair: Pair | null,
  form: Readonly<Record<string, string>> = {},
  fetch: typeof send = send,
): Promise<Response> => fetch(TOKEN_URL, tokenRequest(pair, form));

/** A form that is sent as it stands. */
export const postForm = (body: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> =>
  send(TOKEN_URL, {
    method: 'POST',
    headers: { 'content-type': FORM, ...headers },
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

export const badScope = { status: 400, error: 'invalid_scope', challenge: null, retryAfter: null };

/** How often Stytch's token endpoint was called while something was done. */
export const spent = async (work: () => Promise<unknown>): Promise<number> => {
  const { token: before = 0 } = await stytchCalls();
  await work();
  const { token: after = 0 } = await stytchCalls();
  return after - before;
};
