import { DurableObject } from 'cloudflare:workers';
import { Buffer } from 'node:buffer';
import { forwardAs } from './forward.ts';
import { isWithin, windowNow } from './window.ts';

/** Of KV, what is used on a call. */
export interface Keys {
  readonly get: (hash: string, type: 'json') => Promise<KeyRecord | null>;
}

export interface Env {
  readonly ORIGIN_URL: string;
  readonly KEYS: Keys;
  readonly RATE_LIMITER: DurableObjectNamespace<RateLimiter>;
}

/** What KV keeps under the hash of a key. */
export interface KeyRecord {
  readonly user_id: string;
}

/**
 * A gateway as tutorials have it: the key's record by its hash from KV
 * (https://developers.cloudflare.com/kv/api/read-key-value-pairs/), then a counter of its user in a Durable Object
 * (https://developers.cloudflare.com/durable-objects/examples/build-a-rate-limiter/), then the origin; e.g.
 * https://dev.to/1xapi/how-to-build-an-api-gateway-on-cloudflare-workers-with-hono-kv-and-durable-objects-2026-guide-62l
 */
export default {
  fetch: async (request, env) => {
    const key = request.headers.get('authorization')?.replace(/^Bearer /, '');
    const record = key === undefined ? null : await env.KEYS.get(await hashOf(key), 'json');
    if (record === null) return new Response('Unauthorized', { status: 401 });
    const mayPass = await env.RATE_LIMITER.getByName(record.user_id).take();
    if (!mayPass) return new Response('Too Many Requests', { status: 429 });
    return forwardAs(request, env.ORIGIN_URL, record.user_id);
  },
} satisfies ExportedHandler<Env>;

/** Counts in fixed windows, a row for each. */
export class RateLimiter extends DurableObject<Env> {
  private readonly sql = this.ctx.storage.sql;

  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    this.sql.exec('CREATE TABLE IF NOT EXISTS windows (number INTEGER PRIMARY KEY, count INTEGER NOT NULL)');
  }

  take(): boolean {
    const { count } = this.sql
      .exec<{ count: number }>(
        'INSERT INTO windows VALUES (?, 1) ON CONFLICT (number) DO UPDATE SET count = count + 1 RETURNING count',
        windowNow(),
      )
      .one();
    return isWithin(count);
  }

  /** How many calls it has counted in all. */
  counted(): number {
    return this.sql.exec<{ sum: number }>('SELECT coalesce(sum(count), 0) AS sum FROM windows').one().sum;
  }
}

export const hashOf = async (key: string): Promise<string> => {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(key));
  return Buffer.from(digest).toString('hex');
};
