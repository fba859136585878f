type Bytes = Uint8Array<ArrayBuffer>;

const SHA256_WITH_RSA = Uint8Array.of(
  ...[0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0b, 0x05, 0x00],
);
const COMMON_NAME = Uint8Array.of(0x06, 0x03, 0x55, 0x04, 0x03);
const VERSION_3 = Uint8Array.of(0xa0, 0x03, 0x02, 0x01, 0x02);

/** A self-signed X.509 certificate (RFC 5280 §4.1) in DER, for the `x5c` of a JWK. */
export const certificate = async (pair: CryptoKeyPair, name: string, fromMs: number): Promise<Bytes> => {
  const subject = sequence(der(0x31, sequence(COMMON_NAME, der(0x0c, ascii(name)))));
  const serial = crypto
    .getRandomValues(new Uint8Array(8))
    .map((byte, at) => (at === 0 ? (byte & 0x3f) | 1 : byte));
  const untilMs = fromMs + 10 * 365 * 86_400_000;
  const body = sequence(
    VERSION_3,
    der(0x02, serial),
    SHA256_WITH_RSA,
    subject,
    sequence(time(fromMs), time(untilMs)),
    subject,
    new Uint8Array((await crypto.subtle.exportKey('spki', pair.publicKey)) as ArrayBuffer),
  );
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', pair.privateKey, body);
  return sequence(body, SHA256_WITH_RSA, der(0x03, Uint8Array.of(0), new Uint8Array(signature)));
};

const sequence = (...parts: readonly Bytes[]): Bytes => der(0x30, ...parts);

/** UTCTime, as RFC 5280 §4.1.2.5.1 wants it through 2049: YYMMDDHHMMSSZ. */
const time = (ms: number): Bytes => {
  const digits = new Date(ms).toISOString().replace(/\D/g, '');
  return der(0x17, ascii(`${digits.slice(2, 14)}Z`));
};

const ascii = (text: string): Bytes => Uint8Array.from(text, (letter) => letter.charCodeAt(0));

const der = (tag: number, ...parts: readonly Bytes[]): Bytes => {
  const size = parts.reduce((sum, part) => sum + part.length, 0);
  const sizeBytes = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Uint8Array.of(tag, ...sizeBytes, ...parts.flatMap((part) => [...part]));
};
