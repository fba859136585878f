import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { holds } from '../../property.ts';
import { type Ended, live, type Visit } from './fleet/live.ts';
import { keyOf } from './fleet/people.ts';
import { type Plan, planOf } from './fleet/plan.ts';
import { takeClock } from './fleet/time.ts';

beforeAll(takeClock);

/** Whether what ended is something that a request rested on. */
const concerns = ({ person, key, scope }: Ended, visit: Visit): boolean =>
  visit.person === person &&
  (key === null || key === keyOf(visit.way)) &&
  (scope === null || visit.demand.scopes.includes(scope));

/** From when on nobody may be let in: what the Desk answers as `effective_by`, or at once where the Ring is asked each time. */
const effectiveBy = ({ at }: Ended, { demand }: Visit, { leaseSeconds, graceSeconds }: Plan): number =>
  demand.leaseSeconds === 0 ? at + 1 : at + (leaseSeconds + graceSeconds) * 1000;

/** The requests that were let in too late, and after how long. */
const tooLate = (visits: readonly Visit[], ended: readonly Ended[], plan: Plan): readonly string[] =>
  visits
    .filter(({ result }) => result?.ok)
    .flatMap((visit) =>
      ended
        .filter((end) => concerns(end, visit) && visit.startedAt >= effectiveBy(end, visit, plan))
        // Who still waited when a suspension was lifted may be let in.
        .filter(({ until }) => until === null || visit.toldAt < until)
        .map(({ at }) => `${visit.way} ${visit.startedAt - at} ms after its end`),
    );

describe('SECURITY 3, property 8 › revocation', () => {
  const plans = planOf({}, { graceSeconds: [0, 0, 3, 20] });

  it('no request that started after effective_by is admitted, by any isolate, whatever is lost, late, doubled, stale or restarted', async ({
    annotate,
  }) => {
    const seen = { lives: 0, admitted: 0, after: 0 };
    const property = fc.asyncProperty(plans, async (plan) => {
      seen.lives += 1;
      const { visits, ended } = await live(plan);
      seen.admitted += visits.filter(({ result }) => result?.ok).length;
      seen.after += visits.filter((visit) =>
        ended.some((end) => concerns(end, visit) && visit.startedAt >= effectiveBy(end, visit, plan)),
      ).length;
      expect(tooLate(visits, ended, plan)).toEqual([]);
    });
    await holds('8', property, annotate);
    // A fleet that admits nobody, or is never asked too late, would show nothing.
    expect(Math.min(seen.admitted, seen.after)).toBeGreaterThan(seen.lives / 2);
  });
});
