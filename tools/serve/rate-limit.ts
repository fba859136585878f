/** What a rate-limit binding of `wrangler.toml` says: so many calls of a key in each period. */
interface Env {
  readonly limit: number;
  readonly periodSeconds: number;
}

interface Options {
  readonly key: string;
}

/** A million keys and then none: nobody's choice of keys may fill the memory. */
const MAX_KEYS = 1_000_000;

/**
 * The object behind a rate-limit binding, in the isolate that it is bound to: workerd makes it of this function and of
 * the binding's inner ones. It counts by clock-aligned periods and, as Cloudflare's by location, by isolate.
 */
export default ({ limit, periodSeconds }: Env) => {
  const counts = new Map<string, number>();
  let period = -1;
  return {
    limit: async ({ key }: Options): Promise<{ readonly success: boolean }> => {
      if (typeof key !== 'string') throw new TypeError('a rate limit needs a key');
      const current = Math.floor(Date.now() / (periodSeconds * 1000));
      if (current !== period || counts.size >= MAX_KEYS) counts.clear();
      period = current;
      const count = counts.get(key) ?? 0;
      if (count >= limit) return { success: false };
      counts.set(key, count + 1);
      return { success: true };
    },
  };
};
