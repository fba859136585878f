import { crc32 } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { toBase62 } from '../../../src/model/base62.ts';
import { secretsIn } from '../../../tools/check/secrets.ts';

const long = 'A'.repeat(64);

/** A key with the right checksum, made here, so that this file holds none itself. */
const keyOf = (brand: string, environment = 'live'): string => {
  const text = `${brand}_${environment}_${'0'.repeat(28)}_${'x'.repeat(55)}`;
  return text + toBase62(BigInt(crc32(text)), 6);
};

const wrong = (key: string): string => key.slice(0, -1) + (key.endsWith('0') ? '1' : '0');

describe('a secret', () => {
  test.each([
    ['a private key in PEM', `-----BEGIN ${'PRIVATE'} KEY-----\n${long}`],
    ['a private key in PEM', `-----BEGIN EC ${'PRIVATE'} KEY-----\n${long}`],
    ['a private key in JWK', `{"kty":"EC","${'d'}":"${long}"}`],
    ['a private key in JWK', `{ kty: 'EC', ${'d'}: '${long}' }`],
    ['a master key', `[{"id":"2026-11","${'key'}":"${'A'.repeat(43)}"}]`],
    ['a secret of Stytch', `secret-${'live'}-${long}=`],
    ['a secret of Stytch', `secret-${'test'}-${long}=`],
    ['a secret of webhooks', `whsec_${long}`],
    ['a token of a cloud', `ghp_${'a'.repeat(36)}`],
    ['an API key of Latchkey', keyOf('acme')],
    ['an API key of Latchkey', `LATCHKEY_KEY="${keyOf('zz', 'test')}"`],
  ])('%s is found', (what, text) => {
    expect(secretsIn(`first\n${text}`)).toEqual([{ what, index: expect.any(Number) }]);
  });

  test('is found as often as it is there', () => {
    expect(secretsIn(`${keyOf('acme')}, ${keyOf('beta')}`)).toHaveLength(2);
  });

  test.each([
    `secret-test-bm90LWEtc2VjcmV0LW9ubHktZm9yLXRoZS1lbXVsYXRvcg==`,
    'secret-live-…',
    '-----BEGIN PRIVATE KEY-----\n…',
    `{"kty":"EC","x":"${long}"}`,
    'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    keyOf('acme').slice(0, 'acme_live_'.length + 28),
    wrong(keyOf('acme')),
    `z${keyOf('acme').slice(1)}`,
    `${keyOf('acme')}0`,
  ])('is not %s', (text) => {
    expect(secretsIn(text)).toEqual([]);
  });
});
