const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const BASE = 62n;

const VALUES: ReadonlyMap<string, bigint> = new Map(
  [...ALPHABET].map((digit, value) => [digit, BigInt(value)]),
);

/** Writes a number in base62 (0-9A-Za-z), left-padded with zeros to `width` digits. Throws when it needs more. */
export const toBase62 = (value: bigint, width?: number): string => {
  let rest = value;
  let text = '';
  while (rest > 0n) {
    text = ALPHABET.charAt(Number(rest % BASE)) + text;
    rest /= BASE;
  }
  if (width === undefined) return text;
  if (text.length > width) throw new RangeError(`${width} base62 digits are too few`);
  return text.padStart(width, '0');
};

/** Reads a base62 number; null when a character is not of the alphabet. */
export const fromBase62 = (text: string): bigint | null => {
  let value = 0n;
  for (const digit of text) {
    const digitValue = VALUES.get(digit);
    if (digitValue === undefined) return null;
    value = value * BASE + digitValue;
  }
  return value;
};

/** The unsigned number that big-endian bytes spell. */
export const bytesToNumber = (bytes: Uint8Array): bigint => {
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  return value;
};

/** The big-endian bytes of an unsigned number, without leading zeros. */
export const numberToBytes = (value: bigint): Uint8Array => {
  const bytes: number[] = [];
  for (let rest = value; rest > 0n; rest >>= 8n) bytes.unshift(Number(rest & 0xffn));
  return Uint8Array.from(bytes);
};

/** The largest multiple of 62 in a byte: bytes from here on would favour the first digits. */
const UNBIASED_BYTES = 248;

/** `length` uniformly random base62 digits, from a source of random bytes. */
export const randomBase62 = (length: number, randomBytes: RandomBytes): string => {
  let text = '';
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < UNBIASED_BYTES && text.length < length) text += ALPHABET.charAt(byte % 62);
    }
  }
  return text;
};

/** A source of cryptographically random bytes. An argument, so that pure code stays pure. */
export type RandomBytes = (length: number) => Uint8Array;
