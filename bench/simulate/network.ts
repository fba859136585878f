import type { Clock } from './clock.ts';
import { exponential, logUniform, openRandom } from './random.ts';
import type { Scenario } from './scenario.ts';

/** One leg in this many is a spike, and takes so many times as long. */
const SPIKES = 0.005;
const SPIKE_FACTORS = [3, 10] as const;

/** Jitter: each leg is longer than usual by this part on average. */
const JITTER = 0.1;

/** A copy follows its message within this time, ms. */
const COPY_LAG_MS = 1_000;

/** What lies between isolates and Rings: slow, uneven, forgetful, and it stutters. */
export type Network = {
  /** A usual round trip of a new place, in ms. */
  distance(): number;
  /** Sends one way. It may arrive never or twice. */
  send(roundTripMs: number, arrive: () => void): void;
};

/** The network of a scenario. */
export const openNetwork = (scenario: Scenario, seed: number, clock: Clock): Network => {
  const { lost, duplicated, name } = scenario;
  const random = openRandom(seed, `${name} network`);
  const legMs = (roundTripMs: number): number => {
    const spike = random() < SPIKES ? logUniform(random, ...SPIKE_FACTORS) : 1;
    return (roundTripMs / 2) * spike * (1 + exponential(random, JITTER));
  };
  return {
    distance: () => logUniform(random, ...scenario.roundTripMs),
    send(roundTripMs, arrive) {
      const ms = legMs(roundTripMs);
      if (lost === 0 || random() >= lost) clock.after(ms, arrive);
      if (duplicated > 0 && random() < duplicated) clock.after(ms + random() * COPY_LAG_MS, arrive);
    },
  };
};
