import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { base64url } from 'jose';
import { describe, expect, it } from 'vitest';
import { hashOfToken, respelled } from '../../../src/model/token.ts';

const part = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => base64url.encode(bytes));
const jwt = fc.tuple(part, part, part).map((parts) => parts.join('.'));

it('a token is called by the SHA-256 of its text where it must not be known', async () => {
  const digest = createHash('sha256').update('a.b.c').digest('base64url');
  expect(await hashOfToken('a.b.c')).toBe(digest);
});

describe('respelled', () => {
  it('leaves the one canonical spelling as it is (RFC 7515 §2)', () => {
    fc.assert(fc.property(jwt, (text) => respelled(text) === text));
  });

  it('finds it behind white space, padding and the other alphabet', () => {
    const spoilt = fc.record({ text: jwt, white: fc.constantFrom('', ' ', '\n', '\t\r\n'), pad: fc.nat(2) });
    fc.assert(
      fc.property(spoilt, ({ text, white, pad }) => {
        const parts = text.split('.').map((each) => `${white}${each.slice(0, 2)}${white}${each.slice(2)}`);
        const spelled = parts.map((each) => each.replaceAll('-', '+').replaceAll('_', '/') + '='.repeat(pad));
        return respelled(spelled.join('.')) === text;
      }),
    );
  });

  it('finds it whatever the last bits are that nothing depends on (RFC 4648 §3.5)', () => {
    // One byte has four of them.
    for (const last of 'QRSTUVWXYZabcdef') expect(respelled(`QQ.QQ.Q${last}`)).toBe('QQ.QQ.QQ');
    // Two bytes have two.
    for (const last of 'EFGH') expect(respelled(`QUE.QUE.QU${last}`)).toBe('QUE.QUE.QUE');
  });

  it.each(['', 'word', 'a.b', 'a.b.c.d', 'Q.QQ.QQ', 'é.QQ.QQ', 'QQ.QQ.Q*', `acme_test_${'0'.repeat(28)}`])(
    'leaves what is no JWT as it is: %s',
    (text) => {
      expect(respelled(text)).toBe(text);
    },
  );
});
