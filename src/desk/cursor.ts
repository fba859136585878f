import { equalInConstantTime, framed, fromBase64url, fromUtf8, toBase64url, utf8 } from '../model/bytes.ts';

/** 128 bits of HMAC-SHA-256: a forger has one try in a request, and no way to try at home. */
const MAC_BYTES = 16;

/** Whose list a cursor is of, and which: it means nothing in another owner's, or under another filter. */
export interface CursorBinding {
  readonly ring: string;
  /** The list and its filter: `keys:active`, `audit`. */
  readonly list: string;
}

/** Where a page ended, as an opaque text for a query: base64url of the mac and the position. */
export const writeCursor = async (
  key: CryptoKey,
  binding: CursorBinding,
  position: string,
): Promise<string> => {
  const mac = await macOf(key, binding, position);
  return toBase64url(Uint8Array.from([...mac, ...utf8(position)]));
};

/**
 * The position in a cursor that was written under one of the keys for this very list; null for everything else. Each key
 * of the keychain is one: cursors outlive a change of master keys.
 */
export const readCursor = async (
  keys: readonly CryptoKey[],
  binding: CursorBinding,
  text: string,
): Promise<string | null> => {
  const bytes = fromBase64url(text);
  if (bytes === null || bytes.length < MAC_BYTES) return null;
  const position = decode(bytes.subarray(MAC_BYTES));
  if (position === null) return null;
  const presented = toBase64url(bytes.subarray(0, MAC_BYTES));
  const macs = await Promise.all(keys.map((key) => macOf(key, binding, position)));
  return macs.some((mac) => equalInConstantTime(presented, toBase64url(mac))) ? position : null;
};

const macOf = async (
  key: CryptoKey,
  { ring, list }: CursorBinding,
  position: string,
): Promise<Uint8Array> => {
  const mac = await crypto.subtle.sign('HMAC', key, framed(ring, list, position));
  return new Uint8Array(mac, 0, MAC_BYTES);
};

const decode = (bytes: Uint8Array): string | null => {
  try {
    return fromUtf8(bytes);
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
};
