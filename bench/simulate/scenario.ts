import type { Limit } from '../../src/model/lease-wire.ts';
import { shareOf } from './random.ts';

type Spread = 'uniform' | 'zipf';

/** Everything that a run depends on, besides its seed. Rates are per second, shares in 0..1. */
export type Scenario = {
  readonly name: string;
  /** The table of LEASES.md section 6 it belongs to, or the style of section 9. */
  readonly group: string;
  readonly limit: Limit;
  readonly leaseSeconds: number;
  /** Of one limit each, with one Ring each. */
  readonly users: number;
  readonly userSpread: Spread;
  readonly isolates: number;
  readonly isolateSpread: Spread;
  /** Of all users together. */
  readonly requestsPerSecond: number;
  /** Drawn with equal chances. */
  readonly costs: readonly number[];
  /** Poisson; so many at one instant on an isolate that has just begun; or one client that changes isolates. */
  readonly pattern:
    | { readonly kind: 'poisson' }
    | { readonly kind: 'bursts'; readonly size: number }
    | { readonly kind: 'hopping'; readonly everySeconds: number };
  /** Round trip of each isolate: log-uniform between these, ms. */
  readonly roundTripMs: readonly [number, number];
  /** The Ring serves one call at a time, each for so long, ms. */
  readonly serviceMs: number;
  /** A call that would wait longer than this is shed, ms. */
  readonly queueMs: number;
  /** Of messages, each way. */
  readonly lost: number;
  readonly duplicated: number;
  /** Each isolate dies after so long, and another follows it; null lives for ever. */
  readonly isolateLifeSeconds: number | null;
  readonly evictionEverySeconds: number | null;
  /** The credential is revoked so often, and another one used thereafter; a second one may stay good all the time. */
  readonly revocation: { readonly everySeconds: number; readonly otherCredential: boolean } | null;
  /** For how long an isolate repeats its own past while its Ring is silent. */
  readonly ringGraceSeconds: number;
  /** No message reaches the Ring, of so many isolates in a hundred, from a moment on and for so long; null: to the end. */
  readonly outage: {
    readonly atSeconds: number;
    readonly seconds: number | null;
    readonly percentOfIsolates: number;
  } | null;
  readonly windows: number;
  readonly warmUpWindows: number;
};

/** What most scenarios have in common. */
export const USUAL: Omit<Scenario, 'name' | 'group' | 'limit' | 'requestsPerSecond'> = {
  leaseSeconds: 5,
  users: 1,
  userSpread: 'uniform',
  isolates: 1,
  isolateSpread: 'uniform',
  costs: [1],
  pattern: { kind: 'poisson' },
  roundTripMs: [5, 250],
  serviceMs: 0,
  queueMs: 500,
  lost: 0,
  duplicated: 0,
  isolateLifeSeconds: null,
  evictionEverySeconds: null,
  revocation: null,
  ringGraceSeconds: 0,
  outage: null,
  windows: 30,
  warmUpWindows: 5,
};

/** Whether the Ring is silent, for some at least, at a moment of the simulation; ms. */
export const isOutage = (outage: Scenario['outage'], now: number): boolean =>
  outage !== null &&
  now >= outage.atSeconds * 1000 &&
  (outage.seconds === null || now < (outage.atSeconds + outage.seconds) * 1000);

/** What is asked for, in parts of what the limits allow. */
export const loadOf = ({ limit, users, requestsPerSecond, costs }: Scenario): number =>
  (requestsPerSecond * meanCost(costs) * limit.perSeconds) / (limit.requests * users);

/** Calls per second that any policy needs as long as nobody is refused: one per lease and per flow. */
export const leastCallsPerSecond = (scenario: Scenario): number => {
  const { users, userSpread, isolates, isolateSpread, requestsPerSecond, leaseSeconds } = scenario;
  let sum = 0;
  for (let user = 0; user < users; user++) {
    const ofUser = shareOf(user, users, userSpread) * requestsPerSecond;
    // The shares of one user's isolates, without summing up the weights anew for each.
    const first = shareOf(0, isolates, isolateSpread);
    for (let isolate = 0; isolate < isolates; isolate++) {
      const rate = ofUser * (isolateSpread === 'zipf' ? first / (isolate + 1) : first);
      sum += 1 / (leaseSeconds + 1 / rate);
    }
  }
  return sum;
};

export const meanCost = (costs: readonly number[]): number =>
  costs.reduce((sum, cost) => sum + cost, 0) / costs.length;
