import type { RandomBytes } from './base62.ts';
import { framed, fromBase64url, fromUtf8, toBase64url, utf8 } from './bytes.ts';
import type { Keychain } from './keychain.ts';

const VERSION = 'b1';
/** NIST SP 800-38D §8.2: 96 bits, random. */
const IV_BYTES = 12;

/** What a box is bound to: opened for another use or project, it does not open. */
export interface BoxContext {
  readonly project: string;
  /** What the text is for, and whose: `portal-session`. */
  readonly use: string;
}

/** What it takes to close boxes; to open them, no randomness. */
export interface BoxPorts {
  readonly projectId: string;
  readonly keychain: () => Promise<Keychain>;
  readonly randomBytes: RandomBytes;
}

/** Closes what JSON can say. */
export const closeValue = async (
  value: unknown,
  use: string,
  { keychain, projectId, randomBytes }: BoxPorts,
): Promise<string> =>
  closeBox(JSON.stringify(value), await keychain(), { project: projectId, use }, randomBytes);

/** What was closed for this use, in whatever form it had then; null for everything else. */
export const openValue = async (
  box: string,
  use: string,
  { keychain, projectId }: Omit<BoxPorts, 'randomBytes'>,
): Promise<unknown> => {
  const text = await openBox(box, await keychain(), { project: projectId, use });
  return text === null ? null : JSON.parse(text);
};

/**
 * Closes a text for our own eyes, wherever it is kept meanwhile: AES-256-GCM under a key of the newest master key, use and
 * project as additional data. No credential opens it, unlike what `seal` makes: it is not for what lets anybody in.
 */
export const closeBox = async (
  text: string,
  { current }: Keychain,
  context: BoxContext,
  randomBytes: RandomBytes,
): Promise<string> => {
  const iv = new Uint8Array(randomBytes(IV_BYTES));
  const closed = await crypto.subtle.encrypt(parameters(iv, current.id, context), current.boxKey, utf8(text));
  return [VERSION, current.id, toBase64url(iv), toBase64url(new Uint8Array(closed))].join('.');
};

/** The text that a box was closed on; null for anything else: another use, another deployment, damage. */
export const openBox = async (
  box: string,
  keychain: Keychain,
  context: BoxContext,
): Promise<string | null> => {
  const [version, masterId, ...encoded] = box.split('.', 5);
  const master = keychain.all.find(({ id }) => id === masterId);
  const [iv, closed] = encoded.map(fromBase64url);
  if (version !== VERSION || encoded.length !== 2 || !master || !iv || !closed) return null;
  if (iv.length !== IV_BYTES) return null;
  try {
    const text = await crypto.subtle.decrypt(parameters(iv, master.id, context), master.boxKey, closed);
    return fromUtf8(new Uint8Array(text));
  } catch (error) {
    // WebCrypto says OperationError when the tag does not fit.
    if (error instanceof Error && error.name === 'OperationError') return null;
    throw error;
  }
};

const parameters = (iv: Uint8Array<ArrayBuffer>, masterId: string, { project, use }: BoxContext) => ({
  name: 'AES-GCM',
  iv,
  additionalData: framed(VERSION, masterId, project, use),
});
