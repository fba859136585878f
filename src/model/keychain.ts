import { utf8 } from './bytes.ts';

/** One secret of the operator's, as `LATCHKEY_MASTER_KEYS` holds it: a name and at least 32 bytes. */
export interface MasterKeySecret {
  readonly id: string;
  readonly key: Uint8Array;
}

/** What is derived from one master key. A key has one use; none can be computed from another. */
export interface MasterKey {
  readonly id: string;
  /** Makes and checks the tag of API keys. */
  readonly tagKey: CryptoKey;
  /** Makes fingerprints of credentials: the pepper. */
  readonly fingerprintKey: CryptoKey;
  /** Goes, with the credential's secret, into the key that seals a kept token. */
  readonly pepper: Uint8Array<ArrayBuffer>;
  /** Proves that a copy of a JWKS in KV was written by us. */
  readonly copyKey: CryptoKey;
  /** Chains the rows of audit trails. Raw, because rows are chained in a transaction, which waits for nothing. */
  readonly auditKey: Uint8Array<ArrayBuffer>;
  /** Signs the cursors of lists. */
  readonly cursorKey: CryptoKey;
  /** Closes what only we open again (`box.ts`): AES-256-GCM. */
  readonly boxKey: CryptoKey;
  /** Names user codes, and tags device codes (RFC 8628). */
  readonly codeKey: CryptoKey;
}

/**
 * The master keys of a deployment, newest first. The first makes tags and fingerprints; the tags of all are
 * accepted until the operator takes a key off the list.
 */
export interface Keychain {
  readonly current: MasterKey;
  readonly all: readonly MasterKey[];
}

const HMAC = { name: 'HMAC', hash: 'SHA-256' } as const;

/** HKDF-SHA-256 (RFC 5869) with the use as its info, so that no two uses share a key. */
const derive = async (master: CryptoKey, use: string): Promise<Uint8Array<ArrayBuffer>> => {
  const parameters = {
    name: 'HKDF',
    hash: 'SHA-256',
    salt: new Uint8Array(0),
    info: utf8(`latchkey/v1/${use}`),
  };
  return new Uint8Array(await crypto.subtle.deriveBits(parameters, master, 256));
};

const deriveHmac = async (master: CryptoKey, use: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', await derive(master, use), HMAC, false, ['sign', 'verify']);

const deriveAes = async (master: CryptoKey, use: string): Promise<CryptoKey> =>
  crypto.subtle.importKey('raw', await derive(master, use), 'AES-GCM', false, ['encrypt', 'decrypt']);

const unfold = async (secret: MasterKeySecret): Promise<MasterKey> => {
  const master = await crypto.subtle.importKey('raw', new Uint8Array(secret.key), 'HKDF', false, [
    'deriveBits',
  ]);
  const [tagKey, fingerprintKey, pepper, copyKey, auditKey, cursorKey, boxKey, codeKey] = await Promise.all([
    deriveHmac(master, 'tag'),
    deriveHmac(master, 'fingerprint'),
    derive(master, 'pepper'),
    deriveHmac(master, 'copy'),
    derive(master, 'audit'),
    deriveHmac(master, 'cursor'),
    deriveAes(master, 'box'),
    deriveHmac(master, 'code'),
  ]);
  const keys = { tagKey, fingerprintKey, pepper, copyKey, auditKey, cursorKey, boxKey, codeKey };
  return { id: secret.id, ...keys };
};

/** Derives every key of the deployment from its master keys, newest first. Throws on an empty list. */
export const openKeychain = async (secrets: readonly MasterKeySecret[]): Promise<Keychain> => {
  const all = await Promise.all(secrets.map(unfold));
  const [current] = all;
  if (current === undefined) throw new RangeError('at least one master key is needed');
  return { current, all };
};
