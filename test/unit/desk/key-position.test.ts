import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readKeyPosition, writeKeyPosition } from '../../../src/desk/key-position.ts';

/** Any UTF-16 unit, mostly those that matter. */
const anyUnit = fc.oneof(fc.nat(0xff), fc.nat(0xffff)).map((code) => String.fromCharCode(code));

const DIGITS = [...'0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'];
const base62 = fc.string({ unit: fc.constantFrom(...DIGITS), minLength: 28, maxLength: 28 });
const brand = fc.stringMatching(/^[a-z][a-z0-9]{1,11}$/);
const position = fc.record({
  place: fc.oneof(fc.integer({ min: 0, max: 8_640_000_000_000_000 }), fc.string({ unit: anyUnit })),
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
      fc.constantFrom(KEY_ID, `${KEY_ID}A`, KEY_ID.slice(1), 'x', ''),
      fc.constantFrom(' ', '', '  ', '.'),
      fc.constantFrom(
        '0',
        '00',
        '-0',
        '1',
        '-1',
        '1.5',
        '1e3',
        ' 1',
        '9'.repeat(16),
        '"a"',
        '"\\u0061"',
        'null',
      ),
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
    ['leading zeros', `${KEY_ID} 007`],
    ['a time that is negative', `${KEY_ID} -1`],
    ['a time beyond all numbers', `${KEY_ID} ${'9'.repeat(17)}`],
    ['a line break', `${KEY_ID} 1\n`],
    ['a key id with a space', 'm2m client 1'],
    ['a key id longer than any', `${'x'.repeat(129)} 1`],
    ['a name that is not quoted', `${KEY_ID} robot`],
    ['a name with another spelling', `${KEY_ID} "\\u0061"`],
    ['nothing to order by', `${KEY_ID} null`],
    ['several things', `${KEY_ID} [1]`],
    ['a position of the version before', `1700000000000.${KEY_ID}`],
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
