import { type Reason, type Refused, refused } from './refusal.ts';

/** How the caller became somebody at the edge. */
export type AuthKind = (typeof AUTH_KINDS)[number];

/** Who calls. */
export interface Identity {
  readonly auth: AuthKind;
  /** The Stytch user or member; null for organisations, clients and anonymous callers. */
  readonly userId: string | null;
  readonly organizationId: string | null;
  /** The API key's id, or the client's; null for sessions and anonymous callers. */
  readonly clientId: string | null;
  readonly scopes: readonly string[];
}

/** A verified assertion's content. */
export interface Claims {
  readonly ok: true;
  readonly identity: Identity;
  readonly id: string;
  /** NumericDate (RFC 7519 §2). */
  readonly expiresAt: number;
  /** RFC 9449 §4.2 `htm` and `htu`; null when the assertion is good for any request of this identity. */
  readonly request: { readonly method: string; readonly url: string } | null;
}

export interface Expected {
  readonly issuer: string;
  readonly audience: string;
  readonly clockToleranceSeconds: number;
}

const AUTH_KINDS = ['api_key', 'client_credentials', 'access_token', 'session', 'anonymous'] as const;
/** An assertion that lives longer was not made by the edge. */
const MAX_LIFETIME_SECONDS = 60;

/** Reads the payload of an assertion whose signature is good. Pure; `nowSeconds` is the clock. */
export const readClaims = (payload: unknown, expected: Expected, nowSeconds: number): Claims | Refused => {
  const claims = members(payload);
  if (claims === null) return refused('claims_malformed');
  const { iat, exp, jti } = claims;
  if (claims.iss !== expected.issuer) return refused('issuer_refused');
  // A list of audiences is refused even if we are in it: the edge names one origin.
  if (claims.aud !== expected.audience) return refused('audience_refused');
  if (!isTime(iat) || !isTime(exp) || !isText(jti)) return refused('claims_malformed');
  const wrong = outOfTime(iat, exp, expected.clockToleranceSeconds, nowSeconds);
  if (wrong !== null) return refused(wrong);
  const identity = readIdentity(claims);
  const request = readRequest(claims);
  if (identity === null || request === undefined) return refused('claims_malformed');
  return { ok: true, identity, id: jti, expiresAt: exp, request };
};

const outOfTime = (iat: number, exp: number, tolerance: number, now: number): Reason | null => {
  if (exp <= iat || exp - iat > MAX_LIFETIME_SECONDS) return 'lifetime_too_long';
  if (iat > now + tolerance) return 'issued_in_future';
  return exp <= now - tolerance ? 'expired' : null;
};

const readIdentity = (claims: ReadonlyMembers): Identity | null => {
  const auth = AUTH_KINDS.find((kind) => kind === claims.auth);
  const [userId, organizationId, clientId] = [claims.sub, claims.org, claims.client_id].map(orNull);
  const scopes = readScopes(claims.scope);
  if (auth === undefined || scopes === null) return null;
  if (userId === undefined || organizationId === undefined || clientId === undefined) return null;
  const somebody = userId !== null || organizationId !== null || clientId !== null;
  const nobody = !somebody && scopes.length === 0;
  if (auth === 'anonymous' ? !nobody : !somebody) return null;
  return { auth, userId, organizationId, clientId, scopes };
};

/** Both claims or none; undefined where they are neither. */
const readRequest = ({ htm, htu }: ReadonlyMembers): Claims['request'] | undefined => {
  if (htm === undefined && htu === undefined) return null;
  return isText(htm) && isText(htu, 16_384) ? { method: htm, url: htu } : undefined;
};

/** RFC 6749 §3.3: tokens of %x21 / %x23-5B / %x5D-7E, one space between. */
const readScopes = (scope: unknown): readonly string[] | null => {
  if (scope === undefined) return [];
  if (typeof scope !== 'string' || !/^[!#-[\]-~]+(?: [!#-[\]-~]+)*$/.test(scope)) return null;
  return scope.split(' ');
};

interface ReadonlyMembers {
  readonly [name: string]: unknown;
}

const members = (value: unknown): ReadonlyMembers | null =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { __proto__: null, ...value } : null;

const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value > 0;

const isText = (value: unknown, maxLength = 256): value is string =>
  typeof value === 'string' && value.length <= maxLength && /^[\x20-\x7e]+$/.test(value);

const orNull = (value: unknown): string | null | undefined => {
  if (value === undefined) return null;
  return isText(value) ? value : undefined;
};
