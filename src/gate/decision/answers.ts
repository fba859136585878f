import { empty } from '../../http/answer.ts';
import type { HeaderEntry, HeaderRules } from '../forward/headers.ts';
import type { Dialect } from './question.ts';

/** Every name under which an origin is told of a caller, after the prefix. */
const IDENTITY = ['Auth', 'Assertion', 'User-Id', 'Organization-Id', 'Key-Id', 'Scopes'];

/** Credentials that end at the Gate. */
const CREDENTIALS = ['Authorization', 'X-API-Key'];

/** Longer bodies do not go into a header: nginx has 4 KiB for all of them by default. */
const MAX_BODY_LENGTH = 2_048;

/** RFC 9110 §5.5: what no header value may have. JSON says the same in ASCII. */
const NOT_ASCII = /[^\x20-\x7E]/g;

/** A yes: what the proxy sets on the request that it forwards, and what it takes away from it. */
export const leave = (
  letter: readonly HeaderEntry[],
  rules: HeaderRules,
  { isBehind }: Dialect,
  requestId: string,
): Response => {
  const { prefix, forwards } = rules;
  const identity = letter.filter(([name]) => name.startsWith(`${prefix}-`));
  const told = new Set(identity.map(([name]) => name));
  const silent = IDENTITY.map((name) => `${prefix}-${name}`).filter((name) => !told.has(name));
  const strip = [...CREDENTIALS, ...(forwards('cookie') ? [] : ['Cookie']), ...silent].join(', ');
  // A proxy that copies by name may leave the client's own where we say nothing: what is empty takes its place.
  const blank = isBehind ? [] : silent.map((name) => [name, ''] as const);
  const headers = {
    ...Object.fromEntries([...identity, ...blank]),
    [`${prefix}-Strip`]: strip,
    // Envoy takes away what it is told to (docs/decision-endpoint.md).
    ...(isBehind ? { 'X-Envoy-Auth-Headers-To-Remove': strip } : {}),
  };
  return empty(requestId, headers, 200);
};

/**
 * A no as 403, whatever it is, with what the client shall be told in headers: nginx makes 500 of every other status, and
 * has only the headers of what we say. So is told what the Gate answers by itself, which must not pass for a yes.
 */
export const forbidden = async (answer: Response, prefix: string): Promise<Response> => {
  const headers = new Headers(answer.headers);
  const body = answer.body === null ? '' : await answer.text();
  const spelled = body.replaceAll(NOT_ASCII, escaped);
  headers.set(`${prefix}-Status`, String(answer.status));
  if (spelled.length <= MAX_BODY_LENGTH) headers.set(`${prefix}-Body`, spelled);
  // They are between the client and the proxy.
  for (const name of ['connection', 'upgrade']) headers.delete(name);
  return new Response(body === '' ? null : body, { status: 403, headers });
};

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
