import { importJWK } from 'jose';
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
export const createSigningKeys = ({ fetchJwks, copies, turn, inBackground }: SigningKeysOptions): SigningKeys => {
  let held: Held | null = null;
  let triedAt = Number.NEGATIVE_INFINITY;
  let lastTry: 'answered' | 'silent' = 'silent';

  const usable = (now: number): Held | null =>
    held !== null && now - held.fetchedAt < MAX_STALE_MS ? held : null;
  const mayTry = (now: number): boolean =>
    now < triedAt || now - triedAt >= (usable(now) === null ? EMPTY_COOLDOWN_MS : COOLDOWN_MS);

  const fetchNow = async (now: number): Promise<null> => {
    triedAt = now;
    const outcome = await fetchJwks();
    lastTry = outcome.outcome === 'answered' ? 'answered' : 'silent';
    if (outcome.outcome === 'answered') {
      const copy = { keys: outcome.value, fetchedAt: now };
      held = await hold(copy);
      inBackground(copies.save(copy));
    }
    return null;
  };

  const load = async (now: number): Promise<null> => {
    const copy = await copies.load();
    if (copy !== null && copy.fetchedAt <= now && now - copy.fetchedAt < MAX_STALE_MS) held = await hold(copy);
    else if (mayTry(now)) await fetchNow(now);
    return null;
  };

  return async (kid, now) => {
    if (usable(now) === null) await turn('jwks', () => load(now));
    const before = usable(now);
    const key = before?.keys.get(kid);
    if (before !== null && now - before.fetchedAt > REFRESH_AFTER_MS && mayTry(now)) {
      // Serving goes on with what is held, unless it is the very key that is missing.
      if (key !== undefined) inBackground(turn('jwks', () => fetchNow(now)));
    }
    if (key !== undefined) return key;
    if (mayTry(now)) await turn('jwks', () => fetchNow(now));
    return usable(now)?.keys.get(kid) ?? (lastTry === 'answered' ? 'absent' : 'unknowable');
  };
};

const hold = async (copy: JwksCopy): Promise<Held> => {
  const entries = await Promise.all(
    copy.keys.map(async (jwk) => [jwk.kid, (await importJWK(jwk, 'RS256')) as CryptoKey] as const),
  );
  return { keys: new Map(entries), fetchedAt: copy.fetchedAt };
};
