const GARBAGE = ['', '<html>', '{"sealed":7}', 'AAAA'] as const;

/** What KV needs to fail by. */
interface Faults {
  readonly fails: () => boolean;
  readonly pick: <T>(choices: readonly [T, ...T[]]) => T;
  /** A call that is really made. */
  readonly made: <T>(call: () => Promise<T>) => Promise<T>;
  readonly hang: () => Promise<never>;
}

/**
 * KV that throws, hangs, gives garbage or what an entry held first and should have forgotten, and does not do what it says
 * it did. While it is well, entries end by the clock of the tests, which that of the real one is not.
 */
export const unsteadyKv = (real: KVNamespace, { fails, pick, made, hang }: Faults): KVNamespace => {
  const endsAt = new Map<string, number>();
  const firsts = new Map<string, string>();

  const failing = (stale: string | null): Promise<string | null> => {
    switch (pick(['throw', 'garbage', 'hang', 'stale'])) {
      case 'throw':
        return Promise.reject(new Error('KV failed: 500 Internal Server Error'));
      case 'hang':
        return hang();
      case 'garbage':
        return Promise.resolve(pick(GARBAGE));
      default:
        return Promise.resolve(stale);
    }
  };

  return {
    get: (entry: string) => {
      if (fails()) return failing(firsts.get(entry) ?? null);
      const isOver = Date.now() >= (endsAt.get(entry) ?? Number.POSITIVE_INFINITY);
      return isOver ? Promise.resolve(null) : made(() => real.get(entry));
    },
    put: (entry: string, text: string, options: { readonly expirationTtl: number }) => {
      if (fails()) return failing(null);
      if (!firsts.has(entry)) firsts.set(entry, text);
      endsAt.set(entry, Date.now() + options.expirationTtl * 1000);
      return made(() => real.put(entry, text, options));
    },
    delete: (entry: string) => (fails() ? failing(null) : made(() => real.delete(entry))),
  } as unknown as KVNamespace;
};
