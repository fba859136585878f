import { randomBytes } from 'node:crypto';
import { crc32 } from 'node:zlib';

/** A key of our grammar, with the right CRC, that nobody issued. */
export const madeUpKey = (brand: string): string => {
  const text = `${brand}_test_0${digits(16)}0${digits(10)}_${digits(44)}0${digits(10)}`;
  return text + base62(crc32(text), 6);
};

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

const digits = (length: number): string =>
  [...randomBytes(length)].map((byte) => ALPHABET.charAt(byte % 62)).join('');

const base62 = (value: number, width: number): string => {
  let text = '';
  for (let rest = value; rest > 0; rest = Math.floor(rest / 62)) text = ALPHABET.charAt(rest % 62) + text;
  return text.padStart(width, '0');
};
