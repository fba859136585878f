import { describe, expect, it } from 'vitest';
import { createStillGood } from '../../../../src/gate/still-good.ts';
import { purseName } from '../../../../src/model/evidence.ts';
import { mintClientId, mintSecret, spellKey } from '../../../../src/model/key.ts';
import { silence } from '../../../../src/model/lease.ts';
import { LEASE_SLACK_MS } from '../../../../src/model/meter.ts';
import { seededBytes } from '../../model/keys.ts';
import {
  asBearer,
  idle,
  key,
  keychain,
  LEASE_MS,
  LIVE,
  NOON,
  openWorld,
  outcome,
  ROUTE,
  ringName,
} from '../world.ts';

const GRACE_MS = 30_000;
const WINDOW_MS = 10_000;

const SILENT = 'unavailable: ring';

const thrown = async (): Promise<void> => {
  throw new Error('the Ring is not there');
};

const OTHER = await spellKey(
  mintClientId('acme', 'test', ringName, seededBytes(7)),
  mintSecret(seededBytes(8)),
  keychain.current,
);

/** A key in use since NOON, five requests in its first second, whose Ring is silent from the fourth second on. */
const silenced = async ({ graceMs = GRACE_MS, beforeAdmit = thrown } = {}) => {
  const world = openWorld({ graceMs });
  world.state.limit = { requests: 100, perSeconds: WINDOW_MS / 1_000 };
  for (let i = 0; i < 5; i++) {
    expect(outcome(await world.ask(asBearer()))).toBe('api_key');
    await world.settled();
    world.pass(200);
  }
  world.pass(3_000);
  world.state.beforeAdmit = beforeAdmit;
  // From the lease in hand; the renewal in the background finds out.
  for (let i = 0; i < 3; i++) expect(outcome(await world.ask(asBearer()))).toBe('api_key');
  await world.settled();
  const at = (ms: number): void => world.pass(NOON + ms - world.clock.now);
  return { ...world, at };
};

/** Lets a request run that may have to wait for a Ring that hangs; what it came to, and how long it waited. */
const waited = async (world: Awaited<ReturnType<typeof silenced>>, demand = {}) => {
  const since = world.clock.now;
  const asking = Promise.resolve(world.ask(asBearer(), demand));
  let result: Awaited<typeof asking> | undefined;
  void asking.then((value) => {
    result = value;
  });
  for (let i = 0; i < 60 && result === undefined; i++) {
    await idle();
    if (result === undefined) world.pass(100);
  }
  return [result === undefined ? 'nothing' : outcome(result), world.clock.now - since] as const;
};

describe('a Ring that is silent, with ringGraceSeconds', () => {
  it('a warm key goes on as its own units leave the window, and is 503 at once in between', async () => {
    const world = await silenced();
    const { ask, at } = world;
    at(5_000);
    expect(outcome(await ask(asBearer()))).toBe(SILENT);
    at(WINDOW_MS + 50);
    // Of the first request, which the Ring decided.
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    expect(outcome(await ask(asBearer()))).toBe(SILENT);
    at(WINDOW_MS + 250);
    expect(outcome(await ask(asBearer()))).toBe('api_key');
    expect(outcome(await ask(asBearer()))).toBe(SILENT);
  });

  it('nobody waits, and the Ring is probed 0.5 to 1.5 s apart', async () => {
    const world = await silenced();
    const before = world.calls.admit.length;
    for (let ms = 5_000; ms < 25_000; ms += 50) {
      world.at(ms);
      const result = world.ask(asBearer());
      await world.settled();
      expect([SILENT, 'api_key']).toContain(outcome(await result));
    }
    const probes = world.calls.admit.length - before;
    expect(probes).toBeGreaterThan(10);
    expect(probes).toBeLessThanOrEqual(41);
    expect(world.calls.admit.slice(before).every(({ ask }) => ask.costs.length === 0)).toBe(true);
  });

  it('ends with the grace: then everybody waits for the Ring, in vain', async () => {
    const world = await silenced({ beforeAdmit: () => new Promise(() => undefined) });
    world.at(6_000);
    expect((await waited(world))[0]).toBe(SILENT);
    world.at(4_000 + GRACE_MS - 1_000);
    expect(await waited(world)).toEqual(['api_key', 0]);
    world.at(4_000 + GRACE_MS);
    expect(await waited(world)).toEqual([SILENT, expect.toSatisfy((ms: number) => ms >= 2_000)]);
  });

  it('is never for a route that asks each time', async () => {
    const world = await silenced();
    world.at(WINDOW_MS + 1_000);
    expect(outcome(await world.ask(asBearer(), { leaseSeconds: 0 }))).toBe(SILENT);
    expect(outcome(await world.ask(asBearer()))).toBe('api_key');
  });

  it('is not for a key whose word had run out before', async () => {
    const world = openWorld({ graceMs: GRACE_MS });
    world.state.limit = { requests: 100, perSeconds: WINDOW_MS / 1_000 };
    await world.ask(asBearer());
    await world.settled();
    world.pass(LEASE_MS - LEASE_SLACK_MS);
    world.state.beforeAdmit = thrown;
    expect(outcome(await world.ask(asBearer()))).toBe(SILENT);
    world.pass(WINDOW_MS);
    expect(outcome(await world.ask(asBearer()))).toBe(SILENT);
  });

  it('is not for a key that is not known here', async () => {
    const world = await silenced();
    world.at(WINDOW_MS + 1_000);
    expect(outcome(await world.ask(asBearer(OTHER)))).toBe(SILENT);
  });

  it('judges as ever: an expired key, a scope that it lacks', async () => {
    const world = openWorld({ graceMs: GRACE_MS });
    world.state.limit = { requests: 100, perSeconds: WINDOW_MS / 1_000 };
    world.state.standing = { ...LIVE, expiresAt: NOON + 12_000 };
    for (let i = 0; i < 4; i++) await world.ask(asBearer());
    await world.settled();
    world.pass(4_200);
    world.state.beforeAdmit = thrown;
    await world.ask(asBearer());
    await world.settled();
    world.pass(7_000);
    expect(outcome(await world.ask(asBearer(), { scopes: ['admin:all'] }))).toBe('insufficient_scope');
    expect(outcome(await world.ask(asBearer()))).toBe('api_key');
    world.pass(800);
    expect(outcome(await world.ask(asBearer()))).toBe('credential_invalid: expired');
  });

  it.each([
    ['revoked', { status: 'revoked', leaseMs: LEASE_MS }, 'credential_invalid: revoked'],
    ['suspended', { status: 'suspended', leaseMs: LEASE_MS }, 'owner_suspended'],
  ] as const)(
    'ends with the first answer, and a key that was %s meanwhile with it',
    async (_, standing, refusal) => {
      const world = await silenced();
      world.at(WINDOW_MS + 1_000);
      expect(outcome(await world.ask(asBearer()))).toBe('api_key');
      await world.settled();
      world.state.beforeAdmit = async () => undefined;
      world.state.standing = standing;
      world.at(WINDOW_MS + 3_000);
      await world.ask(asBearer());
      await world.settled();
      expect(outcome(await world.ask(asBearer()))).toBe(refusal);
      // Silent again: what the Ring said last counts, and after it nobody knows.
      world.state.beforeAdmit = thrown;
      world.pass(LEASE_MS + WINDOW_MS);
      expect(outcome(await world.ask(asBearer()))).toBe(SILENT);
    },
  );

  it('what was spent is told with the first answer', async () => {
    const world = await silenced();
    world.at(WINDOW_MS + 1_000);
    for (let i = 0; i < 3; i++) expect(outcome(await world.ask(asBearer()))).toBe('api_key');
    await world.settled();
    world.state.beforeAdmit = async () => undefined;
    world.at(WINDOW_MS + 3_000);
    await world.ask(asBearer());
    await world.settled();
    const told = world.calls.admit.at(-1);
    expect(told?.ask.grace?.total).toBeGreaterThanOrEqual(3);
    expect(told?.uses[0]?.admitted).toBeGreaterThanOrEqual(3);
    expect(outcome(await world.ask(asBearer()))).toBe('api_key');
  });

  it('a Ring that says that it is overloaded is not silent', async () => {
    const world = await silenced({
      beforeAdmit: async () => {
        throw Object.assign(new Error('overloaded'), { overloaded: true });
      },
    });
    world.at(WINDOW_MS + 1_000);
    expect(outcome(await world.ask(asBearer()))).toBe('rate_limited');
  });

  it('without it: the lease in hand, then 503', async () => {
    const world = await silenced({ graceMs: 0 });
    world.at(WINDOW_MS + 1_000);
    expect(outcome(await world.ask(asBearer()))).toBe(SILENT);
  });
});

describe('whether somebody may stay while the Ring is silent', () => {
  const staying = async (demand = ROUTE, beforeAdmit = thrown) => {
    const world = await silenced({ beforeAdmit });
    const graceEnd = (evidence: Parameters<typeof purseName>[0] & { ring: string }) =>
      silence(world.ports.memory.purse(evidence.ring, purseName(evidence)), world.clock.now)?.until ?? null;
    return {
      ...world,
      stillGood: createStillGood(world.decide, () => world.clock.now, graceEnd)(asBearer(key), demand, null),
    };
  };

  it('he may, on a word that is as good as a new one', async () => {
    const world = await staying();
    world.at(6_000);
    expect(await world.stillGood(world.clock.now)).toEqual({ ok: true, value: world.clock.now });
  });

  it('he may when he waited for that to come out', async () => {
    const world = await staying(ROUTE, () => new Promise(() => undefined));
    const asking = world.stillGood(world.clock.now);
    await idle();
    world.pass(1_000);
    expect(await asking).toEqual({ ok: true, value: world.clock.now });
  });

  it('until the grace ends, and not longer', async () => {
    const world = await staying();
    const end = world.clock.now + GRACE_MS;
    world.at(GRACE_MS + 2_000);
    expect(await world.stillGood(world.clock.now)).toEqual({
      ok: true,
      value: end - LEASE_MS + LEASE_SLACK_MS,
    });
    world.pass(end - world.clock.now);
    expect(await world.stillGood(world.clock.now)).toMatchObject({
      ok: false,
      refusal: { reason: 'unavailable' },
    });
  });

  it('never where each request asks', async () => {
    const world = await staying({ ...ROUTE, leaseSeconds: 0 });
    world.at(6_000);
    expect(await world.stillGood(world.clock.now)).toMatchObject({
      ok: false,
      refusal: { reason: 'unavailable' },
    });
  });
});
