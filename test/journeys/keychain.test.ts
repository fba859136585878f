import { evictDurableObject } from 'cloudflare:test';
import { base64url } from 'jose';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseKey, spellKey, tagMaker } from '../../src/model/key.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import { listed, made, OLD, ringsUnder } from '../master-keys.ts';
import { inUse } from '../secrets.ts';
import {
  dumpOfRing,
  emulator,
  type Isolate,
  isolate,
  issueKey,
  later,
  masterKeys,
  notGood,
  now,
  PROJECT,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
} from '../world.ts';

const NEW = made('new-1');

let rings: ReturnType<typeof ringsUnder> | null = null;

beforeEach(async () => {
  for (const { name } of (await rooms.VAULT.list()).keys) await rooms.VAULT.delete(name);
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(async () => {
  rings?.mockRestore();
  rings = null;
  await now();
});

const exchanges = async (): Promise<number> => (await stytchCalls()).token ?? 0;

const vaultTokens = async (): Promise<number> => (await rooms.VAULT.list({ prefix: 't1.' })).keys.length;

describe('a new master key in front of the old one', () => {
  it('keeps every key good: one exchange proves each under the new pepper, and it is written down', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    expect((await isolate().call(key)).status).toBe(200);
    expect(await exchanges()).toBe(1);

    const after = listed(NEW, OLD());
    expect((await isolate(after).call(key)).status).toBe(200);
    expect(await exchanges()).toBe(2);
    const { secrets = [], tokens = [] } = await dumpOfRing(await ringStub(session));
    expect(secrets.map(({ pepper }) => pepper).sort()).toEqual([NEW.id, OLD().id].sort());
    expect(tokens).toHaveLength(2);

    // From then on the new fingerprint is known: by the Vault, and without it by the Ring.
    await vi.waitFor(async () => expect(await vaultTokens()).toBe(2));
    expect((await isolate(after).call(key)).status).toBe(200);
    for (const { name } of (await rooms.VAULT.list()).keys) await rooms.VAULT.delete(name);
    expect((await isolate(after).call(key)).status).toBe(200);
    expect(await exchanges()).toBe(2);
  });

  it('and the old list side by side both serve, and neither undoes the other’s work', async () => {
    const { key } = await issueKey(await signIn());
    const isolates: Isolate[] = Array.from({ length: 6 }, (_, i) =>
      isolate(i % 2 === 0 ? listed(NEW, OLD()) : {}),
    );
    for (let round = 0; round < 3; round++) {
      for (const each of isolates) {
        expect((await each.call(key)).status).toBe(200);
        expect((await each.call(key, '/v1/strict/1')).status).toBe(200);
      }
      await later(7);
    }
    expect(await exchanges()).toBe(2);
  });

  it('a hundred isolates that meet a key at once under it make one exchange', async () => {
    const { key } = await issueKey(await signIn());
    const isolates = Array.from({ length: 100 }, () => isolate(listed(NEW, OLD())));
    const answers = await Promise.all(isolates.map((each) => each.call(key)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await exchanges()).toBe(1);
  });

  it('a wrong secret under the old tag is no better for it', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    const { current } = await openKeychain(masterKeys());
    const wrong = await spellKey(key_id, 'y'.repeat(44), current);
    inUse(wrong);
    const here = isolate(listed(NEW, OLD()));
    expect(await refusalOf(await here.call(wrong))).toEqual(notGood('acme-api'));
    expect(await refusalOf(await here.call(wrong))).toEqual(notGood('acme-api'));
    expect(await exchanges()).toBe(1);
    expect(((await dumpOfRing(await ringStub(session))).secrets ?? []).length).toBe(1);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('a revoked key is dead under both lists at once', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const [before, after] = [isolate(), isolate(listed(NEW, OLD()))];
    expect((await before.call(key)).status).toBe(200);
    expect((await after.call(key)).status).toBe(200);
    expect((await after.desk(session, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
    await later(6);
    expect(await refusalOf(await before.call(key))).toEqual(notGood('acme-api'));
    expect(await refusalOf(await after.call(key))).toEqual(notGood('acme-api'));
    await vi.waitFor(async () => expect(await vaultTokens()).toBe(0));
    expect((await dumpOfRing(await ringStub(session))).secrets).toEqual([]);
  });

  it('lets a page go on that was begun under the old list, in either direction', async () => {
    const session = await signIn();
    for (let i = 0; i < 2; i++) await issueKey(session);
    const [before, after] = [isolate(), isolate(listed(NEW, OLD()))];
    const page = async (here: Isolate, query: string) => {
      const answer = await here.desk(session, 'GET', `/v1/keys?limit=1${query}`);
      return {
        status: answer.status,
        ...((await answer.json()) as { data: []; next_cursor: string | null }),
      };
    };
    const first = await page(before, '');
    const second = await page(after, `&cursor=${first.next_cursor}`);
    expect(second).toMatchObject({ status: 200, data: [{ status: 'active' }], next_cursor: null });
    const { next_cursor: written } = await page(after, '');
    expect((await page(isolate(listed(OLD(), NEW)), `&cursor=${written}`)).status).toBe(200);
    expect((await page(before, `&cursor=${written}`)).status).toBe(400);
  });

  it('does not spend the owner’s limit twice', async () => {
    const { key } = await issueKey(await signIn());
    const [before, after] = [isolate(), isolate(listed(NEW, OLD()))];
    await before.call(key, '/v1/strict/1');
    await after.call(key, '/v1/strict/1');
    const answer = await after.call(key, '/v1/strict/1');
    expect(answer.headers.get('ratelimit')).toMatch(/^"owner";r=5\d\d;/);
  });
});

describe('Rings under the new list', () => {
  it('tag new keys with the new master key, and isolates of both lists take what they know', async () => {
    rings = ringsUnder(NEW, OLD());
    const session = await signIn();
    const { key } = await issueKey(session);
    const parsed = parseKey(key, { brands: ['acme'], environment: 'test' });
    const keychain = await openKeychain([{ id: NEW.id, key: base64url.decode(NEW.key) }, ...masterKeys()]);
    expect(parsed === null ? null : (await tagMaker(parsed, keychain))?.id).toBe(NEW.id);
    expect((await isolate(listed(NEW, OLD())).call(key)).status).toBe(200);
    // An isolate that has not heard of the new key yet knows nothing of its tag: operators list it behind first.
    const late = isolate();
    expect(await refusalOf(await late.call(key))).toEqual(notGood('acme-api'));
    expect(late.calls).toEqual([]);
    expect((await isolate(listed(OLD(), NEW)).call(key)).status).toBe(200);
  });

  it('and isolates of the old one do not flap over a key of before', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    rings = ringsUnder(NEW, OLD());
    await evict(session);
    const isolates: Isolate[] = Array.from({ length: 6 }, (_, i) =>
      isolate(i % 2 === 0 ? listed(NEW, OLD()) : {}),
    );
    for (let round = 0; round < 3; round++) {
      for (const each of isolates) expect((await each.call(key)).status).toBe(200);
      await later(7);
    }
    expect(rings).toHaveBeenCalled();
    expect(await exchanges()).toBe(2);
  });
});

describe('a master key that was taken off the list', () => {
  it('takes its keys with it, at no cost', async () => {
    const { key } = await issueKey(await signIn());
    expect((await isolate().call(key)).status).toBe(200);
    await emulator('DELETE', '/counters');
    await rooms.ORIGIN.reset();
    const here = isolate(listed(NEW));
    expect(await refusalOf(await here.call(key))).toEqual(notGood('acme-api'));
    expect(here.calls).toEqual([]);
    expect(await stytchCalls()).toEqual({});
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('no longer vouches for a copy of the JWKS; a listed one does', async () => {
    const session = await signIn();
    await isolate().desk(session, 'GET', '/v1/keys');
    await vi.waitFor(async () => expect(await rooms.VAULT.get(`j1.${PROJECT}`)).not.toBeNull());
    await emulator('DELETE', '/counters');
    expect((await isolate(listed(NEW, OLD())).desk(session, 'GET', '/v1/keys')).status).toBe(200);
    expect(await stytchCalls()).toEqual({});
    expect((await isolate(listed(NEW)).desk(session, 'GET', '/v1/keys')).status).toBe(200);
    expect(await stytchCalls()).toEqual({ jwks: 1 });
  });
});

/** Ends the Ring of a user, so that the next call brings it to life under the ports of then. */
const evict = async (session: string): Promise<void> => {
  await evictDurableObject(await ringStub(session));
};
