import type { Log, Vault } from '../model/ports.ts';
import { within } from '../model/within.ts';
import { KV_MIN_TTL_SECONDS, tokenEntry } from './layout.ts';

/** How long before its end a kept token is no longer handed out, in seconds. */
const SKEW_SECONDS = 30;

/** A longer text is none that we wrote. */
const MAX_SEALED_LENGTH = 16_384;

/** A read that takes longer is a miss, in milliseconds: a silent KV must not hold up what the Ring or Stytch can say. */
const READ_DEADLINE_MS = 1_000;

/** A write that takes longer is not waited for, in milliseconds: who writes, such as an alarm, has more to do. */
const WRITE_DEADLINE_MS = 2_000;

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
    await write(() => kv.put(tokenEntry(fingerprint), sealed, { expirationTtl }));
  },

  forget: async (fingerprints) => {
    await Promise.all(fingerprints.map((fingerprint) => write(() => kv.delete(tokenEntry(fingerprint)))));
  },
});

/** An entry's text, or null: there is none, KV fails, answers what is no text, or does not answer in time. */
export const read = async (kv: KVNamespace, entry: string): Promise<string | null> => {
  const text = await within(
    tolerate(() => kv.get(entry)),
    READ_DEADLINE_MS,
  );
  return typeof text === 'string' ? text : null;
};

/** Writes or deletes an entry. What fails, or takes too long, did not happen as far as anybody knows. */
export const write = async (work: () => Promise<void>): Promise<void> => {
  await within(tolerate(work), WRITE_DEADLINE_MS);
};

/** KV throws plain Errors for whatever it cannot do; none of them may cost a request its answer. */
const tolerate = async <T>(work: () => Promise<T>): Promise<T | null> => {
  try {
    return await work();
  } catch {
    return null;
  }
};
