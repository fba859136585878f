import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Log } from '../../../src/model/ports.ts';
import { createVault } from '../../../src/store/vault.ts';
import { fakeKv } from './kv.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const NOW = NOON / 1000;

const lines: Parameters<Log>[0][] = [];
const log: Log = (line) => void lines.push(line);

afterEach(() => {
  vi.useRealTimers();
});

describe('the Vault', () => {
  it('gives back what it keeps, under the name of the layout', async () => {
    const { kv, entries } = fakeKv();
    const vault = createVault(kv, log);
    await vault.put('fp', 'sealed', NOW + 3_600, NOON);
    expect([...entries]).toEqual([['t1.fp', { text: 'sealed', ttl: 3_570 }]]);
    expect([await vault.get('fp'), await vault.get('other')]).toEqual(['sealed', null]);
  });

  it.each([
    ['an hour', 3_600, NOON, 3_570],
    ['an hour, late in a second', 3_600, NOON + 1, 3_569],
    ['just long enough', 90, NOON, 60],
    ['too short', 89, NOON, null],
    ['too short by a fraction of a second', 90, NOON + 1, null],
    ['none', 0, NOON, null],
    ['over', -10, NOON, null],
  ])('a token with a life of %s is kept so long, and never for under 60 s', async (_, life, now, ttl) => {
    const { kv, entries, state } = fakeKv();
    await createVault(kv, log).put('fp', 'sealed', NOW + life, now);
    expect(entries.get('t1.fp')?.ttl ?? null).toBe(ttl);
    expect(state.calls).toEqual(ttl === null ? [] : ['put t1.fp']);
  });

  it('forgets what it is told to, all of it', async () => {
    const { kv, entries } = fakeKv();
    const vault = createVault(kv, log);
    for (const name of ['a', 'b', 'c']) await vault.put(name, 'sealed', NOW + 3_600, NOON);
    await vault.forget(['a', 'c', 'never']);
    expect([...entries.keys()]).toEqual(['t1.b']);
  });

  it.each(['throws', 'rejects'] as const)('of a KV that %s is empty, and takes no harm', async (mood) => {
    const { kv, state } = fakeKv();
    const vault = createVault(kv, log);
    await vault.put('fp', 'sealed', NOW + 3_600, NOON);
    state.mood = mood;
    expect(await vault.get('fp')).toBeNull();
    await vault.put('fp', 'sealed', NOW + 3_600, NOON);
    await vault.forget(['fp']);
    state.mood = 'well';
    expect(await vault.get('fp')).toBe('sealed');
  });

  it('of a KV that is silent is empty after a second: the Ring and Stytch are there instead', async () => {
    vi.useFakeTimers();
    const { kv, state } = fakeKv();
    state.mood = 'silent';
    let got: string | null | undefined;
    void createVault(kv, log)
      .get('fp')
      .then((text) => {
        got = text;
      });
    await vi.advanceTimersByTimeAsync(999);
    expect(got).toBeUndefined();
    await vi.advanceTimersByTimeAsync(1);
    expect(got).toBeNull();
  });

  it('of a KV that is silent waits no longer than two seconds for what it writes: an alarm has more to do', async () => {
    vi.useFakeTimers();
    const { kv, state } = fakeKv();
    state.mood = 'silent';
    const vault = createVault(kv, log);
    let done = 0;
    const count = () => {
      done++;
    };
    void vault.put('fp', 'sealed', NOW + 3_600, NOON).then(count);
    void vault.forget(['a', 'b']).then(count);
    await vi.advanceTimersByTimeAsync(1_999);
    expect(done).toBe(0);
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toBe(2);
  });

  it.each([undefined, 7, {}, [], new Uint8Array(8)])('takes nothing but a text for one: %o', async (odd) => {
    const { kv } = fakeKv();
    const vault = createVault({ ...kv, get: async () => odd } as unknown as KVNamespace, log);
    expect(await vault.get('fp')).toBeNull();
  });

  it('leaves no timer behind', async () => {
    vi.useFakeTimers();
    await createVault(fakeKv().kv, log).get('fp');
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [16_384, []],
    [16_385, [{ event: 'vault', tier: 'kv', outcome: 'too long' }]],
  ])(
    'of a text of %i characters takes none that is longer than any of ours, and says so',
    async (length, said) => {
      const { kv, entries } = fakeKv();
      entries.set('t1.fp', { text: 'x'.repeat(length), ttl: 60 });
      lines.length = 0;
      const text = await createVault(kv, log).get('fp');
      expect([text?.length ?? null, lines]).toEqual([said.length === 0 ? length : null, said]);
    },
  );
});
