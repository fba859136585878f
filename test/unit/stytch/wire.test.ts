import { describe, expect, it } from 'vitest';
import { readOAuthError, readStytchError } from '../../../src/stytch/errors-wire.ts';
import { readJwks } from '../../../src/stytch/jwks-wire.ts';

const GOOD = { kty: 'RSA', kid: 'k1', n: 'abc', e: 'AQAB' };

describe('a JWKS', () => {
  it('keeps of each key what verifies, and nothing else', () => {
    const full = {
      ...GOOD,
      use: 'sig',
      alg: 'RS256',
      key_ops: ['verify'],
      x5c: ['x'],
      d: 'private',
      x5u: 'https://x',
    };
    expect(readJwks({ keys: [full], request_id: 'x', status_code: 200 })).toEqual([GOOD]);
  });

  it.each([
    ['an elliptic one', { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', kid: 'k2' }],
    ['a symmetric one that has a modulus too', { ...GOOD, kty: 'oct', k: 'c2VjcmV0', kid: 'k2' }],
    ['a symmetric one', { kty: 'oct', k: 'c2VjcmV0', kid: 'k2' }],
    ['one without a kid', { ...GOOD, kid: undefined }],
    ['one whose kid is empty', { ...GOOD, kid: '' }],
    ['one whose kid is a number', { ...GOOD, kid: 7 }],
    ['one for encryption', { ...GOOD, kid: 'k2', use: 'enc' }],
    ['one for another algorithm', { ...GOOD, kid: 'k2', alg: 'RS512' }],
    ['one without a modulus', { ...GOOD, kid: 'k2', n: undefined }],
    ['one of a modulus beyond reason', { ...GOOD, kid: 'k2', n: 'A'.repeat(2049) }],
    ['null', null],
    ['text', 'RSA'],
  ])('passes over %s', (_, other) => {
    expect(readJwks({ keys: [other, GOOD] })).toEqual([GOOD]);
    expect(readJwks({ keys: [other] })).toBeNull();
  });

  it.each([
    ['no keys', {}],
    ['an empty list', { keys: [] }],
    ['an object of keys', { keys: { k1: GOOD } }],
    ['more keys than anybody has', { keys: Array(21).fill(GOOD) }],
    ['a list', [GOOD]],
    ['null', null],
  ])('is none with %s', (_, body) => {
    expect(readJwks(body)).toBeNull();
  });
});

describe('an error', () => {
  it.each([
    [{ error: 'invalid_client' }, 'invalid_client', null],
    [{ error_type: 'm2m_client_not_found' }, null, 'm2m_client_not_found'],
    [{ error: 7 }, null, null],
    [{ error: null, error_type: ['x'] }, null, null],
    [null, null, null],
    ['invalid_client', null, null],
    [[], null, null],
  ])('is read in its own envelope only: %j', (body, oauth, stytch) => {
    expect([readOAuthError(body), readStytchError(body)]).toEqual([oauth, stytch]);
  });
});
