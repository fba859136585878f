import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** A master key as it stands in LATCHKEY_MASTER_KEYS. */
export interface MasterKey {
  readonly id: string;
  /** base64url of 32 bytes. */
  readonly key: string;
}

/** A new master key. */
export const freshMasterKey = (id: string): MasterKey => ({
  id,
  key: randomBytes(32).toString('base64url'),
});

/** A new key that signs assertions, private, as it stands in ASSERTION_JWKS (RFC 7517). */
export const freshAssertionKey = (kid: string) => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', kid };
};

/** The day as a key's name, with a number where the day has one already: `2026-11-26`, `2026-11-26-2`. */
export const freshId = (now: Date, taken: readonly string[]): string => {
  const day = now.toISOString().slice(0, 10);
  if (!taken.includes(day)) return day;
  const numbers = Array.from({ length: taken.length + 1 }, (_, i) => `${day}-${i + 2}`);
  return numbers.find((id) => !taken.includes(id)) ?? day;
};
