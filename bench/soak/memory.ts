import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';

/** How much memory a process holds at some moment of a run. */
export interface MemorySample {
  readonly seconds: number;
  readonly requests: number;
  readonly residentMiB: number;
}

/** How memory went: whether it stayed within the bound. */
export interface MemoryTrend {
  readonly samples: readonly MemorySample[];
  /** Medians of the second quarter of the run and of its last. */
  readonly secondQuarterMiB: number;
  readonly lastQuarterMiB: number;
  readonly growthMiB: number;
  readonly boundMiB: number;
  /** Slope of the line through all samples but the first quarter, per 100,000 requests. */
  readonly slopeMiB: number;
}

/**
 * So much more may be held in the last quarter than in the second. What an isolate remembers fills up to its bounds
 * while keys come and go (docs/performance.md: 18.5 MiB of evidences, refusals and purses), and workerd gives nothing
 * back at once.
 */
export const MAX_GROWTH_MIB = 64;

/** Fewer requests, or samples, say nothing of a trend: a young process takes what it is given. */
const LEAST_REQUESTS = 100_000;
const LEAST_SAMPLES = 16;

export const residentMiB = (pid: number): number => {
  const [, kiB = '0'] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Math.round(Number(kiB) / 102.4) / 10;
};

/** Takes a sample every so often until it is over. */
export const sampleMemory = async (
  pid: number,
  everyMs: number,
  isOver: () => boolean,
  requests: () => number,
): Promise<readonly MemorySample[]> => {
  const samples: MemorySample[] = [];
  const began = Date.now();
  for (let next = began; !isOver(); await wait(200)) {
    if (Date.now() < next) continue;
    next += everyMs;
    const seconds = Math.round((Date.now() - began) / 100) / 10;
    samples.push({ seconds, requests: requests(), residentMiB: residentMiB(pid) });
  }
  return samples;
};

/** Null where the run was too short. */
export const trendOf = (samples: readonly MemorySample[]): MemoryTrend | null => {
  if (samples.length < LEAST_SAMPLES || (samples.at(-1)?.requests ?? 0) < LEAST_REQUESTS) return null;
  const quarter = Math.floor(samples.length / 4);
  const second = median(samples.slice(quarter, 2 * quarter));
  const last = median(samples.slice(-quarter));
  return {
    ...{ samples, secondQuarterMiB: second, lastQuarterMiB: last, boundMiB: MAX_GROWTH_MIB },
    growthMiB: Math.round((last - second) * 10) / 10,
    slopeMiB: Math.round(slope(samples.slice(quarter)) * 1_000_000) / 10,
  };
};

const median = (samples: readonly MemorySample[]): number => {
  const sorted = samples.map((sample) => sample.residentMiB).sort((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? Number.NaN;
};

/** Least squares: MiB per request. */
const slope = (samples: readonly MemorySample[]): number => {
  const mean = (of: (sample: MemorySample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const x = mean(({ requests }) => requests);
  const y = mean((sample) => sample.residentMiB);
  const above = mean((sample) => (sample.requests - x) * (sample.residentMiB - y));
  const below = mean((sample) => (sample.requests - x) ** 2);
  return below === 0 ? 0 : above / below;
};
