import { describe, expect, it } from 'vitest';
import { judge } from '../../../bench/simulate/goals.ts';
import { runOf } from '../../../bench/simulate/report.ts';
import type { OpenMeter } from '../../../bench/simulate/ring.ts';
import { type Scenario, USUAL } from '../../../bench/simulate/scenario.ts';
import { allScenarios, quickScenarios } from '../../../bench/simulate/scenarios.ts';
import { simulate } from '../../../bench/simulate/world.ts';
import { openMeter } from '../../../src/model/meter.ts';

const SEED = 1;

/** Three isolates that want twice what they may, for eight short windows. */
const BUSY: Scenario = {
  ...USUAL,
  name: 'busy',
  group: 'test',
  limit: { requests: 200, perSeconds: 10 },
  leaseSeconds: 2,
  isolates: 3,
  requestsPerSecond: 40,
  lost: 0.01,
  duplicated: 0.02,
  isolateLifeSeconds: 15,
  evictionEverySeconds: 7,
  windows: 8,
  warmUpWindows: 2,
};

/** The same without faults: what these leave unused can hide a small excess. */
const CALM: Scenario = {
  ...BUSY,
  leaseSeconds: 5,
  requestsPerSecond: 24,
  lost: 0,
  isolateLifeSeconds: null,
  evictionEverySeconds: null,
};

/** As much as they may, until the Ring is silent. */
const SILENCED: Scenario = {
  ...CALM,
  name: 'silenced',
  isolates: 4,
  requestsPerSecond: 18,
  duplicated: 0,
  roundTripMs: [5, 60],
  ringGraceSeconds: 60,
  outage: { atSeconds: 40, seconds: null, percentOfIsolates: 100 },
  windows: 7,
};

/** Grants as the real one does, and forgets what it granted. */
const forgetful: OpenMeter = (saved) => {
  let meter = openMeter(saved);
  return {
    ask(ask, rules, now) {
      const before = meter.saved();
      const grant = meter.ask(ask, rules, now);
      if (grant.units > 0) meter = openMeter(before);
      return grant;
    },
    saved: () => meter.saved(),
  };
};

/** Loses the row with its memory. */
const rowless: OpenMeter = () => openMeter(null);

/** Believes that units were spent three seconds before they were. */
const hasty: OpenMeter = (saved) => {
  const meter = openMeter(saved);
  return {
    ask(ask, rules, now) {
      const reports = ask.reports.map((report) => ({
        ...report,
        spent: report.spent.map(([ageMs, units]) => [ageMs + 3_000, units] as const),
      }));
      return meter.ask({ ...ask, reports }, rules, now);
    },
    saved: () => meter.saved(),
  };
};

const named = (name: string): Scenario => {
  const found = allScenarios(SEED).find((scenario) => scenario.name === name);
  if (!found) throw new Error(`no scenario ${name}`);
  return found;
};

describe('simulate', () => {
  it('gives the same numbers for the same seed, and others for another', () => {
    const first = simulate(BUSY, SEED);
    expect(simulate(BUSY, SEED)).toEqual(first);
    expect(simulate(BUSY, SEED + 1)).not.toEqual(first);
  });

  it('finds no over-admission with the real meter, whatever fails', () => {
    const measured = simulate(BUSY, SEED);
    expect(measured.over_admission).toBe(0);
    expect(measured.requests).toBeGreaterThan(3_000);
    expect(measured.unused_share).toBeLessThan(0.2);
  });

  it.each([
    ['a Ring that charges nothing for leases', BUSY, forgetful],
    ['a Ring that loses its row', BUSY, rowless],
    ['a Ring that dates units too early', CALM, hasty],
  ])('finds %s out', (_, scenario, broken) => {
    expect(simulate(scenario, SEED).over_admission).toBe(0);
    const measured = simulate(scenario, SEED, broken);
    expect(measured.over_admission).toBeGreaterThan(0);
    expect(judge(scenario, measured).over_admission).toMatchObject({ met: false });
  });

  it('measures how long a revoked credential is taken', () => {
    const { revocation_delay_s: delay } = simulate(
      { ...named('revoked'), windows: 3, warmUpWindows: 1 },
      SEED,
    );
    expect(delay).toBeGreaterThan(4);
    expect(delay).toBeLessThanOrEqual(4.9);
  });

  it('finds no over-admission while a Ring is silent and isolates repeat their past, and that they serve', () => {
    const measured = simulate(SILENCED, SEED);
    expect(measured).toMatchObject({ over_admission: 0 });
    expect(measured.grace_served_share).toBeGreaterThan(0.7);
    expect(simulate({ ...SILENCED, ringGraceSeconds: 0 }, SEED).grace_served_share).toBe(0);
  });

  it('finds what is admitted in grace beside a Ring that answers others, never more than it was not told of', () => {
    const partly = {
      ...SILENCED,
      requestsPerSecond: 40,
      outage: { atSeconds: 40, seconds: null, percentOfIsolates: 50 },
    };
    const measured = simulate(partly, SEED);
    expect(measured.over_admission).toBeGreaterThan(0);
    expect(measured.over_admission).toBeLessThanOrEqual(measured.grace_untold ?? 0);
    expect(judge(partly, measured).over_admission).toMatchObject({ met: true });
    const whole = { ...partly, outage: { ...partly.outage, percentOfIsolates: 100 } };
    expect(judge(whole, measured).over_admission).toMatchObject({ met: false });
  });

  it('says nothing of a revocation where nothing is revoked', () => {
    expect(simulate(BUSY, SEED).revocation_delay_s).toBeNull();
  });

  it('counts what an overloaded Ring fails', () => {
    const swamped = { ...BUSY, serviceMs: 200, queueMs: 100 };
    expect(simulate(swamped, SEED).failed_share).toBeGreaterThan(0.01);
  });

  it('names every scenario once, and the quick ones among them', () => {
    const names = allScenarios(SEED).map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(quickScenarios(SEED).length).toBeGreaterThan(10);
    for (const { name } of quickScenarios(SEED)) expect(names).toContain(name);
  });

  it('runs saturation long enough to mean something', () => {
    for (const { name, windows, group } of allScenarios(SEED)) {
      if (group !== 'scale') expect([name, windows >= 30]).toEqual([name, true]);
    }
  });
});

describe('quick scenarios', () => {
  // The large ones take seconds; `npm run simulate -- --quick` runs all.
  const small = quickScenarios(SEED).filter(
    ({ requestsPerSecond, windows, warmUpWindows, limit }) =>
      requestsPerSecond * (windows + warmUpWindows) * limit.perSeconds < 100_000,
  );

  it.each(small.map((scenario) => [scenario.name, scenario] as const))(
    '%s meets its goals',
    (_, scenario) => {
      const run = runOf(scenario, SEED, true);
      expect(Object.values(run.goals).filter(({ met }) => !met)).toEqual([]);
      expect(run).toMatchObject({ met: true, over_admission: 0 });
    },
    60_000,
  );

  it('one request a second needs a quarter of the calls that asking always would', () => {
    const run = runOf(named('light-1-rtt30'), SEED, false);
    expect(run.ring_calls_per_1000).toBeLessThanOrEqual(250);
    expect(run.waits_per_1000).toBeLessThanOrEqual(120);
  });
});
