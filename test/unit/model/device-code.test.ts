import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hashOfDeviceCode,
  lobbyOfUserCode,
  mintDeviceCode,
  mintUserCode,
  namesOfUserCode,
  readUserCode,
  showUserCode,
  userCodeOf,
} from '../../../src/model/device-code.ts';
import { lobbyName } from '../../../src/ring/lobby-name.ts';
import { keychainOf, seededBytes } from './keys.ts';

const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ';
const PROJECT = 'project-test-1';
const random = (length: number) => crypto.getRandomValues(new Uint8Array(length));
const keychain = await keychainOf('current', 'previous');

const userCode = fc
  .array(fc.constantFrom(...LETTERS), { minLength: 8, maxLength: 8 })
  .map((letters) => letters.join(''));

describe('RFC 8628 §6.1 › a user code', () => {
  it('has eight letters of twenty, none of which is a vowel or a digit’s double', () => {
    for (let i = 0; i < 200; i++) expect(mintUserCode(random)).toMatch(/^[BCDFGHJKLMNPQRSTVWXZ]{8}$/);
  });

  it('has every letter as often at every place', () => {
    const counts = Array.from({ length: 8 }, () => new Map<string, number>());
    const codes = 20_000;
    const bytes = seededBytes(7);
    // An LCG's neighbours are alike: each byte is taken from far apart.
    const mixed = (length: number) =>
      Uint8Array.from({ length }, () => bytes(5).reduce((a, b) => (a * 31 + b) & 255, 0));
    for (let i = 0; i < codes; i++)
      for (const [at, letter] of [...mintUserCode(mixed)].entries())
        counts[at]?.set(letter, (counts[at]?.get(letter) ?? 0) + 1);
    for (const count of counts) {
      expect([...count.keys()].sort().join('')).toBe(LETTERS);
      for (const each of count.values()) expect(Math.abs(each - codes / 20)).toBeLessThan(codes / 20 / 4);
    }
  });

  it('is made of no byte that would favour a letter', () => {
    const given = [240, 241, 255, 19, 39, 239, 0, 250, 20, 40, 60, 80, 100, 120, 140, 160];
    expect(mintUserCode((length) => Uint8Array.from(given.slice(0, length)))).toBe('ZZZBBBBB');
  });

  it('is drawn on when a draw has too few good bytes', () => {
    let draws = 0;
    const code = mintUserCode((length) => new Uint8Array(length).fill(draws++ === 0 ? 255 : 1));
    expect([code, draws]).toEqual(['CCCCCCCC', 2]);
  });

  it('is read however a person types it', () => {
    fc.assert(
      fc.property(
        userCode,
        fc.array(fc.constantFrom('', '-', ' ', '.', '–', '\t', '  '), { minLength: 9, maxLength: 9 }),
        fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
        (code, between, lower) => {
          const typed = [...code]
            .map((letter, i) => (between[i] ?? '') + (lower[i] ? letter.toLowerCase() : letter))
            .join('');
          expect(readUserCode(typed + (between[8] ?? ''))).toBe(code);
          expect(readUserCode(showUserCode(code))).toBe(code);
        },
      ),
    );
  });

  it.each([
    ['nothing', ''],
    ['too few letters', 'WDJB-MJH'],
    ['too many', 'WDJB-MJHTW'],
    ['a vowel', 'WDJB-MJHA'],
    ['a digit', 'WDJB-MJH1'],
    ['a letter that looks like one', 'WDJB-MJHТ'],
    ['a letter of full width', 'ＷＤＪＢＭＪＨＴ'],
    ['what becomes two letters in upper case', 'ßWDJBMJ'],
    ['a text without end', `WDJBMJHT${' '.repeat(64)}`],
  ])('%s is none', (_, typed) => {
    expect(readUserCode(typed)).toBeNull();
  });

  it('is shown in two halves', () => {
    expect(showUserCode('WDJBMJHT')).toBe('WDJB-MJHT');
  });

  it('is at home in one of the 64 Lobbies', () => {
    const homes = new Set(
      Array.from({ length: 2_000 }, () => lobbyName(lobbyOfUserCode(mintUserCode(random)))),
    );
    expect(homes.size).toBe(64);
  });
});

describe('the names of a user code', () => {
  it('are one for each master key, the newest first, and tell nothing of it without the key', async () => {
    const names = await namesOfUserCode('WDJBMJHT', PROJECT, keychain);
    expect(names).toHaveLength(2);
    for (const name of names) expect(name).toMatch(/^[\w-]{43}$/);
    const [newer, older] = names;
    expect(await namesOfUserCode('WDJBMJHT', PROJECT, await keychainOf('current'))).toEqual([newer]);
    expect(await namesOfUserCode('WDJBMJHT', PROJECT, await keychainOf('previous'))).toEqual([older]);
  });

  it('are of this code, project and use alone', async () => {
    const [name] = await namesOfUserCode('WDJBMJHT', PROJECT, keychain);
    expect((await namesOfUserCode('WDJBMJHX', PROJECT, keychain))[0]).not.toBe(name);
    expect((await namesOfUserCode('WDJBMJHT', 'project-live-1', keychain))[0]).not.toBe(name);
  });
});

describe('a device code', () => {
  it('names its user code, has 256 random bits and a tag, and is told from every other', async () => {
    const made = await Promise.all(
      Array.from({ length: 50 }, () => mintDeviceCode('WDJBMJHT', PROJECT, keychain, random)),
    );
    expect(new Set(made).size).toBe(50);
    for (const code of made) {
      expect(code).toMatch(/^WDJBMJHT[0-9A-Za-z]{43}[0-9A-Za-z]{11}$/);
      expect(await userCodeOf(code, PROJECT, keychain)).toBe('WDJBMJHT');
    }
    // 43 characters of 62 are more than 256 bits.
    expect(43 * Math.log2(62)).toBeGreaterThan(256);
  });

  it('of a master key that is still listed is ours, and of one that is not is none', async () => {
    const before = await mintDeviceCode('WDJBMJHT', PROJECT, await keychainOf('previous'), random);
    expect(await userCodeOf(before, PROJECT, keychain)).toBe('WDJBMJHT');
    expect(await userCodeOf(before, PROJECT, await keychainOf('current'))).toBeNull();
  });

  it('of another project is none', async () => {
    const code = await mintDeviceCode('WDJBMJHT', PROJECT, keychain, random);
    expect(await userCodeOf(code, 'project-live-1', keychain)).toBeNull();
  });

  it('with any character changed, left out or added is none', async () => {
    const code = await mintDeviceCode('WDJBMJHT', PROJECT, keychain, random);
    for (let i = 0; i < code.length; i++) {
      const other = code.charAt(i) === 'B' ? 'C' : 'B';
      expect(await userCodeOf(code.slice(0, i) + other + code.slice(i + 1), PROJECT, keychain)).toBeNull();
      expect(await userCodeOf(code.slice(0, i) + code.slice(i + 1), PROJECT, keychain)).toBeNull();
      expect(await userCodeOf(`${code.slice(0, i)}0${code.slice(i)}`, PROJECT, keychain)).toBeNull();
    }
    for (const odd of ['', ' ', `${code} `, `${code}\n`, ` ${code}`, code.toLowerCase(), code + code])
      expect(await userCodeOf(odd, PROJECT, keychain)).toBeNull();
  });

  it('is nothing that anybody made up', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string(), fc.string({ unit: 'binary', maxLength: 80 })), async (text) => {
        expect(await userCodeOf(text, PROJECT, keychain)).toBeNull();
      }),
    );
  });

  it('is written down as its SHA-256', async () => {
    expect(await hashOfDeviceCode('abc')).toBe('ungWv48Bz-pBQUDeXa4iI7ADYaOWF3qctBD_YfIAFa0');
  });
});
