import { describe, expect, it } from 'vitest';
import { type Evidence, noUses } from '../../../src/model/evidence.ts';
import {
  accept,
  compose,
  failed,
  left,
  type Purse,
  silence,
  spend,
  weightOf,
} from '../../../src/model/lease.ts';
import type { Report } from '../../../src/model/lease-wire.ts';
import { OWNER_PURSE } from '../../../src/model/lease-wire.ts';
import type { KeyUse } from '../../../src/model/ports.ts';
import { createMemory } from '../../../src/store/memory.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const BOUND = 10_000;
const REFUSAL = { reason: 'credential_invalid', because: 'revoked', scheme: 'bearer' } as const;

const open = (graceMs = 0) => {
  const clock = { now: NOON };
  const given: { ring: string; reports: readonly Report[] }[] = [];
  const told: KeyUse[] = [];
  let made = 0;
  const memory = createMemory({
    isolate: 'isolate-1',
    leaseMs: 5_000,
    graceMs,
    newLeaseId: () => `lease-${made++}`,
    now: () => clock.now,
    giveBack: (ring, reports, uses) => {
      if (uses.length === 0) given.push({ ring, reports });
      told.push(...uses);
    },
  });
  return { memory, given, told, clock };
};

const evidence = (clientId: string, scopes: readonly string[] = []) =>
  ({
    ...{
      name: { kind: 'secret', clientId, fingerprint: `fp ${clientId}` },
      ring: 'ring',
      session: null,
      held: null,
    },
    ...{ token: { scopes }, uses: noUses() },
  }) as unknown as Evidence;

const grantOf = (leaseId: string) => ({
  ...{ leaseId, decided: 0, units: 10, ms: 5_000, levels: [], active: 1, scarce: false, limited: null },
});

/** Puts ten units into a purse, as the Ring would. */
const fill = (memory: ReturnType<typeof createMemory>, ring: string, name = OWNER_PURSE): void => {
  const purse = memory.purse(ring, name);
  const { leaseId } = compose(purse, [], NOON);
  accept(purse, grantOf(leaseId), NOON, 0);
  memory.weigh(ring, purse);
};

describe('evidence', () => {
  it('is known by the credential as presented, until it is forgotten', () => {
    const { memory } = open();
    const one = evidence('a');
    memory.remember('key a', one);
    expect([memory.recall('key a'), memory.recall('key b')]).toEqual([one, undefined]);
    memory.forget('key a');
    expect(memory.recall('key a')).toBeUndefined();
  });

  it('is bounded: what was not used for longest goes first', () => {
    const { memory } = open();
    for (let i = 0; i < BOUND; i++) memory.remember(`key ${i}`, evidence(`${i}`));
    memory.recall('key 0');
    memory.remember('one more', evidence('x'));
    const known = ['key 0', 'key 1', 'one more'].map((key) => memory.recall(key) !== undefined);
    expect(known).toEqual([true, false, true]);
  });
});

describe('what was done with a credential', () => {
  const used = (clientId: string) =>
    Object.assign(evidence(clientId), {
      uses: { admitted: 2, refused: 1, limited: 0, admittedAt: NOON - 3_000 },
    });
  const USE = { keyId: 'a', fingerprint: 'fp a', admitted: 2, refused: 1, limited: 0, agoMs: 3_000 };

  it.each([
    [
      'is evicted',
      (memory: ReturnType<typeof createMemory>) => {
        for (let i = 0; i < BOUND; i++) memory.remember(`key ${i}`, evidence(`${i}`));
      },
    ],
    ['is forgotten', (memory: ReturnType<typeof createMemory>) => memory.forget('key a')],
    [
      'is found out about anew',
      (memory: ReturnType<typeof createMemory>) => memory.remember('key a', evidence('a')),
    ],
  ] as const)('and not told, is told when it %s', (_, happens) => {
    const { memory, told } = open();
    memory.remember('key a', used('a'));
    happens(memory);
    expect(told).toEqual([USE]);
  });

  it('is not told when it is only weighed anew', () => {
    const { memory, told } = open();
    const one = used('a');
    for (let i = 0; i < 2; i++) memory.remember('key a', one);
    expect([told, memory.recall('key a')]).toEqual([[], one]);
  });
});

describe('evidence of long credentials', () => {
  /** A JWT may have 8 KiB, and so may the scopes that it names. */
  const LONG = 'x'.repeat(8_180);
  const held = (memory: ReturnType<typeof createMemory>, many: number): number =>
    Array.from({ length: many }, (_, i) => i).filter((i) => memory.recall(`${LONG}${i}`)).length;

  it('is bounded by its size too: the texts of an isolate stay under 20 MiB', () => {
    const { memory } = open();
    for (let i = 0; i < 5_000; i++) memory.remember(`${LONG}${i}`, evidence(`${i}`));
    expect(held(memory, 5_000)).toBeGreaterThan(1_500);
    expect(held(memory, 5_000) * LONG.length).toBeLessThan(20 * 1024 * 1024);
    expect(memory.recall(`${LONG}4999`)).toBeDefined();
  });

  it('counts what the token says as well', () => {
    const { memory } = open();
    const scopes = [LONG, LONG];
    for (let i = 0; i < 5_000; i++) memory.remember(`${LONG}${i}`, evidence(`${i}`, scopes));
    expect(held(memory, 5_000) * 5 * LONG.length).toBeLessThan(20 * 1024 * 1024);
  });

  it('counts where the key may be used from, and counts again when that has changed', () => {
    const { memory } = open();
    const ADDRESSES = 100;
    const many = { addresses: Array(ADDRESSES).fill({ groups: [0, 0], prefix: 32 }) };
    const known = Array.from({ length: 5_000 }, (_, i) => evidence(`${i}`));
    known.forEach((each, i) => void memory.remember(`${LONG.slice(0, 10)}${i}`, each));
    const isHeld = (i: number): boolean => memory.recall(`${LONG.slice(0, 10)}${i}`) !== undefined;
    const left = (): number => known.filter((_, i) => isHeld(i)).length;
    expect(left()).toBe(5_000);
    known.forEach((each, i) => {
      Object.assign(each, { held: many });
      if (isHeld(i)) memory.remember(`${LONG.slice(0, 10)}${i}`, each);
    });
    expect(left() * ADDRESSES * 300).toBeLessThan(20 * 1024 * 1024);
    expect(left()).toBeGreaterThan(500);
  });

  it('and refusals of them stay under 4 MiB', () => {
    const { memory } = open();
    for (let i = 0; i < 5_000; i++) memory.refuse(`${LONG}${i}`, REFUSAL, NOON + 5_000);
    const refused = Array.from({ length: 5_000 }, (_, i) => memory.refusal(`${LONG}${i}`, NOON)).filter(
      (each) => each !== null,
    );
    expect(refused.length).toBeGreaterThan(400);
    expect(refused.length * LONG.length).toBeLessThan(4 * 1024 * 1024);
  });
});

describe('what is known of one owner', () => {
  const of = (ring: string) => ({ ...evidence('x'), ring }) as Evidence;
  const textsOf = (memory: ReturnType<typeof createMemory>, ring: string) =>
    [...memory.knownOf(ring)].map(({ text }) => text);

  it('is all of his credentials, and nobody else’s', () => {
    const { memory } = open();
    memory.remember('a', of('r1'));
    memory.remember('b', of('r1'));
    memory.remember('c', of('r2'));
    expect([textsOf(memory, 'r1'), textsOf(memory, 'r2'), textsOf(memory, 'r3')]).toEqual([
      ['a', 'b'],
      ['c'],
      [],
    ]);
  });

  it('goes with what is forgotten, replaced or evicted', () => {
    const { memory } = open();
    memory.remember('a', of('r1'));
    memory.remember('b', of('r1'));
    memory.forget('a');
    const newer = of('r1');
    memory.remember('b', newer);
    expect([...memory.knownOf('r1')]).toEqual([{ text: 'b', evidence: newer }]);
    for (let i = 0; i < BOUND; i++) memory.remember(`key ${i}`, of('r2'));
    expect(textsOf(memory, 'r1')).toEqual([]);
  });
});

describe('a refusal', () => {
  it('is remembered for its time, and not a millisecond longer', () => {
    const { memory } = open();
    memory.refuse('key', REFUSAL, NOON + 5_000);
    expect([memory.refusal('key', NOON + 4_999), memory.refusal('key', NOON + 5_000)]).toEqual([
      REFUSAL,
      null,
    ]);
    expect(memory.refusal('other', NOON)).toBeNull();
  });

  it('is bounded: a flood of bad credentials costs no more memory', () => {
    const { memory } = open();
    for (let i = 0; i <= BOUND; i++) memory.refuse(`key ${i}`, REFUSAL, NOON + 5_000);
    expect([memory.refusal('key 0', NOON), memory.refusal(`key ${BOUND}`, NOON)]).toEqual([null, REFUSAL]);
  });
});

describe('a purse', () => {
  it('is one for each owner', () => {
    const { memory } = open();
    expect(memory.purse('r1', OWNER_PURSE)).toBe(memory.purse('r1', OWNER_PURSE));
    expect(memory.purse('r1', OWNER_PURSE)).not.toBe(memory.purse('r2', OWNER_PURSE));
  });

  it('is one more for a key that has a limit of its own', () => {
    const { memory } = open();
    expect(memory.purse('r1', 'key')).toBe(memory.purse('r1', 'key'));
    expect(memory.purse('r1', 'key')).not.toBe(memory.purse('r1', OWNER_PURSE));
  });

  it('that has to go gives back what it still held, to its own Ring, closed', () => {
    const { memory, given } = open();
    fill(memory, 'first');
    spend(memory.purse('first', OWNER_PURSE), 3, NOON);
    for (let i = 1; i <= BOUND; i++) memory.purse(`ring ${i}`, OWNER_PURSE);
    expect(given).toEqual([
      { ring: 'first', reports: [expect.objectContaining({ total: 3, closed: true })] },
    ]);
  });

  it('that is in use does not go', () => {
    const { memory, given } = open();
    fill(memory, 'first');
    for (let i = 1; i <= BOUND; i++) {
      memory.purse('first', OWNER_PURSE);
      memory.purse(`ring ${i}`, OWNER_PURSE);
    }
    expect([given, left(memory.purse('first', OWNER_PURSE), NOON)]).toEqual([[], 10]);
  });

  it('that held a lease which came while it was gone gives it back as it comes', () => {
    const { memory, given } = open();
    const purse = memory.purse('first', OWNER_PURSE);
    const { leaseId } = compose(purse, [], NOON);
    for (let i = 1; i <= BOUND; i++) memory.purse(`ring ${i}`, OWNER_PURSE);
    accept(purse, grantOf(leaseId), NOON, 0);
    memory.weigh('first', purse);
    memory.weigh('first', purse);
    expect(given.map(({ ring, reports }) => [ring, reports.map((report) => report.leaseId)])).toEqual([
      ['first', [leaseId]],
    ]);
  });

  it('of a key with a limit of its own gives back to the Ring of its owner', () => {
    const { memory, given } = open();
    fill(memory, 'first', 'key');
    for (let i = 1; i <= BOUND; i++) memory.purse(`ring ${i}`, OWNER_PURSE);
    expect(given.map(({ ring }) => ring)).toEqual(['first']);
  });

  it('goes with its leases when all together hold more than ten thousand, the least recently used first', () => {
    const { memory, given } = open();
    const held = 4;
    for (let i = 0; i < held * (BOUND / held); i++) fill(memory, `ring ${Math.floor(i / held)}`);
    expect(given).toEqual([]);
    fill(memory, 'one more');
    expect(given.map(({ ring, reports }) => [ring, reports.length])).toEqual([['ring 0', held]]);
  });

  it('is forgotten, unreported, when the Ring would no longer hear of its leases; not before', () => {
    const { memory, given, clock } = open();
    fill(memory, 'first');
    const first = memory.purse('first', OWNER_PURSE);
    clock.now += 65_000;
    memory.purse('second', OWNER_PURSE);
    expect(memory.purse('first', OWNER_PURSE)).toBe(first);
    memory.purse('second', OWNER_PURSE);
    clock.now += 1;
    memory.purse('third', OWNER_PURSE);
    expect(memory.purse('first', OWNER_PURSE)).not.toBe(first);
    expect(given).toEqual([]);
  });

  it('that still refuses is not forgotten', () => {
    const { memory, clock } = open();
    const purse = memory.purse('first', OWNER_PURSE);
    const { leaseId } = compose(purse, [1], NOON);
    const limited = { retryMs: 90_000, floorMs: 90_000, by: ['owner'] as const };
    accept(purse, { ...grantOf(leaseId), units: 0, limited }, NOON, 0);
    clock.now += 80_000;
    memory.purse('second', OWNER_PURSE);
    expect(memory.purse('first', OWNER_PURSE)).toBe(purse);
  });

  it('weighs what grace remembers, and goes for it: sixty-four moments are as much as a lease', () => {
    const { memory, clock } = open(30_000);
    const level = { name: 'owner', requests: 6_000, perSeconds: 60, free: 6_000, freesInMs: 0 } as const;
    const decide = (purse: Purse): void => {
      const { leaseId } = compose(purse, [1], clock.now);
      accept(purse, { ...grantOf(leaseId), decided: 1, units: 0, levels: [level] }, clock.now, 0);
    };
    const past = (ring: string, moments: number): Purse => {
      const purse = memory.purse(ring, OWNER_PURSE);
      for (let i = 0; i < moments; i++) {
        decide(purse);
        clock.now += 500;
      }
      memory.weigh(ring, purse);
      return purse;
    };
    const steady = past('steady', 1_000);
    expect(steady.grace?.pasts[0]?.cells.length).toBeLessThanOrEqual(3 * 130);
    expect([weightOf(past('few', 63)), weightOf(past('more', 64)), weightOf(steady)]).toEqual([1, 2, 2]);
    // With what they remember, the three are as much as five.
    for (let i = 0; i < BOUND - 5; i++) memory.purse(`ring ${i}`, OWNER_PURSE);
    expect(memory.purse('steady', OWNER_PURSE)).toBe(steady);
    const few = memory.purse('few', OWNER_PURSE);
    memory.purse('one more', OWNER_PURSE);
    expect(memory.purse('few', OWNER_PURSE)).toBe(few);
    for (let i = 0; i < BOUND - 2; i++) memory.purse(`other ring ${i}`, OWNER_PURSE);
    expect(memory.purse('steady', OWNER_PURSE)).not.toBe(steady);
  });

  it('keeps nothing for grace where there is none', () => {
    expect(open().memory.purse('ring', OWNER_PURSE).grace).toBeNull();
  });

  it('that has not told what it spent in grace is not forgotten, nor while it has a past to repeat', () => {
    const { memory, clock } = open(300_000);
    const purse = memory.purse('first', OWNER_PURSE);
    const level = { name: 'owner', requests: 100, perSeconds: 120, free: 100, freesInMs: 0 } as const;
    const { leaseId } = compose(purse, [1], clock.now);
    accept(purse, { ...grantOf(leaseId), decided: 1, units: 0, levels: [level] }, clock.now, 0);
    clock.now += 100_000;
    memory.purse('second', OWNER_PURSE);
    expect(memory.purse('first', OWNER_PURSE)).toBe(purse);
    memory.purse('second', OWNER_PURSE);
    failed(purse, compose(purse, [], clock.now).leaseId, clock.now);
    expect(silence(purse, clock.now)).not.toBeNull();
    clock.now += 20_011;
    expect(spend(purse, 1, clock.now)).toEqual({ outcome: 'spent' });
    clock.now += 1_000_000;
    memory.purse('third', OWNER_PURSE);
    expect(memory.purse('first', OWNER_PURSE)).toBe(purse);
  });

  it('that has nothing to give back says nothing', () => {
    const { memory, given } = open();
    for (let i = 0; i <= BOUND; i++) memory.purse(`ring ${i}`, OWNER_PURSE);
    expect(given).toEqual([]);
  });
});

describe('a million different credentials', () => {
  it('leave ten thousand of each kind, and every permit that was lent is given back once', {
    timeout: 60_000,
  }, () => {
    const { memory, given } = open();
    const MANY = 1_000_000;
    for (let i = 0; i < MANY; i++) {
      memory.remember(`key ${i}`, evidence(`client ${i}`));
      memory.refuse(`bad ${i}`, { reason: 'credential_missing' }, NOON + 1);
    }
    const remembered = Array.from({ length: MANY }, (_, i) => i).filter((i) => memory.recall(`key ${i}`));
    expect(remembered).toEqual(Array.from({ length: BOUND }, (_, i) => MANY - BOUND + i));
    const refused = Array.from({ length: MANY }, (_, i) => i).filter((i) => memory.refusal(`bad ${i}`, NOON));
    expect(refused.length).toBe(BOUND);
    for (let i = 0; i < 3 * BOUND; i++) fill(memory, `ring ${i}`);
    expect(given.length).toBe(2 * BOUND);
    expect(new Set(given.map(({ ring }) => ring)).size).toBe(2 * BOUND);
  });
});
