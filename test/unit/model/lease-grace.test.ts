import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accept,
  compose,
  declined,
  failed,
  fields,
  giveBack,
  openPurse,
  type Purse,
  type PurseOptions,
  renewalDue,
  reportDue,
  reportDueAt,
  silence,
  spend,
} from '../../../src/model/lease.ts';
import { type Grant, type Level, OWNER_PURSE } from '../../../src/model/lease-wire.ts';
import { type MeterRules, openMeter } from '../../../src/model/meter.ts';
import { runs } from '../../property.ts';
import {
  type Admission,
  broken,
  fullSetup,
  live,
  type Mutant,
  plainSetup,
  type Setup,
  type Step,
  schedule,
  stepOf,
} from './lease-world.ts';

const NOW = 5_000_000;
const GRACE_MS = 30_000;
const LEVEL: Level = { name: 'owner', requests: 600, perSeconds: 10, free: 500, freesInMs: 0 };
const GRANT: Grant = {
  ...{
    leaseId: 'lease-0',
    decided: 0,
    units: 10,
    ms: 4_900,
    levels: [LEVEL],
    active: 1,
    scarce: false,
    limited: null,
  },
};

const empty = (more: Partial<PurseOptions> = {}): Purse => {
  let asked = 0;
  const newLeaseId = () => `lease-${asked++}`;
  return openPurse({ isolate: 'i', leaseMs: 5_000, newLeaseId, graceMs: GRACE_MS, ...more }, OWNER_PURSE);
};

/** A purse that spent ten units of a lease, one each 400 ms from NOW + 100 on, and whose next ask, at NOW + 5 s, has failed at once. */
const silenced = (more: Partial<PurseOptions> = {}, levels: readonly Level[] = [LEVEL]): Purse => {
  const purse = empty(more);
  compose(purse, [], NOW);
  accept(purse, { ...GRANT, levels }, NOW + 50, 0);
  for (let i = 0; i < 10; i++) expect(spend(purse, 1, NOW + 100 + 400 * i)).toEqual({ outcome: 'spent' });
  const { leaseId } = compose(purse, [1], NOW + 5_000);
  failed(purse, leaseId, NOW + 5_000, 0.5);
  return purse;
};

const spendAll = (purse: Purse, now: number): number => {
  let units = 0;
  while (spend(purse, 1, now).outcome === 'spent') units++;
  return units;
};

/** When a silent purse spends, asked every 10 ms from one moment to another; after NOW. */
const spends = (purse: Purse, from: number, to: number): number[] => {
  const at: number[] = [];
  for (let ms = from; ms < to; ms += 10) for (let n = spendAll(purse, NOW + ms); n > 0; n--) at.push(ms);
  return at;
};

describe('grace › repeats the isolate’s own past', () => {
  it('spends a unit when one of its own has left its own window, and no other', () => {
    const purse = silenced();
    expect(spendAll(purse, NOW + 5_000)).toBe(0);
    const first = Array.from({ length: 10 }, (_, i) => 10_100 + 400 * i + 10);
    expect(spends(purse, 5_000, 20_000)).toEqual(first);
    // And once more, when those have left.
    expect(spends(purse, 20_000, 30_000)).toEqual(first.map((ms) => ms + 10_010));
  });

  it('refuses at once what has no room: it is neither asked for nor limited', () => {
    expect(spend(silenced(), 1, NOW + 5_000)).toEqual({ outcome: 'silent' });
    expect(spend(silenced(), 3, NOW + 10_600)).toEqual({ outcome: 'silent' });
    expect(spend(silenced(), 2, NOW + 10_600)).toEqual({ outcome: 'spent' });
  });

  it('counts what the Ring decided for it, by the earlier date for the past and by the later for the room', () => {
    const purse = empty();
    const ask = compose(purse, [2, 3], NOW);
    accept(purse, { ...GRANT, leaseId: ask.leaseId, decided: 2, units: 0 }, NOW + 300, 0);
    const { leaseId } = compose(purse, [1], NOW + 5_000);
    failed(purse, leaseId, NOW + 5_000);
    expect(spends(purse, 9_900, 10_500)).toEqual(Array(5).fill(10_310));
    const late = empty();
    const first = compose(late, [5], NOW);
    accept(late, { ...GRANT, leaseId: first.leaseId, decided: 1, units: 0 }, NOW + 300, 0);
    failed(late, compose(late, [1], NOW + 9_000).leaseId, NOW + 10_001);
    expect(spends(late, 10_001, 21_000)).toEqual([]);
  });

  it('needs a past: none before the first answer, none when all of it has left', () => {
    const cold = empty();
    const { leaseId } = compose(cold, [1], NOW);
    failed(cold, leaseId, NOW + 2_000);
    expect(spends(cold, 2_000, 20_000)).toEqual([]);
    const idle = silenced();
    accept(idle, { ...GRANT, leaseId: 'lease-1', units: 0 }, NOW + 6_000, 0);
    failed(idle, compose(idle, [1], NOW + 30_000).leaseId, NOW + 30_000);
    expect(spends(idle, 30_000, 50_000)).toEqual([]);
  });

  it('never exceeds a limit that was lowered meanwhile, nor what the month had left', () => {
    expect(spends(silenced({}, [{ ...LEVEL, requests: 4 }]), 5_000, 20_000)).toHaveLength(4);
    const month: Level = { name: 'month', requests: 1_000, perSeconds: 2_592_000, free: 3, freesInMs: 1 };
    expect(spends(silenced({}, [LEVEL, month]), 5_000, 20_000)).toHaveLength(3);
  });

  it('keeps every window that it is under', () => {
    const key: Level = { ...LEVEL, name: 'key', perSeconds: 12 };
    expect(spends(silenced({}, [LEVEL, key]), 5_000, 12_500)).toEqual([12_110, 12_510].slice(0, 1));
  });

  it('remembers what it gave back', () => {
    const purse = silenced();
    giveBack(purse, NOW + 5_100);
    expect(spends(purse, 5_100, 10_100)).toEqual([]);
    expect(spends(purse, 10_100, 20_000)).toHaveLength(10);
  });

  it('is off without graceMs: the Ring is asked each time', () => {
    const purse = silenced({ graceMs: 0 });
    expect(spend(purse, 1, NOW + 12_000)).toEqual({ outcome: 'ask' });
    expect(silence(purse, NOW + 12_000)).toBeNull();
  });

  it('never helps who must ask', () => {
    expect(spend(silenced(), 1, NOW + 12_000, { mustAsk: true })).toEqual({ outcome: 'ask' });
  });
});

describe('grace › begins and ends', () => {
  it('begins with the first ask that has no answer, and ends graceMs later, however often it is asked in vain', () => {
    const purse = silenced();
    expect(silence(purse, NOW + 5_000)).toEqual({ since: NOW + 5_000, until: NOW + 35_000 });
    for (let ms = 6_000; ms < 60_000; ms += 1_000)
      failed(purse, compose(purse, [], NOW + ms).leaseId, NOW + ms);
    expect(silence(purse, NOW + 34_999)).toEqual({ since: NOW + 5_000, until: NOW + 35_000 });
    expect(silence(purse, NOW + 35_000)).toBeNull();
    expect(spend(purse, 1, NOW + 35_000)).toEqual({ outcome: 'ask' });
  });

  it('ends with the first answer, a verdict or an overload among them', () => {
    const ended = [
      (purse: Purse, leaseId: string) => accept(purse, { ...GRANT, leaseId, units: 0 }, NOW + 12_000, 0),
      (purse: Purse, leaseId: string) => declined(purse, leaseId, NOW + 12_000),
    ];
    for (const end of ended) {
      const purse = silenced();
      end(purse, compose(purse, [], NOW + 11_900).leaseId);
      expect(silence(purse, NOW + 12_000)).toBeNull();
      expect(spend(purse, 1, NOW + 12_000)).toEqual({ outcome: 'ask' });
    }
  });

  it('does not begin when what was asked later has been answered', () => {
    const purse = empty();
    const lost = compose(purse, [1], NOW);
    const answered = compose(purse, [], NOW + 10);
    accept(purse, { ...GRANT, leaseId: answered.leaseId }, NOW + 60, 0);
    failed(purse, lost.leaseId, NOW + 2_000);
    expect(silence(purse, NOW + 2_000)).toBeNull();
  });

  it('is over, and the past with it, when the clock runs backwards', () => {
    const purse = silenced();
    expect(spend(purse, 1, NOW + 4_000)).toEqual({ outcome: 'ask' });
    failed(purse, compose(purse, [1], NOW + 4_000).leaseId, NOW + 4_000);
    expect(silence(purse, NOW + 4_000)).not.toBeNull();
    expect(spends(purse, 4_000, 20_000)).toEqual([]);
  });

  it('a silent Ring is probed by who comes, 0.5 to 1.5 s apart, one probe at a time', () => {
    for (const [jitter, ms] of [
      [0, 500],
      [0.5, 1_000],
      [0.999, 1_499],
    ] as const) {
      const purse = silenced();
      const { leaseId } = compose(purse, [], NOW + 12_000);
      expect(renewalDue(purse, NOW + 12_005)).toBe(false);
      failed(purse, leaseId, NOW + 12_010, jitter);
      expect([renewalDue(purse, NOW + 12_000 + ms - 1), renewalDue(purse, NOW + 12_000 + ms)]).toEqual([
        false,
        true,
      ]);
    }
  });

  it('nothing is left of the limit, as far as anybody can tell', () => {
    expect(fields(silenced(), NOW + 12_000)).toMatchObject([{ remaining: 0 }]);
  });
});

describe('grace › is reported', () => {
  const RULES: MeterRules = {
    owner: { requests: 20, perSeconds: 10 },
    key: null,
    unitsPerMonth: null,
    leaseMs: 5_000,
  };
  const RING_NOW = Date.UTC(2026, 10, 22);

  it('with every ask until one is answered, dated, each unit once', () => {
    const purse = silenced();
    spends(purse, 5_000, 11_000);
    const told = compose(purse, [], NOW + 11_000);
    expect(told.grace).toMatchObject({
      total: 3,
      spent: [
        [880, 1],
        [480, 1],
        [80, 1],
      ],
    });
    failed(purse, told.leaseId, NOW + 11_000);
    const again = compose(purse, [], NOW + 11_000);
    spends(purse, 11_000, 12_000);
    accept(purse, { ...GRANT, leaseId: again.leaseId, units: 0 }, NOW + 12_100, 0);
    const rest = compose(purse, [], NOW + 12_200);
    expect(rest.grace).toMatchObject({
      graceId: told.grace?.graceId,
      total: 5,
      spent: [
        [880, 1],
        [480, 1],
      ],
    });
    accept(purse, { ...GRANT, leaseId: rest.leaseId, units: 0 }, NOW + 12_300, 0);
    expect(compose(purse, [], NOW + 12_400).grace).toBeNull();
  });

  it('by a call of its own when the flow has stopped', () => {
    const purse = silenced();
    spends(purse, 5_000, 11_000);
    const probe = compose(purse, [], NOW + 11_000);
    spends(purse, 11_000, 11_500);
    accept(purse, { ...GRANT, leaseId: probe.leaseId, units: 0 }, NOW + 11_500, 0);
    expect(reportDueAt(purse, NOW + 11_500)).toBe(NOW + 11_500);
    expect(reportDue(purse, NOW + 12_500)).toBe(true);
  });

  const report = {
    graceId: 'g',
    total: 12,
    spent: [
      [9_000, 5],
      [1_000, 7],
    ],
  } as const;
  const ask = (leaseId: string, more: object = {}) => ({
    ...{
      leaseId,
      isolate: 'i',
      purse: OWNER_PURSE,
      costs: [],
      wantsLease: false,
      rate: 0,
      used: 0,
      held: 0,
      reports: [],
    },
    ...more,
  });
  const free = (meter: ReturnType<typeof openMeter>, now: number): number | undefined =>
    meter.ask(ask(`look-${now}`), RULES, now).levels[0]?.free;

  it('and booked by the Ring when it was spent, once, room or no room', () => {
    const meter = openMeter(null);
    for (let i = 0; i < 3; i++) meter.ask(ask(`a${i}`, { grace: report }), RULES, RING_NOW + i);
    expect(free(meter, RING_NOW + 10)).toBe(8);
    // The five were spent nine seconds before.
    expect(free(meter, RING_NOW + 1_500)).toBe(13);
    expect(free(meter, RING_NOW + 9_200)).toBe(20);
    const full = openMeter(null);
    expect(full.ask(ask('b', { costs: Array(20).fill(1) }), RULES, RING_NOW).decided).toBe(20);
    full.ask(ask('c', { grace: report }), RULES, RING_NOW);
    expect(full.ask(ask('d', { costs: [1] }), RULES, RING_NOW + 1).limited?.retryMs).toBeGreaterThan(9_000);
  });

  it('also with an ask that is granted nothing, and on the book of the month', () => {
    const meter = openMeter(null);
    const rules = { ...RULES, unitsPerMonth: 100 };
    meter.hear(ask('a', { grace: report }), rules, RING_NOW);
    expect(meter.saved()).toMatchObject({ month: { units: 12 } });
    expect(free(meter, RING_NOW)).toBe(8);
  });

  it('twice at worst, never too little, when the Ring has lost its memory', () => {
    const meter = openMeter(null);
    meter.ask(ask('a', { grace: report }), RULES, RING_NOW);
    const evicted = openMeter(JSON.parse(JSON.stringify(meter.saved())));
    evicted.ask(ask('b', { grace: report }), RULES, RING_NOW + 1);
    expect(free(evicted, RING_NOW + 2)).toBe(0);
    expect(free(evicted, RING_NOW + 9_300)).toBe(20);
  });
});

const quick = fc.constantFrom<Step['kind'][]>('exchange', 'exchange', 'exchange', 'flurry', 'spend', 'spend');

/** A clean outage, some way into a schedule, and found out soon by most. */
const outage = (setup: fc.Arbitrary<Setup>): fc.Arbitrary<readonly [Setup, readonly Step[]]> =>
  fc
    .tuple(
      fc.record({ one: setup, graceMs: fc.constantFrom(2_000, 10_000, 300_000) }),
      fc.array(fc.tuple(stepOf, fc.option(quick, { freq: 4 })), { minLength: 8, maxLength: 45, size: 'max' }),
      schedule(15, 60),
    )
    .map(([{ one, graceMs }, before, after]) => {
      const asking = [0, 1, 2].flatMap((who): Step[] => [
        { kind: 'spend', who, pick: 0, cost: 1, waitMs: 0 },
        { kind: 'timeOut', who, pick: 0, cost: 1, waitMs: 0 },
      ]);
      const sometimes = after.map((step, i): Step => {
        if (i % 5 === 0) return { ...step, kind: 'timeOut' };
        return step.kind === 'isolateBack' || step.kind === 'die' || i % 3 === 0
          ? { ...step, kind: 'flurry' }
          : step;
      });
      const known = before.map(
        ([step, kind]): Step => (kind === null ? step : { ...step, kind, waitMs: step.waitMs % 300 }),
      );
      return [{ ...one, graceMs, silentFrom: before.length }, [...known, ...asking, ...sometimes]];
    });

const unitsOf = (admissions: readonly Admission[]): number =>
  admissions.reduce((sum, { cost }) => sum + cost, 0);

describe('property 14 of LEASES.md: a clean outage', () => {
  it.each([
    ['one limit', plainSetup],
    ['owner, key and month', fullSetup],
  ] as const)('no window admits more than the limit: %s', (_, setup) => {
    fc.assert(
      fc.property(outage(setup), ([world, steps]) => {
        const late = broken(world, live(world, steps));
        // A month has no window: what isolates do by themselves may exceed it, and is charged to it afterwards.
        expect(late.filter((limit) => limit !== 'month')).toEqual([]);
      }),
      { numRuns: runs(4_000) },
    );
  });

  it('grace admits something in a good part of those, so that the property is no empty one', () => {
    let graced = 0;
    fc.assert(
      fc.property(outage(plainSetup), ([world, steps]) => {
        if (live(world, steps).some(({ inGrace }) => inGrace)) graced++;
      }),
      { numRuns: 500 },
    );
    expect(graced).toBeGreaterThan(100);
  });

  it('an isolate without a past admits nothing by itself', () => {
    fc.assert(
      fc.property(plainSetup, fc.array(stepOf, { maxLength: 40 }), (setup, steps) => {
        expect(unitsOf(live({ ...setup, graceMs: 300_000, silentFrom: 0 }, steps))).toBe(0);
      }),
      { numRuns: runs(500) },
    );
  });
});

const PATIENCE = 30_000;

describe('mutants: the property fails when', () => {
  const spentOf = new WeakMap<Purse, number>();
  const mutants: readonly (readonly [rule: string, mutant: Mutant])[] = [
    [
      'grace admits what comes',
      {
        spend: (...given) => {
          const spending = spend(...given);
          return spending.outcome === 'silent' ? { outcome: 'spent' } : spending;
        },
      },
    ],
    [
      'the past slides out too early',
      {
        spend: (purse, cost, now, options) =>
          spend(purse, cost, silence(purse, now) === null ? now : now + 700, options),
      },
    ],
    [
      'each isolate takes an equal part of the limit, whatever its past',
      {
        spend: (purse, cost, now, options) => {
          const spending = spend(purse, cost, now, options);
          if (spending.outcome !== 'silent') return spending;
          const spent = (spentOf.get(purse) ?? 0) + cost;
          spentOf.set(purse, spent);
          return { outcome: spent <= 4 ? 'spent' : 'silent' };
        },
      },
    ],
    [
      'what the Ring refused counts as a past',
      {
        accept: (purse, grant, now, jitter) =>
          accept(purse, { ...grant, decided: 1 + grant.decided }, now, jitter).map((_, i) =>
            i < grant.decided ? 'admitted' : 'refused',
          ),
      },
    ],
  ];
  it.each(mutants)('%s', { timeout: 30_000 }, (_, mutant) => {
    const property = fc.property(
      outage(plainSetup),
      ([world, steps]) => broken(world, live(world, steps, mutant)).length === 0,
    );
    expect(fc.check(property, { numRuns: PATIENCE, endOnFailure: true }).failed).toBe(true);
  });
});
