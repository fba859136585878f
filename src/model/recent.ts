/** Puts an entry in as the newest of a Map, and lets go of the oldest where there are more than `max`. */
export const putRecent = <K, V>(entries: Map<K, V>, key: K, value: V, max: number): void => {
  entries.delete(key);
  entries.set(key, value);
  for (const oldest of entries.keys()) {
    if (entries.size <= max) return;
    entries.delete(oldest);
  }
};
