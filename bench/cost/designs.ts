import { priced } from './bill.ts';
import type { Load } from './load.ts';
import { type Billed, OBJECT_GB, OFFERS, TOKEN_OFFERS } from './prices.ts';

/** What another way of doing the same costs for a million requests, and what it is that costs. */
export interface Design {
  readonly name: string;
  readonly says: string;
  readonly perMillion: number;
  readonly source: string | null;
}

const MILLION = 1_000_000;

/** The same Worker requests and CPU as ours, and what each request asks besides: so much of each for one request. */
const onWorkers = (cpuMs: number, each: Partial<Readonly<Record<Billed, number>>>): number => {
  const all = { requests: 1, cpu_ms: cpuMs, ...each };
  return Object.entries(all).reduce(
    (sum, [billed, amount]) => sum + priced(billed as Billed, amount * MILLION),
    0,
  );
};

/** Other designs for the same load, the same prices and the same CPU for a request; then what others charge. */
export const designsOf = ({ ringMs }: Load, cpuMs: number): readonly Design[] => {
  const object = { object_requests: 1, object_gb_seconds: (ringMs / 1_000) * OBJECT_GB };
  const ours = [
    [
      'KV read and Durable Object on each call',
      'the usual tutorial, its count in memory',
      { kv_reads: 1, ...object },
    ],
    [
      'the same, one row written on each call',
      'the count survives the object',
      { kv_reads: 1, ...object, rows_written: 1 },
    ],
    ['workers-oauth-provider', 'KV is read on each call; no rate limit', { kv_reads: 1 }],
    ['ask always', 'one Durable Object call and one row on each call', { ...object, rows_written: 1 }],
  ] as const;
  return [
    ...ours.map(([name, says, each]) => ({ name, says, perMillion: onWorkers(cpuMs, each), source: null })),
    ...OFFERS.map(({ name, says, dollarsPerMillion, source }) => ({
      name,
      says,
      perMillion: dollarsPerMillion,
      source,
    })),
    ...TOKEN_OFFERS.map(({ name, says, dollarsPerMillion, source }) => ({
      ...{ name: `a token of ${name} on each call`, says, perMillion: dollarsPerMillion, source },
    })),
  ];
};
