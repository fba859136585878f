import { z } from 'zod';
import { framed, fromBase64url, toBase64url } from '../model/bytes.ts';
import type { Keychain } from '../model/keychain.ts';
import type { JwksCopies, JwksCopy } from '../model/ports.ts';
import { jwksEntry } from './layout.ts';
import { tolerate } from './vault.ts';

const LIFETIME_SECONDS = 86_400;

const stored = z.strictObject({
  keys: z.array(z.looseObject({ kid: z.string(), kty: z.string() })),
  fetched_at: z.number().int(),
  master_key: z.string(),
  mac: z.string(),
});

/**
 * Copies of the project's JWKS in KV, each with an HMAC under a master key: who can write to KV must not be
 * able to choose whose signatures we believe.
 */
export const createJwksCopies = (
  kv: KVNamespace,
  projectId: string,
  keychain: () => Promise<Keychain>,
): JwksCopies => ({
  load: async () => {
    const text = await tolerate(kv.get(jwksEntry(projectId)));
    const copy = text === null ? null : parse(text);
    if (copy === null) return null;
    const master = (await keychain()).all.find((candidate) => candidate.id === copy.master_key);
    const mac = fromBase64url(copy.mac);
    if (master === undefined || mac === null) return null;
    const signed = message(projectId, copy.keys, copy.fetched_at);
    if (!(await crypto.subtle.verify('HMAC', master.copyKey, mac, signed))) return null;
    return { keys: copy.keys, fetchedAt: copy.fetched_at };
  },

  save: async ({ keys, fetchedAt }) => {
    const { current } = await keychain();
    const signed = message(projectId, keys, fetchedAt);
    const mac = toBase64url(new Uint8Array(await crypto.subtle.sign('HMAC', current.copyKey, signed)));
    const text = JSON.stringify({ keys, fetched_at: fetchedAt, master_key: current.id, mac });
    await tolerate(kv.put(jwksEntry(projectId), text, { expirationTtl: LIFETIME_SECONDS }));
  },
});

const message = (projectId: string, keys: JwksCopy['keys'], fetchedAt: number) =>
  framed('jwks', projectId, JSON.stringify(keys), String(fetchedAt));

const parse = (text: string): z.infer<typeof stored> | null => {
  try {
    const parsed = stored.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};
