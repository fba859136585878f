import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createKeyBody, listKeysQuery } from '../../../src/desk/schemas.ts';

/** Any UTF-16 unit, mostly those that matter. */
const anyUnit = fc.oneof(fc.nat(0xff), fc.nat(0xffff)).map((code) => String.fromCharCode(code));

const BODY = { name: 'A key', scopes: ['items:read'] };
const take = (changes: object) => createKeyBody.safeParse({ ...BODY, ...changes });
const accepts = (changes: object): boolean => take(changes).success;

describe('a name', () => {
  it('is kept in one form of Unicode, without space around it', () => {
    expect(take({ name: '  Ame\u0301lie ' }).data?.name).toBe('Am\u00e9lie');
  });

  it.each([
    ['a', true],
    ['CI – Zürich / staging (№ 2) 🔑', true],
    ['名前', true],
    ['', false],
    ['   ', false],
    ['x'.repeat(64), true],
    ['x'.repeat(65), false],
    ['e\u0301'.repeat(64), true],
    [7, false],
    [null, false],
  ])('%j: %s', (name, expected) => {
    expect(accepts({ name })).toBe(expected);
  });

  it('is put into that form where it can be short enough in it, and not for nothing', () => {
    const normalize = vi.spyOn(String.prototype, 'normalize');
    // U+1F82, in four.
    expect(accepts({ name: '\u03b1\u0313\u0300\u0345'.repeat(64) })).toBe(true);
    normalize.mockClear();
    // Marks in disorder: to order so many takes their square.
    expect(accepts({ name: `a${'\u0301\u0316'.repeat(15_000)}` })).toBe(false);
    expect(normalize).not.toHaveBeenCalled();
    normalize.mockRestore();
  });

  it('has no control character, no turn of direction and no half of a character in it', () => {
    const bidi = [
      0x061c, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x2069,
    ];
    const controls = [...Array(0x20).keys(), ...Array.from({ length: 0x21 }, (_, i) => 0x7f + i)];
    for (const code of [...bidi, ...controls, 0x2028, 0x2029, 0xd800, 0xdfff]) {
      expect([code, accepts({ name: `a${String.fromCharCode(code)}b` })]).toEqual([code, false]);
      expect([code, accepts({ description: `a${String.fromCharCode(code)}b` })]).toEqual([code, false]);
    }
  });

  it('that was taken once is taken again as it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: anyUnit, maxLength: 20 }), (name) => {
        const taken = take({ name });
        if (taken.success) expect(take({ name: taken.data.name }).data?.name).toBe(taken.data.name);
      }),
    );
  });
});

describe('scopes', () => {
  it.each([
    [['items:read', 'items:write'], true],
    [[], false],
    [['items:read', 'items:read'], false],
    [['items read'], false],
    [['items:"read"'], false],
    [['items\\read'], false],
    [[''], false],
    [['scöpe'], false],
    [[7], false],
    ['items:read', false],
    [Array.from({ length: 50 }, (_, i) => `s${i}`), true],
    [Array.from({ length: 51 }, (_, i) => `s${i}`), false],
  ])('%j: %s', (scopes, expected) => {
    expect(accepts({ scopes })).toBe(expected);
  });
});

describe('an end', () => {
  it.each([
    [null, true],
    ['2027-01-01T00:00:00Z', true],
    ['2027-01-01T00:00:00.123Z', true],
    ['2027-01-01T00:00:00+05:30', true],
    ['2027-01-01', false],
    ['2027-01-01 00:00:00Z', false],
    ['2027-01-01T00:00:00', false],
    ['2027-02-30T00:00:00Z', false],
    ['2027-01-01T24:00:00Z', false],
    ['tomorrow', false],
    ['', false],
    [1_798_761_600, false],
  ])('%j: %s', (expires_at, expected) => {
    expect(accepts({ expires_at })).toBe(expected);
  });

  it('that is taken is a time that can be read', () => {
    const two = (max: number) => fc.nat(max).map((n) => String(n).padStart(2, '0'));
    const time = fc
      .tuple(
        fc.nat(9_999),
        two(13),
        two(32),
        two(25),
        two(61),
        two(61),
        fc.constantFrom('', '.5', '.123456789'),
        fc.constantFrom('Z', '+00:00', '-23:59', '+24:00', '+0530', ''),
      )
      .map(
        ([y, mo, d, h, mi, s, f, zone]) =>
          `${String(y).padStart(4, '0')}-${mo}-${d}T${h}:${mi}:${s}${f}${zone}`,
      );
    fc.assert(
      fc.property(time, (expires_at) => {
        if (accepts({ expires_at })) expect(Number.isNaN(Date.parse(expires_at))).toBe(false);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the body as a whole', () => {
  it('fills in what may be left out', () => {
    expect(createKeyBody.parse(BODY)).toEqual({
      ...{ ...BODY, description: '', expires_at: null },
      ...{ ip_allowlist: null, limit: null },
    });
  });

  it.each(['owner', 'user_id', 'userId', 'key_id', 'client_secret', 'created_by', 'status', '__proto__x'])(
    'does not know %s: whose key it is, the session says',
    (member) => {
      expect(accepts({ [member]: 'user-test-eve' })).toBe(false);
    },
  );
});

describe('the query of a list', () => {
  const usual = { status: 'active', limit: 100, search: '', scope: '', sort: 'created' };

  it.each([
    [{}, {}],
    [
      { limit: '1', status: 'all' },
      { status: 'all', limit: 1 },
    ],
    [{ limit: '100' }, {}],
    [{ limit: '0' }, null],
    [{ limit: '101' }, null],
    [{ limit: '1.5' }, null],
    [{ limit: '' }, null],
    [{ limit: 'all' }, null],
    [{ status: 'creating' }, null],
    [{ cursor: 'x'.repeat(1025) }, null],
    [{ search: ' A\u0308rger % ' }, { search: 'Ärger %' }],
    [{ search: 'x'.repeat(100) }, { search: 'x'.repeat(100) }],
    [{ search: 'x'.repeat(101) }, null],
    [{ search: 'a\u202Eb' }, null],
    [{ search: 'a\nb' }, null],
    [{ search: '', scope: '' }, {}],
    [{ scope: 'items:read' }, { scope: 'items:read' }],
    [{ scope: 'items:read items:write' }, null],
    [{ scope: '"' }, null],
    [{ scope: 'x'.repeat(257) }, null],
    [{ sort: 'used' }, { sort: 'used' }],
    [{ sort: 'last_four' }, null],
    [{ sort: 'name; DROP TABLE keys' }, null],
    [{ sort: '' }, null],
  ])('%j', (query, expected) => {
    const found = listKeysQuery.safeParse(query).data ?? null;
    expect(found).toEqual(expected === null ? null : { ...usual, ...expected });
  });
});
