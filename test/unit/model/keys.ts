import type { RandomBytes } from '../../../src/model/base62.ts';
import { utf8 } from '../../../src/model/bytes.ts';
import { type Keychain, openKeychain } from '../../../src/model/keychain.ts';

/** A master key made of its name: the same in every run. */
export const masterKey = (id: string) => ({ id, key: utf8(`${id} `.padEnd(32, 'master key ')) });

/** A keychain of named master keys, newest first. */
export const keychainOf = (...ids: readonly string[]): Promise<Keychain> => openKeychain(ids.map(masterKey));

/** Bytes that look random and are the same in every run. */
export const seededBytes = (seed: number): RandomBytes => {
  let state = seed >>> 0;
  return (length) =>
    Uint8Array.from({ length }, () => {
      // Numerical Recipes' LCG: good enough to look at.
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
};
