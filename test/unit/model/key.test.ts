import { crc32 } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { fromBase62, toBase62 } from '../../../src/model/base62.ts';
import {
  looksLikeKey,
  MAX_KEY_LENGTH,
  mintClientId,
  mintSecret,
  OWN_SECRET_LENGTH,
  type ParsedKey,
  parseKey,
  ringOfClientId,
  ringOfOwner,
  spellKey,
  tagMaker,
} from '../../../src/model/key.ts';
import { keychainOf, seededBytes } from './keys.ts';

const REALM = { brands: ['acme', 'oldname'], environment: 'test' } as const;
const PROJECT = 'project-test-1';
const ADA = { kind: 'user', id: 'user-test-1' } as const;
const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** The pattern of DESIGN section 4, as it is given to secret scanners. */
const PUBLISHED =
  /(?<![0-9A-Za-z])[a-z][a-z0-9]{1,11}_(live|test)_[0-9A-Za-z]{28}_[0-9A-Za-z]{28,189}(?![0-9A-Za-z])/;

const keychain = await keychainOf('current', 'previous');
const { current } = keychain;
const ring = await ringOfOwner(PROJECT, ADA);
const clientId = mintClientId('acme', 'test', ring, seededBytes(1));
const secret = mintSecret(seededBytes(2));
const key = await spellKey(clientId, secret, current);

/** The same text with the CRC that belongs to it, as anybody can compute it. */
const resummed = (text: string): string => {
  const body = text.slice(0, -6);
  return body + toBase62(BigInt(crc32(body)), 6);
};

/** A key as anybody can write one: with a secret spelled so, a tag that is none, and a CRC that fits. */
const withSpelled = (spelled: string): string => resummed(`${clientId}_${spelled}${'0'.repeat(17)}`);

/** These bytes as a number in base62, as a secret that is not ours is spelled. */
const inBase62 = (...bytes: readonly number[]): string =>
  toBase62(BigInt(`0x${Buffer.from(bytes).toString('hex')}`));

const parsed = (text: string): ParsedKey => {
  const result = parseKey(text, REALM);
  if (result === null) throw new Error('no key');
  return result;
};

/** What a stranger can do without the tag key: any change, and a CRC that fits. */
const isAccepted = async (text: string): Promise<boolean> => {
  const result = parseKey(text, REALM);
  return result !== null && (await tagMaker(result, keychain)) !== null;
};

describe('a key of ours', () => {
  it('has the parts of the grammar, each where it belongs', () => {
    const [prefix, environment, id, tail = ''] = key.split('_');
    expect([prefix, environment, id?.length, tail.length]).toEqual(['acme', 'test', 28, 44 + 11 + 6]);
    expect([id?.slice(0, 17), tail.slice(0, 44)]).toEqual([ring, secret]);
    expect(fromBase62(tail.slice(-6))).toBe(BigInt(crc32(key.slice(0, -6))));
  });

  it('can be taken apart again, and its tag names the master key that made it', async () => {
    expect(parseKey(key, REALM)).toMatchObject({ clientId, ring, clientSecret: secret });
    expect(await tagMaker(parsed(key), keychain)).toBe(current);
  });

  it('survives: id, secret and maker come back, whatever the random bytes were', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.integer(), fc.constantFrom(...keychain.all), async (a, b, maker) => {
        const id = mintClientId('acme', 'test', ring, seededBytes(a));
        const own = mintSecret(seededBytes(b));
        const text = await spellKey(id, own, maker);
        expect(parsed(text)).toMatchObject({ clientId: id, ring, clientSecret: own });
        expect(await tagMaker(parsed(text), keychain)).toBe(maker);
        expect(PUBLISHED.exec(text)?.[0]).toBe(text);
      }),
    );
  });

  it('is tagged by each master key differently, and by none that is not on the list', async () => {
    const texts = await Promise.all(keychain.all.map((master) => spellKey(clientId, secret, master)));
    expect(new Set(texts).size).toBe(2);
    const [stranger] = (await keychainOf('stranger')).all;
    if (stranger === undefined) throw new Error('no stranger');
    expect(await tagMaker(parsed(await spellKey(clientId, secret, stranger)), keychain)).toBeNull();
  });
});

describe('the tag of a key', () => {
  it('costs as much whichever master key made it, and if none did (CRED-12)', async () => {
    const sign = vi.spyOn(crypto.subtle, 'sign');
    const counts: number[] = [];
    for (const text of [
      ...(await Promise.all(keychain.all.map((each) => spellKey(clientId, secret, each)))),
      key.replace(secret, mintSecret(seededBytes(7))),
    ]) {
      const made = parsed(resummed(text));
      sign.mockClear();
      await tagMaker(made, keychain);
      counts.push(sign.mock.calls.length);
    }
    sign.mockRestore();
    expect(counts).toEqual([2, 2, 2]);
  });
});

describe('a secret that Stytch minted', () => {
  const base64url = fc.constantFrom(...`${DIGITS}-_`);
  const minted = fc.string({ unit: base64url, minLength: OWN_SECRET_LENGTH, maxLength: OWN_SECRET_LENGTH });
  /** From Stytch's least length to what the grammar holds. 32 bytes are those that may come to 44 digits. */
  const anyLength = fc.oneof(
    fc.string({ unit: 'binary-ascii', minLength: 8, maxLength: 127 }),
    fc.string({ unit: 'binary-ascii', minLength: 31, maxLength: 33 }),
    fc.string({ unit: 'grapheme', minLength: 8, maxLength: 30 }),
  );

  it.each([
    ['44 characters of base64url', minted],
    ['any other', anyLength],
  ])('comes back exactly: %s', async (_, secrets) => {
    await fc.assert(
      fc.asyncProperty(secrets, async (theirs) => {
        fc.pre(new TextEncoder().encode(theirs).length <= 127);
        const text = await spellKey(clientId, theirs, current);
        expect(parsed(text).clientSecret).toBe(theirs);
        expect(PUBLISHED.exec(text)?.[0]).toBe(text);
        expect(text.length).toBeLessThanOrEqual(MAX_KEY_LENGTH);
      }),
    );
  });

  it('whose digits come to 44 is not taken for one of ours', async () => {
    const theirs = '\u007f'.repeat(32);
    const text = await spellKey(clientId, theirs, current);
    const spelled = text.split('_')[3]?.slice(0, -17) ?? '';
    expect([spelled.length, spelled.charAt(0)]).toEqual([45, '0']);
    expect(parsed(text).clientSecret).toBe(theirs);
  });

  it('never shares a spelling with another secret', async () => {
    await fc.assert(
      fc.asyncProperty(anyLength, anyLength, async (one, other) => {
        fc.pre(one !== other && [one, other].every((each) => new TextEncoder().encode(each).length <= 127));
        expect(await spellKey(clientId, one, current)).not.toBe(await spellKey(clientId, other, current));
      }),
    );
  });

  it.each([
    ['too short', 'seven77'],
    ['too long', 'x'.repeat(129)],
  ])('that is %s for the grammar makes no key at all', async (_, theirs) => {
    await expect(spellKey(clientId, theirs, current)).rejects.toThrow(
      new RangeError('the secret has no spelling in a key'),
    );
  });

  it('may come to the most digits that the grammar holds', async () => {
    const theirs = '\u0001'.repeat(128);
    const text = await spellKey(clientId, theirs, current);
    expect(text.split('_')[3]).toHaveLength(172 + 17);
    expect(parsed(text).clientSecret).toBe(theirs);
  });

  it('is UTF-8 behind a byte 1: nothing else is a key', () => {
    const bytes = [...new TextEncoder().encode('a-secret')];
    expect(parsed(withSpelled(inBase62(1, ...bytes))).clientSecret).toBe('a-secret');
    for (const other of [
      inBase62(2, ...bytes),
      inBase62(...bytes),
      inBase62(1, ...bytes, 0xff),
      inBase62(1, ...bytes, 0xc0, 0xae),
      '0'.repeat(20),
    ])
      expect(parseKey(withSpelled(other), REALM)).toBeNull();
  });

  it('has one spelling: more or fewer leading zeros are not a key', async () => {
    for (const theirs of [
      '\u007f'.repeat(32),
      'a-secret-of-stytch',
      'NHQhc7ZqsXJVtgmN2MXr1etqsQrGAwJ-iBWNLKY7DzJj',
    ]) {
      const text = await spellKey(clientId, theirs, current);
      const spelled = text.split('_')[3]?.slice(0, -17) ?? '';
      const without = spelled.replace(/^0/, '');
      for (const other of [`0${without}`, `00${without}`, without].filter((each) => each !== spelled)) {
        // Forty-four digits are another secret, one of ours.
        const respelled = parseKey(withSpelled(other), REALM);
        expect(respelled?.clientSecret ?? null).toBe(other.length === OWN_SECRET_LENGTH ? other : null);
      }
    }
  });
});

describe('a key that was changed', () => {
  it('in any one character is not a key', () => {
    const characters = [...DIGITS, '_', '-', ' ', '\n', '\0', 'é', 'а', '０'];
    const accepted: string[] = [];
    for (let at = 0; at < key.length; at++) {
      for (const character of characters) {
        if (character === key[at]) continue;
        const changed = key.slice(0, at) + character + key.slice(at + 1);
        if (parseKey(changed, REALM) !== null) accepted.push(changed);
      }
    }
    expect(accepted).toEqual([]);
  });

  it('in any one character, with a CRC that fits, has no tag of ours', async () => {
    for (let at = 0; at < key.length - 6; at++) {
      const changed = key.slice(0, at) + (key[at] === 'x' ? 'y' : 'x') + key.slice(at + 1);
      expect([at, await isAccepted(resummed(changed))]).toEqual([at, false]);
    }
  });

  it.each([
    ['shorter by one', key.slice(0, -1)],
    ['shorter by one in front', key.slice(1)],
    ['longer by one', `${key}0`],
    ['behind something else, with a CRC that fits', resummed(` ${key}`)],
    ['behind a letter, with a CRC that fits', resummed(`X${key}`)],
    ['before something else, with a CRC that fits', `${resummed(`${key}_000000`)}`],
    ['with a newline', `${key}\n`],
    ['with a carriage return', `${key}\r`],
    ['with a space in front', ` ${key}`],
    ['twice', key + key],
    ['two of them', `${key},${key}`],
    ['in upper case', key.toUpperCase()],
    ['in lower case', key.toLowerCase()],
    ['with a zero-width space', `${key.slice(0, 30)}\u200b${key.slice(30)}`],
    ['with a Cyrillic a', key.replace('acme', '\u0430cme')],
    ['with a full-width digit', key.replace(/\d/, '\uff11')],
    ['of nothing', ''],
  ])('is not a key: %s', (_, text) => {
    expect(parseKey(text, REALM)).toBeNull();
  });

  it.each([
    ['something before it', `x ${key}`],
    ['a line before it', `\n${key}`],
    ['a line end in it', `${key.slice(0, -6)}\n000000`],
    ['a letter outside ASCII in it', `${key.slice(0, -6)}é000000`],
    ['its beginning in upper case', key.replace('acme_test', 'ACME_TEST')],
  ])('is not a key with %s, though its CRC fits (CRED-09)', (_, text) => {
    expect(parseKey(resummed(text), REALM)).toBeNull();
  });

  it('is only as long as the grammar says, even with a CRC that fits', async () => {
    const spelled = (length: number) => resummed(`${clientId}_${'1'.repeat(length)}${'0'.repeat(6)}`);
    for (const length of [0, 10, 21, 184, 190, 240]) expect(parseKey(spelled(length), REALM)).toBeNull();
    expect(parseKey(resummed(`${clientId}_${'1'.repeat(44 + 11)}000000`), REALM)).not.toBeNull();
  });
});

describe('the client_id of a key', () => {
  it('says its ring', () => {
    expect(ringOfClientId(clientId, REALM)).toBe(ring);
  });

  it.each([
    ['of the other environment', clientId.replace('_test_', '_live_')],
    ['of another brand', clientId.replace('acme', 'acne')],
    ['made by Stytch', 'm2m-client-test-d731954d-dab3-4a2b-bdee-07f3ad1be885'],
    ['with a ring of more than 96 bits', `acme_test_${'z'.repeat(17)}${clientId.slice(-11)}`],
    ['with a number of more than 64 bits', `${clientId.slice(0, -11)}${'z'.repeat(11)}`],
    ['with a newline', `${clientId}\n`],
    ['with a tail', `${clientId}0`],
    ['behind something else', `x ${clientId}`],
    ['of nothing', ''],
  ])('is none of ours: %s', (_, text) => {
    expect(ringOfClientId(text, REALM)).toBeNull();
  });

  it('has one spelling per number: the largest is the last that counts', () => {
    const ringText = (value: bigint) => toBase62(value, 17);
    const largest = (1n << 96n) - 1n;
    const id = (value: bigint) => `acme_test_${ringText(value)}${toBase62((1n << 64n) - 1n, 11)}`;
    expect(ringOfClientId(id(largest), REALM)).toBe(ringText(largest));
    expect(ringOfClientId(id(largest + 1n), REALM)).toBeNull();
    expect(ringOfClientId(`acme_test_${ringText(0n)}${toBase62(1n << 64n, 11)}`, REALM)).toBeNull();
  });
});

describe('brand and environment', () => {
  it('a key of a former brand stays good', async () => {
    const old = await spellKey(mintClientId('oldname', 'test', ring, seededBytes(3)), secret, current);
    expect(await isAccepted(old)).toBe(true);
    expect(parseKey(old, { ...REALM, brands: ['acme'] })).toBeNull();
  });

  it('a good key of the other environment is not a key here', async () => {
    const live = await spellKey(clientId.replace('_test_', '_live_'), secret, current);
    expect(parseKey(live, { ...REALM, environment: 'live' })).not.toBeNull();
    expect([parseKey(live, REALM), looksLikeKey(live, REALM)]).toEqual([null, true]);
  });

  it.each([
    ['acme_test_', true],
    ['acme_live_x', true],
    ['oldname_test_x', true],
    ['acme_prod_x', false],
    ['ACME_test_x', false],
    [' acme_test_x', false],
    ['acme-test_x', false],
    ['eyJhbGciOiJSUzI1NiJ9.e30.x', false],
  ])('%s is taken for a key of ours: %s', (text, expected) => {
    expect(looksLikeKey(text, REALM)).toBe(expected);
  });
});

describe('the ring of an owner', () => {
  it('differs by project, kind and id, and by where one ends and the next begins', async () => {
    const owners = [
      [PROJECT, ADA],
      ['project-live-1', ADA],
      [PROJECT, { kind: 'member', id: 'user-test-1' }],
      [PROJECT, { kind: 'user', id: 'user-test-2' }],
      [`${PROJECT}u`, { kind: 'user', id: 'ser-test-1' }],
      [PROJECT, { kind: 'user', id: '' }],
    ] as const;
    const rings = await Promise.all(owners.map(([project, owner]) => ringOfOwner(project, owner)));
    expect(new Set(rings).size).toBe(owners.length);
    for (const each of rings) expect(each).toMatch(/^[0-9A-Za-z]{17}$/);
  });

  it('is the first 96 bits of the SHA-256 of what DESIGN section 4 says', async () => {
    const frame = [PROJECT, 'user', 'user-test-1'].map((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return Buffer.concat([length, Buffer.from(part)]);
    });
    const digest = await crypto.subtle.digest('SHA-256', Buffer.concat(frame));
    expect(fromBase62(ring)).toBe(BigInt(`0x${Buffer.from(digest).subarray(0, 12).toString('hex')}`));
  });
});
