import { exponential, integerBelow, openRandom, openSpread } from './random.ts';
import type { Scenario } from './scenario.ts';

/** One request as it comes in. The object is used again for the next one. */
export type Arrival = {
  at: number;
  user: number;
  isolate: number;
  cost: number;
  /** The isolate has only just begun. */
  cold: boolean;
};

/** Requests that come whatever becomes of them: clients never slow down. In order of time, without end. */
export const openArrivals = (scenario: Scenario, seed: number): (() => Arrival) => {
  const { pattern, requestsPerSecond, costs } = scenario;
  const random = openRandom(seed, `${scenario.name} arrivals`);
  const user = openSpread(random, scenario.users, scenario.userSpread);
  const isolate = openSpread(random, scenario.isolates, scenario.isolateSpread);
  const meanGapMs = 1000 / requestsPerSecond;
  const arrival: Arrival = { at: 0, user: 0, isolate: 0, cost: 1, cold: false };
  const drawCost = () => costs[integerBelow(random, costs.length)] ?? 1;
  let count = 0;

  switch (pattern.kind) {
    case 'poisson':
      return () => {
        arrival.at += exponential(random, meanGapMs);
        arrival.user = user();
        arrival.isolate = isolate();
        arrival.cost = drawCost();
        return arrival;
      };
    case 'bursts':
      return () => {
        const first = count % pattern.size === 0;
        if (first) arrival.at += meanGapMs * pattern.size * (0.5 + random());
        if (first) arrival.isolate = isolate();
        arrival.cold = first;
        arrival.cost = drawCost();
        count++;
        return arrival;
      };
    case 'hopping':
      return () => {
        arrival.at += exponential(random, meanGapMs);
        arrival.isolate = Math.floor(arrival.at / 1000 / pattern.everySeconds) % scenario.isolates;
        arrival.cost = drawCost();
        return arrival;
      };
  }
};
