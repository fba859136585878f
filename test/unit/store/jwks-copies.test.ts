import { describe, expect, it } from 'vitest';
import type { Log, SigningJwk } from '../../../src/model/ports.ts';
import { createJwksCopies } from '../../../src/store/jwks-copies.ts';
import { keychainOf } from '../model/keys.ts';
import { fakeKv } from './kv.ts';

const PROJECT = 'project-test-1';
const ENTRY = 'j1.project-test-1';
/** In the order in which Stytch's answer is read, which is not that of a schema. */
const KEY: SigningJwk = { kty: 'RSA', kid: 'jwk-test-1', n: 'abc', e: 'AQAB' };
const COPY = { keys: [KEY, { ...KEY, kid: 'jwk-test-2' }], fetchedAt: 1_793_534_400_123 };

const keychain = await keychainOf('current', 'previous');
const lines: Parameters<Log>[0][] = [];
const copiesIn = (kv: KVNamespace, project = PROJECT, keys = keychain) =>
  createJwksCopies(
    kv,
    project,
    async () => keys,
    (line) => void lines.push(line),
  );

const saved = async () => {
  const fake = fakeKv();
  await copiesIn(fake.kv).save(COPY);
  const entry = fake.entries.get(ENTRY);
  if (entry === undefined) throw new Error('nothing saved');
  return { ...fake, text: entry.text, ttl: entry.ttl };
};

describe('a copy of the JWKS', () => {
  it('is read back as it was, for a day', async () => {
    const { kv, ttl } = await saved();
    expect(await copiesIn(kv).load()).toEqual(COPY);
    expect(ttl).toBe(86_400);
  });

  it('is read back in whatever order its members stand', async () => {
    const { kv } = fakeKv();
    const odd = { keys: [{ e: 'AQAB', n: 'abc', alg: 'RS256', kid: 'k', kty: 'RSA' }], fetchedAt: 1 };
    await copiesIn(kv).save(odd);
    expect(await copiesIn(kv).load()).toEqual(odd);
  });

  it('is believed for as long as its master key is on the list', async () => {
    const { kv } = await saved();
    expect(await copiesIn(kv, PROJECT, await keychainOf('new', 'current')).load()).toEqual(COPY);
    expect(await copiesIn(kv, PROJECT, await keychainOf('new')).load()).toBeNull();
  });

  it('of another project is a miss, even under our name', async () => {
    const { kv, entries, text } = await saved();
    entries.set('j1.project-live-1', { text, ttl: 1 });
    expect(await copiesIn(kv, 'project-live-1').load()).toBeNull();
  });

  it('of which any character was changed is a miss, or is the same copy', async () => {
    const { kv, entries, text } = await saved();
    for (let at = 0; at < text.length; at++) {
      const changed = text.slice(0, at) + (text[at] === 'x' ? 'y' : 'x') + text.slice(at + 1);
      entries.set(ENTRY, { text: changed, ttl: 1 });
      expect([at, await copiesIn(kv).load()]).toEqual([at, null]);
    }
  });

  it.each([
    ['the keys', (copy: string) => copy.replace('"abc"', '"evil"')],
    ['the time', (copy: string) => copy.replace('1793534400123', '1893534400123')],
    [
      'another key',
      (copy: string) => copy.replace('"keys":[', '"keys":[{"kty":"RSA","kid":"evil","n":"x","e":"AQAB"},'),
    ],
  ])('is a miss with %s of somebody else, whatever they make of the rest', async (_, tamper) => {
    const { kv, entries, text } = await saved();
    const stored = JSON.parse(text) as { copy: string; master_key: string; mac: string };
    const copy = tamper(stored.copy);
    expect(copy).not.toBe(stored.copy);
    for (const entry of [
      { ...stored, copy },
      { ...stored, copy, master_key: 'previous' },
      { ...stored, copy, mac: '' },
    ]) {
      entries.set(ENTRY, { text: JSON.stringify(entry), ttl: 1 });
      expect(await copiesIn(kv).load()).toBeNull();
    }
  });

  it.each([
    '',
    'null',
    '{',
    '[]',
    '{}',
    '{"copy":"{}","master_key":"current","mac":"AAAA"}',
    '{"keys":[],"fetched_at":1}',
  ])('is not %s', async (text) => {
    const { kv, entries } = fakeKv();
    entries.set(ENTRY, { text, ttl: 1 });
    lines.length = 0;
    expect([await copiesIn(kv).load(), lines]).toEqual([null, [{ event: 'jwks', outcome: 'copy not ours' }]]);
  });

  it('is none with a member more, though all that is signed is ours', async () => {
    const { kv, entries, text } = await saved();
    entries.set(ENTRY, { text: JSON.stringify({ ...JSON.parse(text), more: 1 }), ttl: 1 });
    expect(await copiesIn(kv).load()).toBeNull();
  });

  it.each([
    ['of keys without a name', { keys: [KEY, { kty: 'RSA' }], fetchedAt: 1 }],
    ['of keys that are none', { keys: [KEY, 'RSA'], fetchedAt: 1 }],
    ['of no list', { keys: { 0: KEY }, fetchedAt: 1 }],
    ['of no time', { keys: [KEY], fetchedAt: 1.5 }],
  ])('%s, which another version may sign, is a miss', async (_, copy) => {
    const { kv } = fakeKv();
    await copiesIn(kv).save(copy as unknown as typeof COPY);
    expect(await copiesIn(kv).load()).toBeNull();
  });

  it('is a miss in a KV that has none or fails, and need not be saved', async () => {
    const { kv, state } = fakeKv();
    lines.length = 0;
    expect(await copiesIn(kv).load()).toBeNull();
    for (const mood of ['throws', 'rejects'] as const) {
      state.mood = mood;
      expect(await copiesIn(kv).load()).toBeNull();
      await copiesIn(kv).save(COPY);
    }
    expect(lines).toEqual([]);
  });
});
