import type { Measured } from './measure.ts';
import { leastCallsPerSecond, loadOf, type Scenario } from './scenario.ts';

/** What LEASES.md section 9 asks for. It holds for every scenario to which it applies, so that none can leave it out. */
type Goal = {
  readonly name: string;
  /** Why this, and why so much. */
  readonly reason: string;
  readonly applies: (scenario: Scenario, measured: Measured) => boolean;
  readonly measured: (measured: Measured) => number;
} & (
  | { readonly atMost: (scenario: Scenario, measured: Measured) => number }
  | { readonly atLeast: (scenario: Scenario) => number }
);

/** One goal as one run met it. */
export type GoalMet = {
  readonly goal: string;
  readonly measured: number;
  readonly met: boolean;
};

/** Fewer windows than this say nothing about saturation: the book is still filling. */
const LEAST_WINDOWS = 30;

/** Calls per second that the table of goals plans for. */
const callsOfRing = ({ serviceMs }: Scenario): number => 1000 / serviceMs;

const rate = (s: Scenario): number => s.requestsPerSecond / s.users / s.isolates;
const isLong = (s: Scenario): boolean => s.limit.perSeconds >= 30;
const isAtLimit = (s: Scenario): boolean => loadOf(s) >= 1;
const isEven = (s: Scenario): boolean => s.users === 1 || s.userSpread === 'uniform';
const isSettled = (s: Scenario): boolean => s.windows >= LEAST_WINDOWS;
const isPoisson = (s: Scenario): boolean => s.pattern.kind === 'poisson';
const isSlowRing = (s: Scenario): boolean => s.serviceMs > 0;
const isHarsh = (s: Scenario): boolean =>
  s.lost >= 0.05 || (s.isolateLifeSeconds ?? 1_000) <= 10 || (s.lost > 0 && s.isolateLifeSeconds !== null);
const isFaultless = (s: Scenario): boolean =>
  s.lost === 0 &&
  s.isolateLifeSeconds === null &&
  s.evictionEverySeconds === null &&
  s.revocation === null &&
  s.outage === null;
/** Whether the Ring answers some while it is silent for others, or again after it was: promise 3 is not made for that. */
export const isPartial = ({ outage }: Scenario): boolean =>
  outage !== null && (outage.percentOfIsolates < 100 || outage.seconds !== null);
const isPlain = (s: Scenario): boolean => isFaultless(s) && isPoisson(s) && s.costs.length === 1;

/** The one table of goals. */
export const GOALS: readonly Goal[] = [
  {
    name: 'over_admission',
    reason:
      'promise 3: no window of w seconds admits more than q, whatever fails; where some go on in grace while others ask the Ring, q and what it has not been told of',
    applies: () => true,
    measured: (m) => m.over_admission,
    atMost: (s, m) => (isPartial(s) ? (m.grace_untold ?? 0) : 0),
  },
  {
    name: 'grace_served_share',
    reason:
      'while the Ring is silent, who repeats his own past serves 0.9 of what the ideal limiter does, 0.7 at the limit',
    applies: (s) => s.outage?.percentOfIsolates === 100 && s.ringGraceSeconds > 0 && loadOf(s) <= 1,
    measured: (m) => m.grace_served_share ?? 0,
    atLeast: (s) => (loadOf(s) < 1 ? 0.9 : 0.7),
  },
  {
    name: 'unused_at_limit',
    reason:
      '4 % for w ≥ 30 s, 6 % for 10 s, 7 % below; 10 % if isolates live 10 s, 5 % of messages are lost, or both a little',
    applies: (s) => isAtLimit(s) && isSettled(s) && !isSlowRing(s) && s.outage === null,
    measured: (m) => m.unused_share,
    atMost: (s) => (isHarsh(s) ? 0.1 : isLong(s) ? 0.04 : s.limit.perSeconds >= 10 ? 0.06 : 0.07),
  },
  {
    name: 'refused_below_limit',
    reason: 'false refusals: 0.5 % up to 0.8x of limits of at least 60 in at least 10 s',
    applies: (s) =>
      loadOf(s) <= 0.8 &&
      isEven(s) &&
      s.limit.perSeconds >= 10 &&
      s.limit.requests >= 60 &&
      isFaultless(s) &&
      !isSlowRing(s),
    measured: (m) => m.unused_share,
    atMost: () => 0.005,
  },
  {
    name: 'calls_per_1000_one_isolate',
    reason:
      'at 100 requests a second: 4 up to 0.8x and w ≥ 30 s; at the limit 25 (60 s), 35 (30 s), 80 (10 s)',
    applies: (s) =>
      isPlain(s) &&
      s.isolates === 1 &&
      isSettled(s) &&
      Math.round(rate(s)) === 100 &&
      (isAtLimit(s) || isLong(s)),
    measured: (m) => m.ring_calls_per_1000,
    atMost: (s) => (!isAtLimit(s) ? 4 : s.limit.perSeconds >= 60 ? 25 : isLong(s) ? 35 : 80),
  },
  {
    name: 'calls_per_1000_light',
    reason:
      '30 at 10/s, 250 at 1/s, 450 at 0.3/s, 700 at 0.1/s; else, and 250 ms away, 1.7 times what any policy needs',
    applies: (s) => isPlain(s) && s.isolates === 1 && s.users === 1 && loadOf(s) <= 0.5,
    measured: (m) => m.ring_calls_per_1000,
    atMost: (s) => LIGHT[s.name] ?? (1.7 * 1000) / (1 + rate(s) * s.leaseSeconds),
  },
  {
    name: 'calls_to_least',
    reason:
      'up to 0.7x of at least 600 a minute: 1.7 times what any policy needs, 2.2 below w = 30 s; leases of 1 s are too short for it',
    applies: (s) =>
      isPlain(s) &&
      s.isolates > 1 &&
      isEven(s) &&
      loadOf(s) <= 0.7 &&
      s.leaseSeconds >= 2 &&
      s.limit.requests / s.limit.perSeconds >= 10 &&
      !isSlowRing(s),
    measured: (m) => m.ring_calls_to_least,
    atMost: (s) => (isLong(s) ? 1.7 : 2.2),
  },
  {
    name: 'calls_per_second_at_limit',
    reason:
      'at or over the limit: 3 per active isolate for w ≥ 30 s, 10 for 10 s, and no more than 200 of refused isolates together',
    applies: (s) => isPlain(s) && isAtLimit(s) && isSettled(s) && s.limit.perSeconds >= 10 && s.users === 1,
    measured: (m) => m.ring_calls_per_second,
    atMost: (s) => Math.min(200, s.isolates * (isLong(s) ? 3 : 10)),
  },
  {
    name: 'calls_per_second_tiny',
    reason: 'leases cannot help limits up to 10: twice the rate of the limit itself',
    applies: (s) => isPlain(s) && s.limit.requests <= 10,
    measured: (m) => m.ring_calls_per_second,
    atMost: (s) => (2 * s.limit.requests) / s.limit.perSeconds,
  },
  {
    name: 'calls_per_1000_burst',
    reason: '100 requests at once on a cold isolate share 3 calls',
    applies: (s) => s.pattern.kind === 'bursts',
    measured: (m) => m.ring_calls_per_1000,
    atMost: (s) => (s.pattern.kind === 'bursts' ? 3_000 / s.pattern.size : 0),
  },
  {
    name: 'waits_per_1000_below_limit',
    reason: 'up to 0.8x, w ≥ 30 s: 5 of a flow of 10/s per isolate, 120 of 1/s (140 if it is 250 ms away)',
    applies: (s) =>
      isPlain(s) && isLong(s) && loadOf(s) <= 0.8 && rate(s) >= 1 && s.isolateSpread === 'uniform',
    measured: (m) => m.waits_per_1000,
    atMost: (s) => (rate(s) >= 10 ? 5 : s.roundTripMs[0] >= 250 ? 140 : 120),
  },
  {
    name: 'waits_per_1000_at_limit',
    reason: 'one isolate at 100 a second, at or over the limit: 200 for w = 60 s, 600 for 10 s, 250 ms away',
    applies: (s) =>
      isPlain(s) && isAtLimit(s) && isSettled(s) && Math.round(rate(s)) === 100 && s.limit.perSeconds !== 30,
    measured: (m) => m.waits_per_1000,
    atMost: (s) => (isLong(s) ? 200 : 600),
  },
  {
    name: 'wait_beyond_two_trips_ms',
    reason: '999 in 1,000 waits last at most two round trips and 10 ms, as long as nothing fails',
    applies: (s, m) => isPlain(s) && !isSlowRing(s) && m.failed_share === 0,
    measured: (m) => m.wait_beyond_ms,
    atMost: () => 10,
  },
  {
    name: 'revocation_delay_s',
    reason: 'promise: leaseSeconds; less the slack of 0.1 s where no other credential keeps the lease alive',
    applies: (s) => s.revocation !== null,
    measured: (m) => m.revocation_delay_s ?? Number.POSITIVE_INFINITY,
    atMost: (s) => s.leaseSeconds - (s.revocation?.otherCredential ? 0 : 0.1),
  },
  {
    name: 'fairness',
    reason: "near isolates win, but not by much: 0.93 of the ideal limiter's Jain index, 0.85 for w = 1 s",
    applies: (s) => isPlain(s) && isSettled(s) && s.isolates > 1 && s.limit.requests >= 60 && !isSlowRing(s),
    measured: (m) => m.fairness,
    atLeast: (s) => (s.limit.perSeconds >= 10 ? 0.93 : 0.85),
  },
  {
    name: 'failed_share',
    reason: 'a Ring that can serve 1.7 times the calls that any policy needs fails nobody, once it is warm',
    applies: (s) => isSlowRing(s) && loadOf(s) <= 1 && 1.7 * leastCallsPerSecond(s) <= callsOfRing(s),
    measured: (m) => m.failed_share,
    atMost: () => 0,
  },
];

const LIGHT: Readonly<Record<string, number>> = {
  'light-10-rtt30': 30,
  'light-1-rtt30': 250,
  'light-0.3-rtt30': 450,
  'light-0.1-rtt30': 700,
};

/** How a run met the goals that apply to it. */
export const judge = (scenario: Scenario, measured: Measured): Readonly<Record<string, GoalMet>> =>
  Object.fromEntries(
    GOALS.filter((goal) => goal.applies(scenario, measured)).map((goal) => {
      const value = goal.measured(measured);
      const [bound, met] =
        'atMost' in goal
          ? [goal.atMost(scenario, measured), value <= goal.atMost(scenario, measured)]
          : [goal.atLeast(scenario), value >= goal.atLeast(scenario)];
      const sign = 'atMost' in goal ? '<=' : '>=';
      return [goal.name, { goal: `${sign} ${Number(bound.toFixed(3))}`, measured: value, met }];
    }),
  );
