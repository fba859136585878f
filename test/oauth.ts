import { expect } from 'vitest';
import type { Pair } from './foreign.ts';
import { operatorToken } from './operators.ts';
import { inUse } from './secrets.ts';
import { accessToken, DESK, issueKey, send, signIn } from './world.ts';

type Headers = Readonly<Record<string, string>>;
type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

export const FORM = 'application/x-www-form-urlencoded';

/** What is asked of one of the OAuth endpoints. */
export const ask = (
  path: string,
  form: Readonly<Record<string, string>> | string,
  headers: Headers = {},
  fetch: Fetch = send,
): Promise<Response> =>
  fetch(`${DESK}/oauth2/${path}`, {
    method: 'POST',
    headers: { 'content-type': FORM, ...headers },
    body: typeof form === 'string' ? form : new URLSearchParams(form).toString(),
  });

/** A key cut in two: the pair that standard clients know. */
export const pairOf = (key: string): Pair => {
  const at = key.lastIndexOf('_');
  const pair = { clientId: key.slice(0, at), clientSecret: key.slice(at + 1) };
  inUse(pair.clientSecret);
  return pair;
};

/** The same in a form (RFC 6749 §2.3.1). */
export const halves = (key: string) => {
  const { clientId, clientSecret } = pairOf(key);
  return { client_id: clientId, client_secret: clientSecret };
};

/** A pair in a header (RFC 6749 §2.3.1). */
export const basicOf = ({ clientId, clientSecret }: Pair): string => {
  const pair = btoa(`${encodeURIComponent(clientId)}:${encodeURIComponent(clientSecret)}`);
  inUse(pair);
  return `Basic ${pair}`;
};

export const basic = (clientId: string, clientSecret: string): Headers => ({
  authorization: basicOf({ clientId, clientSecret }),
});

/** How the client of a key authenticates. */
export const asClient = (key: string): Headers => ({ authorization: basicOf(pairOf(key)) });

export const asBearer = (token: string): Headers => ({ authorization: `Bearer ${token}` });

/** A refusal of an OAuth endpoint (RFC 6749 §5.2); checks that it is whole and that nobody keeps it. */
export const oauthRefusal = async (response: Response) => {
  const { error, error_description, error_uri, ...more } = (await response.json()) as Record<string, string>;
  expect(more).toEqual({});
  expect(error_description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
  expect(error_uri).toMatch(new RegExp(`^${DESK}/problems/[a-z_]+$`));
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(response.headers.get('pragma')).toBe('no-cache');
  return {
    ...{ status: response.status, error },
    challenge: response.headers.get('www-authenticate'),
    retryAfter: response.headers.get('retry-after'),
  };
};

/** The refusal of a request that is malformed, by whomever. */
export const INVALID_REQUEST = { status: 400, error: 'invalid_request', challenge: null, retryAfter: null };

/** A user with a session, a key, and an access token of it. */
export const somebody = async (scopes?: readonly string[], more: object = {}) => {
  const session = await signIn();
  const issued = await issueKey(session, scopes, more);
  return { ...issued, session, token: await accessToken(issued.key) };
};

/** Whether a token is active, as an operator is told. */
export const isActive = async (token: string): Promise<boolean> => {
  const answer = await ask('introspect', { token }, asBearer(await operatorToken()));
  return ((await answer.json()) as { active: boolean }).active;
};

const BASIC = `Basic realm="${DESK}", charset="UTF-8"`;

/** The refusal of a client that is not who it says; with the challenge where it tried in a header. */
export const notThatClient = (inHeader: boolean) => ({
  ...{ status: 401, error: 'invalid_client' },
  ...{ challenge: inHeader ? BASIC : null, retryAfter: null },
});

/** The refusal of a Bearer token that is not good (RFC 6750 §3). */
export const NOT_THAT_BEARER = {
  ...{ status: 401, error: 'invalid_token' },
  ...{ challenge: `Bearer realm="${DESK}", error="invalid_token"`, retryAfter: null },
};

/** The answer of who cannot know. */
export const CANNOT_TELL = {
  status: 503,
  error: 'temporarily_unavailable',
  challenge: null,
  retryAfter: '1',
};

/** The one answer to what is not active, for whatever reason (RFC 7662 §2.2). */
export const INACTIVE = '{"active":false}';

/** Every spelling that a lenient reader of base64url takes for the same JWT, but the one of RFC 7515 §2. */
export const respellings = (jwt: string): readonly string[] => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const parts = jwt.split('.');
  const each = parts.flatMap((part, i) => {
    const last = alphabet.indexOf(part.slice(-1));
    const unused = part.length % 4 === 2 ? 16 : part.length % 4 === 3 ? 4 : 1;
    const ends = Array.from({ length: unused - 1 }, (_, bit) => alphabet.charAt(last ^ (bit + 1)));
    return [
      ...['=', '==', '\n', ' '].map((more) => part + more),
      ` ${part}`,
      `${part.slice(0, 5)}\r\n${part.slice(5)}`,
      part.replaceAll('-', '+').replaceAll('_', '/'),
      ...ends.map((end) => part.slice(0, -1) + end),
    ]
      .filter((spelled) => spelled !== part)
      .map((spelled) => parts.with(i, spelled).join('.'));
  });
  const all = [...each, ` ${jwt}`, `${jwt}\n`, `\t${jwt}\r\n`];
  for (const spelled of all) inUse(spelled);
  return all;
};
