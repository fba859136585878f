import { framed, fromBase64url, toBase64url } from '../model/bytes.ts';
import type { Keychain } from '../model/keychain.ts';
import type { JwksCopies, JwksCopy, Log } from '../model/ports.ts';
import { isRecord, isText } from '../model/shape.ts';
import { jwksEntry } from './layout.ts';
import { read, write } from './vault.ts';

const LIFETIME_SECONDS = 86_400;

/**
 * Copies of the project's JWKS in KV, each with an HMAC under a master key: who can write to KV must not be
 * able to choose whose signatures we believe.
 */
export const createJwksCopies = (
  kv: KVNamespace,
  projectId: string,
  keychain: () => Promise<Keychain>,
  log: Log,
): JwksCopies => ({
  load: async () => {
    const text = await read(kv, jwksEntry(projectId));
    const copy = text === null ? null : await verified(text, projectId, await keychain());
    // A fault wrote it, or somebody who may write there (SECURITY: CACHE-12).
    if (text !== null && copy === null) log({ event: 'jwks', outcome: 'copy not ours' });
    return copy;
  },

  save: async ({ keys, fetchedAt }) => {
    const { current } = await keychain();
    const copy = JSON.stringify({ keys, fetched_at: fetchedAt });
    const mac = await crypto.subtle.sign('HMAC', current.copyKey, message(projectId, copy));
    const text = JSON.stringify({ copy, master_key: current.id, mac: toBase64url(new Uint8Array(mac)) });
    await write(() => kv.put(jwksEntry(projectId), text, { expirationTtl: LIFETIME_SECONDS }));
  },
});

/** The copy in a text that we wrote; null for every other. */
const verified = async (text: string, projectId: string, keychain: Keychain): Promise<JwksCopy | null> => {
  const stored = readEntry(text);
  const master = keychain.all.find((candidate) => candidate.id === stored?.master_key);
  const mac = stored === null ? null : fromBase64url(stored.mac);
  if (stored === null || master === undefined || mac === null) return null;
  const isOurs = await crypto.subtle.verify('HMAC', master.copyKey, mac, message(projectId, stored.copy));
  return isOurs ? readCopy(stored.copy) : null;
};

const message = (projectId: string, copy: string) => framed('jwks', projectId, copy);

/** An entry: the copy as the very text that the HMAC is over, for a parser may put its members in another order. */
const readEntry = (text: string) => {
  const { copy, master_key, mac, ...more } = parsed(text);
  return isText(copy) && isText(master_key) && isText(mac) && Object.keys(more).length === 0
    ? { copy, master_key, mac }
    : null;
};

const readCopy = (text: string): JwksCopy | null => {
  const { keys, fetched_at: fetchedAt, ...more } = parsed(text);
  return Array.isArray(keys) &&
    keys.every(isNamedKey) &&
    Number.isSafeInteger(fetchedAt) &&
    Object.keys(more).length === 0
    ? { keys, fetchedAt: Number(fetchedAt) }
    : null;
};

const isNamedKey = (key: unknown): key is JwksCopy['keys'][number] =>
  isRecord(key) && isText(key.kid) && isText(key.kty);

/** The members of what a text says in JSON; none of what is no object. */
const parsed = (text: string): Readonly<Record<string, unknown>> => {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) && !Array.isArray(value) ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
};
