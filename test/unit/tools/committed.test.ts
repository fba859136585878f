import { describe, expect, test } from 'vitest';
import { traces } from '../../../tools/check/committed.ts';

/** Put together here, so that this file holds none of them itself. */
const path = (...parts: readonly string[]): string => ['', ...parts].join('/');
const long = 'A'.repeat(64);

describe('traces', () => {
  test.each([
    ['a path of one machine', `see ${path('work', 'main')}`],
    ['a path of one machine', `"${path('root', '.npmrc')}"`],
    ['a path of one machine', `cd ${path('home', 'ada', 'latchkey')}`],
    ['a path of one machine', `file://${path('Users', 'ada', 'latchkey')}`],
    ['a private key in PEM', `-----BEGIN ${'PRIVATE'} KEY-----\n${long}`],
    ['a private key in PEM', `-----BEGIN EC ${'PRIVATE'} KEY-----\n${long}`],
    ['a private key in JWK', `{"kty":"EC","${'d'}":"${long}"}`],
    ['a private key in JWK', `{ kty: 'EC', ${'d'}: '${long}' }`],
    ['a secret of Stytch', `secret-${'live'}-${long}=`],
    ['a secret of Stytch', `secret-${'test'}-${long}=`],
    ['a token of a cloud', `ghp_${'a'.repeat(36)}`],
  ])('%s is found: %s', (what, text) => {
    expect(traces('docs/a.md', `first\n${text}`)).toEqual([`docs/a.md:2 holds ${what}`]);
  });

  test.each([
    'GET /v1/work/items',
    "{ path: '/work/**', auth: 'none' }",
    'https://example.com/home/ada/',
    'secret-test-bm90LWEtc2VjcmV0LW9ubHktZm9yLXRoZS1lbXVsYXRvcg==',
    'secret-live-…',
    '-----BEGIN PRIVATE KEY-----\n…',
    `{"kty":"EC","x":"${long}"}`,
  ])('%s is nothing', (text) => {
    expect(traces('docs/a.md', text)).toEqual([]);
  });
});
