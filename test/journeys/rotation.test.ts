import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { clientAtStytch, keyOfSomebody, pairOf, work } from '../rotation.ts';
import {
  API,
  accessToken,
  call,
  dumpOfRing,
  emulator,
  fault,
  type Isolate,
  isolate,
  later,
  notGood,
  now,
  refusalOf,
  ringStub,
  rooms,
  stytchCalls,
} from '../world.ts';

const BAD = notGood('acme-api');

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(now);

const exchanges = async (): Promise<number> => (await stytchCalls()).token ?? 0;

const asPair = (here: Isolate, key: string): Promise<Response> =>
  here.fetch(`${API}/v1/items/1`, { headers: { authorization: pairOf(key) } });

const vaultTokens = async (): Promise<number> => (await rooms.VAULT.list({ prefix: 't1.' })).keys.length;

/** Refused as a key and as a pair, with the origin not called. */
const expectDead = async (here: Isolate, key: string): Promise<void> => {
  await rooms.ORIGIN.reset();
  expect(await refusalOf(await here.call(key))).toEqual(BAD);
  expect(await refusalOf(await asPair(here, key))).toMatchObject({ status: 401, code: 'invalid_token' });
  expect(await rooms.ORIGIN.records()).toEqual([]);
};

const expectAlive = async (here: Isolate, key: string): Promise<void> => {
  expect([(await here.call(key)).status, (await asPair(here, key)).status]).toEqual([200, 200]);
};

describe('during the overlap', () => {
  it('both secrets are good, as key and as pair, cold and warm, for one exchange each', async () => {
    const { key, begin } = await keyOfSomebody();
    const before = isolate();
    await expectAlive(before, key);
    const next = await begin();
    for (const here of [before, isolate(), isolate()])
      for (const each of [key, next, next, key]) await expectAlive(here, each);
    expect(await exchanges()).toBe(2);
  });

  it('both spend one and the same limit, the key’s own as well', async () => {
    const { key, begin } = await keyOfSomebody({ limit: { requests: 10, per_seconds: 60 } });
    const next = await begin();
    const statuses = [];
    for (let i = 0; i < 6; i++) for (const each of [key, next]) statuses.push((await call(each)).status);
    expect(statuses).toEqual([...Array(10).fill(200), 429, 429]);
  });
});

describe.each(['finish', 'cancel'] as const)('after a %s', (end) => {
  const setting = async () => {
    const it = await keyOfSomebody();
    const next = await it.begin();
    const [living, dead] = end === 'finish' ? [next, it.key] : [it.key, next];
    const here = isolate();
    const warm = [here, isolate()];
    for (const here of warm) for (const each of [living, dead]) await expectAlive(here, each);
    return { ...it, living, dead, here, warm };
  };

  it('the dead secret is refused within one lease on every isolate, and the living one is not', async () => {
    const it = await setting();
    expect((await it[end]()).status).toBe(200);
    // On a route that asks for each request, from the next one on.
    expect(await refusalOf(await it.here.call(it.dead, '/v1/strict/1'))).toEqual(BAD);
    await later(5);
    for (const here of [...it.warm, isolate()]) {
      await expectDead(here, it.dead);
      await expectAlive(here, it.living);
    }
  });

  it('one new exchange serves the living secret everywhere, without a single 401 or 503', async () => {
    const it = await setting();
    await emulator('DELETE', '/counters');
    const statuses = new Set<number>();
    const round = async (): Promise<void> => {
      const answers = await Promise.all(
        it.warm.flatMap((here) => [here.call(it.living), asPair(here, it.living)]),
      );
      for (const { status } of answers) statuses.add(status);
    };
    await Promise.all([round(), it[end](), round()]);
    for (let seconds = 0; seconds < 12; seconds += 2) {
      await round();
      await later(2);
    }
    statuses.add((await isolate().call(it.living)).status);
    expect([...statuses]).toEqual([200]);
    expect(await exchanges()).toBe(1);
  });

  it('Stytch has one secret, and the Vault forgot what it kept of the dead one', async () => {
    const it = await setting();
    await vi.waitFor(async () => expect(await vaultTokens()).toBeGreaterThanOrEqual(2));
    const before = await vaultTokens();
    await it[end]();
    await vi.waitFor(async () => {
      expect((await clientAtStytch(it.key_id))?.next_client_secret_last_four).toBeNull();
      expect(await vaultTokens()).toBe(before - 1);
    });
    const { secrets, rotations } = await dumpOfRing(await ringStub(it.session));
    expect([secrets?.map(({ slot }) => slot), rotations]).toEqual([[null], []]);
  });

  it('access tokens of before are refused, and those of a while after are not', async () => {
    const it = await setting();
    const tokens = [await accessToken(it.living), await accessToken(it.dead)];
    const here = isolate();
    for (const token of tokens) expect((await here.call(token)).status).toBe(200);
    await it[end]();
    await vi.waitFor(async () =>
      expect((await clientAtStytch(it.key_id))?.next_client_secret_last_four).toBeNull(),
    );
    await later(6);
    for (const token of tokens)
      for (const each of [here, isolate()]) expect(await refusalOf(await each.call(token))).toEqual(BAD);
    const token = await accessToken(it.living);
    for (const each of [here, isolate()]) expect((await each.call(token)).status).toBe(200);
  });

  it('until Stytch was told, what the dead secret opens there is refused, before and after', async () => {
    const it = await setting();
    await fault(end === 'finish' ? 'm2m.rotate' : 'm2m.rotate.cancel', { kind: 'status', status: 503 });
    await it[end]();
    const early = await accessToken(it.dead);
    await later(6);
    const late = await accessToken(it.dead);
    for (const each of [isolate(), it.here]) {
      for (const token of [early, late]) expect(await refusalOf(await each.call(token))).toEqual(BAD);
      await expectDead(each, it.dead);
      await expectAlive(each, it.living);
    }
    await emulator('DELETE', '/faults');
    await later(3_600);
    const last = await accessToken(it.dead);
    await work(it.session);
    expect((await clientAtStytch(it.key_id))?.next_client_secret_last_four).toBeNull();
    expect(await refusalOf(await isolate().call(last))).toEqual(BAD);
    await later(6);
    expect(await refusalOf(await isolate().call(last))).toEqual(BAD);
    expect((await isolate().call(await accessToken(it.living))).status).toBe(200);
  });

  it('the next rotation works', async () => {
    const it = await setting();
    await it[end]();
    await vi.waitFor(async () =>
      expect((await dumpOfRing(await ringStub(it.session))).rotations).toEqual([]),
    );
    const third = await it.begin();
    await expectAlive(isolate(), third);
    await expectAlive(isolate(), it.living);
    await later(6);
    await expectDead(isolate(), it.dead);
  });
});

describe('while Stytch is silent', () => {
  it.each(['finish', 'cancel'] as const)(
    'a %s ends one secret, and the other goes on by the Ring’s word, warm and cold',
    async (end) => {
      const it = await keyOfSomebody();
      const next = await it.begin();
      const [living, dead] = end === 'finish' ? [next, it.key] : [it.key, next];
      const here = isolate();
      for (const each of [living, dead]) await expectAlive(here, each);
      await fault('*', { kind: 'status', status: 503 });
      expect((await it[end]()).status).toBe(200);
      await later(5);
      for (const each of [here, isolate()]) {
        await expectAlive(each, living);
        await expectDead(each, dead);
      }
    },
  );
});
