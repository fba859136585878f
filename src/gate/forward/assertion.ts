import { importJWK, SignJWT } from 'jose';
import type { Identity } from '../../model/identity.ts';

/** RFC 7515 `typ` of what the edge tells the origin. */
export const ASSERTION_TYPE = 'latchkey-assertion+jwt';
/** Life of an assertion. The origin's verifier refuses a longer one. */
export const ASSERTION_LIFETIME_SECONDS = 60;
/** For how long one assertion may serve one identity; then it has still half of its life before it. */
export const ASSERTION_REUSE_MS = 30_000;

/** An EC P-256 key as JWK. Only the first of a set must be private. */
export interface AssertionJwk {
  readonly kty?: string | undefined;
  readonly crv?: string | undefined;
  readonly kid?: string | undefined;
  readonly x?: string | undefined;
  readonly y?: string | undefined;
  readonly d?: string | undefined;
}

/** What `/.well-known/jwks.json` says of one key; nothing private has a place in it. */
export interface PublicAssertionJwk {
  readonly kty: 'EC';
  readonly crv: 'P-256';
  readonly x: string;
  readonly y: string;
  readonly kid: string;
  readonly alg: 'ES256';
  readonly use: 'sig';
}

/** The request that an assertion is bound to; `url` as sent to the origin. */
export interface BoundRequest {
  readonly method: string;
  readonly url: string;
}

/** A signed assertion and when it was signed (ms), for the caller's cache. */
export interface Assertion {
  readonly token: string;
  readonly signedAtMs: number;
}

/** The assertions of one identity that may serve again, by audience. */
export type KeptAssertions = Map<string, Assertion>;

export interface Signer {
  /** The JWT for an identity; with `request` it is good for that method and URL only (RFC 9449 §4.2). `nowMs` is the clock. */
  readonly sign: (identity: AssertedIdentity, nowMs: number, request?: BoundRequest) => Promise<string>;
  readonly publicJwks: { readonly keys: readonly PublicAssertionJwk[] };
}

export type AssertedIdentity = Pick<Identity, 'auth' | 'userId' | 'organizationId' | 'clientId' | 'scopes'>;

export interface SignerOptions {
  /** The first key signs, all are published: a new key is appended, published for a while, then moved to the front. */
  readonly jwks: { readonly keys: readonly AssertionJwk[] };
  /** The Desk's URL. */
  readonly issuer: string;
  /** The origin's configured id. */
  readonly audience: string;
  /** Makes a `jti`: unique, at least 96 bits, `[A-Za-z0-9_-]`. */
  readonly random: () => string;
}

/** The keys that assertions are signed with, and whatever else the Desk's URL stands for. */
export interface AssertionKeys {
  readonly publicJwks: Signer['publicJwks'];
  /** Of the key that signs. */
  readonly kid: string;
  readonly signingKey: () => Promise<Awaited<ReturnType<typeof importJWK>>>;
}

/** Checks the keys at once (TypeError without any key material), imports the signing one at first use. */
export const openAssertionKeys = (jwks: SignerOptions['jwks']): AssertionKeys => {
  const keys = jwks.keys.map(publicMembers);
  const signing = jwks.keys[0];
  const first = keys[0];
  if (first === undefined || typeof signing?.d !== 'string')
    throw new TypeError('the first assertion key must be private');
  if (new Set(keys.map((key) => key.kid)).size !== keys.length)
    throw new TypeError('two assertion keys share a kid');

  const privateJwk = { kty: 'EC', crv: 'P-256', x: first.x, y: first.y, d: signing.d };
  // The key is kept, not the promise of it: on Workers a request must not wait for another one's promise.
  let key: Awaited<ReturnType<typeof importJWK>> | undefined;
  return {
    publicJwks: { keys },
    kid: first.kid,
    signingKey: async () => {
      key ??= await importJWK(privateJwk, 'ES256');
      return key;
    },
  };
};

/** Makes what signs assertions for one origin. */
export const createSigner = (options: SignerOptions): Signer => {
  const { publicJwks, kid, signingKey } = openAssertionKeys(options.jwks);
  const header = { alg: 'ES256', typ: ASSERTION_TYPE, kid };

  return {
    publicJwks,
    sign: async function sign(identity, nowMs, request) {
      const issuedAt = Math.floor(nowMs / 1000);
      return new SignJWT({ ...claims(identity), ...(request === undefined ? {} : binding(request)) })
        .setProtectedHeader(header)
        .setIssuer(options.issuer)
        .setAudience(options.audience)
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + ASSERTION_LIFETIME_SECONDS)
        .setJti(options.random())
        .sign(await signingKey());
    },
  };
};

/** Whether a kept assertion may serve another request of the same identity. */
export const fresh = (assertion: Assertion, nowMs: number): boolean => {
  const age = nowMs - assertion.signedAtMs;
  return age >= 0 && age < ASSERTION_REUSE_MS;
};

const publicMembers = ({ kty, crv, x, y, kid }: AssertionJwk): PublicAssertionJwk => {
  const named = typeof kid === 'string' && /^[A-Za-z0-9._-]{1,128}$/.test(kid);
  if (kty !== 'EC' || crv !== 'P-256' || typeof x !== 'string' || typeof y !== 'string' || !named) {
    throw new TypeError('an assertion key must be EC P-256 with a kid of [A-Za-z0-9._-]');
  }
  return { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' };
};

const claims = ({ auth, userId, clientId, organizationId, scopes }: AssertedIdentity) => ({
  auth,
  ...(userId === null ? {} : { sub: userId }),
  ...(clientId === null ? {} : { client_id: clientId }),
  ...(organizationId === null ? {} : { org: organizationId }),
  ...(scopes.length === 0 ? {} : { scope: scopes.join(' ') }),
});

/** RFC 9449 §4.2 `htu`: "without query and fragment parts". */
const binding = ({ method, url }: BoundRequest) => ({ htm: method, htu: url.replace(/[?#].*$/s, '') });
