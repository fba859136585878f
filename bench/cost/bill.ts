import type { Part, Parts } from '../counters/count.ts';
import { type Load, type Paths, pathsOf } from './load.ts';
import { type Billed, OBJECT_GB, PLAN_DOLLARS, PRICES, STYTCH } from './prices.ts';

/** What was counted of each path, by its name. */
export type Counters = Readonly<Record<string, Parts>>;

/** The paths that a bill is made of. */
export const NEEDED = [
  'warm_key',
  'lease_over',
  'seldom',
  'new_isolate',
  'cold_exchange',
  'made_up',
  'issue',
  'revoke',
] as const;

/** How much of everything a month takes. */
export type Amounts = Readonly<Record<Billed, number>>;

export interface Bill {
  readonly paths: Paths;
  readonly amounts: Amounts;
  /** Dollars at list prices, nothing included. */
  readonly dollars: Readonly<Record<Billed, number>>;
  readonly total: number;
  readonly perMillion: number;
  /** What Cloudflare bills: the plan, and what is beyond it. */
  readonly withPlan: number;
  readonly tokens: number;
  /** Null where nobody said what a token costs. */
  readonly tokenDollars: number | null;
}

/** What a Ring keeps of an owner and his keys, in GB: a database of some pages. */
const OWNER_GB = 100_000 / 1e9;

/** How long Stytch is waited for by an exchange, in milliseconds: then the Ring is at work. */
const STYTCH_MS = 300;

export const billOf = (load: Load, counters: Counters): Bill => {
  const paths = pathsOf(load);
  const amounts = amountsOf(load, paths, counters);
  const dollars = mapped((billed) => priced(billed, amounts[billed]));
  const total = sum(Object.values(dollars));
  const tokens = paths.exchanges * of(counters, 'cold_exchange', 'tokens');
  const paid = Math.max(0, tokens - STYTCH.freeTokens);
  return {
    ...{ paths, amounts, dollars, total, tokens },
    perMillion: (total / load.requests) * 1_000_000,
    withPlan: PLAN_DOLLARS + sum(BILLED.map((billed) => priced(billed, beyond(billed, amounts[billed])))),
    tokenDollars: load.tokenPrice === null ? null : (paid / 1_000) * load.tokenPrice,
  };
};

/**
 * Each path's counters, as often as it is gone. A request that finds its lease over costs what `lease_over` or `seldom` does, and one
 * that is new to an isolate what `new_isolate` does: the rest is warm.
 */
const amountsOf = (load: Load, paths: Paths, counters: Counters): Amounts => {
  const renewals = Math.max(0, paths.asks - paths.cold);
  const seldom = Math.min(renewals, paths.seldom);
  const warm = Math.max(0, paths.served - paths.asks);
  const gone = {
    warm_key: warm,
    lease_over: renewals - seldom,
    seldom,
    new_isolate: Math.max(0, paths.cold - paths.exchanges),
    cold_exchange: paths.exchanges,
    made_up: paths.refused,
    issue: paths.issued,
    revoke: paths.issued,
  };
  const all = (part: Part): number =>
    sum(
      NEEDED.map((name) =>
        NOT_RINGS.has(name) && part !== 'cpu_us' ? 0 : gone[name] * of(counters, name, part),
      ),
    );
  const objectRequests = all('ring_requests') + all('lobby_requests') + all('alarms');
  const desk = 2 * paths.issued;
  return {
    requests: load.requests + desk,
    cpu_ms: all('cpu_us') / 1_000,
    kv_reads: all('kv_reads'),
    kv_writes: all('kv_writes') + all('kv_deletes'),
    object_requests: objectRequests,
    object_gb_seconds: ((objectRequests * load.ringMs + paths.exchanges * STYTCH_MS) / 1_000) * OBJECT_GB,
    rows_read: all('rows_read'),
    rows_written: all('rows_written') + all('alarms_set'),
    storage_gb: load.keys * OWNER_GB,
    log_events: (load.requests + desk) * load.logs,
    data_points: (load.requests + desk) * load.points,
  };
};

/** Of these the CPU alone is taken: that a few of the warm ones asked is in the number of asks. */
const NOT_RINGS: ReadonlySet<string> = new Set(['warm_key', 'made_up']);

const of = (counters: Counters, name: string, part: Part): number => {
  const parts = counters[name];
  if (parts === undefined) throw new Error(`nothing was counted of ${name}`);
  return parts[part];
};

/** Dollars for so much of something. */
export const priced = (billed: Billed, amount: number): number =>
  (amount / PRICES[billed].per) * PRICES[billed].dollars;

/** What of an amount the plan does not include. */
export const beyond = (billed: Billed, amount: number): number =>
  Math.max(0, amount - PRICES[billed].included);

export const BILLED = Object.keys(PRICES) as readonly Billed[];

const mapped = (value: (billed: Billed) => number): Amounts =>
  Object.fromEntries(BILLED.map((billed) => [billed, value(billed)])) as Amounts;

const sum = (values: readonly number[]): number => values.reduce((total, each) => total + each, 0);
