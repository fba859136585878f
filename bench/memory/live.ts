import { openClock } from './clock.ts';
import { openIsolate } from './isolate.ts';
import type { Findings } from './ledger.ts';
import { KEYS_OF_OWNER } from './owners.ts';
import type { RingsSide } from './rings.ts';

export interface LiveOptions {
  /** How many different keys, of a quarter as many owners. */
  readonly requests: number;
  readonly rings: RingsSide;
  /** For how long the isolate could go on while a Ring is silent, and so whether it keeps a past; milliseconds. */
  readonly graceMs: number;
  /** Looks at the heap, every so often, when nothing is under way. */
  readonly sample: (presented: number) => void;
}

/** What an isolate may remember at the most, by DESIGN.md section 6. */
export const MAX_LEASES = 10_000;

const NOON = Date.UTC(2026, 10, 1, 12);

/** How many requests are under way at once. */
const BATCH = 250;
const SAMPLES = 20;

/** One isolate is asked this often: ten thousand keys in four seconds, so that what has to go is still good. */
const MS_PER_REQUEST = 0.4;

/** The keys of an owner come within so many of each other, in no order. */
const SHUFFLED = 20_000;
const STRIDE = 7_919;

/** Every tenth request is made once more at once, and another one of long ago. */
const AGAIN_EVERY = 10;
const LONG_AGO = 30_000;

/** Until everything that was lent is over and told, in milliseconds. */
const REST_MS = 10_000;

/** Presents so many different keys to one isolate, and asks the Rings what became of their leases. */
export const presentLiveKeys = async ({
  requests,
  rings,
  graceMs,
  sample,
}: LiveOptions): Promise<Findings> => {
  const clock = openClock(NOON);
  const isolate = await openIsolate(rings, clock, graceMs);
  const every = Math.max(BATCH, Math.floor(requests / SAMPLES / BATCH) * BATCH);
  let next = rings.keys(numbersFrom(0, requests));
  for (let from = 0; from < requests; from += BATCH) {
    const keys = await next;
    next = rings.keys(numbersFrom(from + BATCH, requests));
    const again = keys.filter((_, i) => i % AGAIN_EVERY === 0);
    await Promise.all(keys.map(isolate.serve));
    await Promise.all(again.map(isolate.serve));
    clock.pass(MS_PER_REQUEST * (keys.length + again.length));
    const presented = Math.min(from + BATCH, requests);
    if (presented % every === 0) sample(presented);
  }
  clock.pass(REST_MS);
  await isolate.background();
  return rings.findings();
};

/** A batch of keys, by their numbers, and a few of long ago. */
const numbersFrom = (from: number, requests: number): readonly number[] => {
  const size = Math.max(0, Math.min(BATCH, requests - from));
  const old = from < LONG_AGO ? 0 : Math.floor(size / AGAIN_EVERY);
  return [
    ...Array.from({ length: size }, (_, i) => shuffled(from + i, requests)),
    ...Array.from({ length: old }, (_, i) => shuffled(from - LONG_AGO + i, requests)),
  ];
};

/** A permutation of the keys, near to their order. */
const shuffled = (position: number, requests: number): number => {
  const block = Math.floor(position / SHUFFLED) * SHUFFLED;
  const size = Math.min(SHUFFLED, requests - block);
  // A last block of another size might share a factor with the stride: it stays in order.
  return size === SHUFFLED ? block + (((position - block) * STRIDE) % SHUFFLED) : position;
};

/** What is wrong with a run besides the faults of its ledger, of which there may be none. */
export const problemsOf = (
  { faults, leases, givenBack, open }: Findings,
  requests: number,
): readonly string[] => [
  ...faults,
  ...(leases < requests / KEYS_OF_OWNER ? [`only ${leases} leases were granted`] : []),
  ...(requests > 2 * MAX_LEASES && givenBack === 0 ? ['no lease was given back'] : []),
  // What was evicted was given back: only what the isolate may still remember is not accounted for.
  ...(open > MAX_LEASES ? [`${open} leases were never closed`] : []),
];
