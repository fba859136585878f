import { createHash } from 'node:crypto';
import { bytesToNumber, fromBase62, toBase62 } from '../../src/model/base62.ts';
import { utf8 } from '../../src/model/bytes.ts';
import type { Owner } from '../../src/model/identity.ts';
import { ringOfOwner, spellKey } from '../../src/model/key.ts';
import { type Keychain, openKeychain } from '../../src/model/keychain.ts';

/** How many keys each owner has. */
export const KEYS_OF_OWNER = 4;

export const PROJECT = 'project-test-memory';
export const REALM = { brands: ['acme'], environment: 'test' } as const;
export const SCOPES = ['items:read', 'items:write'] as const;

const SECRET_LENGTH = 44;
const NUMBER_LENGTH = 11;

/** The same on both sides, and no secret of anybody's. */
export const openSharedKeychain = (): Promise<Keychain> =>
  openKeychain([{ id: '2026', key: utf8('a master key of the benchmark of memory') }]);

/** The owner of a key, by the key's number. */
export const ownerOf = (index: number): Owner => ({
  kind: 'user',
  id: `user-test-${String(Math.floor(index / KEYS_OF_OWNER)).padStart(12, '0')}`,
  organizationId: null,
});

/** Whatever is as long as a secret, different for each key, and can be made again. */
export const secretOf = (index: number): string =>
  toBase62(bytesToNumber(createHash('sha256').update(String(index)).digest()), SECRET_LENGTH);

/** The number that a client_id was made from. */
export const indexOf = (clientId: string): number => Number(fromBase62(clientId.slice(-NUMBER_LENGTH)));

/** A real key: ring, tag and CRC are right. */
export const keyOf = async (index: number, keychain: Keychain): Promise<string> => {
  const ring = await ringOfOwner(PROJECT, ownerOf(index));
  const clientId = `acme_test_${ring}${toBase62(BigInt(index), NUMBER_LENGTH)}`;
  return spellKey(clientId, secretOf(index), keychain.current);
};
