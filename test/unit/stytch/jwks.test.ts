import { describe, expect, it, vi } from 'vitest';
import type { JwksCopy, Outcome, SigningJwk } from '../../../src/model/ports.ts';
import { createTurn } from '../../../src/model/turn.ts';
import { createSigningKeys } from '../../../src/stytch/jwks.ts';
import { makeSigner } from './signer.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

const [k1, k2] = await Promise.all([makeSigner('k1'), makeSigner('k2')]);

type Answer = Outcome<readonly SigningJwk[]>;
const keysOf = (...keys: readonly SigningJwk[]): Answer => ({ outcome: 'answered', value: keys });
const SILENCE = { outcome: 'unreachable', detail: 'x', retryAfterSeconds: null } as Answer;

/** An isolate, a KV with one copy, and a Stytch that gives what the test sets, when the test lets it. */
const world = ({ copy = null as JwksCopy | null, stytch = SILENCE } = {}) => {
  const state = {
    ...{ stytch, copy, fetches: 0, loads: 0, saves: 0 },
    ...{ hold: null as Promise<void> | null, holdCopy: null as Promise<void> | null },
  };
  const background: Promise<unknown>[] = [];
  const copies = {
    load: async () => {
      state.loads++;
      const given = state.copy;
      await state.holdCopy;
      return given;
    },
    save: async (saved: JwksCopy) => {
      state.saves++;
      state.copy = saved;
    },
  };
  const sleep = () => new Promise<void>((resolve) => setImmediate(resolve));
  const {
    find: keys,
    areAtHand,
    readCopy,
  } = createSigningKeys({
    fetchJwks: async () => {
      state.fetches++;
      const given = state.stytch;
      await state.hold;
      return given;
    },
    copies,
    turn: createTurn({ now: () => NOON, sleep, patienceMs: 10_000 }),
    inBackground: (work) => void background.push(work),
  });
  const find = async (kid: string, at: number) => {
    const found = await keys(kid, at);
    return typeof found === 'string' ? found : 'key';
  };
  return { state, find, keys, areAtHand, readCopy, settled: () => Promise.all(background) };
};

describe('whether there are keys at all', () => {
  it('is found out like a key, and does not ask Stytch for one that nobody has', async () => {
    const { state, areAtHand } = world({ stytch: keysOf(k1.jwk) });
    expect([await areAtHand(NOON), await areAtHand(NOON + HOUR), state.fetches]).toEqual([true, true, 1]);
  });

  it('is no while Stytch is silent and nothing is kept', async () => {
    const { areAtHand } = world({ stytch: SILENCE });
    expect(await areAtHand(NOON)).toBe(false);
  });
});

describe('the three tiers', () => {
  it('an isolate that has the key asks nobody', async () => {
    const { state, find } = world({ stytch: keysOf(k1.jwk) });
    await find('k1', NOON);
    state.stytch = SILENCE;
    expect(await find('k1', NOON + 9 * MINUTE)).toBe('key');
    expect(state).toMatchObject({ loads: 1, fetches: 1 });
  });

  it('a copy in KV saves the fetch', async () => {
    const { state, find } = world({ copy: { keys: [k1.jwk], fetchedAt: NOON - HOUR / 10 } });
    expect(await find('k1', NOON)).toBe('key');
    expect(state).toMatchObject({ loads: 1, fetches: 0 });
  });

  it('what Stytch gave is kept in KV for other isolates, with the time of the fetch', async () => {
    const { state, find, settled } = world({ stytch: keysOf(k1.jwk, k2.jwk) });
    expect(await find('k2', NOON)).toBe('key');
    await settled();
    expect(state.copy).toEqual({ keys: [k1.jwk, k2.jwk], fetchedAt: NOON });
  });

  it('gives each kid its own key', async () => {
    const { keys } = world({ stytch: keysOf(k1.jwk, k2.jwk) });
    const data = new Uint8Array([1]);
    const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', k2.privateKey, data);
    for (const [kid, expected] of [
      ['k1', false],
      ['k2', true],
    ] as const) {
      const key = await keys(kid, NOON);
      if (typeof key === 'string') throw new Error(key);
      expect(await crypto.subtle.verify('RSASSA-PKCS1-v1_5', key, signature, data)).toBe(expected);
    }
  });

  it.each([
    ['older than a day', NOON - 24 * HOUR],
    ['from the future', NOON + MINUTE],
  ])('a copy %s is a miss', async (_, fetchedAt) => {
    const { state, find } = world({ copy: { keys: [k1.jwk], fetchedAt }, stytch: keysOf(k2.jwk) });
    expect([await find('k1', NOON), await find('k2', NOON), state.fetches]).toEqual(['absent', 'key', 1]);
  });
});

describe('401 or 503', () => {
  it('a copy that comes after Stytch’s answer does not make a new key absent', async () => {
    const { state, find, readCopy } = world({ stytch: keysOf(k1.jwk, k2.jwk) });
    const stytch = Promise.withResolvers<void>();
    const kv = Promise.withResolvers<void>();
    state.hold = stytch.promise;
    const first = find('k2', NOON);
    await vi.waitUntil(() => state.fetches === 1);
    Object.assign(state, { copy: { keys: [k1.jwk], fetchedAt: NOON - HOUR }, holdCopy: kv.promise });
    const copied = readCopy(NOON);
    stytch.resolve();
    expect(await first).toBe('key');
    kv.resolve();
    await copied;
    expect(await find('k2', NOON + SECOND)).toBe('key');
  });

  it('a kid that Stytch does not know is absent when Stytch has just said so', async () => {
    const { find } = world({ stytch: keysOf(k1.jwk) });
    expect(await find('k9', NOON)).toBe('absent');
  });

  it('no kid is known while nobody answers', async () => {
    const { find } = world();
    expect(await find('k1', NOON)).toBe('unknowable');
  });

  it('a kid that is not in the copy is unknowable while Stytch is silent', async () => {
    const { state, find } = world({ copy: { keys: [k1.jwk], fetchedAt: NOON - MINUTE } });
    expect([await find('k2', NOON), state.fetches]).toEqual(['unknowable', 1]);
    expect([await find('k2', NOON + SECOND), state.fetches]).toEqual(['unknowable', 1]);
  });

  it('the last refetch decides: an older success does not make a verdict', async () => {
    const { state, find } = world({ stytch: keysOf(k1.jwk) });
    expect(await find('k9', NOON)).toBe('absent');
    state.stytch = SILENCE;
    expect(await find('k9', NOON + 30 * SECOND)).toBe('unknowable');
    state.stytch = keysOf(k1.jwk);
    expect(await find('k9', NOON + 60 * SECOND)).toBe('absent');
  });

  it('a decline of Stytch is no answer about a kid', async () => {
    const { find } = world({ stytch: { outcome: 'declined', status: 404, code: 'project_not_found' } });
    expect(await find('k1', NOON)).toBe('unknowable');
  });

  it('a set without a usable key is no answer, and does not replace the one at hand', async () => {
    const weak = { kty: 'RSA', kid: 'weak', n: 'xyz', e: 'AQAB' };
    const damaged = { kty: 'RSA', kid: 'damaged', n: '!!!', e: '' };
    const { state, find } = world({ stytch: keysOf(k1.jwk) });
    await find('k1', NOON);
    state.stytch = keysOf(weak, damaged);
    expect(await find('weak', NOON + MINUTE)).toBe('unknowable');
    expect(await find('k1', NOON + MINUTE)).toBe('key');
  });

  it('a damaged or weak key does not spoil the others', async () => {
    const weak = { kty: 'RSA', kid: 'weak', n: 'xyz', e: 'AQAB' };
    const damaged = { kty: 'RSA', kid: 'damaged', n: '!!!', e: '' };
    const { find } = world({ stytch: keysOf(weak, damaged, k1.jwk) });
    expect([await find('k1', NOON), await find('weak', NOON), await find('damaged', NOON)]).toEqual([
      'key',
      'absent',
      'absent',
    ]);
  });
});

describe('an unknown kid', () => {
  it('fetches at most once in 30 s, however many there are', async () => {
    const { state, find } = world({ stytch: keysOf(k1.jwk) });
    await find('k1', NOON);
    for (let second = 0; second < 30; second++) await find(`k${second + 10}`, NOON + second * SECOND);
    expect(state.fetches).toBe(1);
    await find('k9', NOON + 30 * SECOND);
    expect(state.fetches).toBe(2);
  });

  it('of a new key is found by the refetch', async () => {
    const { state, find } = world({ stytch: keysOf(k1.jwk) });
    await find('k1', NOON);
    state.stytch = keysOf(k1.jwk, k2.jwk);
    expect(await find('k2', NOON + 31 * SECOND)).toBe('key');
  });

  it('while Stytch is being asked waits for that answer, and is not refused by the last one', async () => {
    const { state, find } = world({ stytch: keysOf(k1.jwk) });
    await find('k1', NOON);
    const gate = Promise.withResolvers<void>();
    Object.assign(state, { stytch: keysOf(k1.jwk, k2.jwk), hold: gate.promise });
    const all = Array.from({ length: 10 }, () => find('k2', NOON + MINUTE));
    await new Promise((resolve) => setImmediate(resolve));
    gate.resolve();
    expect(await Promise.all(all)).toEqual(Array(10).fill('key'));
    expect(state.fetches).toBe(2);
  });

  it('does not stop known ones: who has his key waits for nobody', async () => {
    const { state, find } = world({ stytch: keysOf(k1.jwk) });
    await find('k1', NOON);
    state.hold = new Promise(() => undefined);
    void find('k2', NOON + MINUTE);
    expect(await find('k1', NOON + MINUTE)).toBe('key');
  });

  it('asks again even if the clock has stepped back', async () => {
    const { state, find } = world({ stytch: keysOf(k1.jwk) });
    await find('k9', NOON + HOUR);
    await find('k9', NOON);
    expect(state.fetches).toBe(2);
  });
});

describe('a set that grows old', () => {
  it('is renewed in the background from ten minutes on, while it goes on serving', async () => {
    const { state, find, settled } = world({ stytch: keysOf(k1.jwk) });
    await find('k1', NOON);
    state.stytch = keysOf(k2.jwk);
    expect(await find('k1', NOON + 10 * MINUTE + 1)).toBe('key');
    await settled();
    expect(state.fetches).toBe(2);
    expect(await find('k1', NOON + 11 * MINUTE)).toBe('absent');
    expect(await find('k2', NOON + 11 * MINUTE)).toBe('key');
  });

  it('serves for a day while Stytch is silent, asking every 30 s, and not longer', async () => {
    const { state, find, settled } = world({ stytch: keysOf(k1.jwk) });
    await find('k1', NOON);
    Object.assign(state, { stytch: SILENCE, copy: null });
    for (const at of [HOUR, HOUR + SECOND, HOUR + 30 * SECOND]) await find('k1', NOON + at);
    await settled();
    expect(state.fetches).toBe(3);
    expect(await find('k1', NOON + 24 * HOUR - 1)).toBe('key');
    expect(await find('k1', NOON + 24 * HOUR)).toBe('unknowable');
  });

  it('that is gone comes back from KV, where another isolate has put a newer one', async () => {
    const { state, find } = world({ stytch: keysOf(k1.jwk) });
    await find('k1', NOON);
    Object.assign(state, { stytch: SILENCE, copy: { keys: [k1.jwk], fetchedAt: NOON + 20 * HOUR } });
    expect(await find('k1', NOON + 25 * HOUR)).toBe('key');
  });
});

describe('a cold isolate', () => {
  it('loads once and fetches once for all who come at the same time', async () => {
    const { state, find } = world({ stytch: keysOf(k1.jwk) });
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, i) => find(i % 2 === 0 ? 'k1' : 'k9', NOON)),
    );
    expect([new Set(all), state.loads, state.fetches]).toEqual([new Set(['key', 'absent']), 1, 1]);
  });

  it('without any key asks again after a second', async () => {
    const { state, find } = world();
    await find('k1', NOON);
    await find('k1', NOON + 999);
    expect(state.fetches).toBe(1);
    state.stytch = keysOf(k1.jwk);
    expect([await find('k1', NOON + SECOND), state.fetches]).toEqual(['key', 2]);
  });
});
