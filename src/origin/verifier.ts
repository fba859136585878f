import { compactVerify, decodeProtectedHeader, errors } from 'jose';
import { type Claims, type Identity, readClaims } from './claims.ts';
import { agree, type HeadersLike, receive } from './headers.ts';
import { type Fetch, type FindKey, fixedKeys, remoteKeys } from './jwks.ts';
import { type Refused, refused } from './refusal.ts';
import { pathOf, type RequestLike, withoutAuthority, withoutQuery } from './request.ts';

export interface VerifierOptions {
  /** Where the edge publishes its keys: `https://<desk host>/.well-known/jwks.json`. This or `jwks`. */
  readonly jwksUrl?: string;
  readonly jwks?: { readonly keys: readonly unknown[] };
  /** The Desk's URL, exactly as in `iss`. */
  readonly issuer: string;
  /** This origin's id at the edge. */
  readonly audience: string;
  /** The edge's header prefix. Default `X-Latchkey`. */
  readonly prefix?: string;
  /** How far the clocks may differ, 0 to 60. Default 5. */
  readonly clockToleranceSeconds?: number;
  /**
   * This origin's own URL at the edge: scheme, authority and, where a proxy in between takes away the beginning of the
   * path, that beginning. Without it, `htu` is compared as far as `url` tells.
   */
  readonly origin?: string;
  /** Which requests need an assertion that is bound to them (`assertion: 'request'` at the edge). Default none. */
  readonly requireRequestBinding?: boolean | ((request: RequestLike) => boolean);
  /**
   * Remembers the id of a request-bound assertion until `expiresAt` (NumericDate) and says whether it is new. Atomic,
   * shared by all instances of the origin. Others are made to be used more than once and are not asked about.
   */
  readonly isNew?: IsNew;
  readonly fetch?: Fetch;
  /** The clock, in ms. Default `Date.now`. */
  readonly nowMs?: () => number;
}

/** Whether this id comes for the first time, asked once for each; it need not be remembered from `expiresAt` on. */
export type IsNew = (id: string, expiresAt: number) => Promise<boolean>;

export type Verified = { readonly ok: true; readonly identity: Identity };

/** Who sent this request, by the edge's assertion alone; or why nobody may be assumed. */
export type Verify = (headers: HeadersLike, request?: RequestLike) => Promise<Verified | Refused>;

/** 4 KiB of scopes, in base64url, and the rest. */
const MAX_ASSERTION_LENGTH = 16_384;

/** Makes the verifier of an origin. Throws TypeError where the options cannot be safe. */
export const createVerifier = (options: VerifierOptions): Verify => {
  const { prefix = 'X-Latchkey', clockToleranceSeconds = 5, nowMs = Date.now } = options;
  const findKey = keysOf(options, nowMs);
  if (options.issuer === '' || options.audience === '')
    throw new TypeError('issuer and audience are required');
  if (!(clockToleranceSeconds >= 0 && clockToleranceSeconds <= 60)) {
    throw new TypeError('clockToleranceSeconds is 0 to 60');
  }
  const expected = { issuer: options.issuer, audience: options.audience, clockToleranceSeconds };

  return async function verify(headers, request) {
    const received = receive(headers, prefix);
    if (!received.ok) return received;
    const payload = await open(received.assertion, findKey);
    if (!payload.ok) return payload;
    const claims = readClaims(payload.value, expected, Math.floor(nowMs() / 1000));
    if (!claims.ok) return claims;
    if (!agree(received, claims.identity)) return refused('headers_disagree');
    const binding = bound(claims, request, options);
    if (!binding.ok) return binding;
    const news = claims.request === null ? true : await isNew(claims, options);
    if (news !== true) return news;
    return { ok: true, identity: claims.identity };
  };
};

const keysOf = ({ jwks, jwksUrl, fetch }: VerifierOptions, nowMs: () => number): FindKey => {
  if ((jwks === undefined) === (jwksUrl === undefined)) throw new TypeError('jwks or jwksUrl, one of them');
  if (jwksUrl === undefined) return fixedKeys(jwks);
  const { protocol, hostname } = new URL(jwksUrl);
  const loopback = /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/.test(hostname);
  if (protocol !== 'https:' && !(protocol === 'http:' && loopback))
    throw new TypeError('jwksUrl must be https');
  return remoteKeys({ url: jwksUrl, nowMs, fetch: fetch ?? ((url, init) => globalThis.fetch(url, init)) });
};

/** The payload of an assertion with a good signature; what it says is not looked at. */
const open = async (
  assertion: string,
  findKey: FindKey,
): Promise<{ readonly ok: true; readonly value: unknown } | Refused> => {
  if (assertion.length > MAX_ASSERTION_LENGTH) return refused('assertion_too_large');
  if (!/^[\w-]+\.[\w-]+\.[\w-]+$/.test(assertion)) return refused('assertion_malformed');
  try {
    const { alg, typ, kid, ...others } = decodeProtectedHeader(assertion);
    if (alg !== 'ES256') return refused('algorithm_refused');
    if (typ !== 'latchkey-assertion+jwt') return refused('type_refused');
    if (typeof kid !== 'string' || !/^[A-Za-z0-9._-]{1,128}$/.test(kid))
      return refused('assertion_malformed');
    // No `crit`, `jku`, `jwk`, `x5u`, `zip`, `cty`: the edge writes none of them (RFC 8725 §3.10).
    if (Object.keys(others).length > 0) return refused('assertion_malformed');
    const found = await findKey(kid);
    if (!found.ok) return found;
    const { payload } = await compactVerify(assertion, found.key, { algorithms: ['ES256'] });
    return {
      ok: true,
      value: JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(payload)),
    };
  } catch (err) {
    if (err instanceof errors.JWSSignatureVerificationFailed) return refused('signature_invalid');
    // jose's verdicts, and TypeError or SyntaxError of what is not UTF-8, not base64url, not JSON.
    if (err instanceof errors.JOSEError || err instanceof TypeError || err instanceof SyntaxError) {
      return refused('assertion_malformed');
    }
    throw err;
  }
};

/** RFC 9449 §4.3: `htm` and `htu` "match" the request, where the assertion has them or the origin wants them. */
const bound = (
  { request: said }: Claims,
  request: RequestLike | undefined,
  { origin, requireRequestBinding = false }: VerifierOptions,
): { readonly ok: true } | Refused => {
  const required =
    typeof requireRequestBinding === 'function'
      ? request === undefined || requireRequestBinding(request)
      : requireRequestBinding;
  if (said === null) return required ? refused('request_unbound') : { ok: true };
  if (request === undefined) return refused('request_unknown');
  const url = withoutQuery(request.url);
  // Behind a terminator of TLS the origin sees its own scheme wrongly; then `origin` says how the edge names it.
  const whole = origin === undefined ? url : `${origin.replace(/\/$/, '')}${pathOf(request.url)}`;
  const heard = whole.startsWith('/') ? withoutAuthority(said.url) : said.url;
  return said.method === request.method && heard === whole ? { ok: true } : refused('request_mismatch');
};

const isNew = async ({ id, expiresAt }: Claims, options: VerifierOptions): Promise<true | Refused> => {
  if (options.isNew === undefined) return true;
  const tolerance = options.clockToleranceSeconds ?? 5;
  try {
    return (await options.isNew(id, expiresAt + tolerance)) === true ? true : refused('replayed');
  } catch {
    // The store's failure is the origin's own and of any kind; it must not become a yes.
    return refused('replay_unknown');
  }
};
