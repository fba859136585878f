import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { beyond, billOf, type Counters, NEEDED, priced } from '../../../bench/cost/bill.ts';
import { designsOf } from '../../../bench/cost/designs.ts';
import { asksPerSecond, type Load, MONTH_SECONDS, pathsOf } from '../../../bench/cost/load.ts';
import { readOptions } from '../../../bench/cost/options.ts';
import { PRICES } from '../../../bench/cost/prices.ts';
import { asText, reportOf } from '../../../bench/cost/report.ts';
import { PARTS, type Parts, perTime } from '../../../bench/counters/count.ts';

const NONE = Object.fromEntries(PARTS.map((part) => [part, 0])) as Parts;

/** Round figures, so that what follows can be worked out by hand. */
const COUNTERS: Counters = {
  ...Object.fromEntries(NEEDED.map((name) => [name, NONE])),
  warm_key: { ...NONE, cpu_us: 500 },
  lease_over: { ...NONE, ring_requests: 1, rows_written: 3, rows_read: 10, cpu_us: 1_000 },
  seldom: { ...NONE, ring_requests: 1, rows_written: 4, rows_read: 10, cpu_us: 1_000 },
  new_isolate: { ...NONE, kv_reads: 1, ring_requests: 1, rows_written: 2, cpu_us: 2_000 },
  cold_exchange: {
    ...{ ...NONE, kv_reads: 1, kv_writes: 1, ring_requests: 2, lobby_requests: 1, rows_written: 10 },
    ...{ tokens: 1, stytch_calls: 1 },
  },
};

/** What was simulated of one isolate under light load: calls for 1,000 requests, by requests a second. */
const {
  runs,
}: { readonly runs: readonly { readonly name: string; readonly ring_calls_per_1000: number }[] } = JSON.parse(
  readFileSync('bench/results/simulation.json', 'utf8'),
);
const LIGHT = runs.flatMap(({ name, ring_calls_per_1000: asks }) => {
  const [, rate] = /^light-([\d.]+)-rtt30$/.exec(name) ?? [];
  return rate === undefined ? [] : [{ rate: Number(rate), asks }];
});

/** One key that is asked for a hundred times a second, all the month, in one isolate that never ends. */
const STEADY: Load = {
  ...{ requests: 100 * MONTH_SECONDS, keys: 1, isolates: 1, leaseSeconds: 5, busy: 1, skew: 0 },
  ...{ jwts: 0, refused: 0, isolateSeconds: 1e9, issued: 0, logs: 0, points: 0, ringMs: 5, tokenPrice: null },
};

describe('prices', () => {
  it('are for so many units, and each says where it was read', () => {
    expect(priced('requests', 2_000_000)).toBeCloseTo(0.6);
    expect(priced('kv_writes', 1_000)).toBeCloseTo(0.005);
    expect(priced('storage_gb', 3)).toBeCloseTo(0.6);
    for (const { source } of Object.values(PRICES)) expect(source).toMatch(/^https:\/\//);
  });

  it('are paid for what the plan does not include', () => {
    expect(beyond('requests', 11_000_000)).toBe(1_000_000);
    expect(beyond('rows_written', 49_999_999)).toBe(0);
  });
});

describe('how often a Ring is asked', () => {
  it.each([
    // Once for each lease and the wait for the next request, 1.7 times at the most.
    [100, 5, 1.7 / 5.01],
    [1, 5, 1.7 / 6],
    // Never more often than there are requests.
    [0.01, 5, 0.01],
    [10, 0, 10],
    [0, 5, 0],
  ])('%d requests a second under leases of %d s: %d times', (rate, leaseSeconds, asks) => {
    expect(asksPerSecond(rate, leaseSeconds)).toBeCloseTo(asks);
  });

  it.each(LIGHT)('at $rate requests a second not less often than it was simulated', ({ rate, asks }) => {
    expect((asksPerSecond(rate, 5) / rate) * 1_000).toBeGreaterThanOrEqual(asks);
  });

  it('follows the spread of the load over keys, isolates and time', () => {
    const { asks, exchanges } = pathsOf(STEADY);
    expect(asks).toBeCloseTo((MONTH_SECONDS * 1.7) / 5.01, 0);
    // One token in 55 minutes.
    expect(exchanges).toBeCloseTo(MONTH_SECONDS / 3_300.01, 0);
    // Twice the isolates ask nearly twice; a hundred times the keys of a hundredth each are asked for each time, nearly.
    expect(pathsOf({ ...STEADY, isolates: 2 }).asks / asks).toBeCloseTo(2 * (5.01 / 5.02), 3);
    expect(pathsOf({ ...STEADY, keys: 10_000 }).asks).toBeCloseTo(STEADY.requests, -3);
    // Who presents tokens needs no exchange.
    expect(pathsOf({ ...STEADY, jwts: 1 }).exchanges).toBe(0);
  });

  it('has it written down once a minute that a key was used, however many isolates have it', () => {
    expect(pathsOf({ ...STEADY, isolates: 50 }).seldom).toBeCloseTo(MONTH_SECONDS / 60.01, 0);
    const rare = { ...STEADY, requests: MONTH_SECONDS / 1_000 };
    expect(pathsOf(rare).seldom).toBeCloseTo(MONTH_SECONDS / 1_060, 0);
  });

  it('sums up alike however many keys share the load', () => {
    for (const keys of [1, 7, 1_000, 123_456])
      for (const skew of [0, 1]) {
        const load = { ...STEADY, keys, skew, leaseSeconds: 0 };
        expect(pathsOf(load).asks / load.requests).toBeCloseTo(1, 6);
      }
  });
});

describe('a bill', () => {
  it('is the counters of each path, as often as it is gone, at list prices', () => {
    const load = { ...STEADY, leaseSeconds: 0, isolateSeconds: 1e12, jwts: 1, ringMs: 10 };
    // Each request asks: 259.2 M requests, each with 3 rows written, 10 read, one call of 10 ms.
    const { amounts, dollars, perMillion } = billOf(load, COUNTERS);
    expect(amounts).toMatchObject({
      requests: 259_200_000,
      object_requests: 259_200_000,
      kv_reads: 0,
      kv_writes: 0,
    });
    // And once in 60.01 s one row more, for when the key was last used.
    expect(amounts.rows_written).toBeCloseTo(777_600_000 + MONTH_SECONDS / 60.01, -1);
    expect(amounts.object_gb_seconds).toBeCloseTo(259_200_000 * 0.01 * 0.128, 0);
    expect(dollars.requests).toBeCloseTo(77.76);
    // 0.3 requests, 0.02 CPU, 0.15 calls, 0.016 duration, 3 rows written, 0.01 read; the storage of one owner.
    expect(perMillion).toBeCloseTo(0.3 + 0.02 + 0.15 + 0.016 + 3 + 0.01, 3);
  });

  it('has the plan, and what is beyond it', () => {
    const small = { ...STEADY, requests: 1_000_000, busy: 1 };
    expect(billOf(small, COUNTERS).withPlan).toBe(5);
    const { withPlan } = billOf({ ...STEADY, requests: 110_000_000, leaseSeconds: 3_600, jwts: 1 }, COUNTERS);
    // 100 M requests beyond the plan, 25 M ms of CPU.
    expect(withPlan).toBeCloseTo(5 + 30 + 0.5, 1);
  });

  it('has a row written for each alarm that is set, and what is kept of the log', () => {
    const counters = { ...COUNTERS, issue: { ...NONE, rows_written: 2, alarms_set: 1 } };
    const load = {
      ...STEADY,
      requests: 1_000,
      keys: 1,
      jwts: 1,
      leaseSeconds: 3_600,
      issued: 100,
      ...{ logs: 2, points: 1 },
    };
    const { amounts } = billOf(load, counters);
    expect(amounts.rows_written).toBeGreaterThanOrEqual(300);
    expect(amounts.log_events).toBe(2 * (1_000 + 200));
    expect(amounts.data_points).toBe(1_000 + 200);
  });

  it('says what Stytch’s tokens cost only where somebody said the price', () => {
    expect(billOf(STEADY, COUNTERS).tokenDollars).toBeNull();
    const { tokens, tokenDollars } = billOf({ ...STEADY, tokenPrice: 2, keys: 100 }, COUNTERS);
    expect(tokenDollars).toBeCloseTo(((tokens - 1_000) / 1_000) * 2);
  });

  it('cannot be made of less than all paths', () => {
    expect(() => billOf(STEADY, { ...COUNTERS, lease_over: undefined } as never)).toThrow(
      'nothing was counted of lease_over',
    );
  });
});

describe('other designs', () => {
  it('are paid at the same prices, with the same CPU', () => {
    const [tutorial, withRow, provider, always] = designsOf({ ...STEADY, ringMs: 5 }, 1);
    // 0.3 + 0.02 CPU; KV 0.5; the object 0.15 + 0.008.
    expect(tutorial?.perMillion).toBeCloseTo(0.978);
    expect(withRow?.perMillion).toBeCloseTo(1.978);
    expect(provider?.perMillion).toBeCloseTo(0.82);
    expect(always?.perMillion).toBeCloseTo(1.478);
  });
});

describe('the report', () => {
  it('says whether the goal is met, with the parts', () => {
    const report = reportOf(STEADY, COUNTERS);
    expect(report.goal).toMatchObject({ dollars: 0.45, isMet: true });
    const text = asText(report);
    for (const { says } of Object.values(PRICES)) expect(text).toContain(`| ${says} |`);
    expect(text).toContain('Goal: ≤ $0.45 per million');
    const dear = { ...COUNTERS, lease_over: { ...NONE, ring_requests: 1, rows_written: 9 } };
    expect(reportOf(STEADY, dear).goal.isMet).toBe(false);
  });
});

describe('npm run cost', () => {
  it('reads its options', () => {
    expect(readOptions([])).toMatchObject({
      requests: 100e6,
      keys: 10_000,
      leaseSeconds: 5,
      tokenPrice: null,
    });
    expect(readOptions(['--requests', '1e9', '--token-price', '0.5', '--json'])).toMatchObject({
      ...{ requests: 1e9, tokenPrice: 0.5, json: true },
    });
  });

  it.each([
    [['--keys', '1.5'], '--keys must be a whole number from 1 to 100000000.'],
    [['--busy', '2'], '--busy must be a number from 0.0001 to 1.'],
    [['--jwts', 'many'], '--jwts must be a number from 0 to 1.'],
    [['--requests', ''], '--requests must be a whole number from 1 to 1000000000000.'],
    [['--nonsense'], "Unknown option '--nonsense'"],
  ])('says what is wrong with %j', (args, problem) => {
    expect(readOptions(args)).toContain(problem);
  });
});

describe('counters', () => {
  it('are divided by how often a path was gone', () => {
    const sums = { ...NONE, ring_requests: 3, rows_written: 10, cpu_us: 1_000 };
    expect(perTime(sums, 3)).toMatchObject({ ring_requests: 1, rows_written: 3.333, cpu_us: 333, tokens: 0 });
  });
});
