import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  equalInConstantTime,
  framed,
  fromBase64,
  fromBase64url,
  fromUtf8,
  sha256,
  toBase64url,
  utf8,
} from '../../../src/model/bytes.ts';

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Texts that have bytes in UTF-8, short enough to collide if anything lets them. */
const text = fc.string({ unit: 'grapheme', maxLength: 4 });
const lists = fc.array(text, { maxLength: 4 });

/** Reads a frame back by its own rules: if that gives the list, no other list has the same bytes. */
const unframed = (bytes: Uint8Array): string[] => {
  const texts: string[] = [];
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 0; at < bytes.length; ) {
    const length = view.getUint32(at);
    texts.push(fromUtf8(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return texts;
};

describe('framed', () => {
  it('gives different bytes to different lists: each can be read back', () => {
    fc.assert(
      fc.property(lists, (list) => {
        expect(unframed(framed(...list))).toEqual(list);
      }),
    );
  });

  it.each([
    [
      ['ab', 'c'],
      ['a', 'bc'],
    ],
    [
      ['a', ''],
      ['', 'a'],
    ],
    [['a'], ['a', '']],
    [[], ['']],
    [['\0\0\0\u0001a'], ['', 'a']],
    [['é'], ['e\u0301']],
  ])('tells %j from %j', (one, other) => {
    expect(hex(framed(...one))).not.toBe(hex(framed(...other)));
  });

  it('counts bytes, not characters', () => {
    expect(hex(framed('é', 'a'))).toBe('00000002c3a90000000161');
  });

  it('refuses a lone surrogate, all of which UTF-8 would make one and the same', () => {
    expect(() => framed('id', '\ud800')).toThrow(new TypeError('a text to be framed is not well-formed'));
  });
});

describe('base64url', () => {
  it('reads back what it wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        expect(hex(fromBase64url(toBase64url(bytes)) ?? new Uint8Array([1]))).toBe(hex(bytes));
      }),
    );
  });

  it('knows one spelling for any bytes: what it reads, it would have written', () => {
    const characters = fc.constantFrom(...'AQgwBCD_-+/=. \n\u00e9');
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 8 }), (spelling) => {
        const bytes = fromBase64url(spelling);
        expect(bytes === null ? spelling : toBase64url(bytes)).toBe(spelling);
      }),
    );
  });

  it.each(['YQ==', 'YQ=', 'YR', 'Y', ' YQ', 'YQ\n', '+_', '/w', 'YQ.', 'é'])(
    'does not read %j',
    (spelling) => {
      expect(fromBase64url(spelling)).toBeNull();
    },
  );
});

describe('base64', () => {
  it('is read as Node writes it', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const read = fromBase64(Buffer.from(bytes).toString('base64'));
        expect(read === null ? null : hex(read)).toBe(hex(bytes));
      }),
    );
  });

  it('has one spelling for any bytes: what is read, Node would have written', () => {
    const characters = fc.constantFrom(...'AQgwBCD_-+/==. \n\u00e9');
    fc.assert(
      fc.property(fc.string({ unit: characters, maxLength: 8 }), (spelling) => {
        const bytes = fromBase64(spelling);
        expect(bytes === null ? spelling : Buffer.from(bytes).toString('base64')).toBe(spelling);
      }),
    );
  });

  it.each(['YQ', 'YQ=', 'YR==', 'Y===', 'YQ==\n', ' YQ==', 'YQ==YQ==', '=', '====', '-_8=', 'YWI==='])(
    'does not read %j',
    (spelling) => {
      expect(fromBase64(spelling)).toBeNull();
    },
  );
});

describe('SHA-256', () => {
  it('of "abc" is what FIPS 180-4 says, in base64url', async () => {
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(await sha256(utf8('abc'))).toBe(Buffer.from(digest, 'hex').toString('base64url'));
  });
});

describe('UTF-8', () => {
  it.each([[[0xff]], [[0xc0, 0x80]], [[0xed, 0xa0, 0x80]], [[0xe2, 0x82]]])('bytes %j are none', (bytes) => {
    expect(() => fromUtf8(Uint8Array.from(bytes))).toThrow(TypeError);
  });

  it('keeps a byte order mark: it is part of a secret like anything else', () => {
    expect(fromUtf8(utf8('\ufeffa'))).toBe('\ufeffa');
  });
});

describe('equalInConstantTime', () => {
  it('leaves the comparison to the runtime, wherever the texts differ (CRED-12)', () => {
    const compare = vi.spyOn(crypto, 'timingSafeEqual');
    syncBuiltinESMExports();
    const given = ['abcdef', 'xbcdef', 'abcdex', 'abcdef'].map((text) => equalInConstantTime(text, 'abcdef'));
    const asked = compare.mock.calls.length;
    compare.mockRestore();
    syncBuiltinESMExports();
    expect([given, asked]).toEqual([[true, false, false, true], 4]);
  });

  it.each([
    ['', 'a'],
    ['abc', 'ab'],
    ['é', 'ab'],
    ['é', 'e'],
  ])('tells %j from %j, and throws for no length', (one, other) => {
    expect([equalInConstantTime(one, other), equalInConstantTime(other, one)]).toEqual([false, false]);
  });

  it('says what === says', () => {
    const pairs = fc.tuple(fc.string({ maxLength: 3 }), fc.string({ maxLength: 3 }));
    fc.assert(
      fc.property(
        fc.oneof(
          pairs,
          fc.string().map((same) => [same, same] as const),
        ),
        ([a, b]) => {
          expect(equalInConstantTime(a, b)).toBe(a === b);
        },
      ),
    );
  });
});
