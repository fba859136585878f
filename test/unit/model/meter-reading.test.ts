import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Ask, OWNER_PURSE } from '../../../src/model/lease-wire.ts';
import { type Meter, type MeterRules, openMeter } from '../../../src/model/meter.ts';
import { readMeter } from '../../../src/model/meter-reading.ts';
import { runs } from '../../property.ts';

const NOW = Date.UTC(2026, 10, 30, 23, 59, 0);
const KEY = 'key-1';
const ASK: Omit<Ask, 'leaseId'> = {
  ...{ isolate: 'isolate', purse: OWNER_PURSE, costs: [], wantsLease: false },
  ...{ rate: 100, used: 1000, held: 0, reports: [] },
};
const RULES: MeterRules = {
  owner: { requests: 20, perSeconds: 60 },
  key: null,
  unitsPerMonth: null,
  leaseMs: 5_000,
};

const limit = fc.record({
  requests: fc.integer({ min: 1, max: 12 }),
  perSeconds: fc.integer({ min: 1, max: 90 }),
});
const rules: fc.Arbitrary<MeterRules> = fc.record({
  owner: limit,
  key: fc.option(limit),
  unitsPerMonth: fc.option(fc.integer({ min: 1, max: 25 })),
  leaseMs: fc.constantFrom(0, 1_000, 5_000),
});

/** Asks of owner and key, leases that are given back in part or never told of, limits that change, clocks that step. */
const step = fc.record({
  kind: fc.constantFrom('ask', 'ask', 'lease', 'report', 'close', 'change'),
  isOfKey: fc.boolean(),
  costs: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 6 }),
  total: fc.nat(6),
  waitMs: fc.oneof(fc.integer({ min: -2_000, max: 20_000 }), fc.constantFrom(0, 60_000, 200_000)),
  next: rules,
});
const life = fc.record({ rules, steps: fc.array(step, { maxLength: 20 }), isOfKey: fc.boolean() });

/** A meter after all that, with what holds then and the time. */
const lived = ({
  rules: first,
  steps,
}: {
  rules: MeterRules;
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[];
}) => {
  const meter = openMeter(null);
  let [now, rulesNow, count] = [NOW, first, 0];
  for (const { kind, isOfKey, costs, total, waitMs, next } of steps) {
    now += waitMs;
    if (kind === 'change') rulesNow = next;
    else if (kind === 'ask' || kind === 'lease') {
      const purse = isOfKey && rulesNow.key ? KEY : OWNER_PURSE;
      const ask = { ...ASK, purse, costs, leaseId: `l${count++}`, wantsLease: kind === 'lease' };
      meter.ask(ask, purse === KEY ? rulesNow : { ...rulesNow, key: null }, now);
    } else {
      const report = {
        leaseId: `l${count - 1}`,
        total,
        spent: [[0, total] as const],
        closed: kind === 'close',
      };
      meter.settle([report], now);
    }
  }
  return { meter, rulesNow, now };
};

const grantable = (meter: Meter, purse: string, held: MeterRules, now: number, units: number): number => {
  const costs = Array.from({ length: units }, () => 1);
  return openMeter(meter.saved()).ask({ ...ASK, leaseId: 'asked', purse, costs }, held, now).decided;
};

describe('what is left of a limit', () => {
  it('can be had, and not one unit more; it is never more than the limit, and looking changes nothing', () => {
    fc.assert(
      fc.property(life, ({ isOfKey, ...rest }) => {
        const { meter, rulesNow, now } = lived(rest);
        const purse = isOfKey && rulesNow.key ? KEY : OWNER_PURSE;
        const held = purse === KEY ? rulesNow : { ...rulesNow, key: null };
        const before = JSON.stringify([meter.saved(), meter.size()]);
        const readings = readMeter(meter.saved(), purse, held, now);
        expect(JSON.stringify([meter.saved(), meter.size()])).toBe(before);
        expect(readings.map(({ name }) => name)).toEqual([
          'owner',
          ...(purse === KEY ? ['key'] : []),
          ...(held.unitsPerMonth === null ? [] : ['month']),
        ]);
        for (const { free, requests } of readings) {
          expect(free).toBeGreaterThanOrEqual(0);
          expect(free).toBeLessThanOrEqual(requests);
        }
        const left = Math.min(...readings.map(({ free }) => free));
        expect(grantable(meter, purse, held, now, left)).toBe(left);
        expect(grantable(meter, purse, held, now, left + 1)).toBe(left);
        // And of the meter itself, not only of a copy.
        const costs = Array.from({ length: left + 1 }, () => 1);
        expect(meter.ask({ ...ASK, leaseId: 'asked', purse, costs }, held, now).decided).toBe(left);
      }),
      { numRuns: runs(3_000) },
    );
  });

  it('is all of it at the time that is told, and is whole now where none is', () => {
    fc.assert(
      fc.property(life, ({ isOfKey, ...rest }) => {
        const { meter, rulesNow, now } = lived(rest);
        const purse = isOfKey && rulesNow.key ? KEY : OWNER_PURSE;
        const held = purse === KEY ? rulesNow : { ...rulesNow, key: null };
        const saved = meter.saved();
        const at = Math.max(saved.last, now);
        const readings = readMeter(saved, purse, held, now);
        const longest = Math.max(...readings.map(({ wholeInMs }) => wholeInMs));
        for (const { free, requests } of readMeter(saved, purse, held, at + longest))
          expect(free).toBe(requests);
        for (const { free, requests, wholeInMs } of readings) expect(wholeInMs === 0).toBe(free === requests);
      }),
      { numRuns: runs(2_000) },
    );
  });

  it('is all where nobody ever asked', () => {
    expect(readMeter(openMeter(null).saved(), OWNER_PURSE, { ...RULES, unitsPerMonth: 7 }, NOW)).toEqual([
      { name: 'owner', requests: 20, perSeconds: 60, free: 20, freesInMs: 0, wholeInMs: 0 },
      { name: 'month', requests: 7, perSeconds: 30 * 86_400, free: 7, freesInMs: 0, wholeInMs: 0 },
    ]);
  });

  it('is not less for being looked at: no lease is taken', () => {
    const rules = { ...RULES, owner: { requests: 600, perSeconds: 60 } };
    expect(readMeter(openMeter(null).saved(), OWNER_PURSE, rules, NOW)).toMatchObject([{ free: 600 }]);
  });

  it('of a month is whole when the month is over', () => {
    const meter = openMeter(null);
    const rules = { ...RULES, unitsPerMonth: 7 };
    meter.ask({ ...ASK, leaseId: 'l', costs: [1] }, rules, NOW);
    expect(readMeter(meter.saved(), OWNER_PURSE, rules, NOW + 1_000)[1]).toMatchObject({
      ...{ name: 'month', free: 6, freesInMs: 59_000, wholeInMs: 59_000 },
    });
  });

  it('lacks what is out on lease until it is given back', () => {
    const meter = openMeter(null);
    const { units, leaseId } = meter.ask({ ...ASK, leaseId: 'l', wantsLease: true }, RULES, NOW);
    expect(units).toBeGreaterThan(1);
    const left = () => readMeter(meter.saved(), OWNER_PURSE, RULES, NOW + 1_000)[0]?.free;
    expect(left()).toBe(20 - units);
    meter.settle([{ leaseId, total: 1, spent: [[500, 1]], closed: true }], NOW + 1_000);
    expect(left()).toBe(19);
  });

  it('is none, and not less, after a limit was lowered', () => {
    const meter = openMeter(null);
    meter.ask({ ...ASK, leaseId: 'l', costs: [10] }, RULES, NOW);
    const lower = { ...RULES, owner: { requests: 5, perSeconds: 60 } };
    expect(readMeter(meter.saved(), OWNER_PURSE, lower, NOW)[0]).toMatchObject({ free: 0, requests: 5 });
  });
});
