import fc from 'fast-check';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { holds } from '../../property.ts';
import { worstWindow } from '../model/lease-world.ts';
import { type Life, live } from './fleet/live.ts';
import { type Plan, planOf } from './fleet/plan.ts';
import { takeClock } from './fleet/time.ts';

/** What isolates admitted from leases in their hands, the moment they did. */
const spent = vi.hoisted(() => [] as { at: number; cost: number; purse: string; isolate: string }[]);

vi.mock('../../../src/model/lease.ts', async (original) => {
  const real = await original<typeof import('../../../src/model/lease.ts')>();
  const spend: typeof real.spend = (purse, cost, ...rest) => {
    const spending = real.spend(purse, cost, ...rest);
    const { isolate } = purse.options;
    if (spending.outcome === 'spent') spent.push({ at: Date.now(), cost, purse: purse.name, isolate });
    return spending;
  };
  return { ...real, spend };
});

beforeAll(takeClock);

/** Every unit that was admitted, by an isolate that lived or by the Ring, in the order of its moment. */
const admissionsOf = ({ decided, deaths }: Life) =>
  [...decided, ...spent.filter(({ at, isolate }) => at <= (deaths.get(isolate) ?? at))].sort(
    (one, other) => one.at - other.at,
  );

/** The limits that were broken, and by how much. */
const broken = (life: Life, { limit, keyLimit }: Plan): readonly string[] => {
  const all = admissionsOf(life);
  const ofKey = all.filter(({ purse }) => purse !== '');
  return [
    ['owner', limit, worstWindow(all, limit.perSeconds)] as const,
    ...(keyLimit === null ? [] : [['key', keyLimit, worstWindow(ofKey, keyLimit.perSeconds)] as const]),
  ].flatMap(([name, { requests }, worst]) => (worst > requests ? [`${name}: ${worst} of ${requests}`] : []));
};

/** A clock that jumps ahead overstates how long ago a unit was spent: it is the assumption that exactness rests on (docs/leases.md). */
const stepsBack = (plan: Plan): Plan => ({
  ...plan,
  steps: plan.steps.map((step) => (step.kind === 'clock' ? { ...step, byMs: -Math.abs(step.byMs) } : step)),
});

describe('SECURITY 3, property 9 › limiter', () => {
  const plans = planOf(
    { steps: ['ask', 'ask', 'ask', 'flurry', 'flurry', 'flurry', 'die', 'restart', 'clock', 'ring clock'] },
    { limits: true },
  );

  it('no window admits more than the limit, over all keys and isolates, whatever is lost, late, doubled or restarted, and however clocks step back', async ({
    annotate,
  }) => {
    const seen = { lives: 0, admitted: 0, limited: 0 };
    const property = fc.asyncProperty(plans, async (plan) => {
      seen.lives += 1;
      spent.length = 0;
      const life = await live(stepsBack(plan));
      seen.admitted += admissionsOf(life).length;
      for (const { result } of life.visits)
        if (result?.ok === false && result.refusal.reason === 'rate_limited' && result.refusal.by.length > 0)
          seen.limited += 1;
      expect(broken(life, plan)).toEqual([]);
    });
    await holds('9', property, annotate);
    expect(Math.min(seen.admitted, seen.limited)).toBeGreaterThan(seen.lives);
  });
});
