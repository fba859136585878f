import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { holds } from '../../property.ts';
import { live } from './fleet/live.ts';
import { identityAs } from './fleet/people.ts';
import { planOf } from './fleet/plan.ts';
import { takeClock } from './fleet/time.ts';

beforeAll(takeClock);

describe('SECURITY 3, property 5 › identity returned = identity presented', () => {
  const plans = planOf({
    people: 3,
    steps: ['ask', 'ask', 'ask', 'flurry', 'forged', 'die', 'restart'],
    fates: ['well', 'well', 'well', 'answer lost', 'throws', 'twice', 'spoilt'],
  });

  it('over any interleaving of many credentials of several people, cold and warm, whatever is late or lost', async ({
    annotate,
  }) => {
    const seen = { lives: 0, admitted: 0 };
    const property = fc.asyncProperty(plans, async (plan) => {
      seen.lives += 1;
      const { visits } = await live(plan);
      for (const { result, person, way, forged } of visits) {
        if (!result?.ok) continue;
        seen.admitted += 1;
        expect({ forged, ...result.value.identity }).toEqual({ forged: false, ...identityAs(person, way) });
      }
    });
    await holds('5 identity', property, annotate);
    expect(seen.admitted).toBeGreaterThan(seen.lives);
  });
});
