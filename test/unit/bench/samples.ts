import type { Rounds } from '../../../bench/figures.ts';
import type { Sample } from '../../../bench/measure.ts';

/** A round in which nothing is remarkable but what is said. */
export const sample = (said: Partial<Sample>): Sample => ({
  ...{ rps: 100, cpu_us: 100, p50_ms: 1, p90_ms: 2, p99_ms: 3 },
  ...{ server_cores: 1, client_cores: 0.2, foreign_cores: 0 },
  ...said,
});

export const roundsOf = (samples: Readonly<Record<string, readonly Sample[]>>): Rounds =>
  new Map(Object.entries(samples));
