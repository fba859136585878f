import type { Limit } from '../../src/model/lease-wire.ts';

/**
 * The limiter that cannot be built: central, exact to the instant, asked without any delay. It says whether a request
 * is admitted.
 */
export const openIdeal = ({ requests, perSeconds }: Limit): ((at: number, cost: number) => boolean) => {
  const windowMs = perSeconds * 1000;
  // A ring of at most `requests` admissions, since each costs at least one unit.
  const times = new Float64Array(requests);
  const costs = new Uint32Array(requests);
  let first = 0;
  let length = 0;
  let sum = 0;
  return (at, cost) => {
    for (; length > 0 && at - (times[first] ?? 0) >= windowMs; length--) {
      sum -= costs[first] ?? 0;
      first = (first + 1) % requests;
    }
    if (sum + cost > requests) return false;
    const index = (first + length) % requests;
    times[index] = at;
    costs[index] = cost;
    length++;
    sum += cost;
    return true;
  };
};
