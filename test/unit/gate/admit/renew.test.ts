import { describe, expect, it } from 'vitest';
import { mintClientId, mintSecret, spellKey } from '../../../../src/model/key.ts';
import type { CredentialName } from '../../../../src/model/ports.ts';
import { seededBytes } from '../../model/keys.ts';
import {
  asBearer,
  asJwt,
  keychain,
  LEASE_MS,
  LIVE,
  NO_ROW,
  openWorld,
  outcome,
  ringName,
  SESSION,
  TOKEN,
  type World,
} from '../world.ts';

/** Another key of Ada's, whose token the world's Stytch gives. */
const keyNumber = async (i: number) => {
  const clientId = mintClientId('acme', 'test', ringName, seededBytes(100 + i));
  const key = await spellKey(clientId, mintSecret(seededBytes(200 + i)), keychain.current);
  return { clientId, key };
};

const TWENTY = await Promise.all(Array.from({ length: 20 }, (_, i) => keyNumber(i)));

/** A world that is shown each key once, so that all are warm. */
const worldWith = async (keys: readonly { clientId: string; key: string }[]): Promise<World> => {
  const world = openWorld();
  for (const { clientId, key } of keys) {
    world.state.verdicts.set('token', { verdict: 'good', token: { ...TOKEN, clientId } });
    expect(outcome(await world.ask(asBearer(key)))).toBe('api_key');
  }
  await world.settled();
  return world;
};

/** So many seconds of traffic, each key once in a round of `everyMs`; how many requests had to wait. */
const traffic = async (world: World, keys: readonly { key: string }[], seconds: number, everyMs = 500) => {
  let waited = 0;
  for (let ms = 0; ms < seconds * 1000; ms += everyMs) {
    world.pass(everyMs);
    for (const { key } of keys) {
      const result = world.ask(asBearer(key));
      if (result instanceof Promise) waited++;
      expect(outcome(await result)).toBe('api_key');
    }
    await world.settled();
  }
  return waited;
};

const namesIn = (request: { credential: CredentialName; others: readonly CredentialName[] }) =>
  [request.credential, ...request.others].map((name) =>
    name.kind === 'session' ? 'session' : name.clientId,
  );

describe('one call carries all credentials in use', () => {
  it('twenty keys in one isolate make one renewal for each lease, and nobody waits', async () => {
    const world = await worldWith(TWENTY);
    world.state.limit = { requests: 60_000, perSeconds: 60 };
    await traffic(world, TWENTY, 10);
    const before = world.calls.admit.length;
    const LEASES = 12;
    expect(await traffic(world, TWENTY, (LEASES * LEASE_MS) / 1000)).toBe(0);
    const renewals = world.calls.admit.slice(before);
    // Each is renewed in the last fifth of its life: a little more than one for each lease.
    expect(renewals.length).toBeLessThanOrEqual(Math.ceil(LEASES / 0.8) + 1);
    expect(renewals.length).toBeGreaterThanOrEqual(LEASES - 1);
    for (const renewal of renewals) expect(new Set(namesIn(renewal)).size).toBe(20);
  });

  it('tells of the use of each, once', async () => {
    const keys = TWENTY.slice(0, 3);
    const world = await worldWith(keys);
    await traffic(world, keys, 20);
    const told = new Map<string, number>();
    for (const { uses } of world.calls.admit)
      for (const { keyId, admitted } of uses) told.set(keyId, (told.get(keyId) ?? 0) + admitted);
    const untold = keys.map(({ key }) => world.ports.memory.recall(key)?.uses.admitted ?? 0);
    const decided = world.paid().length;
    const sum = [...told.values()].reduce((total, each) => total + each, 0);
    expect(sum + untold.reduce((total, each) => total + each, 0) + decided).toBe(3 * 41);
    expect(told.size).toBe(3);
  });

  it('leaves out what was not used since the last one', async () => {
    const keys = TWENTY.slice(0, 5);
    const world = await worldWith(keys);
    await traffic(world, keys, 10);
    await traffic(world, keys.slice(0, 2), 10);
    const before = world.calls.admit.length;
    await traffic(world, keys.slice(0, 2), 10);
    const carried = world.calls.admit.slice(before).map((each) => namesIn(each).length);
    expect([...new Set(carried)]).toEqual([2]);
  });

  it('carries sessions and tokens beside keys', async () => {
    const [one] = TWENTY;
    if (one === undefined) throw new Error('no key');
    const world = await worldWith([one]);
    world.state.verdicts.set('session', { verdict: 'good', token: SESSION });
    world.state.standingOf = ({ kind }) => (kind === 'session' ? NO_ROW : null);
    for (let i = 0; i < 40; i++) {
      world.pass(500);
      expect(outcome(await world.ask(asBearer(one.key)))).toBe('api_key');
      expect(outcome(await world.ask(asJwt('session')))).toBe('session');
      await world.settled();
    }
    const last = world.calls.admit.at(-1);
    expect(last && namesIn(last).sort()).toEqual([one.clientId, 'session'].sort());
  });

  it('leaves out a key that has a purse of its own', async () => {
    const keys = TWENTY.slice(0, 2);
    const world = await worldWith(keys);
    const own = keys[1]?.clientId;
    world.state.standingOf = (name) =>
      name.kind === 'secret' && name.clientId === own ? { ...LIVE, ownLimit: true } : null;
    await traffic(world, keys, 10);
    const before = world.calls.admit.length;
    await traffic(world, keys, 10);
    for (const request of world.calls.admit.slice(before)) expect(request.others).toEqual([]);
  });

  it('ends a key of which it brings that it was revoked, though nobody asked with it', async () => {
    const keys = TWENTY.slice(0, 2);
    const [one, two] = keys as [{ key: string; clientId: string }, { key: string; clientId: string }];
    const world = await worldWith(keys);
    await traffic(world, keys, 6);
    world.state.standingOf = (name) =>
      name.kind === 'secret' && name.clientId === two.clientId
        ? { status: 'revoked', leaseMs: LEASE_MS }
        : null;
    const before = world.calls.admit.length;
    while (world.calls.admit.length === before) await traffic(world, [one], 0.5);
    await world.settled();
    if (world.calls.admit.at(-1)?.others.length === 0) await traffic(world, [one], 5);
    const asked = world.calls.admit.length;
    expect(world.ports.memory.recall(two.key)).toBeUndefined();
    expect(outcome(await world.ask(asBearer(two.key)))).toBe('credential_invalid: revoked');
    expect(world.calls.admit.length).toBe(asked);
    expect(outcome(await world.ask(asBearer(one.key)))).toBe('api_key');
  });

  it('never carries more than thirty-two', async () => {
    const many = await Promise.all(Array.from({ length: 40 }, (_, i) => keyNumber(300 + i)));
    const world = await worldWith(many);
    world.state.limit = { requests: 60_000, perSeconds: 60 };
    await traffic(world, many, 6);
    expect(Math.max(...world.calls.admit.map(({ others }) => others.length))).toBe(31);
  });
});

it('ORG-12: a Ring of the version before, which speaks of one credential only, is understood', async () => {
  const world = openWorld();
  const { rings } = world.ports;
  const before: typeof rings = (name) => {
    const ring = rings(name);
    return {
      ...ring,
      admit: async (request) => {
        const { others: _, ...admission } = await ring.admit(request);
        return admission as Awaited<ReturnType<typeof ring.admit>>;
      },
    };
  };
  Object.assign(world.ports, { rings: before });
  expect(outcome(await world.ask(asBearer()))).toBe('api_key');
  await world.settled();
  world.pass(LEASE_MS);
  expect(outcome(await world.ask(asBearer()))).toBe('api_key');
});
