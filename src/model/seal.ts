import { framed, fromBase64url, fromUtf8, toBase64url, utf8 } from './bytes.ts';
import type { Keychain, MasterKey } from './keychain.ts';

const VERSION = 's1';
const SALT_BYTES = 16;
/** NIST SP 800-38D §8.2: 96 bits, random; every seal has a fresh salt and so a fresh key besides. */
const IV_BYTES = 12;

/** A token as it is kept, with what must agree with it before it is used. */
export interface KeptToken {
  readonly token: string;
  readonly clientId: string;
  readonly ring: string;
  /** The key's generation when the token was made: evidence of an older one is dropped. */
  readonly generation: number;
}

/** What a seal is bound to besides the credential: moved to another place or project, it does not open. */
export interface SealContext {
  readonly project: string;
  /** The name under which the sealed text is stored. */
  readonly place: string;
}

/**
 * Seals a token under the very credential that it stands for: AES-256-GCM, the key by HKDF-SHA-256 from the
 * client secret and the pepper with a fresh salt, the place and the project as additional data. Who holds
 * every byte of KV and of the Rings, but not the credential, cannot open it.
 */
export const seal = async (
  kept: KeptToken,
  clientSecret: string,
  master: MasterKey,
  context: SealContext,
  randomBytes: (length: number) => Uint8Array,
): Promise<string> => {
  const salt = new Uint8Array(randomBytes(SALT_BYTES));
  const iv = new Uint8Array(randomBytes(IV_BYTES));
  const key = await sealingKey(clientSecret, master, salt, 'encrypt');
  const plain = utf8(JSON.stringify([kept.token, kept.clientId, kept.ring, kept.generation]));
  const sealed = await crypto.subtle.encrypt(parameters(iv, master.id, context), key, plain);
  return [VERSION, master.id, toBase64url(salt), toBase64url(iv), toBase64url(new Uint8Array(sealed))].join(
    '.',
  );
};

/** Opens what `seal` made; null for anything else: another credential, place, project or pepper, or damage. */
export const unseal = async (
  text: string,
  clientSecret: string,
  keychain: Keychain,
  context: SealContext,
): Promise<KeptToken | null> => {
  const [version, masterId, ...encoded] = text.split('.');
  const master = keychain.all.find((candidate) => candidate.id === masterId);
  const [salt, iv, sealed] = encoded.map(fromBase64url);
  if (version !== VERSION || encoded.length !== 3 || !master || !salt || !iv || !sealed) return null;
  // HMAC pads its key with zeros (RFC 2104 §2), so that a salt with a zero byte more would make the same key.
  if (salt.length !== SALT_BYTES || iv.length !== IV_BYTES) return null;
  const key = await sealingKey(clientSecret, master, salt, 'decrypt');
  try {
    const plain = await crypto.subtle.decrypt(parameters(iv, master.id, context), key, sealed);
    return parseKept(JSON.parse(fromUtf8(new Uint8Array(plain))));
  } catch (error) {
    // WebCrypto says OperationError when the tag does not fit; what opens may still be no text, and no JSON.
    if (error instanceof Error && EXPECTED.has(error.name)) return null;
    throw error;
  }
};

const EXPECTED: ReadonlySet<string> = new Set(['OperationError', 'TypeError', 'SyntaxError']);

const parameters = (iv: Uint8Array<ArrayBuffer>, masterId: string, context: SealContext) => ({
  name: 'AES-GCM',
  iv,
  additionalData: framed(VERSION, masterId, context.project, context.place),
});

const sealingKey = async (
  clientSecret: string,
  master: MasterKey,
  salt: Uint8Array<ArrayBuffer>,
  usage: 'encrypt' | 'decrypt',
): Promise<CryptoKey> => {
  const secretBytes = framed(clientSecret);
  const material = new Uint8Array(secretBytes.length + master.pepper.length);
  material.set(secretBytes);
  material.set(master.pepper, secretBytes.length);
  const base = await crypto.subtle.importKey('raw', material, 'HKDF', false, ['deriveKey']);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt, info: utf8('latchkey/v1/seal') };
  return crypto.subtle.deriveKey(derivation, base, { name: 'AES-GCM', length: 256 }, false, [usage]);
};

const parseKept = (value: unknown): KeptToken | null => {
  if (!Array.isArray(value) || value.length !== 4) return null;
  const [token, clientId, ring, generation] = value;
  if (typeof token !== 'string' || typeof clientId !== 'string' || typeof ring !== 'string') return null;
  return typeof generation === 'number' ? { token, clientId, ring, generation } : null;
};
