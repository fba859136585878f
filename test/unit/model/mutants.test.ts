// Tests of the test: the window property must fail for every rule of docs/leases.md that is broken on purpose.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { putUnits, takeUnits } from '../../../src/model/book.ts';
import type { Ask, Grant } from '../../../src/model/lease-wire.ts';
import { type MeterRules, openMeter, type SavedMeter } from '../../../src/model/meter.ts';
import { broken, live, type Mutant, plainSetup, type Ring, schedule } from './lease-world.ts';

/** A mutant must be found within this many schedules; the slowest take some thousands. */
const PATIENCE = 60_000;

/** A meter that puts a lease into the cell in which it was granted. */
const chargedAtGrant = (saved: SavedMeter | null): Ring => {
  let meter = openMeter(saved);
  return {
    settle: (reports, now) => meter.settle(reports, now),
    saved: () => meter.saved(),
    ask(ask, rules, now) {
      const grant = meter.ask(ask, rules, now);
      const state = meter.saved();
      if (state.owner && grant.units > 0) {
        takeUnits(state.owner, state.last + rules.leaseMs, grant.units);
        putUnits(state.owner, state.last, grant.units, state.last);
        meter = openMeter(state);
      }
      return grant;
    },
  };
};

/** A meter that adds up what reports say, as if they were not cumulative. */
const addingUp = (saved: SavedMeter | null): Ring => {
  const meter = openMeter(saved);
  const totals = new Map<string, number>();
  const settle: Ring['settle'] = (reports, now) => {
    const summed = reports.map((report) => {
      const total = (totals.get(report.leaseId) ?? 0) + report.total;
      totals.set(report.leaseId, total);
      return { ...report, total };
    });
    meter.settle(summed, now);
  };
  return {
    saved: () => meter.saved(),
    settle,
    ask: (ask, rules, now) => meter.ask({ ...ask, reports: [] }, rules, now),
  };
};

/** An isolate that reports only what is new. */
const deltas = (): Mutant => {
  const told = new Map<string, number>();
  return {
    openRing: addingUp,
    tamperAsk: (ask) => ({
      ...ask,
      reports: ask.reports.map((report) => {
        const total = report.total - (told.get(report.leaseId) ?? 0);
        told.set(report.leaseId, report.total);
        return { ...report, total };
      }),
    }),
  };
};

/** A Ring of another kind, without memory of leases: what it lets go counts at the grant. */
const otherRing =
  (admit: (units: number, limit: MeterRules['owner'], now: number) => boolean, leases: boolean) =>
  (): Ring => ({
    settle: () => undefined,
    saved: () => ({ last: 0, owner: null, keys: {}, month: null }),
    ask(ask: Ask, rules: MeterRules, now: number): Grant {
      const refused = ask.costs.findIndex((cost) => !admit(cost, rules.owner, now));
      let units = 0;
      while (leases && ask.wantsLease && refused < 0 && admit(1, rules.owner, now)) units++;
      return {
        leaseId: ask.leaseId,
        decided: refused < 0 ? ask.costs.length : refused,
        units,
        ms: rules.leaseMs - 100,
        levels: [{ ...rules.owner, name: 'owner', free: 0, freesInMs: 1 }],
        active: 1,
        scarce: true,
        limited: refused < 0 ? null : { retryMs: 1, floorMs: 1, by: ['owner'] },
      };
    },
  });

/** A token bucket of depth q and rate q/w. */
const bucket = (leases: boolean): Mutant => {
  let level = 0;
  let seenAt = 0;
  const admit = (units: number, { requests, perSeconds }: MeterRules['owner'], now: number): boolean => {
    level = Math.max(0, level - ((now - seenAt) * requests) / (perSeconds * 1000));
    seenAt = now;
    if (level + units > requests) return false;
    level += units;
    return true;
  };
  return { openRing: otherRing(admit, leases) };
};

/** Two fixed windows, the one before weighted by how much of it still counts. */
const weightedWindows = (): Mutant => {
  const counts = new Map<number, number>();
  const admit = (units: number, { requests, perSeconds }: MeterRules['owner'], now: number): boolean => {
    const window = Math.floor(now / (perSeconds * 1000));
    const part = now / (perSeconds * 1000) - window;
    const present = counts.get(window) ?? 0;
    if ((counts.get(window - 1) ?? 0) * (1 - part) + present + units > requests) return false;
    counts.set(window, present + units);
    return true;
  };
  return { openRing: otherRing(admit, false) };
};

const mutants: readonly (readonly [rule: string, mutant: () => Mutant])[] = [
  ['a lease is charged at its grant, not at its end', () => ({ openRing: chargedAtGrant })],
  ['two weighted windows', weightedWindows],
  ['a bucket of the whole limit, without any lease', () => bucket(false)],
  ['a bucket of the whole limit, charged at the grant', () => bucket(true)],
  [
    'a lease counts from when it was received',
    () => ({ tamperGrant: (grant, tripMs) => ({ ...grant, ms: grant.ms + tripMs }) }),
  ],
  [
    'a lease is spent after it was returned',
    () => ({
      tamperAsk: (ask) => ({ ...ask, reports: ask.reports.map((report) => ({ ...report, closed: true })) }),
    }),
  ],
  ['the row is not kept', () => ({ survives: () => null })],
  [
    'ages are overstated',
    () => ({
      tamperAsk: (ask) => ({
        ...ask,
        reports: ask.reports.map((report) => ({
          ...report,
          spent: report.spent.map(([ageMs, units]) => [ageMs + 250, units] as const),
        })),
      }),
    }),
  ],
  ["the Ring's clock jumps forward", () => ({ ringJumpMs: 700 })],
  ['an isolate does not notice that its clock stepped back', () => ({ hidesClockSteps: true })],
  ['reports say what is new instead of how much in all', deltas],
];

describe('mutants: the window property fails when', () => {
  it.each(mutants)('%s', { timeout: 30_000 }, (_, mutant) => {
    const property = fc.property(
      plainSetup,
      schedule(20, 80),
      (setup, steps) => broken(setup, live(setup, steps, mutant())).length === 0,
    );
    const result = fc.check(property, { numRuns: PATIENCE, endOnFailure: true });
    expect(result.failed).toBe(true);
  });
});
