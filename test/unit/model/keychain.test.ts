import { describe, expect, it } from 'vitest';
import { toBase64url, utf8 } from '../../../src/model/bytes.ts';
import { type MasterKey, openKeychain } from '../../../src/model/keychain.ts';
import { keychainOf, masterKey } from './keys.ts';

const MESSAGE = utf8('the same message for every key');

/** Everything that a master key can make of one message. */
const products = async ({ tagKey, fingerprintKey, copyKey, pepper }: MasterKey): Promise<string[]> => {
  const macs = await Promise.all(
    [tagKey, fingerprintKey, copyKey].map((key) => crypto.subtle.sign('HMAC', key, MESSAGE)),
  );
  const underPepper = await crypto.subtle.importKey('raw', pepper, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'sign',
  ]);
  macs.push(await crypto.subtle.sign('HMAC', underPepper, MESSAGE));
  return macs.map((mac) => toBase64url(new Uint8Array(mac)));
};

describe('a keychain', () => {
  it('derives a different key for each use and each master key', async () => {
    const { all } = await keychainOf('a', 'b', 'c');
    const made = (await Promise.all(all.map(products))).flat();
    expect(new Set(made).size).toBe(3 * 4);
  });

  it('derives the same keys from the same master key, wherever it stands in the list', async () => {
    const [first, second] = [await keychainOf('a', 'b'), await keychainOf('b', 'a')];
    const [a1, b1] = await Promise.all(first.all.map(products));
    const [b2, a2] = await Promise.all(second.all.map(products));
    expect([a1, b1]).toEqual([a2, b2]);
  });

  it('derives from the bytes and not from the name: a renamed key makes the same', async () => {
    const { key } = masterKey('a');
    const { current } = await openKeychain([{ id: 'renamed', key }]);
    expect(await products(current)).toEqual(await products((await keychainOf('a')).current));
  });

  it('holds the newest first, and no key that could be taken out of it', async () => {
    const keychain = await keychainOf('new', 'old');
    expect(keychain.all.map(({ id }) => id)).toEqual(['new', 'old']);
    expect(keychain.current).toBe(keychain.all[0]);
    for (const { tagKey, fingerprintKey, copyKey } of keychain.all) {
      expect([tagKey, fingerprintKey, copyKey].map(({ extractable }) => extractable)).toEqual([
        false,
        false,
        false,
      ]);
    }
  });

  it('has keys that do not change from version to version', async () => {
    // Computed with node:crypto's hkdfSync: a change of derivation kills every key in the world.
    const { hkdfSync, createHmac } = await import('node:crypto');
    const { key } = masterKey('a');
    const expected = ['tag', 'fingerprint', 'copy', 'pepper'].map((use) => {
      const derived = hkdfSync('sha256', key, new Uint8Array(0), `latchkey/v1/${use}`, 32);
      return createHmac('sha256', new Uint8Array(derived)).update(MESSAGE).digest('base64url');
    });
    expect(await products((await keychainOf('a')).current)).toEqual(expected);
  });

  it('of no key at all is a bug', async () => {
    await expect(openKeychain([])).rejects.toThrow(RangeError);
  });
});
