import { crc32 } from 'node:zlib';
import {
  bytesToNumber,
  fromBase62,
  numberToBytes,
  type RandomBytes,
  randomBase62,
  toBase62,
} from './base62.ts';
import { equalInConstantTime, framed, fromUtf8, utf8 } from './bytes.ts';
import type { Owner } from './identity.ts';
import type { Keychain, MasterKey } from './keychain.ts';

/** The environment of a Stytch project, written into every key. */
export type Environment = 'live' | 'test';

/** The longest key that is looked at, in characters: the longest that our grammar allows is shorter. */
export const MAX_KEY_LENGTH = 256;

const RING_BITS = 96n;
const RING_LENGTH = 17;
const NUMBER_BITS = 64n;
const NUMBER_LENGTH = 11;
const TAG_LENGTH = 11;
const CRC_LENGTH = 6;

/** 262 bits: a secret of this length is ours, sent to Stytch as it stands. */
export const OWN_SECRET_LENGTH = 44;

/** What the grammar leaves for a secret, in digits. */
const MIN_SECRET_LENGTH = 11;
const MAX_SECRET_LENGTH = 172;

const CLIENT_ID = /^([a-z][a-z0-9]{1,11})_(live|test)_([0-9A-Za-z]{17})([0-9A-Za-z]{11})$/;
const KEY = /^([a-z][a-z0-9]{1,11}_(?:live|test)_[0-9A-Za-z]{28})_([0-9A-Za-z]{28,189})$/;

/** An API key taken apart. Its shape and its CRC-32 are right; nothing is proven yet. */
export interface ParsedKey {
  /** Public, safe to log: `lk_live_` + ring + number. */
  readonly clientId: string;
  /** Which Ring to ask. */
  readonly ring: string;
  /** What Stytch is sent as `client_secret`. */
  readonly clientSecret: string;
  readonly tagged: string;
  readonly tag: string;
}

/** Whose keys are ours: the brand, its former names, and the environment of the Stytch project. */
export interface KeyRealm {
  readonly brands: readonly string[];
  readonly environment: Environment;
}

/** The ring of a client_id of our grammar and realm; null for every other client_id. */
export const ringOfClientId = (clientId: string, realm: KeyRealm): string | null => {
  const [, brand = '', environment, ring = '', number = ''] = CLIENT_ID.exec(clientId) ?? [];
  if (environment !== realm.environment || !realm.brands.includes(brand)) return null;
  // One spelling per number: 17 digits of base62 could also say more than 96 bits.
  const ringNumber = fromBase62(ring);
  const keyNumber = fromBase62(number);
  if (ringNumber === null || ringNumber >> RING_BITS !== 0n) return null;
  if (keyNumber === null || keyNumber >> NUMBER_BITS !== 0n) return null;
  return ring;
};

/** Whether a text begins as our keys do. It decides only what the text is taken for, never whether it is good. */
export const looksLikeKey = (text: string, realm: KeyRealm): boolean =>
  realm.brands.some((brand) => text.startsWith(`${brand}_live_`) || text.startsWith(`${brand}_test_`));

/** Takes a key apart: shape, environment and CRC-32. Null when any is wrong. Costs no I/O and no cryptography. */
export const parseKey = (text: string, realm: KeyRealm): ParsedKey | null => {
  if (text.length > MAX_KEY_LENGTH) return null;
  const [, clientId = '', tail = ''] = KEY.exec(text) ?? [];
  const ring = ringOfClientId(clientId, realm);
  if (ring === null) return null;
  if (text.slice(-CRC_LENGTH) !== checksumOf(text.slice(0, -CRC_LENGTH))) return null;
  const clientSecret = unspellSecret(tail.slice(0, -(TAG_LENGTH + CRC_LENGTH)));
  if (clientSecret === null) return null;
  return {
    clientId,
    ring,
    clientSecret,
    tagged: text.slice(0, -(TAG_LENGTH + CRC_LENGTH)),
    tag: text.slice(-(TAG_LENGTH + CRC_LENGTH), -CRC_LENGTH),
  };
};

/** The master key that tagged this key, or null: then it was never made here. It is not the authentication. */
export const tagMaker = async (key: ParsedKey, keychain: Keychain): Promise<MasterKey | null> => {
  let maker: MasterKey | null = null;
  // Every tag key is tried, hit or miss, so that the time says nothing about which of them was right.
  for (const master of keychain.all) {
    if (equalInConstantTime(await tagOf(key.tagged, master), key.tag)) maker = master;
  }
  return maker;
};

/** A new key's id: the owner's ring and 64 random bits. */
export const mintClientId = (
  brand: string,
  environment: Environment,
  ring: string,
  randomBytes: RandomBytes,
): string => `${brand}_${environment}_${ring}${toBase62(bytesToNumber(randomBytes(8)), NUMBER_LENGTH)}`;

/** A new secret of our own: 262 random bits. */
export const mintSecret = (randomBytes: RandomBytes): string => randomBase62(OWN_SECRET_LENGTH, randomBytes);

/**
 * The whole key, as its user sees it once: client_id, secret, keyed tag, CRC-32. Throws a RangeError for a secret
 * that is too short or too long for the grammar, rather than show a key that nobody would ever accept.
 */
export const spellKey = async (
  clientId: string,
  clientSecret: string,
  master: MasterKey,
): Promise<string> => {
  const spelled = spellSecret(clientSecret);
  if (spelled.length < MIN_SECRET_LENGTH || spelled.length > MAX_SECRET_LENGTH) {
    throw new RangeError('the secret has no spelling in a key');
  }
  const tagged = `${clientId}_${spelled}`;
  const withTag = tagged + (await tagOf(tagged, master));
  return withTag + checksumOf(withTag);
};

/** The ring of an owner: the first 96 bits of SHA-256 over the framed project, kind and id, in base62. */
export const ringOfOwner = async (project: string, owner: Pick<Owner, 'kind' | 'id'>): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', framed(project, owner.kind, owner.id));
  return toBase62(bytesToNumber(new Uint8Array(digest, 0, 12)), RING_LENGTH);
};

const tagOf = async (tagged: string, master: MasterKey): Promise<string> => {
  const mac = await crypto.subtle.sign('HMAC', master.tagKey, utf8(tagged));
  return toBase62(bytesToNumber(new Uint8Array(mac, 0, 8)), TAG_LENGTH);
};

const checksumOf = (text: string): string => toBase62(BigInt(crc32(text)), CRC_LENGTH);

/**
 * A secret of ours stands in the key as it is. One that Stytch minted in a rotation has characters that break
 * a double-click, so its bytes are spelled in base62, behind a byte 1 that keeps leading zero bytes. Should that
 * come to 44 digits, a zero in front tells the two apart.
 */
const spellSecret = (clientSecret: string): string => {
  if (isOwnSecret(clientSecret)) return clientSecret;
  const marked = Uint8Array.from([1, ...utf8(clientSecret)]);
  const digits = toBase62(bytesToNumber(marked));
  return digits.length === OWN_SECRET_LENGTH ? `0${digits}` : digits;
};

const isOwnSecret = (clientSecret: string): boolean =>
  clientSecret.length === OWN_SECRET_LENGTH && /^[0-9A-Za-z]+$/.test(clientSecret);

const unspellSecret = (spelled: string): string | null => {
  if (spelled.length === OWN_SECRET_LENGTH) return spelled;
  const value = fromBase62(spelled);
  if (value === null) return null;
  try {
    const clientSecret = fromUtf8(numberToBytes(value).subarray(1));
    // One spelling per secret: a key with another first byte or another number of leading zeros is not a key.
    return spellSecret(clientSecret) === spelled ? clientSecret : null;
  } catch {
    return null;
  }
};
