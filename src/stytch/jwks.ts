import { importJWK } from 'jose';
import { JOSEError } from 'jose/errors';
import type { InBackground, JwksCopies, JwksCopy, Outcome, SigningJwk } from '../model/ports.ts';
import type { Turn } from '../model/turn.ts';

/** Stytch rotates twice a year and serves both keys for a month: a day-old set is safe while it is silent. */
const MAX_STALE_MS = 24 * 3_600_000;

/** A set older than this is renewed in the background while it goes on serving. */
const REFRESH_AFTER_MS = 10 * 60_000;

/** An unknown `kid` may fetch this often: a flood of them costs one fetch. */
const COOLDOWN_MS = 30_000;

/** With no key at all nothing can be checked, so Stytch is asked again sooner. */
const EMPTY_COOLDOWN_MS = 1_000;

/** The key for a `kid`; `absent` if Stytch has no such key; `unknowable` if it could not be asked. */
export type SigningKeys = (kid: string, now: number) => Promise<CryptoKey | 'absent' | 'unknowable'>;

/** The keys, and whether there are any to be had now. */
export interface SigningKeySet {
  readonly find: SigningKeys;
  readonly areAtHand: (now: number) => Promise<boolean>;
  /** When Stytch gave those that are held, in milliseconds; null where none are to be had. */
  readonly fetchedAt: (now: number) => Promise<number | null>;
  /** Sees to it that what KV has of them is at hand. Stytch is not asked: they may not be needed after all. */
  readonly readCopy: (now: number) => Promise<null>;
}

export interface SigningKeysOptions {
  readonly fetchJwks: () => Promise<Outcome<readonly SigningJwk[]>>;
  readonly copies: JwksCopies;
  readonly turn: Turn;
  readonly inBackground: InBackground;
}

interface Held {
  readonly keys: ReadonlyMap<string, CryptoKey>;
  readonly fetchedAt: number;
}

/** The project's signing keys in three tiers: this isolate, the copy in KV, Stytch. */
export const createSigningKeys = ({
  fetchJwks,
  copies,
  turn,
  inBackground,
}: SigningKeysOptions): SigningKeySet => {
  let held: Held | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let lastTry: 'answered' | 'silent' = 'silent';
  let isTrying = false;

  const usable = (now: number): Held | null =>
    held !== null && now - held.fetchedAt < MAX_STALE_MS ? held : null;
  const mayTry = (now: number): boolean =>
    now < triedAt || now - triedAt >= (usable(now) === null ? EMPTY_COOLDOWN_MS : COOLDOWN_MS);

  const fetchNow = async (now: number): Promise<null> => {
    triedAt = now;
    isTrying = true;
    try {
      const outcome = await fetchJwks();
      const copy = outcome.outcome === 'answered' ? { keys: outcome.value, fetchedAt: now } : null;
      const fetched = copy === null ? null : await hold(copy);
      lastTry = fetched === null ? 'silent' : 'answered';
      if (copy === null || fetched === null) return null;
      held = fetched;
      inBackground(copies.save(copy));
      return null;
    } finally {
      isTrying = false;
    }
  };

  const takeCopy = async (now: number): Promise<null> => {
    const copy = await copies.load();
    if (copy === null || copy.fetchedAt > now || now - copy.fetchedAt >= MAX_STALE_MS) return null;
    const taken = await hold(copy);
    // Stytch may have answered meanwhile.
    if (usable(now) === null) held = taken;
    return null;
  };

  const readCopy = async (now: number): Promise<null> =>
    usable(now) === null ? turn('jwks copy', () => takeCopy(now)) : null;

  const load = async (now: number): Promise<null> => {
    await readCopy(now);
    if (usable(now) === null && mayTry(now)) await fetchNow(now);
    return null;
  };

  const loaded = async (now: number): Promise<Held | null> => {
    if (usable(now) === null) await turn('jwks', () => load(now));
    return usable(now);
  };

  const find: SigningKeys = async (kid, now) => {
    const before = await loaded(now);
    const key = before?.keys.get(kid);
    if (before !== null && now - before.fetchedAt > REFRESH_AFTER_MS && mayTry(now)) {
      // Serving goes on with what is held, unless it is the very key that is missing.
      if (key !== undefined) inBackground(turn('jwks', () => fetchNow(now)));
    }
    if (key !== undefined) return key;
    // Who comes while Stytch is being asked waits for that answer: the one before may be older than the key.
    if (mayTry(now) || isTrying) await turn('jwks', () => fetchNow(now));
    return usable(now)?.keys.get(kid) ?? (lastTry === 'answered' ? 'absent' : 'unknowable');
  };

  return {
    ...{ find, readCopy },
    areAtHand: async (now) => (await loaded(now)) !== null,
    fetchedAt: async (now) => (await loaded(now))?.fetchedAt ?? null,
  };
};

/** The keys of a set that can be used; null if it has none. */
const hold = async (copy: JwksCopy): Promise<Held | null> => {
  const entries = (await Promise.all(copy.keys.map(usableKey))).filter((entry) => entry !== null);
  return entries.length === 0 ? null : { keys: new Map(entries), fetchedAt: copy.fetchedAt };
};

/** RFC 7518 §3.3: "A key of size 2048 bits or larger MUST be used". */
const MIN_MODULUS_BITS = 2048;

/** A key with its name; null for one that is damaged or weak, which must not spoil the others (RFC 7517 §5). */
const usableKey = async (jwk: SigningJwk): Promise<readonly [string, CryptoKey] | null> => {
  try {
    const key = (await importJWK(jwk, 'RS256')) as CryptoKey;
    const { modulusLength } = key.algorithm as CryptoKeyRsaKeyAlgorithm;
    return modulusLength >= MIN_MODULUS_BITS ? [jwk.kid, key] : null;
  } catch (error) {
    if (error instanceof DOMException || error instanceof TypeError || error instanceof JOSEError)
      return null;
    throw error;
  }
};
