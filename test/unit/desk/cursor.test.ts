import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCursor, writeCursor } from '../../../src/desk/cursor.ts';

/** Any UTF-16 unit, mostly those that matter. */
const anyUnit = fc.oneof(fc.nat(0xff), fc.nat(0xffff)).map((code) => String.fromCharCode(code));

const DIGITS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];
const base62 = fc.string({ unit: fc.constantFrom(...DIGITS), minLength: 28, maxLength: 28 });
const brand = fc.stringMatching(/^[a-z][a-z0-9]{1,11}$/);
const position = fc.record({
  createdAt: fc.integer({ min: 0, max: 9_999_999_999_999 }),
  keyId: fc.oneof(
    fc.tuple(brand, fc.constantFrom('live', 'test'), base62).map((parts) => parts.join('_')),
    // Of a client that was made elsewhere.
    fc.stringMatching(/^[\x21-\x7E]{1,128}$/),
  ),
});
const encoded = (text: string): string => Buffer.from(text, 'latin1').toString('base64url');
const KEY_ID = `acme_test_${'A'.repeat(28)}`;

describe('a cursor', () => {
  it('leads back to where the page ended', () => {
    fc.assert(
      fc.property(position, (at) => {
        expect(readCursor(writeCursor(at) ?? '')).toEqual(at);
      }),
    );
  });

  it('after the last page there is none', () => {
    expect(writeCursor(null)).toBeNull();
  });

  it('goes into a query as it is', () => {
    fc.assert(
      fc.property(position, (at) => {
        expect(writeCursor(at)).toMatch(/^[A-Za-z0-9_-]{1,256}$/);
      }),
    );
  });

  it('has one spelling: what is read would have been written so', () => {
    const parts = fc.tuple(
      fc.constantFrom('', '0', '00', '1', '-1', '1.5', '1e3', ' 1', '9'.repeat(15), '9'.repeat(16)),
      fc.constantFrom('.', '', '..', ':'),
      fc.constantFrom(KEY_ID, `${KEY_ID}A`, KEY_ID.slice(1), 'x', ''),
    );
    fc.assert(
      fc.property(parts, (list) => {
        const text = encoded(list.join(''));
        const read = readCursor(text);
        if (read !== null) expect(writeCursor(read)).toBe(text);
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['no base64url', 'a+b='],
    ['another spelling', `${encoded(`1.${KEY_ID}`)}=`],
    ['leading zeros', encoded(`007.${KEY_ID}`)],
    ['a time that is negative', encoded(`-1.${KEY_ID}`)],
    ['a time beyond all numbers', encoded(`${'9'.repeat(16)}.${KEY_ID}`)],
    ['a line break', encoded(`1.${KEY_ID}\n`)],
    ['an id that is none', encoded('1.m2m client')],
    ['an id that is too long', encoded(`1.${'x'.repeat(129)}`)],
    ['SQL', encoded("1.acme_test_' OR 1=1 --")],
    ['JSON', encoded('{"createdAt":1}')],
    ['bytes that are not UTF-8', encoded('\xff\xfe')],
  ])('is not %s', (_, text) => {
    expect(readCursor(text)).toBeNull();
  });

  it('is nothing of what anybody may send', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: anyUnit }), fc.base64String()), (text) => {
        expect(readCursor(text)).toBeNull();
      }),
    );
  });
});
