import type { Limit } from '../../src/model/lease-wire.ts';
import { heldOut } from './held-out.ts';
import { meanCost, type Scenario, USUAL } from './scenario.ts';

/** Every scenario of the default run, in the order of LEASES.md section 6. Only the held-out ones depend on the seed. */
export const allScenarios = (seed: number): Scenario[] => [
  ...light(),
  ...byLoadAndTrip(),
  ...recommended(),
  ...smallAndOdd(),
  ...faults(),
  ...revocations(),
  ...outages(),
  ...leases(),
  ...scale(),
  ...heldOut(seed),
];

/** A few of them, some with fewer windows: for a first look and for the tests. */
export const quickScenarios = (seed: number): Scenario[] => {
  const all = allScenarios(seed);
  return QUICK.flatMap(([name, windows]) =>
    all
      .filter((one) => one.name === name)
      .map((one) => (windows === null ? one : { ...one, windows, warmUpWindows: Math.min(5, windows) })),
  );
};

/** null: as many windows as in the default run. */
const QUICK: readonly (readonly [name: string, windows: number | null])[] = [
  ['light-0.1-rtt30', null],
  ['light-1-rtt30', null],
  ['light-10-rtt30', null],
  ['one-w60-rtt50-0.8x', 8],
  ['one-w60-rtt250-1.2x', 8],
  ['one-w10-rtt250-1.2x', null],
  ['ten-zipf-2x', 8],
  ['hundred-1x', 8],
  ['ten-60-per-60-2x', null],
  ['costs-mixed-2x', 8],
  ['limit-5-per-60', null],
  ['limit-100-per-1', 60],
  ['burst-cold-100', null],
  ['users-zipf', 8],
  ['faults-everything', 8],
  ['revoked', null],
  ['outage-clean-1x', null],
  ['outage-half-cut-off-2x', null],
  ['scale-1000-zipf-3.3ms', null],
];

/** A scenario by how it differs from the usual; `load` is in parts of the limit. */
const scenario = (
  group: string,
  name: string,
  limit: Limit,
  load: number,
  different: Partial<Scenario> = {},
): Scenario => {
  const base = { ...USUAL, ...different, group, name, limit };
  const unitsPerSecond = (load * limit.requests * base.users) / limit.perSeconds;
  return { ...base, requestsPerSecond: Number((unitsPerSecond / meanCost(base.costs)).toPrecision(6)) };
};

const per = (requests: number, perSeconds: number): Limit => ({ requests, perSeconds });
const tripOf = (ms: number): Partial<Scenario> => ({ roundTripMs: [ms, ms] });

/** One isolate far below its limit, which is 6,000 per minute or four times the load; windows enough for thousands of requests. */
const light = (): Scenario[] => {
  const lit = (rate: number, trip: number): Scenario => {
    const limit = per(Math.max(6_000, 240 * rate), 60);
    const windows = Math.max(30, Math.ceil(50_000 / rate / 60));
    return scenario('light load', `light-${rate}-rtt${trip}`, limit, (60 * rate) / limit.requests, {
      ...tripOf(trip),
      windows,
    });
  };
  return [...[0.1, 0.3, 1, 3, 10, 100, 1_000].map((rate) => lit(rate, 30)), lit(1, 250)];
};

/** One isolate, asked for 100 requests a second; the limit is what changes. */
const byLoadAndTrip = (): Scenario[] =>
  [
    [60, 50],
    [60, 250],
    [30, 250],
    [10, 50],
    [10, 250],
  ].flatMap(([seconds = 60, trip = 50]) =>
    [0.8, 1, 1.2, 2].map((load) =>
      scenario(
        'one isolate',
        `one-w${seconds}-rtt${trip}-${load}x`,
        per(Math.round((100 * seconds) / load), seconds),
        load,
        { ...tripOf(trip), windows: seconds < 30 ? 60 : 30 },
      ),
    ),
  );

/** The columns of the table of policies. */
const recommended = (): Scenario[] => [
  scenario('policy', 'one-2x', per(6_000, 60), 2),
  scenario('policy', 'ten-zipf-0.7x', per(6_000, 60), 0.7, { isolates: 10, isolateSpread: 'zipf' }),
  scenario('policy', 'ten-zipf-2x', per(6_000, 60), 2, { isolates: 10, isolateSpread: 'zipf' }),
  scenario('policy', 'ten-zipf-5x', per(6_000, 60), 5, { isolates: 10, isolateSpread: 'zipf' }),
  scenario('policy', 'ten-zipf-10x', per(6_000, 60), 10, { isolates: 10, isolateSpread: 'zipf' }),
  scenario('policy', 'hundred-2x', per(6_000, 60), 2, { isolates: 100 }),
  scenario('policy', 'hundred-1x', per(6_000, 60), 1, { isolates: 100 }),
  scenario('policy', 'hundred-0.8x', per(6_000, 60), 0.8, { isolates: 100 }),
  scenario('policy', 'ten-60-per-60-2x', per(60, 60), 2, { isolates: 10, windows: 60 }),
];

const smallAndOdd = (): Scenario[] => {
  const ten = { isolates: 10 } as const;
  const odd = (name: string, limit: Limit, load: number, different: Partial<Scenario> = {}) =>
    scenario('small and odd', name, limit, load, different);
  return [
    odd('limit-1-per-60', per(1, 60), 1.5, { ...ten, windows: 400 }),
    odd('limit-5-per-60', per(5, 60), 1.5, { ...ten, windows: 200 }),
    odd('limit-10-per-10', per(10, 10), 1.5, { ...ten, windows: 200 }),
    odd('limit-10-per-1', per(10, 1), 1.5, { ...ten, windows: 600 }),
    odd('limit-100-per-1', per(100, 1), 1.5, { ...ten, windows: 300 }),
    odd('limit-1000-per-1', per(1_000, 1), 1.5, { ...ten, windows: 200 }),
    odd('limit-10000-per-hour', per(10_000, 3_600), 1.2, ten),
    odd('limit-60000-per-60', per(60_000, 60), 1.1, ten),
    odd('costs-mixed-2x', per(6_000, 60), 2, { isolates: 100, costs: [1, 5, 50] }),
    odd('costs-mixed-0.7x', per(60_000, 60), 0.7, { ...ten, costs: [1, 5, 50] }),
    ...[1, 5, 20].map((everySeconds) =>
      odd(`hopping-${everySeconds}s`, per(6_000, 60), 1.05, {
        ...ten,
        pattern: { kind: 'hopping', everySeconds },
      }),
    ),
    odd('burst-cold-100', per(60_000, 60), 0.05, { pattern: { kind: 'bursts', size: 100 } }),
    odd('users-zipf', per(600, 60), 0.8, {
      users: 50,
      userSpread: 'zipf',
      isolates: 20,
      isolateSpread: 'zipf',
    }),
    odd('users-uniform', per(600, 60), 0.7, { users: 5, isolates: 20 }),
  ];
};

const faults = (): Scenario[] => {
  const fault = (name: string, different: Partial<Scenario>) =>
    scenario('faults', `faults-${name}`, per(6_000, 60), 1.2, { isolates: 10, ...different });
  return [
    fault('none', {}),
    fault('lost-1%', { lost: 0.01 }),
    fault('lost-5%', { lost: 0.05 }),
    fault('duplicated-5%', { duplicated: 0.05 }),
    fault('death-100s', { isolateLifeSeconds: 100 }),
    fault('death-10s', { isolateLifeSeconds: 10 }),
    fault('eviction-50s', { evictionEverySeconds: 50 }),
    fault('everything', { lost: 0.01, duplicated: 0.05, isolateLifeSeconds: 100, evictionEverySeconds: 50 }),
  ];
};

/** A credential revoked in the middle, some hundred times over. */
const revocations = (): Scenario[] => {
  const revoked = (name: string, different: Partial<Scenario>) =>
    scenario('revocation', name, per(6_000, 60), 0.8, {
      isolates: 10,
      roundTripMs: [5, 500],
      revocation: { everySeconds: 12, otherCredential: false },
      ...different,
    });
  return [
    revoked('revoked', {}),
    revoked('revoked-other-key-warm', { revocation: { everySeconds: 12, otherCredential: true } }),
    revoked('revoked-faults', {
      lost: 0.05,
      duplicated: 0.05,
      isolateLifeSeconds: 50,
      evictionEverySeconds: 20,
    }),
  ];
};

/**
 * A Ring that falls silent, and isolates that go on in grace. Near enough that no answer is taken for silence before: a
 * spike of one leg stays below the deadlines. The last one lets that happen too.
 */
const outages = (): Scenario[] => {
  const silent = (name: string, load: number, outage: Partial<NonNullable<Scenario['outage']>>, more = {}) =>
    scenario('outages', `outage-${name}`, per(6_000, 60), load, {
      isolates: 10,
      roundTripMs: [5, 60],
      ringGraceSeconds: 300,
      outage: { atSeconds: 1_500, seconds: null, percentOfIsolates: 100, ...outage },
      ...more,
    });
  const short = { limit: per(1_000, 10), windows: 60, ringGraceSeconds: 120 };
  return [
    ...[0.5, 0.8, 1, 2].map((load) => silent(`clean-${load}x`, load, {})),
    silent('clean-zipf-1x', 1, {}, { isolateSpread: 'zipf' }),
    silent('clean-w10-1x', 1, { atSeconds: 400 }, short),
    silent('clean-no-grace', 1, {}, { ringGraceSeconds: 0 }),
    silent('half-cut-off-0.8x', 0.8, { percentOfIsolates: 50 }),
    silent('half-cut-off-2x', 2, { percentOfIsolates: 50 }),
    silent('recovers-1x', 1, { seconds: 120 }),
    silent('recovers-2x', 2, { seconds: 120 }),
    silent('far-recovers-1x', 1, { seconds: 120 }, { roundTripMs: [100, 500] }),
  ];
};

const leases = (): Scenario[] =>
  [1, 2, 5, 10, 30].flatMap((leaseSeconds) => {
    const different = { leaseSeconds, isolates: 10, isolateSpread: 'zipf' } as const;
    const name = `lease-${leaseSeconds}s`;
    return [
      scenario('leaseSeconds', name, per(24_000, 60), 0.25, different),
      scenario('leaseSeconds', `${name}-1.2x`, per(6_000, 60), 1.2, different),
    ];
  });

/** 1,000 requests a second of one user, half the limit; two minutes. 300 or 1,000 calls a second are what a Ring can serve. */
const scale = (): Scenario[] => {
  const sized = (isolates: number, isolateSpread: 'zipf' | 'uniform', serviceMs: number, load = 0.5) => {
    const over = load > 1 ? `-${load}x` : '';
    const limit = per(60_000 / load, 60);
    return scenario('scale', `scale-${isolates}-${isolateSpread}-${serviceMs}ms${over}`, limit, load, {
      isolates,
      isolateSpread,
      serviceMs,
      windows: 2,
      warmUpWindows: 1,
    });
  };
  return [
    ...([10, 100, 1_000, 10_000] as const).flatMap((isolates) => [
      sized(isolates, 'zipf', 1),
      sized(isolates, 'zipf', 3.3),
    ]),
    ...([1_000, 3_000, 10_000] as const).flatMap((isolates) => [
      sized(isolates, 'uniform', 1),
      sized(isolates, 'uniform', 3.3),
    ]),
    sized(1_000, 'uniform', 3.3, 10),
    sized(10_000, 'uniform', 1, 10),
  ];
};
