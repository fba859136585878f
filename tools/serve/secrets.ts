import { generateKeyPairSync, randomBytes } from 'node:crypto';

/** The secrets that Latchkey makes for itself, fresh ones, as the text of its bindings; Stytch's are not among them. */
export const freshSecrets = (): Readonly<Record<'LATCHKEY_MASTER_KEYS' | 'ASSERTION_JWKS', string>> => {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const jwk = { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: 'test-1' };
  return {
    LATCHKEY_MASTER_KEYS: JSON.stringify([{ id: 'test-1', key: randomBytes(32).toString('base64url') }]),
    ASSERTION_JWKS: JSON.stringify({ keys: [jwk] }),
  };
};
