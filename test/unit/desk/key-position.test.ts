import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKeyPosition, writeKeyPosition } from '../../../src/desk/key-position.ts';

/** Any UTF-16 unit, mostly those that matter. */
const anyUnit = fc.oneof(fc.nat(0xff), fc.nat(0xffff)).map((code) => String.fromCharCode(code));

const DIGITS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];
const base62 = fc.string({ unit: fc.constantFrom(...DIGITS), minLength: 28, maxLength: 28 });
const brand = fc.stringMatching(/^[a-z][a-z0-9]{1,11}$/);
const position = fc.record({
  createdAt: fc.integer({ min: 0, max: 9_999_999_999_999 }),
  keyId: fc.oneof(
    fc.tuple(brand, fc.constantFrom('live', 'test'), base62).map((parts) => parts.join('_')),
    fc.uuid().map((id) => `m2m-client-test-${id}`),
  ),
});
const KEY_ID = `acme_test_${'A'.repeat(28)}`;

describe('the position of a key in its list', () => {
  it('leads back to where the page ended', () => {
    fc.assert(
      fc.property(position, (at) => {
        expect(readKeyPosition(writeKeyPosition(at))).toEqual(at);
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
        const read = readKeyPosition(list.join(''));
        if (read !== null) expect(writeKeyPosition(read)).toBe(list.join(''));
      }),
    );
  });

  it.each([
    ['nothing', ''],
    ['leading zeros', `007.${KEY_ID}`],
    ['a time that is negative', `-1.${KEY_ID}`],
    ['a time beyond all numbers', `${'9'.repeat(16)}.${KEY_ID}`],
    ['a line break', `1.${KEY_ID}\n`],
    ['a key id with a space', '1.m2m client'],
    ['a key id longer than any', `1.${'x'.repeat(129)}`],
    ['JSON', '{"createdAt":1}'],
  ])('is not %s', (_, text) => {
    expect(readKeyPosition(text)).toBeNull();
  });

  it('never throws, whatever is sent, and reads nothing that it would not write', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: anyUnit }), fc.base64String()), (text) => {
        const read = readKeyPosition(text);
        expect(read === null ? null : writeKeyPosition(read)).toBe(read === null ? null : text);
      }),
    );
  });
});
