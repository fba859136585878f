import { withoutBlanks } from '../model/blanks.ts';
import type { Credential } from '../model/credential.ts';
import { isForeignClientId } from '../model/foreign.ts';
import { formDecode } from '../model/form-decode.ts';
import { type KeyRealm, looksLikeKey } from '../model/key.ts';
import { err, ok, type RefusalOf, type Result } from '../model/refusal.ts';
import { secret } from '../model/secret.ts';

/** Longer credentials are refused before any work, in characters. */
const MAX_HEADER_LENGTH = 8_448;
const MAX_BASIC_LENGTH = 1_024;

/** RFC 9110 §11.4: a scheme, then one or more spaces and what the scheme wants. */
const AUTHORIZATION = /^([A-Za-z][A-Za-z0-9!#$%&'*+.^_`|~-]*)(?: +([^ ].*))?$/;

/** RFC 6750 §2.1, which is also RFC 9110's token68. */
const B64TOKEN = /^[A-Za-z0-9._~+/-]+=*$/;

/** Printable ASCII: two texts that differ elsewhere may have become one on their way here (SECURITY: CRED-11). */
const PRINTABLE = /^[\x21-\x7E]+$/;

/** RFC 6749 §A.2. */
const CLIENT_SECRET = /^[\x20-\x7E]+$/;

const NONE: Credential = { kind: 'none' };
const UNSUPPORTED: Credential = { kind: 'unsupported' };

export type ExtractRefusal = RefusalOf<'credentials_ambiguous'>;

/** Whether a credential header is longer than any credential: refused before it is looked at. */
export const hasLongCredential = (headers: Headers): boolean =>
  (headers.get('authorization')?.length ?? 0) > MAX_HEADER_LENGTH ||
  (headers.get('x-api-key')?.length ?? 0) > MAX_HEADER_LENGTH;

/**
 * The one credential of a request, or that there is none. Two are refused whatever their values: trying them in
 * turn would let one be checked and the other be used (RFC 6750 §2).
 */
export const extract = (headers: Headers, realm: KeyRealm): Result<Credential, ExtractRefusal> => {
  const authorization = present(headers.get('authorization'));
  const apiKey = present(headers.get('x-api-key'));
  if (apiKey === null) return authorization === null ? ok(NONE) : fromAuthorization(authorization, realm);
  return authorization === null
    ? fromApiKey(apiKey, realm)
    : ambiguous('both Authorization and X-API-Key are present');
};

/** Optional white space around a value is not part of it (RFC 9110 §5.5); an empty value is none. */
const present = (value: string | null): string | null => {
  const text = withoutBlanks(value ?? '');
  return text === '' ? null : text;
};

const ambiguous = (detail: string): Result<never, ExtractRefusal> =>
  err({ reason: 'credentials_ambiguous', detail });

const fromApiKey = (value: string, realm: KeyRealm): Result<Credential, ExtractRefusal> => {
  // Repeated header lines arrive joined by a comma, which no key contains (RFC 9110 §5.3).
  if (value.includes(',')) return ambiguous('X-API-Key must carry exactly one key');
  return ok(
    PRINTABLE.test(value) ? asKey(value, 'x-api-key', realm) : { kind: 'unknown', scheme: 'x-api-key' },
  );
};

const fromAuthorization = (value: string, realm: KeyRealm): Result<Credential, ExtractRefusal> => {
  if (value.includes(',')) return ambiguous('Authorization must carry exactly one credential');
  const [, scheme = '', token = ''] = AUTHORIZATION.exec(value) ?? [];
  if (scheme === '') return ambiguous('Authorization is malformed');
  const known = scheme.toLowerCase();
  if (known !== 'bearer' && known !== 'basic') return ok(UNSUPPORTED);
  if (/[ \t]/.test(token)) return ambiguous('Authorization is malformed');
  if (!B64TOKEN.test(token)) return ok({ kind: 'unknown', scheme: known });
  return ok(known === 'bearer' ? bearer(token, realm) : basic(token, realm));
};

/** What a text would be taken for as a Bearer token. What no header could carry is nothing (RFC 6750 §2.1). */
export const bearerToken = (text: string, realm: KeyRealm): Credential =>
  B64TOKEN.test(text) && text.length <= MAX_HEADER_LENGTH
    ? bearer(text, realm)
    : { kind: 'unknown', scheme: 'bearer' };

/** What a token is that came by itself: a key or a JWT by its form, never by trying both. */
const bearer = (token: string, realm: KeyRealm): Credential => {
  if (looksLikeKey(token, realm)) return asKey(token, 'bearer', realm);
  return token.split('.', 4).length === 3
    ? { kind: 'jwt', scheme: 'bearer', jwt: secret(token) }
    : { kind: 'unknown', scheme: 'bearer' };
};

/** RFC 7617 §2: base64 of id ":" password, both form-encoded (RFC 6749 §2.3.1). */
const basic = (token: string, realm: KeyRealm): Credential => {
  const unknown: Credential = { kind: 'unknown', scheme: 'basic' };
  const text = (token.length <= MAX_BASIC_LENGTH ? decodeBase64(token) : null) ?? '';
  const colon = text.indexOf(':');
  if (colon < 1) return unknown;
  const clientId = formDecode(text.slice(0, colon));
  const clientSecret = formDecode(text.slice(colon + 1));
  return clientId === null || clientSecret === null ? unknown : pair(clientId, clientSecret, realm);
};

/**
 * A client_id and its client_secret, wherever they stood. A pair of ours is its key cut in two, and is checked exactly
 * like it.
 */
export const pair = (clientId: string, clientSecret: string, realm: KeyRealm): Credential => {
  if (looksLikeKey(clientId, realm)) {
    const key = secret(`${clientId}_${clientSecret}`);
    return { kind: 'key', auth: 'client_credentials', scheme: 'basic', key };
  }
  return isForeignClientId(clientId, realm) && CLIENT_SECRET.test(clientSecret)
    ? { kind: 'pair', scheme: 'basic', clientId, clientSecret: secret(clientSecret) }
    : { kind: 'unknown', scheme: 'basic' };
};

const asKey = (text: string, scheme: 'bearer' | 'x-api-key', realm: KeyRealm): Credential =>
  looksLikeKey(text, realm)
    ? { kind: 'key', auth: 'api_key', scheme, key: secret(text) }
    : { kind: 'unknown', scheme };

/** Canonical base64 of printable ASCII; null for anything else, so that no two spellings are one credential. */
const decodeBase64 = (text: string): string | null => {
  try {
    const decoded = atob(text);
    return btoa(decoded) === text && /^[\x20-\x7E]+$/.test(decoded) ? decoded : null;
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
};
