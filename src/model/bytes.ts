import { timingSafeEqual } from 'node:crypto';
import { base64url } from 'jose';

const ENCODER = new TextEncoder();
const DECODER = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const utf8 = (text: string): Uint8Array<ArrayBuffer> => new Uint8Array(ENCODER.encode(text));

/** Throws a TypeError when the bytes are not UTF-8. */
export const fromUtf8 = (bytes: Uint8Array): string => DECODER.decode(bytes);

export const toBase64url = (bytes: Uint8Array): string => base64url.encode(bytes);

/** SHA-256 in base64url. */
export const sha256 = async (bytes: Uint8Array<ArrayBuffer>): Promise<string> =>
  toBase64url(new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));

/** Decodes canonical, unpadded base64url (RFC 7515 §2); null for every other spelling of the same bytes. */
export const fromBase64url = (text: string): Uint8Array<ArrayBuffer> | null => {
  try {
    const bytes = new Uint8Array(base64url.decode(text));
    return base64url.encode(bytes) === text ? bytes : null;
  } catch {
    return null;
  }
};

/** Decodes canonical, padded base64 (RFC 4648 §4); null for every other spelling of the same bytes. */
export const fromBase64 = (text: string): Uint8Array<ArrayBuffer> | null =>
  text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
    ? fromBase64url(text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', ''))
    : null;

/**
 * Joins texts so that different lists never give the same bytes: each is preceded by its length in bytes
 * (32 bits, big-endian). Without that, ("ab","c") and ("a","bc") would be one credential. Throws a TypeError for
 * a text with a lone surrogate: UTF-8 has no bytes for it, and all of them would become one and the same.
 */
export const framed = (...texts: readonly string[]): Uint8Array<ArrayBuffer> => {
  if (!texts.every((text) => text.isWellFormed()))
    throw new TypeError('a text to be framed is not well-formed');
  const parts = texts.map(utf8);
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(whole.buffer);
  let at = 0;
  for (const part of parts) {
    view.setUint32(at, part.length);
    whole.set(part, at + 4);
    at += 4 + part.length;
  }
  return whole;
};

/** Compares two texts of public length in a time that does not depend on where they differ: the runtime's word for it. */
export const equalInConstantTime = (a: string, b: string): boolean => {
  const [one, other] = [utf8(a), utf8(b)];
  return one.length === other.length && timingSafeEqual(one, other);
};
