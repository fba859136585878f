import { describe, expect, it } from 'vitest';
import { toBase64url, utf8 } from '../../../src/model/bytes.ts';
import { type MasterKey, openKeychain } from '../../../src/model/keychain.ts';
import { keychainOf, masterKey } from './keys.ts';

const MESSAGE = utf8('the same message for every key');

const HMAC = { name: 'HMAC', hash: 'SHA-256' };
const USES = ['tag', 'fingerprint', 'copy', 'cursor', 'pepper', 'audit'];

/** Everything that a master key can make of one message, use by use. */
const products = async (master: MasterKey): Promise<string[]> => {
  const raw = await Promise.all(
    [master.pepper, master.auditKey].map((bytes) =>
      crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign']),
    ),
  );
  const keys = [master.tagKey, master.fingerprintKey, master.copyKey, master.cursorKey, ...raw];
  const macs = await Promise.all(keys.map((key) => crypto.subtle.sign('HMAC', key, MESSAGE)));
  return macs.map((mac) => toBase64url(new Uint8Array(mac)));
};

describe('a keychain', () => {
  it('derives a different key for each use and each master key', async () => {
    const { all } = await keychainOf('a', 'b', 'c');
    const made = (await Promise.all(all.map(products))).flat();
    expect(new Set(made).size).toBe(3 * USES.length);
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
    for (const { tagKey, fingerprintKey, copyKey, cursorKey } of keychain.all) {
      for (const { extractable } of [tagKey, fingerprintKey, copyKey, cursorKey])
        expect(extractable).toBe(false);
    }
  });

  it('has keys that do not change from version to version', async () => {
    // Computed with node:crypto's hkdfSync: a change of derivation kills every key in the world.
    const { hkdfSync, createHmac } = await import('node:crypto');
    const { key } = masterKey('a');
    const expected = USES.map((use) => {
      const derived = hkdfSync('sha256', key, new Uint8Array(0), `latchkey/v1/${use}`, 32);
      return createHmac('sha256', new Uint8Array(derived)).update(MESSAGE).digest('base64url');
    });
    expect(await products((await keychainOf('a')).current)).toEqual(expected);
  });

  it('has raw keys of 256 bits', async () => {
    const { pepper, auditKey } = (await keychainOf('a')).current;
    expect([pepper.length, auditKey.length]).toEqual([32, 32]);
  });

  it('of no key at all is a bug', async () => {
    await expect(openKeychain([])).rejects.toThrow(RangeError);
  });
});
