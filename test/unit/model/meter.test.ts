import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bookedUnits, cellMs, emptyBook } from '../../../src/model/book.ts';
import { type Ask, OWNER_PURSE, type Report } from '../../../src/model/lease-wire.ts';
import { LEASE_SLACK_MS, type Meter, type MeterRules, openMeter } from '../../../src/model/meter.ts';
import { runs } from '../../property.ts';
import { broken, fullSetup, KEY, live, plainSetup, schedule } from './lease-world.ts';

const NOW = Date.UTC(2026, 10, 22);
const RULES: MeterRules = {
  owner: { requests: 600, perSeconds: 60 },
  key: null,
  unitsPerMonth: null,
  leaseMs: 5000,
};
const ASK: Ask = {
  leaseId: 'a',
  isolate: 'isolate',
  purse: OWNER_PURSE,
  costs: [],
  wantsLease: true,
  rate: 100,
  used: 1000,
  held: 0,
  reports: [],
};

const report = (total: number, spent: Report['spent'], closed = false): Report => ({
  leaseId: 'a',
  total,
  spent,
  closed,
});
const small = (requests: number, perSeconds: number): MeterRules => ({
  ...RULES,
  owner: { requests, perSeconds },
});
const booked = (meter: Meter): number => {
  const { owner } = meter.saved();
  return owner ? bookedUnits(owner) : 0;
};

describe('meter › the window', () => {
  it('admits no more than the limit in any window, whatever is lost, repeated, reordered, dead or evicted', () => {
    fc.assert(
      fc.property(plainSetup, schedule(), (setup, steps) => {
        expect(broken(setup, live(setup, steps))).toEqual([]);
      }),
      { numRuns: runs(6000) },
    );
  });

  it('keeps the limits of owner, key and month at once', () => {
    fc.assert(
      fc.property(fullSetup, schedule(), (setup, steps) => {
        expect(broken(setup, live(setup, steps))).toEqual([]);
      }),
      { numRuns: runs(6000) },
    );
  });

  it('is filled to the limit by a good part of those schedules, so that the property is no empty one', () => {
    let full = 0;
    const property = fc.property(plainSetup, schedule(), (setup, steps) => {
      const fewer = { ...setup, owner: { ...setup.owner, requests: setup.owner.requests - 1 } };
      if (broken(fewer, live(setup, steps)).length > 0) full++;
    });
    fc.assert(property, { numRuns: 500 });
    expect(full).toBeGreaterThan(100);
  });

  it('keeps a lease on the book from its end, so what is spent at its end is not given out again', () => {
    const rules = small(3, 15);
    const meter = openMeter(null);
    expect(meter.ask({ ...ASK }, { ...rules, leaseMs: 10_000 }, NOW).units).toBe(3);
    const late = meter.ask({ ...ASK, leaseId: 'b', costs: [1, 1, 1] }, rules, NOW + 16_000);
    expect(late.decided).toBe(0);
    expect(late.limited?.retryMs).toBeGreaterThanOrEqual(9_000);
  });
});

describe('meter › reports', () => {
  it('books a spend once, however often it is reported', () => {
    const rules = small(3, 60);
    const meter = openMeter(null);
    expect(meter.ask(ASK, rules, NOW).units).toBe(3);
    for (const later of [1000, 1100, 1200]) meter.settle([report(1, [[later - 900, 1]])], NOW + later);
    meter.settle(
      [
        report(3, [
          [100, 1],
          [3600, 1],
          [100, 2],
        ]),
      ],
      NOW + 4800,
    );
    expect(booked(meter)).toBe(3);
    expect(meter.ask({ ...ASK, leaseId: 'b', costs: [1] }, rules, NOW + 5000).decided).toBe(0);
  });

  /** Three leases' worth of spends, one log entry each, reported after every spend without delay. */
  const lives = fc
    .array(fc.tuple(fc.integer({ min: 1, max: 900 }), fc.integer({ min: 1, max: 4 })), {
      minLength: 1,
      maxLength: 6,
    })
    .map((spends) => {
      const log: { at: number; units: number }[] = [];
      let at = NOW;
      return spends.map(([waitMs, units], index) => {
        at += waitMs;
        log.push({ at, units });
        const total = log.reduce((sum, entry) => sum + entry.units, 0);
        const spent = log.map((entry) => [at - entry.at, entry.units] as const);
        return { at, report: report(total, spent, index === spends.length - 1) };
      });
    });
  const opened = (): Meter => {
    const meter = openMeter(null);
    expect(meter.ask(ASK, RULES, NOW).units).toBe(317);
    return meter;
  };

  it('leave the book as the latest alone does: delivered never, once or often before it', () => {
    fc.assert(
      fc.property(lives, fc.array(fc.nat(3), { minLength: 6, maxLength: 6 }), (told, times) => {
        const [meter, alone] = [opened(), opened()];
        const last = told.at(-1) as (typeof told)[number];
        for (const [index, one] of told.entries()) {
          for (let count = times[index] ?? 1; count > 0; count--) meter.settle([one.report], one.at);
        }
        meter.settle([last.report], last.at);
        alone.settle([last.report], last.at);
        expect(meter.saved()).toEqual(alone.saved());
      }),
      { numRuns: runs(500) },
    );
  });

  it('leave the book as the latest alone does: in any order, as often as may be, after it', () => {
    fc.assert(
      fc.property(lives, fc.array(fc.nat(5), { maxLength: 12 }), (told, order) => {
        const [meter, alone] = [opened(), opened()];
        const last = told.at(-1) as (typeof told)[number];
        meter.settle([last.report], last.at);
        alone.settle([last.report], last.at);
        for (const index of order)
          meter.settle([(told[index % told.length] ?? last).report], last.at + index);
        expect(meter.saved().owner).toEqual(alone.saved().owner);
      }),
      { numRuns: runs(500) },
    );
  });

  it('only ever free units, whatever they say, and never those that were spent', () => {
    const nonsense = fc.record({
      leaseId: fc.constantFrom('a', 'b', 'unknown'),
      total: fc.integer({ min: -5, max: 700 }),
      spent: fc.array(fc.tuple(fc.integer({ min: -9_000, max: 90_000 }), fc.integer({ min: -3, max: 400 })), {
        maxLength: 5,
      }),
      closed: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(20_000), nonsense), { maxLength: 20 }), (told) => {
        const meter = opened();
        meter.ask({ ...ASK, leaseId: 'b', costs: [7] }, RULES, NOW);
        let before = booked(meter);
        let now = NOW;
        for (const [waitMs, one] of told) {
          now += waitMs;
          meter.settle([one], now);
          expect(booked(meter)).toBeLessThanOrEqual(before);
          before = booked(meter);
          // The seven were decided, not leased: no report can touch them.
          if (now < NOW + 60_000) expect(before).toBeGreaterThanOrEqual(7);
          for (const [, units] of meter.saved().owner?.cells ?? []) expect(units).toBeGreaterThan(0);
        }
      }),
      { numRuns: runs(500) },
    );
  });

  it('date no unit earlier than it was spent, whatever the delay of the report', () => {
    const moment = fc.integer({ min: 0, max: 4900 });
    fc.assert(
      fc.property(moment, fc.nat(2000), fc.nat(58_000), (spentMs, heldMs, delayMs) => {
        const meter = opened();
        meter.settle([report(1, [[heldMs, 1]], true)], NOW + spentMs + heldMs + delayMs);
        const book = meter.saved().owner ?? emptyBook(60);
        expect(bookedUnits(book)).toBe(1);
        expect(book.cells[0]?.[0]).toBeGreaterThanOrEqual(Math.floor((NOW + spentMs) / cellMs(book)));
      }),
      { numRuns: runs(500) },
    );
  });

  it('touch only the books the lease is on, though another lease ends in the same cell', () => {
    const meter = openMeter(null);
    const rules = { ...RULES, key: { requests: 50, perSeconds: 60 } };
    meter.ask({ ...ASK, rate: 10 }, rules, NOW);
    const own = meter.ask({ ...ASK, leaseId: 'b', purse: KEY }, rules, NOW);
    meter.settle([report(0, [], true)], NOW + 10);
    const { owner, keys } = meter.saved();
    expect([owner, keys[KEY]].map((book) => book && bookedUnits(book))).toEqual([own.units, own.units]);
  });

  it('of a lease granted under a window of another length change nothing', () => {
    const meter = opened();
    const rules = small(600, 30);
    meter.ask({ ...ASK, leaseId: 'b', wantsLease: false }, rules, NOW + 100);
    meter.ask({ ...ASK, leaseId: 'c', costs: [5], wantsLease: false }, rules, NOW + 5000);
    meter.settle([report(0, [], true)], NOW + 5000);
    expect(booked(meter)).toBe(322);
  });

  it('of a lease that is forgotten change nothing', () => {
    const meter = opened();
    meter.settle([report(0, [], true)], NOW + 65_000);
    expect(booked(meter)).toBe(317);
  });

  it('of a short lease that is forgotten change nothing while a longer one before it is remembered', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, leaseId: 'long', rate: 10 }, { ...RULES, leaseMs: 30_000 }, NOW);
    meter.ask({ ...ASK, rate: 10 }, { ...RULES, leaseMs: 1_000 }, NOW);
    const before = booked(meter);
    meter.settle([report(0, [], true)], NOW + 61_000);
    expect(booked(meter)).toBe(before);
  });

  it('of a lease under two windows are heard for as long as the shorter is', () => {
    const rules = { ...RULES, key: { requests: 50, perSeconds: 10 } };
    const left = (heardMs: number): number => {
      const meter = openMeter(null);
      meter.ask({ ...ASK, purse: KEY, rate: 1 }, rules, NOW);
      meter.settle([report(0, [], true)], NOW + heardMs);
      return booked(meter);
    };
    expect(left(14_999)).toBe(0);
    expect(left(15_000)).toBeGreaterThan(0);
  });

  it('that come with an ask are heard before it is decided', () => {
    const meter = openMeter(null);
    const rules = small(3, 60);
    expect(meter.ask(ASK, rules, NOW).units).toBe(3);
    const next = { ...ASK, leaseId: 'b', costs: [3], reports: [report(0, [], true)] };
    expect(meter.ask(next, rules, NOW + 10).decided).toBe(1);
  });

  it('that come with an ask that is granted nothing are heard too, with a grace or without', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, costs: [1] }, RULES, NOW);
    meter.hear({ ...ASK, leaseId: 'b', reports: [report(0, [], true)] }, RULES, NOW + 10);
    expect(booked(meter)).toBe(1);
  });

  it('of a lease that no quota was charged for leave the quota alone', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, costs: [5], wantsLease: false }, { ...RULES, unitsPerMonth: 100 }, NOW);
    expect(meter.ask({ ...ASK, leaseId: 'a' }, RULES, NOW + 1).units).toBe(0);
    expect(meter.ask({ ...ASK, leaseId: 'b' }, RULES, NOW + 1).units).toBeGreaterThan(0);
    meter.settle([{ ...report(0, [], true), leaseId: 'b' }], NOW + 2);
    expect(meter.saved().month?.units).toBe(5);
  });

  it('date no unit before its grant, whatever clock the isolate has', () => {
    const meter = opened();
    meter.settle([report(1, [[50_000, 1]], true)], NOW + 100);
    const book = meter.saved().owner;
    expect(book && book.cells[0]?.[0] === Math.floor(NOW / cellMs(book))).toBe(true);
  });

  it('strike out what was never spent, also after the lease has ended', () => {
    const meter = opened();
    meter.settle([report(40, [[8000, 40]], true)], NOW + 9000);
    expect(booked(meter)).toBe(40);
  });

  it('of a lease whose key had no own limit do not touch the book the key got since', () => {
    const meter = openMeter(null);
    const plain = meter.ask({ ...ASK, purse: KEY, rate: 1000 }, RULES, NOW);
    const rules = { ...RULES, key: { requests: 50, perSeconds: 60 } };
    const own = meter.ask({ ...ASK, leaseId: 'b', purse: KEY }, rules, NOW);
    expect([plain.units, own.units]).toEqual([600, 0]);
    meter.settle([report(0, [], true)], NOW + 10);
    const again = meter.ask({ ...ASK, leaseId: 'c', purse: KEY, rate: 1000 }, rules, NOW + 10);
    expect(again.units).toBe(50);
    expect(meter.saved().keys[KEY]?.cells.map(([, units]) => units)).toEqual([50]);
  });
});

describe('meter › one ask', () => {
  it('asked twice gives the same lease and the same decisions, and books them once', () => {
    const meter = openMeter(null);
    const ask = { ...ASK, costs: [5, 1] };
    const first = meter.ask(ask, RULES, NOW);
    const again = meter.ask(ask, RULES, NOW + 1200);
    expect(again).toMatchObject({ leaseId: 'a', decided: 2, units: first.units, ms: first.ms - 1200 });
    expect(booked(meter)).toBe(6 + first.units);
  });

  it('asked twice keeps its refusals too, though there is room by then', () => {
    const meter = openMeter(null);
    const ask = { ...ASK, costs: [6, 6], wantsLease: false };
    expect(meter.ask(ask, small(10, 1), NOW)).toMatchObject({ decided: 1, limited: { by: ['owner'] } });
    const again = meter.ask(ask, small(20, 1), NOW + 500);
    expect(again).toMatchObject({ decided: 1, limited: { retryMs: 1, by: ['owner'] } });
    expect(booked(meter)).toBe(6);
  });

  it('asked again after the lease was given back grants nothing', () => {
    const meter = openMeter(null);
    meter.ask(ASK, RULES, NOW);
    meter.settle([report(0, [], true)], NOW + 10);
    expect(meter.ask(ASK, RULES, NOW + 20).units).toBe(0);
    expect(booked(meter)).toBe(0);
  });

  it('announces a lease shorter than it is booked', () => {
    const grant = openMeter(null).ask(ASK, RULES, NOW);
    expect(grant.ms).toBe(5000 - LEASE_SLACK_MS);
  });

  it('with leaseMs 0 decides and grants nothing', () => {
    const meter = openMeter(null);
    const grant = meter.ask({ ...ASK, costs: [3] }, { ...RULES, leaseMs: 0 }, NOW);
    expect(grant).toMatchObject({ decided: 1, units: 0, ms: 0, limited: null });
    expect(booked(meter)).toBe(3);
  });

  it('repeated after its lease is over grants it for no time at all', () => {
    const meter = openMeter(null);
    const { units } = meter.ask(ASK, RULES, NOW);
    expect(meter.ask(ASK, RULES, NOW + 5_001)).toMatchObject({ units, ms: 0 });
  });

  it('of which nothing is admitted gets no lease, though there are units left', () => {
    const meter = openMeter(null);
    const rules = small(10, 60);
    meter.ask({ ...ASK, costs: [6], wantsLease: false }, rules, NOW);
    const refused = meter.ask({ ...ASK, leaseId: 'b', costs: [5] }, rules, NOW);
    expect(refused).toMatchObject({ decided: 0, units: 0, levels: [{ free: 4 }] });
    expect(booked(meter)).toBe(6);
  });

  it('that is refused may fare better later: the refusal is not remembered', () => {
    const meter = openMeter(null);
    const rules = small(10, 60);
    meter.ask({ ...ASK, costs: [10], wantsLease: false }, rules, NOW);
    const ask = { ...ASK, leaseId: 'b', costs: [1], wantsLease: false };
    expect(meter.ask(ask, rules, NOW + 1)).toMatchObject({ decided: 0, units: 0 });
    expect(meter.ask(ask, rules, NOW + 61_000)).toMatchObject({ decided: 1 });
  });

  it('that is refused is told for how long not to ask again', () => {
    const rules = small(10, 60);
    expect(openMeter(null).ask({ ...ASK, costs: [11] }, rules, NOW).limited?.floorMs).toBe(2_000);
  });

  it('of the owner is under no limit of a key', () => {
    const rules = { ...RULES, key: { requests: 1, perSeconds: 60 } };
    expect(
      openMeter(null)
        .ask(ASK, rules, NOW)
        .levels.map(({ name }) => name),
    ).toEqual(['owner']);
  });

  it('that wants no lease gets none', () => {
    expect(openMeter(null).ask({ ...ASK, wantsLease: false, costs: [1] }, RULES, NOW)).toMatchObject({
      decided: 1,
      units: 0,
    });
  });

  it.each([0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])(
    'throws for the cost %s and books nothing',
    (cost) => {
      const meter = openMeter(null);
      expect(() => meter.ask({ ...ASK, costs: [1, cost] }, RULES, NOW)).toThrow(
        new RangeError('a cost must be an integer of at least 1'),
      );
      expect(booked(meter)).toBe(0);
    },
  );

  it('admits the longest prefix of its costs that fits, and says when the next would', () => {
    const meter = openMeter(null);
    const grant = meter.ask({ ...ASK, costs: [4, 4, 4, 1], wantsLease: false }, small(10, 60), NOW);
    expect(grant).toMatchObject({ decided: 2, limited: { by: ['owner'] } });
    expect(grant.limited?.retryMs).toBeGreaterThanOrEqual(60_000);
    expect(grant.limited?.retryMs).toBeLessThanOrEqual(60_000 + 469);
    expect(meter.ask({ ...ASK, leaseId: 'b', costs: [2] }, small(10, 60), NOW)).toMatchObject({ decided: 1 });
  });

  it('with a cost over the limit is refused with a finite wait and books nothing', () => {
    const meter = openMeter(null);
    const grant = meter.ask({ ...ASK, costs: [11] }, small(10, 60), NOW);
    expect(grant).toMatchObject({ decided: 0, units: 0, limited: { retryMs: 60_000, by: ['owner'] } });
    expect(booked(meter)).toBe(0);
  });

  it('with numbers that are none is granted no more than is free', () => {
    for (const rate of [Number.NaN, Number.POSITIVE_INFINITY, -5, 1e300]) {
      const meter = openMeter(null);
      const grant = meter.ask({ ...ASK, rate, used: rate, held: rate }, RULES, NOW);
      expect(Number.isSafeInteger(grant.units)).toBe(true);
      expect(booked(meter)).toBeLessThanOrEqual(600);
    }
  });
});

describe('meter › grants', () => {
  it('a newcomer gets no more than a welcome', () => {
    const grant = openMeter(null).ask({ ...ASK, rate: 0, used: 0, costs: [1] }, RULES, NOW);
    expect(grant.units).toBe(8);
    expect(grant.scarce).toBe(false);
  });

  it('a newcomer with a large burst behind it gets at most a welcome more than twice what it used', () => {
    expect(openMeter(null).ask({ ...ASK, rate: 90, used: 20 }, RULES, NOW).units).toBe(48);
  });

  it('nobody gets more than half of what is free while others are there', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, isolate: 'other', leaseId: 'o', rate: 0, used: 0 }, RULES, NOW);
    const { free } = meter.ask({ ...ASK, leaseId: 'x', wantsLease: false }, RULES, NOW).levels[0] ?? {
      free: 0,
    };
    expect(meter.ask({ ...ASK, isolate: 'greedy', rate: 1e6, used: 1e6 }, RULES, NOW).units).toBe(free / 2);
  });

  it.each([
    ['of what its request pays next, where that is more than a welcome', 0, 10, 10],
    ['of the rest, where it holds some', 4, 10, 6],
    ['of a welcome, where its request pays less', 0, 1, 8],
    ['of a welcome, where there is not so much: the request is decided when it asks', 0, 601, 8],
  ])('a newcomer gets a lease %s', (_, held, next, units) => {
    const grant = openMeter(null).ask({ ...ASK, rate: 0, used: 0, held, next }, RULES, NOW);
    expect(grant.units).toBe(units);
  });

  it('what its request pays next is no more than half of what is free while others are there', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, leaseId: 'b', isolate: 'other', rate: 0, used: 0 }, small(10, 60), NOW);
    const one = { ...ASK, rate: 0, used: 0 };
    expect(meter.ask({ ...one, next: 6 }, small(10, 60), NOW).units).toBe(0);
    expect(meter.ask({ ...one, leaseId: 'c', next: 5 }, small(10, 60), NOW).units).toBe(5);
  });

  it('what the isolate holds already is counted', () => {
    const fresh = openMeter(null).ask({ ...ASK, rate: 10 }, RULES, NOW).units;
    expect(openMeter(null).ask({ ...ASK, rate: 10, held: 20 }, RULES, NOW).units).toBe(fresh - 20);
  });

  it('an isolate that is silent for ten seconds is not shared with any more', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, isolate: 'other', leaseId: 'o' }, RULES, NOW);
    expect(meter.ask({ ...ASK, leaseId: 'b' }, RULES, NOW + 9_000).active).toBe(2);
    expect(meter.ask({ ...ASK, leaseId: 'c' }, RULES, NOW + 10_000).active).toBe(1);
  });
});

describe('meter › several limits', () => {
  const rules: MeterRules = {
    owner: { requests: 100, perSeconds: 60 },
    key: { requests: 10, perSeconds: 10 },
    unitsPerMonth: 12,
    leaseMs: 5000,
  };

  it('a grant is the least of what they allow, on all of them', () => {
    const meter = openMeter(null);
    const grant = meter.ask({ ...ASK, purse: KEY, costs: [3] }, rules, NOW);
    expect(grant.units).toBe(7);
    expect(grant.levels.map(({ name, free }) => [name, free])).toEqual([
      ['owner', 90],
      ['key', 0],
      ['month', 2],
    ]);
    const saved = meter.saved();
    expect([saved.owner, saved.keys[KEY]].map((book) => book && bookedUnits(book))).toEqual([10, 10]);
    expect(saved.month).toEqual({ name: '2026-11', endsAt: Date.UTC(2026, 11), units: 10 });
  });

  it('units are scarce where one of the limits is short of them', () => {
    const ask = { ...ASK, rate: 0, used: 0, purse: KEY, wantsLease: false };
    const plenty = { ...rules, unitsPerMonth: null, key: { requests: 50, perSeconds: 10 } };
    expect(openMeter(null).ask(ask, plenty, NOW).scarce).toBe(false);
    expect(openMeter(null).ask(ask, { ...plenty, key: rules.key }, NOW).scarce).toBe(true);
  });

  it('an ask that is repeated where there is room by then names one limit', () => {
    const meter = openMeter(null);
    const ask = { ...ASK, purse: KEY, costs: [6, 6], wantsLease: false };
    expect(meter.ask(ask, { ...rules, unitsPerMonth: null }, NOW).limited?.by).toEqual(['key']);
    const roomy = { ...rules, unitsPerMonth: null, key: { requests: 50, perSeconds: 10 } };
    expect(meter.ask(ask, roomy, NOW + 500).limited?.by).toEqual(['owner']);
  });

  it('a refusal names the limits that stood in the way and waits for all of them', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, purse: KEY, costs: [9] }, rules, NOW);
    const owner = meter.ask({ ...ASK, leaseId: 'b', purse: KEY, costs: [2], wantsLease: false }, rules, NOW);
    expect(owner.limited?.by).toEqual(['key']);
    const both = meter.ask({ ...ASK, leaseId: 'c', purse: KEY, costs: [4] }, rules, NOW);
    expect(both.limited).toMatchObject({ by: ['key', 'month'], retryMs: Date.UTC(2026, 11) - NOW });
  });

  it('what is given back is given back to all, the month too', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, purse: KEY }, rules, NOW);
    meter.settle([report(4, [[100, 4]], true)], NOW + 1000);
    const saved = meter.saved();
    expect([saved.owner, saved.keys[KEY]].map((book) => book && bookedUnits(book))).toEqual([4, 4]);
    expect(saved.month?.units).toBe(4);
  });

  it('a quota is charged in the month of the grant, and a new month starts at nothing', () => {
    const meter = openMeter(null);
    const eve = Date.UTC(2026, 11) - 1000;
    const monthly = { ...rules, key: null };
    expect(meter.ask(ASK, monthly, eve).units).toBe(12);
    const next = meter.ask({ ...ASK, leaseId: 'b', costs: [12] }, monthly, eve + 2000);
    expect(next.decided).toBe(1);
    meter.settle([report(2, [[0, 2]], true)], eve + 2500);
    expect(meter.saved().month).toMatchObject({ name: '2026-12', units: 12 });
  });

  it('a limit that is lowered below what is booked admits nothing until enough has left', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, costs: [50], wantsLease: false }, small(100, 60), NOW);
    const lowered = meter.ask({ ...ASK, leaseId: 'b', costs: [1] }, small(10, 60), NOW + 1000);
    expect(lowered).toMatchObject({ decided: 0, levels: [{ free: 0 }] });
    expect(lowered.limited?.retryMs).toBeGreaterThanOrEqual(59_000);
  });

  it('a window that changes length forgets nothing that lies in both', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, costs: [50] }, small(100, 60), NOW);
    const changed = meter.ask({ ...ASK, leaseId: 'b', wantsLease: false }, small(100, 30), NOW + 20_000);
    expect(changed.levels[0]).toMatchObject({ requests: 100, perSeconds: 30, free: 0 });
  });
});

describe('meter › memory', () => {
  it('lost at an eviction leaves outstanding leases booked, for one window after their end', () => {
    const before = openMeter(null);
    before.ask({ ...ASK, rate: 30, used: 200 }, RULES, NOW);
    const outstanding = booked(before);
    const meter = openMeter(JSON.parse(JSON.stringify(before.saved())));
    meter.settle([report(0, [], true)], NOW + 100);
    expect(booked(meter)).toBe(outstanding);
    meter.settle([], NOW + 5000 + 60_000 + 469);
    expect(booked(meter)).toBe(0);
  });

  it('survives as plain JSON, and a copy does not change with the meter', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, purse: KEY, costs: [2] }, { ...RULES, key: RULES.owner, unitsPerMonth: 50 }, NOW);
    const saved = meter.saved();
    const text = JSON.stringify(saved);
    expect(openMeter(JSON.parse(text)).saved()).toEqual(saved);
    meter.settle([report(0, [], true)], NOW + 5);
    expect(JSON.stringify(saved)).toBe(text);
  });

  it('is written in parts: of a thousand keys with limits of their own, the one that asks', () => {
    const meter = openMeter(null);
    const rules = { ...RULES, key: RULES.owner };
    const ask = (key: number, at: number) =>
      meter.ask({ ...ASK, leaseId: `${key} ${at}`, purse: `key ${key}` }, rules, at);
    for (let key = 0; key < 1_000; key++) ask(key, NOW);
    meter.save(() => undefined);
    ask(7, NOW + 10);
    const written: object[] = [];
    meter.save((changed) => written.push(structuredClone(changed)));
    const { owner, keys, last } = meter.saved('key 7');
    expect(written).toEqual([{ last, owner, month: null, keys }]);
    expect(Object.keys(keys)).toEqual(['key 7']);
  });

  it('is written when a report gives units of a key back', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, purse: KEY }, { ...RULES, key: RULES.owner }, NOW);
    meter.save(() => undefined);
    meter.settle([report(0, [], true)], NOW + 5);
    const rows: object[] = [];
    meter.save(({ keys }) => rows.push({ ...keys }));
    expect(rows).toEqual([{ [KEY]: null }]);
  });

  it('that was not written, by a throw, is written the next time', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, purse: KEY }, { ...RULES, key: RULES.owner }, NOW);
    const fail = (): void => {
      throw new Error('the disk is full');
    };
    expect(() => meter.save(fail)).toThrow('the disk is full');
    const purses: string[] = [];
    meter.save(({ keys }) => purses.push(...Object.keys(keys)));
    expect(purses).toEqual([KEY]);
    meter.save(({ keys }) => purses.push(...Object.keys(keys)));
    expect(purses).toEqual([KEY]);
  });

  it('of a key whose units have all slid out is a row that goes', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, purse: KEY, costs: [1] }, { ...RULES, key: RULES.owner }, NOW);
    meter.save(() => undefined);
    meter.settle([], NOW + 3_600_000);
    const rows: object[] = [];
    meter.save(({ keys }) => rows.push({ ...keys }));
    expect(rows).toEqual([{ [KEY]: null }]);
  });

  it('of time never runs back: a clock that does changes nothing', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, costs: [600] }, RULES, NOW);
    const back = meter.ask({ ...ASK, leaseId: 'b', costs: [1] }, RULES, NOW - 3_600_000);
    expect(back.decided).toBe(0);
    expect(back.limited?.retryMs).toBeLessThanOrEqual(60_469);
    expect(meter.saved().last).toBe(NOW);
  });

  it('is bounded: cells by the window, leases and accounts by the calls of a minute', () => {
    for (const [perSeconds, leaseMs] of [
      [1, 5000],
      [10, 5000],
      [60, 30_000],
    ] as const) {
      const meter = openMeter(null);
      const rules = { ...small(100_000, perSeconds), leaseMs };
      const callsPerSecond = 20;
      let most = { cells: 0, leases: 0, accounts: 0 };
      for (let call = 0; call < 200 * callsPerSecond; call++) {
        const ask = {
          ...ASK,
          leaseId: `lease-${call}`,
          isolate: `isolate-${call % 700}`,
          rate: 5,
          costs: [1],
        };
        meter.ask(ask, rules, NOW + (call * 1000) / callsPerSecond);
        const size = meter.size();
        most = {
          cells: Math.max(most.cells, size.cells),
          leases: Math.max(most.leases, size.leases),
          accounts: Math.max(most.accounts, size.accounts),
        };
      }
      expect(most.cells).toBeLessThanOrEqual(128 + (128 * leaseMs) / 1000 / perSeconds + 2);
      expect(most.leases).toBeLessThanOrEqual(
        (leaseMs / 1000 + Math.min(60, perSeconds)) * callsPerSecond + 1,
      );
      expect(most.accounts).toBeLessThanOrEqual(
        Math.min(700, Math.max(10, (2 * leaseMs) / 1000) * callsPerSecond + 1),
      );
    }
  });

  it('keeps no book that is empty, of the owner or of a key', () => {
    const meter = openMeter(null);
    const rules = { ...RULES, key: RULES.owner };
    meter.ask({ ...ASK, purse: KEY, costs: [2], wantsLease: false }, rules, NOW);
    expect(meter.size()).toEqual({ cells: 2, leases: 1, accounts: 1 });
    meter.settle([], NOW + 65_000);
    expect(meter.saved()).toEqual({ last: NOW + 65_000, owner: null, keys: {}, month: null });
    expect(meter.size()).toEqual({ cells: 0, leases: 0, accounts: 0 });
  });

  it('of a grace is over a minute after its window: told again, it is booked again', () => {
    const meter = openMeter(null);
    const grace = { graceId: 'g', total: 1, spent: [[0, 1]] } as const;
    for (const ms of [0, 119_999]) meter.hear({ ...ASK, grace }, RULES, NOW + ms);
    expect(booked(meter)).toBe(0);
    meter.hear({ ...ASK, grace }, RULES, NOW + 240_000);
    expect(booked(meter)).toBe(1);
  });

  it('of a month is not needed when all of it was given back', () => {
    const meter = openMeter(null);
    meter.ask(ASK, { ...RULES, unitsPerMonth: 10 }, NOW);
    meter.settle([report(0, [], true)], NOW + 1);
    expect(meter.emptyAt()).toBe(0);
  });

  it('is needed until the last unit has left, and for a quota until the month is over', () => {
    const meter = openMeter(null);
    expect(meter.emptyAt()).toBe(0);
    meter.ask({ ...ASK, costs: [1], wantsLease: false }, RULES, NOW);
    const at = meter.emptyAt();
    expect(at).toBeGreaterThanOrEqual(NOW + 60_000);
    meter.settle([], at);
    expect(meter.emptyAt()).toBe(0);
    meter.ask({ ...ASK, leaseId: 'b', costs: [1] }, { ...RULES, unitsPerMonth: 10 }, at);
    expect(meter.emptyAt()).toBe(Date.UTC(2026, 11));
  });
});
