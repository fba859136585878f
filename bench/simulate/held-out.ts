import { integerBelow, logUniform, openRandom } from './random.ts';
import { type Scenario, USUAL } from './scenario.ts';

/** How many, and the loads they go through in turn. */
const COUNT = 18;
const LOADS = [0.7, 1.1, 3];

/** Requests one of them may make, so that the whole set does not take minutes. */
const MAX_REQUESTS = 300_000;

/**
 * LEASES.md section 9 in its own words: windows, leases, isolates and limits that nobody looked at while choosing the
 * policy's numbers. Drawn from the seed, so another seed is another set.
 */
export const heldOut = (seed: number): Scenario[] => {
  const random = openRandom(seed, 'held-out');
  return Array.from({ length: COUNT }, (_, index) => {
    const load = LOADS[index % LOADS.length] ?? 1;
    const perSeconds = Math.round(logUniform(random, 15, 120));
    const windows = 30;
    const most = MAX_REQUESTS / (windows + USUAL.warmUpWindows) / load;
    const requests = Math.round(logUniform(random, 2 * perSeconds, Math.max(4 * perSeconds, most)));
    return {
      ...USUAL,
      name: `held-out-${index + 1}`,
      group: 'held-out',
      limit: { requests, perSeconds },
      leaseSeconds: 3 + integerBelow(random, 3),
      isolates:
        index % 6 < 3 ? Math.round(logUniform(random, 1, 10)) : Math.round(logUniform(random, 10, 200)),
      isolateSpread: random() < 0.5 ? 'zipf' : 'uniform',
      requestsPerSecond: Number(((load * requests) / perSeconds).toFixed(3)),
      windows,
    };
  });
};
