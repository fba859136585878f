import tutorial, { type Env, hashOf, type KeyRecord, type Keys, RateLimiter } from './tutorial.ts';

/** The tutorial over a KV that costs nothing: a map in the isolate, of the one key in `KEY` and its `USER_ID`. */
interface FreeEnv extends Omit<Env, 'KEYS'> {
  readonly KEY: string;
  readonly USER_ID: string;
}

const records = new Map<string, KeyRecord>();
const KEYS: Keys = { get: async (hash) => records.get(hash) ?? null };

export { RateLimiter };
export default {
  fetch: async (request, env) => {
    if (records.size === 0) records.set(await hashOf(env.KEY), { user_id: env.USER_ID });
    return tutorial.fetch(request, { ...env, KEYS });
  },
} satisfies ExportedHandler<FreeEnv>;
