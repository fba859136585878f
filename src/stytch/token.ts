import { jwtVerify } from 'jose';
import { JOSEError } from 'jose/errors';
import { fromBase64url, fromUtf8 } from '../model/bytes.ts';
import { RESERVED_SUBJECT } from '../model/foreign.ts';
import type { VerifyToken } from '../model/ports.ts';
import { parseScope } from '../model/scope.ts';
import { isRecord, isShortText, isText } from '../model/shape.ts';
import type { M2MToken, SessionToken, Token, TokenVerdict } from '../model/token.ts';
import type { SigningKeys } from './jwks.ts';
import { isOrganizationId, ownerOfSession, readSessionClaim, rolesOf } from './session-claim.ts';

/** Longer tokens are refused before any work. */
export const MAX_TOKEN_LENGTH = 8_192;

/** How far Stytch's clock and ours may differ, in seconds. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** No token that Stytch makes for us lives longer. */
const MAX_LIFETIME_SECONDS = 86_400;

const SESSION_CLAIM = 'https://stytch.com/session';
const ORGANIZATION_CLAIM = 'https://stytch.com/organization';

export interface TokenRules {
  readonly projectId: string;
  /** One or two exact issuers: Stytch's own and that of a custom domain (STYTCH: `iss`). */
  readonly issuers: readonly string[];
  readonly vertical: 'consumer' | 'b2b';
  /** The claim that the custom-claims template copies from trusted_metadata. */
  readonly ownerClaim: string;
  /** Whether a client_id can be one of ours or a registered foreign one. */
  readonly isClientId: (clientId: string) => boolean;
}

/** Checks the JWTs that a Stytch project signs: signature, claims, and that it is of exactly one kind. */
export const createTokenVerifier =
  (rules: TokenRules, keys: SigningKeys): VerifyToken =>
  async (jwt, now) => {
    const form = readForm(jwt);
    if (form === null) return bad('form');
    // Whoever made it, it has ended by its own word: that costs neither a key nor a signature (SECURITY: DOS-05).
    if (form.exp !== undefined && form.exp <= Math.floor(now / 1000) - CLOCK_TOLERANCE_SECONDS)
      return bad('expired');
    const found = await keys(form.kid, now);
    if (found === 'unknowable') return { verdict: 'unknowable' };
    if (found === 'absent') return bad('kid');
    try {
      const { payload } = await jwtVerify(jwt, found, {
        algorithms: ['RS256'],
        typ: 'JWT',
        issuer: [...rules.issuers],
        requiredClaims: ['exp', 'iat', 'sub'],
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        maxTokenAge: MAX_LIFETIME_SECONDS,
        currentDate: new Date(now),
      });
      return classify(payload, rules, now);
    } catch (error) {
      // The key is at hand and no I/O is left, so that each of jose's errors is a verdict on the token.
      if (error instanceof JOSEError) return bad(error.code);
      throw error;
    }
  };

const KEY_ID = /^[A-Za-z0-9._-]{1,128}$/;

/** Extensions that change what the token means: none of Stytch's tokens has one (RFC 8725 §3.9). */
const EXTENSIONS = ['crit', 'b64', 'zip', 'cty'] as const;

/** The key that a header names; null for a header that none of Stytch's tokens has. */
const keyIdOf = (header: unknown): string | null =>
  isRecord(header) &&
  header.alg === 'RS256' &&
  isText(header.kid) &&
  KEY_ID.test(header.kid) &&
  EXTENSIONS.every((name) => header[name] === undefined)
    ? header.kid
    : null;

/** What is to be known of a token before its signature: the key, and when it ends by its own word. */
interface Form {
  readonly kid: string;
  readonly exp: number | undefined;
}

/** The form of a compact JWS in its one canonical spelling; null for anything else. Nobody is let in by it. */
const readForm = (jwt: string): Form | null => {
  if (jwt.length > MAX_TOKEN_LENGTH) return null;
  const parts = jwt.split('.', 4);
  const decoded = parts.map(fromBase64url);
  const [first, second] = decoded;
  // jose reads three more spellings of the same token: a list of revoked ones must not be evaded so (RFC 7515 §2).
  if (parts.length !== 3 || !first || !second || decoded.includes(null)) return null;
  try {
    const kid = keyIdOf(JSON.parse(fromUtf8(first)));
    const said: unknown = JSON.parse(fromUtf8(second));
    if (kid === null || !isRecord(said) || Array.isArray(said)) return null;
    return { kid, exp: Number.isFinite(said.exp) ? Number(said.exp) : undefined };
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return null;
    throw error;
  }
};

const isSeconds = (value: unknown): value is number => Number.isSafeInteger(value) && Number(value) > 0;

/** Which kind of token the claims make it. All kinds of a project share keys, issuer and typ: structure alone tells. */
const classify = (payload: Record<string, unknown>, rules: TokenRules, now: number): TokenVerdict => {
  const { sub, iat, exp, nbf, cnf } = payload;
  if (!isShortText(sub, 256) || !isSeconds(iat) || !isSeconds(exp)) return bad('claims');
  if ((nbf !== undefined && !isSeconds(nbf)) || cnf !== undefined) return bad('claims');
  if (exp - iat > MAX_LIFETIME_SECONDS) return bad('lifetime');
  // An extra audience is another party to whom the same token is good.
  const audiences = [payload.aud].flat();
  if (audiences.length !== 1 || audiences[0] !== rules.projectId) return bad('aud');
  const times = { issuedAt: iat, expiresAt: exp };
  const readings: readonly (Token | null)[] = [
    asM2M(payload, sub, times, rules),
    asSession(payload, sub, times, rules, now),
  ];
  const [token, ...others] = readings.filter((reading) => reading !== null);
  return token !== undefined && others.length === 0 ? { verdict: 'good', token } : bad('kind');
};

type Times = Pick<Token, 'issuedAt' | 'expiresAt'>;

/** Printable and bounded: it may stand in a header one day (SECURITY: JWT-18). */
const OWNER_ID = /^[\x21-\x7E]{1,256}$/;

const asM2M = (
  payload: Record<string, unknown>,
  sub: string,
  times: Times,
  rules: TokenRules,
): M2MToken | null => {
  if (typeof payload.scope !== 'string') return null;
  if (payload[SESSION_CLAIM] !== undefined || payload[ORGANIZATION_CLAIM] !== undefined) return null;
  if (payload.client_id !== undefined && payload.client_id !== sub) return null;
  if (RESERVED_SUBJECT.test(sub) || !rules.isClientId(sub)) return null;
  const ownerId = payload[rules.ownerClaim];
  if (ownerId !== undefined && (typeof ownerId !== 'string' || !OWNER_ID.test(ownerId))) return null;
  return {
    kind: 'm2m',
    clientId: sub,
    scopes: parseScope(payload.scope),
    ownerId: ownerId ?? null,
    organizationId: isOrganizationId(payload.organization_id) ? payload.organization_id : null,
    ...times,
  };
};

const asSession = (
  payload: Record<string, unknown>,
  sub: string,
  times: Times,
  rules: TokenRules,
  now: number,
): SessionToken | null => {
  if (payload.scope !== undefined || payload.client_id !== undefined) return null;
  const session = readSessionClaim(payload[SESSION_CLAIM], times.issuedAt);
  const owner = ownerOfSession(sub, payload[ORGANIZATION_CLAIM], rules.vertical);
  if (session === null || owner === null) return null;
  if (session.sessionExpiresAt * 1000 <= now) return null;
  return { kind: 'session', owner, ...session, roles: rolesOf(session.roles, rules.vertical), ...times };
};

const bad = (because: string): TokenVerdict => ({ verdict: 'bad', because });
