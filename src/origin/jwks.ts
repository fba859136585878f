import { importJWK } from 'jose';
import { type Refused, refused } from './refusal.ts';

type Key = Exclude<Awaited<ReturnType<typeof importJWK>>, Uint8Array>;

/** Finds a public key by its `kid`: that key, or not published, or nobody can tell. */
export type FindKey = (
  kid: string,
) => Promise<{ readonly ok: true; readonly key: Key } | Refused<'key_unknown' | 'keys_unavailable'>>;

/** As much of `fetch` as is used. */
export type Fetch = (
  url: string,
  init: {
    readonly redirect: 'manual';
    readonly signal: AbortSignal;
    readonly headers: Record<string, string>;
  },
) => Promise<Pick<Response, 'status' | 'body'>>;

export interface RemoteOptions {
  readonly url: string;
  readonly fetch: Fetch;
  readonly nowMs: () => number;
}

/** Keys younger than this are used without asking: the time after which a withdrawn key is refused. */
export const FRESH_MS = 600_000;
/** Keys older than this are not used, however silent the edge. */
const STALE_MS = 86_400_000;
/** After a success, strangers' `kid`s may make us ask again only so often. */
const COOLDOWN_MS = 30_000;
/** After failures: 1, 2, 4 … 30 s. */
const BACKOFF_MS = 1_000;
const TIMEOUT_MS = 3_000;
const MAX_BYTES = 65_536;
const MAX_KEYS = 16;

/** Keys given by value. */
export const fixedKeys = (jwks: unknown): FindKey => {
  let keys: ReadonlyMap<string, Key> | undefined;
  return async (kid) => {
    keys ??= await importKeys(jwks);
    const key = keys.get(kid);
    return key === undefined ? refused('key_unknown') : { ok: true, key };
  };
};

/** Keys published by the edge: kept, refreshed, and used stale while it is silent. */
export const remoteKeys = ({ url, fetch, nowMs }: RemoteOptions): FindKey => {
  let keys: ReadonlyMap<string, Key> = new Map();
  let fetchedAtMs = Number.NEGATIVE_INFINITY;
  let retryAtMs = Number.NEGATIVE_INFINITY;
  let failures = 0;
  let running: Promise<void> | undefined;

  const refresh = async (): Promise<void> => {
    const startedAtMs = nowMs();
    // Set before the wait, so that those who come meanwhile do not ask too.
    retryAtMs = startedAtMs + COOLDOWN_MS;
    const found = await download(url, fetch);
    if (found.size > 0) {
      keys = found;
      fetchedAtMs = startedAtMs;
      failures = 0;
      return;
    }
    retryAtMs = nowMs() + Math.min(COOLDOWN_MS, BACKOFF_MS * 2 ** failures);
    failures = Math.min(failures + 1, 5);
  };

  const ask = (): Promise<void> => {
    const mine = refresh().finally(() => {
      if (running === mine) running = undefined;
    });
    running = mine;
    return mine;
  };

  return async function find(kid) {
    const age = nowMs() - fetchedAtMs;
    if (!(keys.has(kid) && age < FRESH_MS)) {
      // Who has a stale key does not wait for another's refresh; who has none joins it.
      if (nowMs() >= retryAtMs) await ask();
      else if (running !== undefined && !(keys.has(kid) && age < STALE_MS)) {
        // On Workers a request cannot wait for another one's fetch: only the very first ones ask side by side.
        if (!onWorkers()) await running;
        else if (keys.size === 0) await ask();
      }
    }
    const stale = nowMs() - fetchedAtMs >= STALE_MS;
    const key = stale ? undefined : keys.get(kid);
    if (key !== undefined) return { ok: true, key };
    return refused(stale || failures > 0 || running !== undefined ? 'keys_unavailable' : 'key_unknown');
  };
};

const onWorkers = (): boolean =>
  (globalThis as { navigator?: { userAgent?: string } }).navigator?.userAgent === 'Cloudflare-Workers';

/** The published keys; none where the edge does not answer, redirects, answers too much or nonsense. */
const download = async (url: string, fetch: Fetch): Promise<ReadonlyMap<string, Key>> => {
  try {
    const response = await fetch(url, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { Accept: 'application/json' },
    });
    if (response.status !== 200 || response.body === null) {
      await response.body?.cancel();
      return new Map();
    }
    return await importKeys(JSON.parse(await readText(response.body)));
  } catch {
    // Whatever a network, a deadline or a parser throws, it means one thing: no keys this time.
    return new Map();
  }
};

const readText = async (body: ReadableStream): Promise<string> => {
  const reader = (body as ReadableStream<Uint8Array>).getReader();
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let text = '';
  let size = 0;
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    size += part.value.byteLength;
    if (size > MAX_BYTES) {
      await reader.cancel();
      throw new RangeError('the JWKS is too large');
    }
    text += decoder.decode(part.value, { stream: true });
  }
  return text + decoder.decode();
};

/** The ES256 keys of a JWKS by `kid`; others, and malformed ones, are passed over (RFC 7517 §5). */
const importKeys = async (jwks: unknown): Promise<ReadonlyMap<string, Key>> => {
  const listed: unknown = (jwks as { keys?: unknown } | null)?.keys;
  const keys = new Map<string, Key>();
  if (!Array.isArray(listed)) return keys;
  for (const jwk of listed.slice(0, MAX_KEYS) as readonly (Record<string, unknown> | null)[]) {
    if (jwk === null || typeof jwk !== 'object') continue;
    const { kty, crv, x, y, kid, alg = 'ES256', use = 'sig' } = jwk;
    if (kty !== 'EC' || crv !== 'P-256' || alg !== 'ES256' || use !== 'sig') continue;
    if (typeof x !== 'string' || typeof y !== 'string' || typeof kid !== 'string') continue;
    const key = await importJWK({ kty, crv, x, y }, 'ES256').catch(() => null);
    if (key !== null && !(key instanceof Uint8Array)) keys.set(kid, key);
  }
  return keys;
};
