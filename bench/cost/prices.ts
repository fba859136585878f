/** When all of these were read. */
export const PRICES_READ = '2026-11-26';

const WORKERS = 'https://developers.cloudflare.com/workers/platform/pricing/';
const KV = 'https://developers.cloudflare.com/kv/platform/pricing/';
const OBJECTS = 'https://developers.cloudflare.com/durable-objects/platform/pricing/';
const POINTS = 'https://developers.cloudflare.com/analytics/analytics-engine/pricing/';
const LOGS = 'https://developers.cloudflare.com/workers/observability/logs/workers-logs/';

/** Of something that is billed: dollars for each unit beyond what the plan includes in a month. */
export interface Price {
  readonly says: string;
  /** Units that the price is for. */
  readonly per: number;
  readonly dollars: number;
  /** Units of a month that the $5 of the plan include. */
  readonly included: number;
  readonly source: string;
}

const MILLION = 1_000_000;

/** Cloudflare's list prices, Workers Paid. Dollars of the plan itself: `PLAN_DOLLARS`. */
export const PRICES = {
  requests: { says: 'Worker requests', per: MILLION, dollars: 0.3, included: 10 * MILLION, source: WORKERS },
  cpu_ms: { says: 'Worker CPU, ms', per: MILLION, dollars: 0.02, included: 30 * MILLION, source: WORKERS },
  kv_reads: { says: 'KV reads', per: MILLION, dollars: 0.5, included: 10 * MILLION, source: KV },
  kv_writes: { says: 'KV writes and deletes', per: MILLION, dollars: 5, included: MILLION, source: KV },
  object_requests: {
    ...{ says: 'Durable Object requests and alarms', per: MILLION, dollars: 0.15, included: MILLION },
    source: OBJECTS,
  },
  object_gb_seconds: {
    ...{ says: 'Durable Object duration, GB-s', per: MILLION, dollars: 12.5, included: 400_000 },
    source: OBJECTS,
  },
  rows_read: {
    says: 'SQLite rows read',
    per: MILLION,
    dollars: 0.001,
    included: 25_000 * MILLION,
    source: OBJECTS,
  },
  // Deletes and each setAlarm are among them.
  rows_written: {
    says: 'SQLite rows written',
    per: MILLION,
    dollars: 1,
    included: 50 * MILLION,
    source: OBJECTS,
  },
  storage_gb: { says: 'SQLite storage, GB for a month', per: 1, dollars: 0.2, included: 5, source: OBJECTS },
  log_events: {
    says: 'Workers Logs events',
    per: MILLION,
    dollars: 0.6,
    included: 20 * MILLION,
    source: LOGS,
  },
  // Announced, and not billed so far.
  data_points: {
    ...{ says: 'Analytics Engine points', per: MILLION, dollars: 0.25, included: 10 * MILLION },
    source: POINTS,
  },
} as const satisfies Readonly<Record<string, Price>>;

export type Billed = keyof typeof PRICES;

export const PLAN_DOLLARS = 5;

/** A Durable Object is billed for this much memory, whatever it uses. */
export const OBJECT_GB = 0.128;

/** Stytch: 1,000 M2M tokens a month are free. What each further one costs is told by its calculator alone. */
export const STYTCH = {
  freeTokens: 1_000,
  source: 'https://www.withorb.com/blog/stytch-pricing',
} as const;

/** Dollars for a million authorized calls, as somebody publishes them. What serves the API itself is not in them. */
export interface Offer {
  readonly name: string;
  readonly says: string;
  readonly dollarsPerMillion: number;
  readonly source: string;
}

export const OFFERS: readonly Offer[] = [
  {
    ...{
      name: 'Clerk API keys',
      says: '$0.00001 for each verification, after 100,000',
      dollarsPerMillion: 10,
    },
    source: 'https://clerk.com/changelog/2026-04-17-api-keys-ga',
  },
  {
    ...{ name: 'AWS HTTP API', says: 'without usage plans or API keys', dollarsPerMillion: 1 },
    source:
      'https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html',
  },
  {
    ...{ name: 'AWS REST API', says: 'with API keys and usage plans', dollarsPerMillion: 3.5 },
    source:
      'https://docs.aws.amazon.com/whitepapers/latest/best-practices-api-gateway-private-apis-integration/cost-optimization.html',
  },
];

/** Of each token that is exchanged, elsewhere: what an exchange on each call would cost there. */
export const TOKEN_OFFERS: readonly Offer[] = [
  {
    ...{ name: 'Clerk M2M tokens', says: '$0.001 for each token', dollarsPerMillion: 1_000 },
    source: 'https://clerk.com/docs/guides/development/machine-auth/m2m-tokens',
  },
  {
    ...{ name: 'Logto', says: '$0.08 for 100 tokens', dollarsPerMillion: 800 },
    source: 'https://logto.io/pricing',
  },
];
