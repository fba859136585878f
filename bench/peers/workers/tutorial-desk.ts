import { hashOf, type KeyRecord, type RateLimiter } from './tutorial.ts';

interface Env {
  readonly KEYS: KVNamespace;
  readonly RATE_LIMITER: DurableObjectNamespace<RateLimiter>;
}

/** What the benchmark does to the tutorial beside its traffic, over the same namespaces. */
export interface Wish {
  readonly put?: { readonly key: string; readonly record: KeyRecord };
  /** The user whose calls are asked for. */
  readonly counted?: string;
}

export default {
  fetch: async (request, { KEYS, RATE_LIMITER }) => {
    const { put, counted } = await request.json<Wish>();
    if (put !== undefined) await KEYS.put(await hashOf(put.key), JSON.stringify(put.record));
    return Response.json(counted === undefined ? 0 : await RATE_LIMITER.getByName(counted).counted());
  },
} satisfies ExportedHandler<Env>;
