import { decodeJwt, decodeProtectedHeader, exportJWK, generateKeyPair, importJWK, jwtVerify } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type AssertionJwk,
  createSigner,
  fresh,
  type Signer,
} from '../../../../src/gate/forward/assertion.ts';

const NOW = 1_999_999_800_400;
const KEY = {
  auth: 'api_key',
  userId: 'user-test-1',
  organizationId: 'organization-test-1',
  clientId: 'acme_test_k1',
  scopes: ['items:read', 'items:write'],
} as const;
const ANONYMOUS = {
  auth: 'anonymous',
  userId: null,
  organizationId: null,
  clientId: null,
  scopes: [],
} as const;

let first: AssertionJwk;
let second: AssertionJwk;
let signer: Signer;

const make = async (kid: string): Promise<AssertionJwk> => {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid };
};

const options = (keys: readonly AssertionJwk[]) => {
  let made = 0;
  return {
    jwks: { keys },
    issuer: 'https://keys.acme.com',
    audience: 'acme-api',
    random: () => {
      made += 1;
      return `id-${made}`;
    },
  };
};

beforeAll(async () => {
  first = await make('key-1');
  second = await make('key-2');
  signer = createSigner(options([first, second]));
});

describe('createSigner', () => {
  it('signs who calls, for one minute, with the first key', async () => {
    const token = await createSigner(options([first, second])).sign(KEY, NOW);
    expect(decodeProtectedHeader(token)).toEqual({
      alg: 'ES256',
      typ: 'latchkey-assertion+jwt',
      kid: 'key-1',
    });
    expect(decodeJwt(token)).toEqual({
      iss: 'https://keys.acme.com',
      aud: 'acme-api',
      sub: 'user-test-1',
      client_id: 'acme_test_k1',
      org: 'organization-test-1',
      auth: 'api_key',
      scope: 'items:read items:write',
      iat: 1_999_999_800,
      exp: 1_999_999_860,
      jti: 'id-1',
    });
    const published = signer.publicJwks.keys[0];
    await expect(
      jwtVerify(token, await importJWK({ ...published }), { currentDate: new Date(NOW) }),
    ).resolves.toBeDefined();
  });

  it('an anonymous caller has no sub, no client_id, no org, no scope', async () => {
    const claims = decodeJwt(await signer.sign(ANONYMOUS, NOW));
    expect(Object.keys(claims).sort()).toEqual(['aud', 'auth', 'exp', 'iat', 'iss', 'jti']);
  });

  it('RFC 9449 §4.2: bound to a request it names the method, and the URL without query and fragment', async () => {
    const request = { method: 'POST', url: 'https://origin.acme.com/v1/payouts?secret=1#top' };
    const claims = decodeJwt(await signer.sign(KEY, NOW, request));
    expect([claims.htm, claims.htu]).toEqual(['POST', 'https://origin.acme.com/v1/payouts']);
  });

  it('no two assertions share an id', async () => {
    const ids = await Promise.all([1, 2, 3].map(async () => decodeJwt(await signer.sign(KEY, NOW)).jti));
    expect(new Set(ids).size).toBe(3);
  });

  it('publishes every key and nothing private', () => {
    expect(signer.publicJwks.keys.map((key) => key.kid)).toEqual(['key-1', 'key-2']);
    for (const key of signer.publicJwks.keys) {
      expect(Object.keys(key).sort()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    }
    expect(JSON.stringify(signer.publicJwks)).not.toContain(String(first.d));
  });

  it.each([
    ['no key', () => [], 'the first assertion key must be private'],
    [
      'a first key that is public',
      () => [{ ...first, d: undefined }],
      'the first assertion key must be private',
    ],
    ['a shared kid', () => [first, { ...second, kid: 'key-1' }], 'two assertion keys share a kid'],
    [
      'no kid',
      () => [{ ...first, kid: undefined }],
      'an assertion key must be EC P-256 with a kid of [A-Za-z0-9._-]',
    ],
    [
      'a strange kid',
      () => [{ ...first, kid: '../x' }],
      'an assertion key must be EC P-256 with a kid of [A-Za-z0-9._-]',
    ],
    [
      'another curve',
      () => [{ ...first, crv: 'P-384' }],
      'an assertion key must be EC P-256 with a kid of [A-Za-z0-9._-]',
    ],
  ])('%s is refused at start', (_what, keys, message) => {
    expect(() => createSigner(options(keys()))).toThrow(new TypeError(message));
  });
});

describe('fresh', () => {
  it.each([
    [-1, false],
    [0, true],
    [29_999, true],
    [30_000, false],
  ])('an assertion of %i ms may be used again: %s', (age, expected) => {
    expect(fresh({ token: 'a.b.c', signedAtMs: NOW }, NOW + age)).toBe(expected);
  });
});
