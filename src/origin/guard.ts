import type { Identity } from './claims.ts';
import type { HeadersLike } from './headers.ts';
import { type Refused, refused } from './refusal.ts';
import type { RequestLike } from './request.ts';
import { createVerifier, type VerifierOptions, type Verify } from './verifier.ts';

/** What every middleware takes, whatever its server. */
export interface GuardOptions extends VerifierOptions {
  /** Whether callers that the edge let in without a credential are served here too. Default no. */
  readonly allowAnonymous?: boolean | ((request: RequestLike) => boolean);
  /**
   * Paths that are served to GET and HEAD without an assertion, compared whole with the target as it came, but for its query:
   * those that a load balancer asks for.
   * Default none.
   */
  readonly healthPaths?: readonly string[];
  /** Told of every refusal, for logs; with `error` where something was thrown. */
  readonly onRefusal?: (refusal: Refused, request: RequestLike, error?: unknown) => void;
}

/** Who calls; nobody on a health path; or why the request is refused. */
export type Guarded = { readonly ok: true; readonly identity: Identity | null } | Refused;

export type Guard = (headers: HeadersLike, request: RequestLike) => Promise<Guarded>;

/** Makes what stands before all handlers of an origin. Throws TypeError where the options cannot be safe. */
export const createGuard = (options: GuardOptions): Guard => {
  const verify = createVerifier(options);
  return async function guard(headers, request) {
    const [found, error] = await attempt(() => judge(verify, options, headers, request));
    if (!found.ok) options.onRefusal?.(found, request, error);
    return found;
  };
};

/** The first of these scopes that the caller lacks makes a refusal; so does a caller whom nobody has verified. */
export const missingScopes = (
  identity: Identity | null | undefined,
  scopes: readonly string[],
): Refused<'scopes_missing' | 'assertion_missing'> | null => {
  if (identity === null || identity === undefined) return refused('assertion_missing');
  return scopes.every((scope) => identity.scopes.includes(scope))
    ? null
    : { ...refused('scopes_missing'), scopes };
};

const judge = async (
  verify: Verify,
  { allowAnonymous = false, healthPaths = [] }: GuardOptions,
  headers: HeadersLike,
  request: RequestLike,
): Promise<Guarded> => {
  if (isForHealth(request, healthPaths)) return { ok: true, identity: null };
  const verified = await verify(headers, request);
  if (!verified.ok || verified.identity.auth !== 'anonymous') return verified;
  const allowed = typeof allowAnonymous === 'function' ? allowAnonymous(request) : allowAnonymous;
  return allowed === true ? verified : refused('anonymous_refused');
};

/**
 * The target as it came: of `http://x/healthz` and `/healthz#/v1` a handler may read something else than the health path,
 * and would serve nobody there.
 */
const isForHealth = ({ method, url }: RequestLike, healthPaths: readonly string[]): boolean =>
  (method === 'GET' || method === 'HEAD') && healthPaths.includes(url.replace(/\?.*$/s, ''));

/** Whatever is thrown, by us or by what the options call, must not become a yes. */
const attempt = async (work: () => Promise<Guarded>): Promise<readonly [Guarded, unknown?]> => {
  try {
    return [await work()];
  } catch (error) {
    return [refused('verification_broken'), error];
  }
};
