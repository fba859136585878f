import {
  type CompactJWSHeaderParameters,
  CompactSign,
  exportJWK,
  generateKeyPair,
  importJWK,
  type JWK,
} from 'jose';
import { type AssertionJwk, createSigner, type Signer } from '../../../src/gate/forward/assertion.ts';
import { type HeaderEntry, identityHeaders } from '../../../src/gate/forward/headers.ts';
import type { VerifierOptions } from '../../../src/origin/index.ts';

/** The frozen clock, ms. */
export const NOW = 1_999_999_800_400;
export const NOW_SECONDS = 1_999_999_800;
export const ISSUER = 'https://keys.acme.com';
export const AUDIENCE = 'acme-api';
export const JWKS_URL = 'https://keys.acme.com/.well-known/jwks.json';

export const KEY = {
  auth: 'api_key',
  userId: 'user-test-1',
  organizationId: 'organization-test-1',
  clientId: 'acme_test_k1',
  scopes: ['items:read', 'items:write'],
} as const;
export const ANONYMOUS = {
  auth: 'anonymous',
  userId: null,
  organizationId: null,
  clientId: null,
  scopes: [],
} as const;

/** What the edge says of KEY, by claim. */
export const CLAIMS = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: KEY.userId,
  client_id: KEY.clientId,
  org: KEY.organizationId,
  auth: KEY.auth,
  scope: 'items:read items:write',
  iat: NOW_SECONDS,
  exp: NOW_SECONDS + 60,
  jti: 'id-1',
};

export const makeKey = async (kid: string): Promise<AssertionJwk> => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid };
};

export const edge = (keys: readonly AssertionJwk[]): Signer =>
  createSigner({ jwks: { keys }, issuer: ISSUER, audience: AUDIENCE, random: () => crypto.randomUUID() });

/** The options of an origin that has the edge's keys by value. */
export const origin = (signer: Signer): VerifierOptions => ({
  jwks: signer.publicJwks,
  issuer: ISSUER,
  audience: AUDIENCE,
  nowMs: () => NOW,
});

/** The headers as the edge sends them. */
export const headersOf = (
  token: string,
  identity: Parameters<typeof identityHeaders>[0] = KEY,
): Record<string, string> =>
  Object.fromEntries(
    identityHeaders(identity, 'X-Latchkey', token).map(([name, value]: HeaderEntry) => [
      name.toLowerCase(),
      value,
    ]),
  );

/** A token that only somebody with the edge's key could make, and never would. */
export const forge = async (
  jwk: AssertionJwk,
  payload: string | Uint8Array | object,
  header: Partial<CompactJWSHeaderParameters> = {},
): Promise<string> => {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const bytes = payload instanceof Uint8Array ? payload : new TextEncoder().encode(text);
  return new CompactSign(bytes)
    .setProtectedHeader({ alg: 'ES256', typ: 'latchkey-assertion+jwt', kid: String(jwk.kid), ...header })
    .sign(await importJWK(jwk as JWK, 'ES256'));
};
