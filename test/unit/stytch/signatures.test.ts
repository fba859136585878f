import { exportJWK, generateKeyPair } from 'jose';
import { describe, expect, it } from 'vitest';
import { createTokenVerifier } from '../../../src/stytch/token.ts';
import {
  digestInfoOf,
  encodedMessage,
  FORGERIES,
  numbersOf,
  signEncoded,
  signPss,
} from '../../hostile/signatures.ts';
import { assemble } from './signer.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const NOW = NOON / 1000;
const PROJECT = 'project-test-1';
const HEADER = { alg: 'RS256', kid: 'k1', typ: 'JWT' };
const CLAIMS = {
  ...{ iss: `stytch.com/${PROJECT}`, aud: [PROJECT], iat: NOW - 60, exp: NOW + 3_540 },
  ...{ sub: 'acme_test_1', scope: 'a', user_id: 'user-test-1' },
};

const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
const jwk = (await exportJWK(privateKey)) as JsonWebKey;
const key = numbersOf(jwk);

const verify = createTokenVerifier(
  {
    ...{
      projectId: PROJECT,
      issuers: [`stytch.com/${PROJECT}`],
      vertical: 'consumer',
      ownerClaim: 'user_id',
    },
    isClientId: () => true,
  },
  async () => publicKey,
);

const input = Uint8Array.from(Buffer.from(assemble(HEADER, CLAIMS, new Uint8Array()).slice(0, -1)));
const judged = async (signature: Uint8Array): Promise<string> =>
  (await verify(assemble(HEADER, CLAIMS, signature), NOON)).verdict;

const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', input));
const right = signEncoded(key, encodedMessage(digestInfoOf(hash), key.length));

describe('RFC 8017 §8.2.2: a signature over this very input, by this very key, in the one encoding', () => {
  it('is good when it is made by hand, as when it is made by WebCrypto', async () => {
    expect(await judged(right)).toBe('good');
    expect(right).toEqual(new Uint8Array(await crypto.subtle.sign('RSASSA-PKCS1-v1_5', privateKey, input)));
  });

  it.each(FORGERIES)('%s is bad', async (_, forge) => {
    const forged = await forge({ key, input, right });
    expect(forged).not.toEqual(right);
    expect(await judged(forged)).toBe('bad');
  });

  it('of RSASSA-PSS is bad', async () => {
    expect(await judged(await signPss(jwk, input))).toBe('bad');
  });

  it.each([2048, 3072, 4096])('of another key, of %i bits, under our kid is bad', async (modulusLength) => {
    const other = await generateKeyPair('RS256', { modulusLength });
    const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', other.privateKey, input);
    expect(await judged(new Uint8Array(signature))).toBe('bad');
  });
});
