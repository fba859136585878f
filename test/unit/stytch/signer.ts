import { exportJWK, generateKeyPair, type JWK } from 'jose';
import type { SigningJwk } from '../../../src/model/ports.ts';

/** A key pair of the project under test, made in the test. */
export const makeSigner = async (kid: string) => {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const { kty, n, e } = (await exportJWK(publicKey)) as Required<Pick<JWK, 'kty' | 'n' | 'e'>>;
  const jwk: SigningJwk = { kty, kid, n, e };
  return { kid, jwk, publicKey, privateKey };
};

export type Signer = Awaited<ReturnType<typeof makeSigner>>;

const part = (value: unknown): string =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** A JWS over any header and payload, valid or not, with a signature that fits: RSASSA-PKCS1-v1_5 with SHA-256. */
export const signRaw = async ({ privateKey }: Signer, header: unknown, payload: unknown): Promise<string> => {
  const input = `${part(header)}.${part(payload)}`;
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, Buffer.from(input));
  return `${input}.${Buffer.from(signature).toString('base64url')}`;
};

/** A JWS with any signature. */
export const assemble = (header: unknown, payload: unknown, signature: Uint8Array): string =>
  `${part(header)}.${part(payload)}.${Buffer.from(signature).toString('base64url')}`;
