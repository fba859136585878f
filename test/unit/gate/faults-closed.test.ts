import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { holds } from '../../property.ts';
import { type Epilogue, type Life, live, type Visit } from './fleet/live.ts';
import { identityAs, PEOPLE, WAYS } from './fleet/people.ts';
import { planOf, type Step } from './fleet/plan.ts';
import { takeClock } from './fleet/time.ts';
import { outcome } from './world.ts';

beforeAll(takeClock);

const CANNOT_TELL = /^unavailable/;
/** A Ring that is overloaded is its owner's doing (DESIGN.md section 5). */
const OVERLOADED = 'rate_limited';

const isGood = ({ forged, demand }: Visit): boolean => !forged && !demand.scopes.includes('admin:all');

const toldOf = ({ threw, result }: Visit): string =>
  threw !== null ? `threw ${threw}` : result === null ? 'nothing' : outcome(result);

/** What who is good is told, when nothing goes wrong. */
const rightAnswer = ({ person, way, forged, demand }: Visit): string => {
  if (forged)
    return way === 'token' || way === 'session' ? 'credential_invalid: token' : 'credential_invalid: unknown';
  return demand.scopes.includes('admin:all') ? 'insufficient_scope' : identityAs(person, way).auth;
};

/** What was decided as it never may be. A visit whose isolate died was told nothing. */
const wrong = ({ visits, deaths }: Life): readonly string[] =>
  visits
    .filter(({ isolate, threw }) => threw !== null || !deaths.has(isolate))
    .filter((visit) => {
      const told = toldOf(visit);
      return told !== rightAnswer(visit) && !CANNOT_TELL.test(told) && told !== OVERLOADED;
    })
    .map((visit) => `${visit.way}${isGood(visit) ? '' : ' that is not good'} was told: ${toldOf(visit)}`);

/** Everybody once more in every isolate, with what is good and what is not, when nothing goes wrong any more. */
const everybodyAgain: Epilogue = (isolates, ask) => {
  const usual = { kind: 'ask', waitMs: 0, person: 0, cost: 1, isStrict: false, byMs: 0 } as const;
  for (let isolate = 0; isolate < isolates; isolate++)
    for (let way = 0; way < WAYS.length; way++)
      for (const [scope, forged] of [
        [0, false],
        [1, false],
        [2, false],
        [0, true],
      ] as const) {
        const step: Step = { ...usual, isolate, way, scope };
        ask(step, forged);
      }
};

describe('SECURITY 3, property 7 › fault closed', () => {
  const plans = planOf({ steps: ['ask', 'ask', 'ask', 'flurry', 'forged', 'die', 'restart', 'clock'] });

  it('no sequence of faults lets in who is not good, nor calls bad who is, and afterwards everybody is told what is right', async ({
    annotate,
  }) => {
    const seen = { lives: 0, good: 0, bad: 0, unavailable: 0 };
    const property = fc.asyncProperty(plans, async (plan) => {
      seen.lives += 1;
      const life = await live(plan, everybodyAgain);
      for (const visit of life.visits) {
        seen[isGood(visit) ? 'good' : 'bad'] += 1;
        if (CANNOT_TELL.test(toldOf(visit))) seen.unavailable += 1;
      }
      expect(wrong(life)).toEqual([]);
      const last = life.visits.slice(-4 * WAYS.length * plan.skewsMs.length);
      expect(last.map(toldOf)).toEqual(last.map(rightAnswer));
      expect(last.every(({ person }) => person === PEOPLE[0])).toBe(true);
    });
    await holds('7', property, annotate);
    expect(Math.min(seen.good, seen.bad, seen.unavailable)).toBeGreaterThan(seen.lives);
  });
});
