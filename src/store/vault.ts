import type { Log, Vault } from '../model/ports.ts';
import { within } from '../model/within.ts';
import { KV_MIN_TTL_SECONDS, tokenEntry } from './layout.ts';

/** How long before its end a kept token is no longer handed out, in seconds. */
const SKEW_SECONDS = 30;

/** A longer text is none that we wrote. */
const MAX_SEALED_LENGTH = 16_384;

/**
 * Nobody waits longer, in milliseconds. A read that takes so long is a miss: a silent KV must not hold up what the Ring or
 * Stytch can say. Nor must it hold up the alarm of a Ring: what was not forgotten is not believed either.
 */
const DEADLINE_MS = 1_000;

/**
 * The Vault over a KV namespace. Whatever goes wrong there is a miss or a write that did not happen: KV's
 * staleness can delay an answer and can never decide one.
 */
export const createVault = (kv: KVNamespace, log: Log): Vault => ({
  get: async (fingerprint) => {
    const text = await read(kv, tokenEntry(fingerprint));
    if (text === null || text.length <= MAX_SEALED_LENGTH) return text;
    log({ event: 'vault', tier: 'kv', outcome: 'too long' });
    return null;
  },

  put: async (fingerprint, sealed, expiresAt, now) => {
    const expirationTtl = expiresAt - Math.ceil(now / 1000) - SKEW_SECONDS;
    if (expirationTtl < KV_MIN_TTL_SECONDS) return;
    await tolerate(() => kv.put(tokenEntry(fingerprint), sealed, { expirationTtl }));
  },

  forget: async (fingerprints) => {
    const forgetting = fingerprints.map((fingerprint) => tolerate(() => kv.delete(tokenEntry(fingerprint))));
    await within(Promise.all(forgetting), DEADLINE_MS);
  },
});

/** An entry's text, or null: there is none, KV fails, or it does not answer in time. */
export const read = (kv: KVNamespace, entry: string): Promise<string | null> =>
  within(
    tolerate(() => kv.get(entry)),
    DEADLINE_MS,
  );

/** KV throws plain Errors for whatever it cannot do; none of them may cost a request its answer. */
export const tolerate = async <T>(work: () => Promise<T>): Promise<T | null> => {
  try {
    return await work();
  } catch {
    return null;
  }
};
