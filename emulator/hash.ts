import { base64url } from 'jose';

const ITERATIONS = 10_000;

/** SHA-256 of a secret that is random already. */
export const hashSecret = async (secret: string): Promise<string> =>
  base64url.encode(new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(secret))));

/** PBKDF2 of a password; the iterations are few, for this is an emulator. */
export const hashPassword = async (password: string, salt: string): Promise<string> => {
  const bytes = new TextEncoder().encode(password);
  const key = await crypto.subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits']);
  const algorithm = { name: 'PBKDF2', hash: 'SHA-256', salt: base64url.decode(salt), iterations: ITERATIONS };
  return base64url.encode(new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 256)));
};
