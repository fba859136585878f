/** RSASSA-PKCS1-v1_5 by hand (RFC 8017 §8.2), so that every part of a signature can be made wrong by itself. */

/** An RSA key with its numbers, as a test makes one. */
export interface RsaNumbers {
  readonly n: bigint;
  readonly e: bigint;
  readonly d: bigint;
  /** Length of the modulus in bytes: k. */
  readonly length: number;
}

/** What a forger has to work with. */
export interface Forgery {
  readonly key: RsaNumbers;
  /** `header.payload`: what the signature is over. */
  readonly input: Uint8Array<ArrayBuffer>;
  /** The right signature. */
  readonly right: Uint8Array;
}

type Forge = (given: Forgery) => Promise<Uint8Array> | Uint8Array;

const HASHES = {
  'SHA-1': { length: 20, oid: '2b0e03021a' },
  'SHA-256': { length: 32, oid: '608648016503040201' },
  'SHA-384': { length: 48, oid: '608648016503040202' },
  'SHA-512': { length: 64, oid: '608648016503040203' },
} as const;
type Hash = keyof typeof HASHES;

const MD5_OID = '2a864886f70d0205';
const SHA224_OID = '608648016503040204';
const SHA512_256_OID = '608648016503040206';

/** A key's numbers, from its JWK. */
export const numbersOf = ({ n = '', e = '', d = '' }: JsonWebKey): RsaNumbers => ({
  ...{ n: fromBytes(decoded(n)), e: fromBytes(decoded(e)), d: fromBytes(decoded(d)) },
  length: decoded(n).length,
});

/** The signature of an encoded message, right or not: RSASP1. */
export const signEncoded = ({ n, d, length }: RsaNumbers, encoded: Uint8Array): Uint8Array =>
  toBytes(power(fromBytes(encoded), d, n), length);

/** EMSA-PKCS1-v1_5, RFC 8017 §9.2: 00 01 PS 00 DigestInfo. */
export const encodedMessage = (digestInfo: Uint8Array, length: number): Uint8Array =>
  joined(
    Uint8Array.of(0, 1),
    new Uint8Array(length - 3 - digestInfo.length).fill(0xff),
    Uint8Array.of(0),
    digestInfo,
  );

const digest = async (input: Uint8Array<ArrayBuffer>, hash: Hash = 'SHA-256'): Promise<Uint8Array> =>
  new Uint8Array(await crypto.subtle.digest(hash, input));

const element = (tag: number, content: Uint8Array): Uint8Array =>
  joined(Uint8Array.of(tag, content.length), content);

const NULL = Uint8Array.of(5, 0);

/** DigestInfo ::= SEQUENCE { SEQUENCE { OID, parameters }, OCTET STRING }. */
export const digestInfoOf = (
  hash: Uint8Array,
  oid: string = HASHES['SHA-256'].oid,
  parameters: Uint8Array = NULL,
): Uint8Array =>
  element(0x30, joined(element(0x30, joined(element(6, hex(oid)), parameters)), element(4, hash)));

/** A signature over a DigestInfo of the forger's making, well padded. */
const over =
  (make: (input: Uint8Array<ArrayBuffer>) => Promise<Uint8Array> | Uint8Array): Forge =>
  async ({ key, input }) =>
    signEncoded(key, encodedMessage(await make(input), key.length));

/** A signature over a whole encoded message of the forger's making. */
const encodedAs =
  (make: (digestInfo: Uint8Array, length: number) => Uint8Array): Forge =>
  async ({ key, input }) =>
    signEncoded(key, make(digestInfoOf(await digest(input)), key.length));

/** The right signature, changed. */
const changed =
  (change: (right: Uint8Array, key: RsaNumbers) => Uint8Array): Forge =>
  ({ right, key }) =>
    change(right, key);

const flipped = (bytes: Uint8Array, at: number, bits = 1): Uint8Array =>
  bytes.map((byte, i) => (i === (at + bytes.length) % bytes.length ? byte ^ bits : byte));

/** PS of another length, with the rest behind the DigestInfo. */
const shortened = (digestInfo: Uint8Array, length: number, padding: number, rest: number): Uint8Array =>
  joined(
    Uint8Array.of(0, 1),
    new Uint8Array(padding).fill(0xff),
    Uint8Array.of(0),
    digestInfo,
    new Uint8Array(length - 3 - padding - digestInfo.length).fill(rest),
  );

/**
 * Signatures that must not verify, in the manner of Wycheproof's RSA PKCS#1 v1.5 cases: each is what it is called in one
 * thing and right in all others.
 */
export const FORGERIES: readonly (readonly [string, Forge])[] = [
  // The signature as a text of bytes.
  ['none at all', () => new Uint8Array()],
  ['one byte', () => Uint8Array.of(0)],
  ['its first half', changed((right) => right.slice(0, right.length / 2))],
  ['without its first byte', changed((right) => right.slice(1))],
  ['without its last byte', changed((right) => right.slice(0, -1))],
  ['a zero before it', changed((right) => joined(Uint8Array.of(0), right))],
  ['a zero behind it', changed((right) => joined(right, Uint8Array.of(0)))],
  ['twice', changed((right) => joined(right, right))],
  ['backwards', changed((right) => right.slice().reverse())],
  ['the first bit flipped', changed((right) => flipped(right, 0, 0x80))],
  ['the last bit flipped', changed((right) => flipped(right, -1))],
  ['a bit in its middle flipped', changed((right) => flipped(right, right.length / 2))],
  ['every bit flipped', changed((right) => right.map((byte) => byte ^ 0xff))],
  // The signature as a number.
  ['zero', ({ key }) => new Uint8Array(key.length)],
  ['one', ({ key }) => toBytes(1n, key.length)],
  ['n - 1', ({ key }) => toBytes(key.n - 1n, key.length)],
  ['n', ({ key }) => toBytes(key.n, key.length)],
  ['n + 1', ({ key }) => toBytes(key.n + 1n, key.length)],
  ['all ones', ({ key }) => new Uint8Array(key.length).fill(0xff)],
  [
    's + n, which is the same number to who reduces it',
    changed((right, key) => toBytes(fromBytes(right) + key.n, key.length + 1)),
  ],
  ['n - s', changed((right, key) => toBytes(key.n - fromBytes(right), key.length))],
  ['s squared', changed((right, key) => toBytes(fromBytes(right) ** 2n % key.n, key.length))],
  [
    'the encoded message itself, unsigned',
    async ({ key, input }) => encodedMessage(digestInfoOf(await digest(input)), key.length),
  ],
  // What is hashed.
  ['over nothing', over(async () => digestInfoOf(await digest(new Uint8Array())))],
  [
    'over the header alone',
    over(async (input) => digestInfoOf(await digest(input.slice(0, input.indexOf(0x2e))))),
  ],
  [
    'over the payload alone',
    over(async (input) => digestInfoOf(await digest(input.slice(input.indexOf(0x2e) + 1)))),
  ],
  [
    'over the input with a line end',
    over(async (input) => digestInfoOf(await digest(joined(input, Uint8Array.of(0x0a))))),
  ],
  [
    'over the hash of the hash',
    over(async (input) => digestInfoOf(await digest(new Uint8Array(await digest(input))))),
  ],
  ['a hash of zeros', over(() => digestInfoOf(new Uint8Array(32)))],
  ['half of the hash', over(async (input) => digestInfoOf((await digest(input)).slice(0, 16)))],
  [
    'the hash and a byte more',
    over(async (input) => digestInfoOf(joined(await digest(input), Uint8Array.of(0)))),
  ],
  // Which hash it says that it is.
  ...(['SHA-1', 'SHA-384', 'SHA-512'] as const).flatMap(
    (hash) =>
      [
        [`${hash}, truly`, over(async (input) => digestInfoOf(await digest(input, hash), HASHES[hash].oid))],
        [`${hash} under the name of SHA-256`, over(async (input) => digestInfoOf(await digest(input, hash)))],
        [
          `SHA-256 under the name of ${hash}`,
          over(async (input) => digestInfoOf(await digest(input), HASHES[hash].oid)),
        ],
      ] as const,
  ),
  ['SHA-256 under the name of SHA-224', over(async (input) => digestInfoOf(await digest(input), SHA224_OID))],
  [
    'SHA-256 under the name of SHA-512/256',
    over(async (input) => digestInfoOf(await digest(input), SHA512_256_OID)),
  ],
  [
    'a hash under the name of MD5',
    over(async (input) => digestInfoOf((await digest(input)).slice(0, 16), MD5_OID)),
  ],
  ['a hash of no name', over(async (input) => digestInfoOf(await digest(input), ''))],
  [
    'a hash of a name with a byte more',
    over(async (input) => digestInfoOf(await digest(input), `${HASHES['SHA-256'].oid}00`)),
  ],
  // The DigestInfo.
  ['a hash without a DigestInfo', over(digest)],
  [
    'a DigestInfo without its parameters',
    over(async (input) => digestInfoOf(await digest(input), undefined, new Uint8Array())),
  ],
  [
    'a DigestInfo with other parameters',
    over(async (input) => digestInfoOf(await digest(input), undefined, Uint8Array.of(4, 0))),
  ],
  [
    'parameters with something in them',
    over(async (input) => digestInfoOf(await digest(input), undefined, Uint8Array.of(5, 1, 0))),
  ],
  [
    'parameters twice',
    over(async (input) => digestInfoOf(await digest(input), undefined, joined(NULL, NULL))),
  ],
  [
    'garbage hidden in the parameters',
    over(async (input) =>
      digestInfoOf(await digest(input), undefined, element(4, new Uint8Array(40).fill(0x5a))),
    ),
  ],
  [
    'a length in its long form',
    over(async (input) => joined(Uint8Array.of(0x30, 0x81), digestInfoOf(await digest(input)).slice(1))),
  ],
  [
    'a length without end',
    over(async (input) =>
      joined(Uint8Array.of(0x30, 0x80), digestInfoOf(await digest(input)).slice(2), new Uint8Array(2)),
    ),
  ],
  ['a length too long', over(async (input) => flipped(digestInfoOf(await digest(input)), 1))],
  ['another tag', over(async (input) => flipped(digestInfoOf(await digest(input)), 0))],
  [
    'an octet string in two',
    over(async (input) => {
      const hash = await digest(input);
      const parts = joined(element(4, hash.slice(0, 16)), element(4, hash.slice(16)));
      return element(
        0x30,
        joined(element(0x30, joined(element(6, hex(HASHES['SHA-256'].oid)), NULL)), element(0x24, parts)),
      );
    }),
  ],
  [
    'something behind the hash, within',
    over(async (input) => {
      const whole = digestInfoOf(await digest(input));
      return element(0x30, joined(whole.slice(2), NULL));
    }),
  ],
  ['something behind the DigestInfo', over(async (input) => joined(digestInfoOf(await digest(input)), NULL))],
  // The padding.
  [
    'garbage behind the hash, with the padding cut short (CVE-2006-4339)',
    encodedAs((info, length) => shortened(info, length, 8, 0x5a)),
  ],
  [
    'zeros behind the hash, with the padding cut short',
    encodedAs((info, length) => shortened(info, length, 8, 0)),
  ],
  ['padding of seven bytes', encodedAs((info, length) => shortened(info, length, 7, 0))],
  ['no padding', encodedAs((info, length) => shortened(info, length, 0, 0))],
  [
    'padding one byte short, and a zero before it',
    encodedAs((info, length) => joined(Uint8Array.of(0), encodedMessage(info, length - 1))),
  ],
  [
    'padding of zeros',
    encodedAs((info, length) =>
      encodedMessage(info, length).map((byte, i) =>
        i > 1 && byte === 0xff && i < length - info.length ? 0 : byte,
      ),
    ),
  ],
  [
    'padding of ones',
    encodedAs((info, length) =>
      encodedMessage(info, length).map((byte, i) => (i > 1 && i < length - info.length - 1 ? 1 : byte)),
    ),
  ],
  [
    'a byte of the padding changed, at its start',
    encodedAs((info, length) => flipped(encodedMessage(info, length), 2)),
  ],
  [
    'a byte of the padding changed, in its middle',
    encodedAs((info, length) => flipped(encodedMessage(info, length), 100)),
  ],
  [
    'a byte of the padding changed, at its end',
    encodedAs((info, length) => flipped(encodedMessage(info, length), length - info.length - 2)),
  ],
  [
    'no zero behind the padding',
    encodedAs((info, length) => flipped(encodedMessage(info, length), length - info.length - 1, 0xff)),
  ],
  ['block type 0', encodedAs((info, length) => flipped(encodedMessage(info, length), 1))],
  [
    'block type 2, that of encryption',
    encodedAs((info, length) => flipped(encodedMessage(info, length), 1, 3)),
  ],
  ['block type 0xff', encodedAs((info, length) => flipped(encodedMessage(info, length), 1, 0xfe))],
  [
    'a DigestInfo at the front',
    encodedAs((info, length) => joined(info, new Uint8Array(length - info.length))),
  ],
  [
    'a DigestInfo and nothing else',
    encodedAs((info, length) => joined(new Uint8Array(length - info.length), info)),
  ],
];

/** Another algorithm, with the same key and hash: RSASSA-PSS (RFC 8017 §8.1). */
export const signPss = async (jwk: JsonWebKey, input: Uint8Array<ArrayBuffer>): Promise<Uint8Array> => {
  const { alg: _, key_ops: __, ...bare } = jwk;
  const algorithm = { name: 'RSA-PSS', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('jwk', bare, algorithm, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign({ name: 'RSA-PSS', saltLength: 32 }, key, input));
};

const decoded = (text: string): Uint8Array =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (each) => each.charCodeAt(0));

const hex = (text: string): Uint8Array =>
  Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

const joined = (...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

const fromBytes = (bytes: Uint8Array): bigint =>
  bytes.length === 0
    ? 0n
    : BigInt(`0x${[...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('')}`);

const toBytes = (value: bigint, length: number): Uint8Array =>
  hex(value.toString(16).padStart(2 * length, '0'));

const power = (base: bigint, exponent: bigint, modulus: bigint): bigint => {
  let result = 1n;
  let square = base % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % modulus;
    square = (square * square) % modulus;
  }
  return result;
};
