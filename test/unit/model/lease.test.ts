import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  accept,
  compose,
  failed,
  fields,
  giveBack,
  inFlight,
  left,
  MAX_HELD_LEASES,
  openPurse,
  type Purse,
  renewalDue,
  reportDue,
  reportDueAt,
  spend,
} from '../../../src/model/lease.ts';
import { retryAfterSeconds } from '../../../src/model/lease-fields.ts';
import { AGE_MARGIN_MS, MAX_LOG_ENTRIES } from '../../../src/model/lease-log.ts';
import { type Grant, type Level, OWNER_PURSE } from '../../../src/model/lease-wire.ts';
import { openMeter } from '../../../src/model/meter.ts';
import { runs } from '../../property.ts';

/** The isolate's clock has nothing to do with the Ring's. */
const NOW = 5_000;
const LEVEL: Level = { name: 'owner', requests: 600, perSeconds: 60, free: 500, freesInMs: 20_000 };
const GRANT: Grant = {
  leaseId: 'lease-0',
  decided: 0,
  units: 10,
  ms: 4900,
  levels: [LEVEL],
  active: 1,
  scarce: false,
  limited: null,
};

const empty = (): Purse => {
  let asked = 0;
  return openPurse({ isolate: 'i', leaseMs: 5000, newLeaseId: () => `lease-${asked++}` }, OWNER_PURSE);
};

/** A purse with a lease of 10 units that was asked for at NOW and answered 200 ms later. */
const leased = (grant: Partial<Grant> = {}): Purse => {
  const purse = empty();
  compose(purse, [], NOW);
  accept(purse, { ...GRANT, ...grant }, NOW + 200, 0);
  return purse;
};

const spendAll = (purse: Purse, now: number): number => {
  let units = 0;
  while (spend(purse, 1, now).outcome === 'spent') units++;
  return units;
};

describe('purse › spending', () => {
  it('without a lease the Ring is asked', () => {
    expect(spend(empty(), 1, NOW)).toEqual({ outcome: 'ask' });
  });

  it('takes no more from a lease than it holds', () => {
    const purse = leased();
    expect(spend(purse, 7, NOW + 300)).toEqual({ outcome: 'spent' });
    expect(spend(purse, 4, NOW + 300)).toEqual({ outcome: 'ask' });
    expect(spend(purse, 3, NOW + 300)).toEqual({ outcome: 'spent' });
    expect(spend(purse, 1, NOW + 300)).toEqual({ outcome: 'ask' });
  });

  it('takes one cost from several leases, the oldest first', () => {
    const purse = leased();
    compose(purse, [], NOW + 300);
    accept(purse, { ...GRANT, leaseId: 'lease-1' }, NOW + 400, 0);
    expect(spend(purse, 12, NOW + 500)).toEqual({ outcome: 'spent' });
    expect(compose(purse, [], NOW + 600).reports.map(({ total, closed }) => [total, closed])).toEqual([
      [10, true],
      [2, false],
    ]);
  });

  it('counts a lease from when it was asked for, never from when it arrived', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 6000 }), fc.integer({ min: 0, max: 6000 }), (tripMs, laterMs) => {
        const purse = empty();
        compose(purse, [], NOW);
        accept(purse, GRANT, NOW + tripMs, 0);
        const now = NOW + tripMs + laterMs;
        expect(spendAll(purse, now)).toBe(now < NOW + 4900 ? 10 : 0);
      }),
      { numRuns: runs(300) },
    );
  });

  it.each([0, -1, 1.5, Number.NaN])('throws for the cost %s', (cost) => {
    expect(() => spend(leased(), cost, NOW)).toThrow(RangeError);
  });

  it('that must ask leaves the lease alone', () => {
    const purse = leased();
    expect(spend(purse, 1, NOW + 300, { mustAsk: true })).toEqual({ outcome: 'ask' });
    expect(left(purse, NOW + 300)).toBe(10);
  });

  it('drops every lease when the clock runs backwards, those under way too', () => {
    const purse = leased();
    compose(purse, [], NOW + 300);
    expect(spend(purse, 1, NOW + 299)).toEqual({ outcome: 'ask' });
    accept(purse, { ...GRANT, leaseId: 'lease-1' }, NOW + 400, 0);
    expect(spend(purse, 1, NOW + 401)).toEqual({ outcome: 'ask' });
    expect(compose(purse, [1], NOW + 402).reports.map(({ closed }) => closed)).toEqual([true, true]);
  });
});

describe('purse › closed is closed', () => {
  const closing: readonly (readonly [what: string, then: (purse: Purse, leaseId: string) => void])[] = [
    ['while the report is under way', () => undefined],
    ['when the report failed', (purse, leaseId) => failed(purse, leaseId, NOW + 5_500)],
    [
      'when the report was answered',
      (purse, leaseId) => accept(purse, { ...GRANT, leaseId, units: 0 }, NOW + 5_500, 0),
    ],
    ['when its own answer comes again', (purse) => accept(purse, GRANT, NOW + 5_500, 0)],
  ];
  it.each(closing)('a lease that was reported closed is never spent: %s', (_, then) => {
    const purse = leased({ ms: 5_000 });
    const ask = compose(purse, [], NOW + 5_000);
    expect(ask.reports).toEqual([{ leaseId: 'lease-0', total: 0, spent: [], closed: true }]);
    then(purse, ask.leaseId);
    expect(spend(purse, 1, NOW + 5_600)).toEqual({ outcome: 'ask' });
    expect(left(purse, NOW + 5_600)).toBe(0);
  });

  it('a report is repeated until a call that carried it was answered', () => {
    const purse = leased();
    spend(purse, 10, NOW + 300);
    compose(purse, [], NOW + 400);
    failed(purse, 'lease-1', NOW + 500);
    const told = compose(purse, [1], NOW + 600);
    expect(told.reports.map(({ leaseId, closed }) => [leaseId, closed])).toEqual([
      ['lease-0', true],
      ['lease-1', true],
    ]);
    accept(purse, { ...GRANT, leaseId: told.leaseId, decided: 1, units: 0 }, NOW + 700, 0);
    expect(compose(purse, [1], NOW + 800).reports).toEqual([]);
  });

  it('a late grant is used when nobody gave it back', () => {
    const purse = empty();
    compose(purse, [1], NOW);
    failed(purse, 'lease-0', NOW + 2000);
    expect(inFlight(purse)).toEqual({ waiting: false, background: false });
    accept(purse, { ...GRANT, decided: 1 }, NOW + 2500, 0);
    expect(spendAll(purse, NOW + 2600)).toBe(10);
  });

  it('a late grant that was given back is not used', () => {
    const purse = empty();
    compose(purse, [1], NOW);
    failed(purse, 'lease-0', NOW + 2000);
    const next = compose(purse, [1], NOW + 2100);
    expect(next.reports).toEqual([{ leaseId: 'lease-0', total: 0, spent: [], closed: true }]);
    expect(accept(purse, { ...GRANT, decided: 1 }, NOW + 2500, 0)).toEqual([]);
    expect(spend(purse, 1, NOW + 2600)).toEqual({ outcome: 'ask' });
  });

  it('an answer that arrives twice counts once', () => {
    const purse = leased();
    expect(spendAll(purse, NOW + 300)).toBe(10);
    accept(purse, GRANT, NOW + 400, 0);
    expect(spend(purse, 1, NOW + 400)).toEqual({ outcome: 'ask' });
  });
});

describe('purse › reports', () => {
  it('say when units were spent, a little too young rather than too old', () => {
    const purse = leased();
    spend(purse, 2, NOW + 1000);
    spend(purse, 3, NOW + 3000);
    expect(compose(purse, [], NOW + 3500).reports).toEqual([
      {
        leaseId: 'lease-0',
        total: 5,
        spent: [
          [2500 - AGE_MARGIN_MS, 2],
          [500 - AGE_MARGIN_MS, 3],
        ],
        closed: false,
      },
    ]);
  });

  it('date what was spent in one breath by the last of it', () => {
    const purse = leased();
    spend(purse, 1, NOW + 1200);
    spend(purse, 1, NOW + 1300);
    expect(compose(purse, [], NOW + 1400).reports[0]?.spent).toEqual([[100 - AGE_MARGIN_MS, 2]]);
  });

  it('date again only what no answered call has dated', () => {
    const purse = leased();
    spend(purse, 2, NOW + 1000);
    const first = compose(purse, [], NOW + 1100);
    spend(purse, 3, NOW + 1200);
    accept(purse, { ...GRANT, leaseId: first.leaseId, units: 0 }, NOW + 1300, 0);
    expect(compose(purse, [], NOW + 1400).reports[0]).toMatchObject({
      total: 5,
      spent: [[200 - AGE_MARGIN_MS, 3]],
    });
  });

  it('close a lease that is over or empty, and no other', () => {
    const purse = leased();
    expect(compose(purse, [], NOW + 4899).reports[0]?.closed).toBe(false);
    expect(compose(purse, [], NOW + 4900).reports[0]?.closed).toBe(true);
    const other = leased();
    spendAll(other, NOW + 300);
    expect(compose(other, [], NOW + 300).reports[0]?.closed).toBe(true);
  });

  it('stay bounded, and date nothing earlier for it', () => {
    const purse = leased({ units: 100_000, ms: 3_600_000, levels: [{ ...LEVEL, perSeconds: 1 }] });
    const spentAt: number[] = [];
    for (let now = NOW + 300; now < NOW + 20_000; now += 13) {
      spend(purse, 1, now);
      spentAt.push(now);
    }
    const composedAt = NOW + 20_000;
    const { spent = [], total } = compose(purse, [], composedAt).reports[0] ?? {};
    expect(spent.length).toBeLessThanOrEqual(MAX_LOG_ENTRIES);
    expect(total).toBe(spentAt.length);
    let index = 0;
    for (const [ageMs, units] of spent) {
      for (let count = 0; count < units; count++) {
        expect(composedAt - ageMs).toBeGreaterThanOrEqual(spentAt[index++] ?? Number.POSITIVE_INFINITY);
      }
    }
    expect(index).toBe(spentAt.length);
  });

  it('are of a bounded number of leases, however long the Ring is silent', () => {
    const purse = leased();
    for (let call = 0; call < 200; call++) {
      const ask = compose(purse, [1], NOW + 1000 + call * 2000);
      expect(ask.reports.length).toBeLessThanOrEqual(MAX_HELD_LEASES);
      failed(purse, ask.leaseId, NOW + 2000 + call * 2000);
    }
  });
});

describe('purse › waiting together', () => {
  it('the Ring decides a prefix; what is as dear as the first refused is refused, what is cheaper is tried again', () => {
    const purse = empty();
    const ask = compose(purse, [2, 5, 1, 7], NOW);
    const limited = { retryMs: 900, floorMs: 400, by: ['owner'] as const };
    const verdicts = accept(
      purse,
      { ...GRANT, leaseId: ask.leaseId, decided: 1, units: 0, limited },
      NOW + 100,
      0.5,
    );
    expect(verdicts).toEqual(['admitted', 'refused', 'again', 'refused']);
    expect(spend(purse, 5, NOW + 200)).toEqual({ outcome: 'refused', retryAfterMs: 900, by: ['owner'] });
    expect(spend(purse, 4, NOW + 200)).toEqual({ outcome: 'ask' });
    expect(spend(purse, 5, NOW + 1099)).toMatchObject({ outcome: 'refused' });
    expect(spend(purse, 5, NOW + 1100)).toEqual({ outcome: 'ask' });
  });

  it('an isolate refuses by itself for at most some seconds, and still says how long it will be', () => {
    const purse = empty();
    const ask = compose(purse, [1], NOW);
    const limited = { retryMs: 3_000_000, floorMs: 1000, by: ['month'] as const };
    accept(purse, { ...GRANT, leaseId: ask.leaseId, units: 0, limited }, NOW + 100, 0);
    expect(spend(purse, 1, NOW + 5000)).toEqual({
      outcome: 'refused',
      retryAfterMs: 2_995_100,
      by: ['month'],
    });
    expect(spend(purse, 1, NOW + 5100)).toEqual({ outcome: 'ask' });
  });

  it('units at hand are spent whatever was refused before', () => {
    const purse = empty();
    const ask = compose(purse, [1], NOW);
    const limited = { retryMs: 900, floorMs: 400, by: ['owner'] as const };
    accept(purse, { ...GRANT, leaseId: ask.leaseId, limited }, NOW + 100, 0);
    expect(spend(purse, 1, NOW + 200)).toEqual({ outcome: 'spent' });
  });

  it('the rate leaves out the request that asks, so a slow isolate looks slow', () => {
    const purse = empty();
    spend(purse, 1, NOW);
    expect(compose(purse, [1], NOW).rate).toBe(0);
    failed(purse, 'lease-0', NOW + 1);
    spend(purse, 1, NOW + 10_000);
    expect(compose(purse, [1], NOW + 10_000).rate).toBeLessThan(0.01);
  });

  it('the rate of a steady flow is found, from its beginning on', () => {
    const purse = empty();
    for (let now = NOW; now < NOW + 10_000; now += 20) {
      spend(purse, 1, now);
      if (now < NOW + 500) continue;
      const { rate, leaseId } = compose(purse, [], now);
      failed(purse, leaseId, now);
      expect(Math.abs(rate - 50)).toBeLessThan(6);
    }
  });
});

describe('purse › calls of its own', () => {
  const flowing = (grant: Partial<Grant>): Purse => {
    const purse = leased(grant);
    for (let now = NOW + 200; now <= NOW + 1200; now += 100) spend(purse, 1, now);
    return purse;
  };

  it('a renewal is due in the last fifth of a lease, or when little is left', () => {
    const purse = flowing({ units: 100 });
    expect(renewalDue(purse, NOW + 1200)).toBe(false);
    for (let now = NOW + 1300; now <= NOW + 4000; now += 100) spend(purse, 1, now);
    expect(renewalDue(purse, NOW + 4000)).toBe(true);
    expect(renewalDue(flowing({ units: 14 }), NOW + 1200)).toBe(true);
  });

  it('no renewal is due with a call under way, without traffic, or soon after one that brought nothing', () => {
    const purse = flowing({ units: 13 });
    const { leaseId } = compose(purse, [], NOW + 1250);
    expect(renewalDue(purse, NOW + 1250)).toBe(false);
    accept(purse, { ...GRANT, leaseId, units: 0 }, NOW + 1300, 0);
    // A quarter of a lease.
    for (let now = NOW + 1400; now <= NOW + 2500; now += 100) spend(purse, 1, now);
    expect(renewalDue(purse, NOW + 2549)).toBe(false);
    expect(renewalDue(purse, NOW + 2550)).toBe(true);
    expect(renewalDue(leased(), NOW + 4800)).toBe(false);
  });

  it('a last report is due when the flow stopped with units that others could use', () => {
    const purse = leased();
    expect(reportDueAt(purse, NOW + 300)).toBe(NOW + 4900);
    expect(reportDue(purse, NOW + 4899)).toBe(false);
    expect(reportDue(purse, NOW + 4900)).toBe(true);
    const ask = compose(purse, [], NOW + 4900, { wantsLease: false });
    expect(ask).toMatchObject({ wantsLease: false, reports: [{ leaseId: 'lease-0', closed: true }] });
    expect(reportDue(purse, NOW + 4901)).toBe(false);
  });

  it('no last report is due for a few units, unless units are short', () => {
    expect(reportDueAt(leased({ units: 8 }), NOW + 300)).toBe(null);
    expect(reportDueAt(leased({ units: 8, scarce: true }), NOW + 300)).toBe(NOW + 4900);
  });

  it('nothing is given back when there is nothing', () => {
    expect(giveBack(empty(), NOW)).toEqual([]);
  });

  it('what is given back is closed, with what was spent of it, and said once', () => {
    const purse = leased();
    spend(purse, 3, NOW + 300);
    expect(giveBack(purse, NOW + 400)).toEqual([
      { leaseId: 'lease-0', total: 3, spent: [[100 - AGE_MARGIN_MS, 3]], closed: true },
    ]);
    expect([left(purse, NOW + 400), spend(purse, 1, NOW + 400)]).toEqual([0, { outcome: 'ask' }]);
    expect(giveBack(purse, NOW + 500)).toEqual([]);
  });

  it('what comes after everything was given back is given back by itself', () => {
    const purse = leased();
    compose(purse, [], NOW + 300);
    giveBack(purse, NOW + 400);
    accept(purse, { ...GRANT, leaseId: 'lease-1' }, NOW + 500, 0);
    expect(giveBack(purse, NOW + 500).map(({ leaseId }) => leaseId)).toEqual(['lease-1']);
  });

  it('what may have been granted to a call that failed is given back too, and its late answer is not ours', () => {
    const purse = empty();
    compose(purse, [], NOW);
    failed(purse, 'lease-0', NOW + 1_000);
    expect(giveBack(purse, NOW + 1_100)).toEqual([{ leaseId: 'lease-0', total: 0, spent: [], closed: true }]);
    expect(accept(purse, GRANT, NOW + 1_200, 0)).toEqual([]);
    expect(left(purse, NOW + 1_200)).toBe(0);
  });
});

describe('purse › RateLimit fields', () => {
  it('a fresh user reads all but one, over the whole window', () => {
    const purse = empty();
    const meter = openMeter(null);
    const rules = { owner: { requests: 600, perSeconds: 60 }, key: null, unitsPerMonth: null, leaseMs: 5000 };
    spend(purse, 1, NOW);
    accept(purse, meter.ask(compose(purse, [1], NOW), rules, 1_795_000_000_000), NOW + 50, 0);
    const [field] = fields(purse, NOW + 50);
    expect(field).toMatchObject({ name: 'owner', quota: 600, windowSeconds: 60, remaining: 599 });
    // The one unit leaves within a cell of a whole window.
    expect([60, 61]).toContain(field?.resetSeconds);
  });

  it('with nothing left, the reset is when the next unit frees', () => {
    const purse = leased({ units: 0, levels: [{ ...LEVEL, free: 0, freesInMs: 7300 }] });
    expect(fields(purse, NOW + 200)[0]).toMatchObject({ remaining: 0, resetSeconds: 8 });
    expect(fields(purse, NOW + 6200)[0]).toMatchObject({ remaining: 0, resetSeconds: 2 });
  });

  it('never promise more than there is, nor a pace above the limit, nor a retry before the reset', () => {
    const level = fc.record({
      name: fc.constantFrom('owner' as const, 'key' as const),
      requests: fc.integer({ min: 1, max: 100_000 }),
      perSeconds: fc.integer({ min: 1, max: 3600 }),
      part: fc.double({ min: 0, max: 1, noNaN: true }),
      freesInMs: fc.nat(3_600_000),
    });
    const jitter = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
    fc.assert(
      fc.property(
        level,
        fc.nat(2000),
        fc.nat(20),
        fc.nat(9000),
        jitter,
        (given, units, spends, laterMs, random) => {
          const free = Math.floor(given.part * given.requests);
          const purse = leased({ units, levels: [{ ...given, free }] });
          for (let count = 0; count < spends; count++) spend(purse, 1, NOW + 200);
          const now = NOW + 200 + laterMs;
          const items = fields(purse, now);
          for (const { remaining, resetSeconds, quota, windowSeconds } of items) {
            expect(remaining).toBeGreaterThanOrEqual(0);
            expect(remaining).toBeLessThanOrEqual(Math.min(quota, free + left(purse, now)));
            expect(Number.isSafeInteger(remaining) && Number.isSafeInteger(resetSeconds)).toBe(true);
            expect(resetSeconds).toBeGreaterThanOrEqual(1);
            expect(remaining * windowSeconds).toBeLessThanOrEqual(resetSeconds * quota);
          }
          const retry = retryAfterSeconds(laterMs, ['owner', 'key'], items, random);
          expect(retry).toBeGreaterThanOrEqual(
            Math.max(1, Math.ceil(laterMs / 1000), items[0]?.resetSeconds ?? 0),
          );
        },
      ),
      { numRuns: runs(1000) },
    );
  });

  it('spread a retry over a second, so that who was refused together does not come back together', () => {
    const retries = [0, 0.2, 0.9].map((jitter) => retryAfterSeconds(7_300, ['owner'], [], jitter));
    expect(retries).toEqual([8, 8, 9]);
  });

  it('are none before the first answer', () => {
    expect(fields(empty(), NOW)).toEqual([]);
  });
});
