import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  bytesToNumber,
  fromBase62,
  numberToBytes,
  randomBase62,
  toBase62,
} from '../../../src/model/base62.ts';
import { seededBytes } from './keys.ts';

describe('base62', () => {
  it('reads back every number that it wrote', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, 1n << 1100n), (value) => {
        expect(fromBase62(toBase62(value))).toBe(value);
      }),
    );
  });

  it('keeps the order of numbers among texts of one width', () => {
    fc.assert(
      fc.property(fc.bigInt(0n, (1n << 64n) - 1n), fc.bigInt(0n, (1n << 64n) - 1n), (a, b) => {
        expect(a < b).toBe(toBase62(a, 11) < toBase62(b, 11));
      }),
    );
  });

  it.each([
    [0n, 1, '0'],
    [61n, 1, 'z'],
    [62n, 2, '10'],
    [35n, 3, '00Z'],
    [(1n << 64n) - 1n, 11, 'LygHa16AHYF'],
    [(1n << 96n) - 1n, 17, '1f2SI9UJPXvb7vdJ1'],
  ])('spells %s with %i digits as %s', (value, width, text) => {
    expect([toBase62(value, width), fromBase62(text)]).toEqual([text, value]);
  });

  it('does not cut a number that needs more digits than there are', () => {
    expect(() => toBase62(62n, 1)).toThrow(new RangeError('1 base62 digits are too few'));
    expect(() => toBase62(1n << 64n, 10)).toThrow(RangeError);
  });

  it('gives a number none of whose digits is foreign, and reads nothing else', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'0Az_-+ é９\n'), minLength: 1, maxLength: 6 }),
        (text) => {
          expect(fromBase62(text) !== null).toBe(/^[0-9A-Za-z]+$/.test(text));
        },
      ),
    );
  });
});

describe('bytes and numbers', () => {
  it('a number gives its bytes back, without leading zeros', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
        const lead = bytes.findIndex((byte) => byte !== 0);
        const significant = lead === -1 ? [] : [...bytes.subarray(lead)];
        expect([...numberToBytes(bytesToNumber(bytes))]).toEqual(significant);
      }),
    );
  });
});

describe('randomBase62', () => {
  it('has the length that is asked for, of base62 digits, whatever the source gives', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 60 }), fc.integer(), (length, seed) => {
        expect(randomBase62(length, seededBytes(seed))).toMatch(new RegExp(`^[0-9A-Za-z]{${length}}$`));
      }),
    );
  });

  it('passes over the bytes that would favour the first digits', () => {
    const given = [247, 248, 255, 0, 61, 62, 250, 61];
    const source = (length: number) =>
      Uint8Array.from({ length }, () => {
        const byte = given.shift();
        if (byte === undefined) throw new Error('asked for more bytes than it needs');
        return byte;
      });
    expect(randomBase62(4, source)).toBe('z0z0');
  });

  it('makes every digit equally likely', () => {
    const counts = new Map<string, number>();
    let byte = 0;
    const everyByte = (length: number) => Uint8Array.from({ length }, () => byte++ % 256);
    for (const digit of randomBase62(248, everyByte)) counts.set(digit, (counts.get(digit) ?? 0) + 1);
    expect([counts.size, ...new Set(counts.values())]).toEqual([62, 4]);
  });
});
