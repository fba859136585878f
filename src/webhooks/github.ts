import { createPublicKey, type KeyObject, verify } from 'node:crypto';
import { fromBase64, utf8 } from '../model/bytes.ts';
import { readCapped } from '../model/capped.ts';
import type { Turn } from '../model/turn.ts';
import * as z from '../model/zod.ts';

/** Where GitHub publishes the keys that its secret scanning signs with. */
const GITHUB_KEYS_URL = 'https://api.github.com/meta/public_keys/secret_scanning';

const KEPT_MS = 3_600_000;

/** An unknown key id may fetch this often: a flood of them costs one fetch. */
const COOLDOWN_MS = 60_000;

/** With no key at all nothing can be checked, so GitHub is asked again sooner. */
const EMPTY_COOLDOWN_MS = 5_000;
const DEADLINE_MS = 5_000;
const MAX_ANSWER_BYTES = 65_536;

const KEY_ID = /^[0-9A-Za-z_-]{1,128}$/;

/** Two integers of at most 33 bytes, and their frame. */
const MAX_SIGNATURE_BYTES = 72;

/** What GitHub sends: where it found what. What else it may say in time is passed over. */
export const githubAlerts = z.array(
  z.object({
    token: z.string(),
    type: z.string(),
    /** May be empty. */
    url: z._default(z.string(), ''),
    source: z._default(z.string(), 'unknown'),
  }),
);

export type GithubAlert = z.infer<typeof githubAlerts>[number];

/** What GitHub is answered for each: whether it was a credential of ours. */
export interface GithubFeedback {
  readonly token_raw: string;
  readonly token_type: string;
  readonly label: 'true_positive' | 'false_positive';
}

/** The key of an id; `absent` if GitHub has none of it; `unknowable` if it could not be asked. */
export type GithubKeys = (keyId: string) => Promise<KeyObject | 'absent' | 'unknowable'>;

export interface GithubKeysOptions {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  readonly now: () => number;
  readonly turn: Turn;
}

/** GitHub's public keys, kept in this isolate for an hour. */
export const createGithubKeys = ({ fetch, now, turn }: GithubKeysOptions): GithubKeys => {
  let held: ReadonlyMap<string, KeyObject> = new Map();
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let lastTry: 'answered' | 'silent' = 'silent';
  let isTrying = false;

  const isWithin = (since: number, ms: number): boolean => now() >= since && now() - since < ms;
  const isHeld = (): boolean => isWithin(fetchedAt, KEPT_MS);
  const mayTry = (): boolean => !isWithin(triedAt, isHeld() ? COOLDOWN_MS : EMPTY_COOLDOWN_MS);

  const renew = async (): Promise<null> => {
    triedAt = now();
    isTrying = true;
    try {
      const keys = await fetchKeys(fetch);
      lastTry = keys === null ? 'silent' : 'answered';
      if (keys === null) return null;
      held = keys;
      fetchedAt = now();
      return null;
    } finally {
      isTrying = false;
    }
  };

  return async (keyId) => {
    const known = () => (isHeld() ? held.get(keyId) : undefined);
    // Who comes while GitHub is being asked waits for that answer.
    if (known() === undefined && (mayTry() || isTrying)) await turn('github-keys', renew);
    return known() ?? (isHeld() && lastTry === 'answered' ? 'absent' : 'unknowable');
  };
};

/**
 * Whether GitHub signed a body: ECDSA with P-256 and SHA-256, ASN.1 DER, over the text as it came. `unknowable` says
 * nothing of the signature: GitHub's keys could not be had.
 */
export const verifyGithub = async (
  keys: GithubKeys,
  headers: Headers,
  body: string,
): Promise<'good' | 'bad' | 'unknowable'> => {
  const keyId = headers.get('github-public-key-identifier') ?? '';
  const signature = fromBase64(headers.get('github-public-key-signature') ?? '');
  // What cannot be a signature costs nothing.
  const isPlausible = signature !== null && signature.length > 0 && signature.length <= MAX_SIGNATURE_BYTES;
  if (!KEY_ID.test(keyId) || !isPlausible) return 'bad';
  const key = await keys(keyId);
  if (typeof key === 'string') return key === 'absent' ? 'bad' : 'unknowable';
  return verify('sha256', utf8(body), key, signature) ? 'good' : 'bad';
};

/** The keys that can be used; null if none could be had. */
const fetchKeys = async (
  fetch: GithubKeysOptions['fetch'],
): Promise<ReadonlyMap<string, KeyObject> | null> => {
  const parsed = ANSWER.safeParse(parseJson(await fetchText(fetch)));
  if (!parsed.success) return null;
  const usable = parsed.data.public_keys.flatMap(({ key_identifier, key }) => {
    const read = readKey(key);
    return read === null ? [] : [[key_identifier, read] as const];
  });
  return usable.length === 0 ? null : new Map(usable);
};

const ANSWER = z.object({ public_keys: z.array(z.object({ key_identifier: z.string(), key: z.string() })) });

const fetchText = async (fetch: GithubKeysOptions['fetch']): Promise<string | null> => {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), DEADLINE_MS);
  try {
    const response = await fetch(GITHUB_KEYS_URL, {
      // GitHub's API refuses whoever does not say who he is.
      headers: { accept: 'application/json', 'user-agent': 'latchkey' },
      redirect: 'manual',
      signal: deadline.signal,
    });
    if (response.status === 200) return await readCapped(response, MAX_ANSWER_BYTES);
    await response.body?.cancel();
    return null;
  } catch {
    // Whatever went wrong, we have no answer.
    return null;
  } finally {
    clearTimeout(timer);
  }
};

const parseJson = (text: string | null): unknown => {
  try {
    return text === null ? null : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

/** A P-256 key out of its PEM; null for one that is damaged or of another kind, which must not spoil the others. */
const readKey = (pem: string): KeyObject | null => {
  try {
    const key = createPublicKey(pem);
    const isP256 = key.asymmetricKeyType === 'ec' && key.asymmetricKeyDetails?.namedCurve === 'prime256v1';
    return isP256 ? key : null;
  } catch {
    // OpenSSL and BoringSSL have no error in common for a text that is no key.
    return null;
  }
};
