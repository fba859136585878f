import { evictDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { listed, made, OLD, ringsUnder } from '../master-keys.ts';
import { clientAtStytch, keyOfSomebody, work } from '../rotation.ts';
import {
  dumpOfRing,
  emulator,
  fault,
  isolate,
  later,
  notGood,
  now,
  refusalOf,
  ringStub,
  rooms,
  stytchCalls,
} from '../world.ts';

const NEW = made('new-1');
const BAD = notGood('acme-api');
const BOTH = () => listed(NEW, OLD());

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

/** Which pepper knows which secret of a user's key. */
const secretsOf = async (session: string): Promise<readonly string[]> =>
  ((await dumpOfRing(await ringStub(session))).secrets ?? [])
    .map(({ pepper, slot }) => `${pepper} ${slot ?? 'old'}`)
    .sort();

/** A key in rotation, made under the old list, and each of its secrets used once under the new one. */
const renewed = async () => {
  const it = await keyOfSomebody();
  const next = await it.begin();
  const here = isolate(BOTH());
  for (const each of [it.key, next]) expect((await here.call(each)).status).toBe(200);
  return { ...it, next, here };
};

const toldStytch = (keyId: string): Promise<void> =>
  vi.waitFor(async () => expect((await clientAtStytch(keyId))?.next_client_secret_last_four).toBeNull());

describe('a new master key during a rotation', () => {
  it('keeps both secrets good in every order, and each in its place', async () => {
    for (const first of ['old', 'next'] as const) {
      const { key, begin, session } = await keyOfSomebody();
      const next = await begin();
      const before = await exchanges();
      const order = first === 'old' ? [key, next] : [next, key];
      for (const vars of [BOTH(), {}, BOTH()])
        for (const each of order) expect((await isolate(vars).call(each)).status).toBe(200);
      expect((await exchanges()) - before).toBe(4);
      const pepper = OLD().id;
      expect(await secretsOf(session)).toEqual(
        [`${NEW.id} next`, `${NEW.id} old`, `${pepper} next`, `${pepper} old`].sort(),
      );
    }
  });

  it('of the Rings first: what they make is good under both lists, and so is what was there', async () => {
    const { key, begin, session } = await keyOfSomebody();
    expect((await isolate().call(key)).status).toBe(200);
    rings = ringsUnder(NEW, OLD());
    await evictDurableObject(await ringStub(session));
    const next = await begin();
    expect(await secretsOf(session)).toEqual([`${NEW.id} next`, `${OLD().id} old`].sort());
    for (const vars of [BOTH(), listed(OLD(), NEW)])
      for (const each of [key, next]) expect((await isolate(vars).call(each)).status).toBe(200);
  });

  it('does not change whose the next key’s tag is', async () => {
    for (let i = 0; i < 4; i++) {
      const { session, finish } = await renewed();
      await finish();
      const { keys = [] } = await dumpOfRing(await ringStub(session));
      expect(keys[0]?.master_key).toBe(OLD().id);
    }
  });

  it.each(['finish', 'cancel'] as const)(
    'after a %s the dead secret is dead under both lists, and the living one is not',
    async (end) => {
      const { key, next, key_id, here, session, ...it } = await renewed();
      const [living, dead] = end === 'finish' ? [next, key] : [key, next];
      await it[end]();
      await toldStytch(key_id);
      await later(5);
      for (const each of [here, isolate(), isolate(BOTH())]) {
        expect(await refusalOf(await each.call(dead))).toEqual(BAD);
        expect((await each.call(living)).status).toBe(200);
      }
      expect(await secretsOf(session)).toEqual([`${NEW.id} old`, `${OLD().id} old`].sort());
    },
  );
});

describe.each(['finish', 'cancel'] as const)(
  'after a %s that Stytch was not told of yet, a dead secret under a new master key',
  (end) => {
    const setting = async () => {
      const { key, begin, ...it } = await keyOfSomebody();
      const next = await begin();
      const [living, dead] = end === 'finish' ? [next, key] : [key, next];
      await fault(end === 'finish' ? 'm2m.rotate' : 'm2m.rotate.cancel', { kind: 'status', status: 503 });
      await it[end]();
      return { ...it, living, dead };
    };

    it('is refused, although Stytch would still take it, and Stytch is not asked', async () => {
      const { dead, living, session } = await setting();
      const here = isolate(BOTH());
      for (let i = 0; i < 2; i++) expect(await refusalOf(await here.call(dead))).toEqual(BAD);
      expect(await exchanges()).toBe(0);
      expect((await here.call(living)).status).toBe(200);
      expect(await refusalOf(await here.call(dead))).toEqual(BAD);
      expect(await secretsOf(session)).toEqual([`${NEW.id} old`, `${OLD().id} old`].sort());
      expect((await rooms.ORIGIN.records()).length).toBe(1);
    });

    it('is refused after Stytch was told as well', async () => {
      const { dead, living, session, key_id } = await setting();
      await emulator('DELETE', '/faults');
      await later(61);
      await work(session);
      await toldStytch(key_id);
      const here = isolate(BOTH());
      expect(await refusalOf(await here.call(dead))).toEqual(BAD);
      expect((await here.call(living)).status).toBe(200);
      expect(await refusalOf(await here.call(dead))).toEqual(BAD);
    });
  },
);

describe('a Ring that does not know the master key of a secret', () => {
  it('cannot tell which of two it is: nobody is let in by a guess', async () => {
    const { key, begin, session, cancel } = await keyOfSomebody();
    await begin();
    rings = ringsUnder(NEW);
    await evictDurableObject(await ringStub(session));
    const here = isolate(BOTH());
    expect(await refusalOf(await here.call(key))).toMatchObject({ status: 503, code: 'unavailable' });
    expect(await exchanges()).toBe(0);
    await cancel();
    await vi.waitFor(async () => expect((await dumpOfRing(await ringStub(session))).rotations).toEqual([]));
    expect((await here.call(key)).status).toBe(200);
  });
});
