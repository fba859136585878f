/** A KV namespace in a Map, which can fail and fall silent, and remembers what it was asked. */
export const fakeKv = () => {
  const entries = new Map<string, { text: string; ttl: number | undefined }>();
  const state = { mood: 'well' as 'well' | 'throws' | 'rejects' | 'silent', calls: [] as string[] };
  const answer = <T>(call: string, value: () => T): Promise<T> => {
    state.calls.push(call);
    if (state.mood === 'throws') throw new Error('KV GET failed: 503');
    if (state.mood === 'rejects') return Promise.reject(new Error('KV PUT failed: 429 Too Many Requests'));
    if (state.mood === 'silent') return new Promise(() => undefined);
    return Promise.resolve(value());
  };
  const kv = {
    get: (key: string) => answer(`get ${key}`, () => entries.get(key)?.text ?? null),
    put: (key: string, text: string, options?: { expirationTtl?: number }) =>
      answer(`put ${key}`, () => void entries.set(key, { text, ttl: options?.expirationTtl })),
    delete: (key: string) => answer(`delete ${key}`, () => void entries.delete(key)),
  } as unknown as KVNamespace;
  return { kv, entries, state };
};
