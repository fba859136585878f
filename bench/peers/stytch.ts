import { createPublicKey, type JsonWebKey } from 'node:crypto';
import { callJson } from '../http.ts';
import type { Stytch } from '../latchkey.ts';
import type { Headers } from './peer.ts';

/** The user in whose name the peers' credentials are. */
export const USER_ID = 'user-test-ada00000-0000-4000-8000-000000000001';

/** Where Stytch publishes the keys that tokens are signed with. */
export const jwksPath = ({ projectId }: Stytch): string => `/v1/sessions/jwks/${projectId}`;

/** An M2M access token with the claims that one of a Latchkey key has, good for an hour. */
export const m2mToken = async ({ port }: Stytch, other: Claims = {}): Promise<string> => {
  const claims = { sub: `bench_test_${'0'.repeat(28)}`, scope: 'items:read', user_id: USER_ID, ...other };
  const wish = { port, path: '/_emulator/tokens', method: 'POST', body: { kind: 'm2m', claims } };
  return (await callJson<{ readonly token: string }>(wish, 200)).token;
};

type Claims = Readonly<Record<string, unknown>>;

/** Tokens like it that no verifier may take, and one of another issuer. */
export const badTokens = async (stytch: Stytch): Promise<readonly string[]> => [
  forged(await m2mToken(stytch)),
  await m2mToken(stytch, { exp: Math.floor(Date.now() / 1000) - 60 }),
  await m2mToken(stytch, { iss: 'stytch.com/project-test-of-somebody-else' }),
];

/** The same token with another signature. */
export const forged = (token: string): string => {
  const [head = '', payload = '', signature = ''] = token.split('.');
  return [head, payload, [...signature].reverse().join('')].join('.');
};

export const bearer = (token: string): Headers => ({ Authorization: `Bearer ${token}` });

/** A key as a program reads it from a file. */
export interface PublicKey {
  readonly kid: string;
  readonly pem: string;
}

/** The key that signs tokens now. */
export const publicKey = async (stytch: Stytch): Promise<PublicKey> => {
  const [head = ''] = (await m2mToken(stytch)).split('.');
  const { kid } = JSON.parse(Buffer.from(head, 'base64url').toString()) as PublicKey;
  const wish = { port: stytch.port, path: jwksPath(stytch) };
  const { keys } = await callJson<{ readonly keys: readonly JsonWebKey[] }>(wish, 200);
  const key = keys.find((each) => each.kid === kid);
  if (key === undefined) throw new Error(`the JWKS has no key ${kid}`);
  const pem = createPublicKey({ key, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  return { kid, pem: pem.toString() };
};
