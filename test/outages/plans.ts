import {
  BEYOND_THE_GRACE,
  BEYOND_THE_JWKS,
  EVERYTHING_FAILS,
  type Expected,
  FIRST_HOUR_WITHOUT_STYTCH,
  GRACE_ENDS,
  HALF_A_RING,
  NOT_NOTICED,
  SECOND_HOUR_WITHOUT_STYTCH,
  UP_TO_RETRY_AFTER,
} from './expected.ts';
import type { Phase, Plan } from './plan.ts';
import { FINE, type Forecast, type StytchMood } from './weather.ts';

const HOUR = 3_600;

/** Steps of seconds where things change, and of a part of a minute where they go on. */
const BUSY = [2, 8] as const;
const CALM = [20, 60] as const;

const well = (name: string): Phase => ({
  ...{ name, seconds: 200, forecast: FINE, pace: BUSY, expects: NOT_NOTICED },
});
const before = (): Phase => ({ ...well('before'), isBefore: true });
const after = (): Phase => well('after');

/** A part of an outage. */
const outage = (
  name: string,
  forecast: Partial<Forecast>,
  expects: Expected,
  more: Partial<Phase> = {},
): Phase => ({
  ...{ name, seconds: HOUR, forecast: { ...FINE, ...forecast }, pace: CALM, expects },
  ...more,
});

const hourWithoutStytch = (name: string, stytch: StytchMood, ...then: readonly Phase[]): Plan => ({
  name,
  expiries: [900, 2_400],
  phases: [before(), outage('an hour', { stytch }, FIRST_HOUR_WITHOUT_STYTCH), ...then, after()],
});

/** What was answered last is obeyed, for a minute at the most. */
const upToRetryAfter: Phase = { ...well('up to Retry-After'), seconds: 60, expects: UP_TO_RETRY_AFTER };

/** A day without Stytch, so long that nothing of what it once said is any good. */
const dayWithoutStytch: Plan = {
  name: 'Stytch refuses connections',
  expiries: [900, 5_000],
  phases: [
    before(),
    outage('first hour', { stytch: 'refused' }, FIRST_HOUR_WITHOUT_STYTCH),
    outage('to exp + grace', { stytch: 'refused' }, SECOND_HOUR_WITHOUT_STYTCH, {
      seconds: 'to the first end of grace',
    }),
    outage('grace ends', { stytch: 'refused' }, GRACE_ENDS, {
      seconds: 'to the last end of grace',
      pace: [5, 20],
    }),
    outage('after that', { stytch: 'refused' }, BEYOND_THE_GRACE, { seconds: 900 }),
    outage('to 25 hours', { stytch: 'refused' }, BEYOND_THE_GRACE, {
      seconds: 22 * HOUR,
      pace: [2_400, 3_600],
    }),
    after(),
  ],
};

const dayWithoutJwks: Plan = {
  name: 'Stytch gives no signing keys',
  expiries: [20_000],
  phases: [
    before(),
    outage('up to 23.5 hours', { stytch: '503', onlyJwks: true }, NOT_NOTICED, {
      ...{ seconds: 23.5 * HOUR - 300, pace: [1_200, 3_600] },
    }),
    outage('around 24 hours', { stytch: '503', onlyJwks: true }, {}, { pace: [60, 180] }),
    outage('after 24.5 hours', { stytch: '503', onlyJwks: true }, BEYOND_THE_JWKS, {
      ...{ seconds: 3 * HOUR, pace: [240, 480] },
    }),
    after(),
  ],
};

export const STYTCH_PLANS: readonly Plan[] = [
  dayWithoutStytch,
  hourWithoutStytch('Stytch answers 503', '503'),
  hourWithoutStytch('Stytch hangs', 'hang'),
  hourWithoutStytch('Stytch answers 429', '429', upToRetryAfter),
  dayWithoutJwks,
];

export const KV_PLANS: readonly Plan[] = [
  ['KV fails 9 of 10 calls', 0.9],
  ['KV fails all calls', 1],
].map(
  ([name, kv]): Plan => ({
    name: String(name),
    expiries: [900, 2_400],
    phases: [before(), outage('an hour', { kv: Number(kv) }, NOT_NOTICED), after()],
  }),
);

export const RING_PLANS: readonly Plan[] = [
  {
    name: 'every Ring evicted every second',
    expiries: [500],
    phases: [
      before(),
      outage('ten minutes', {}, NOT_NOTICED, {
        ...{ seconds: 600, evicts: true, pace: [1, 1], crowd: 0.3 },
      }),
      after(),
    ],
  },
  {
    name: 'Rings and Lobbies fail every other call',
    expiries: [900, 2_400],
    phases: [before(), outage('an hour', { ring: 0.5 }, HALF_A_RING), after()],
  },
  {
    name: 'all of them at once',
    expiries: [500],
    phases: [
      before(),
      outage('ten minutes', { stytch: 'mixed', kv: 0.9, ring: 0.5 }, EVERYTHING_FAILS, {
        ...{ seconds: 600, evicts: true, pace: [2, 8] },
      }),
      // Stytch may have asked for quiet last.
      upToRetryAfter,
      after(),
    ],
  },
];
