/** Waits of at most so long are looks at memory: they take no time of this clock. */
const LOOK_MS = 10;

/** A clock that stands still until it is moved, and timers that go by it. */
export interface Clock {
  now(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Moves on, and wakes whoever waited for that. */
  pass(ms: number): void;
}

export const openClock = (startsAt: number): Clock => {
  let now = startsAt;
  /** By the whole millisecond in which they wake. */
  const sleepers = new Map<number, Set<() => void>>();

  const until = (at: number, signal: AbortSignal | undefined): Promise<void> =>
    new Promise((resolve) => {
      const due = sleepers.get(at) ?? new Set();
      sleepers.set(at, due.add(resolve));
      signal?.addEventListener('abort', () => {
        due.delete(resolve);
        if (due.size === 0) sleepers.delete(at);
        resolve();
      });
    });

  return {
    now: () => Math.floor(now),
    sleep: (ms, signal) =>
      ms <= LOOK_MS ? new Promise((resolve) => setImmediate(resolve)) : until(Math.ceil(now + ms), signal),
    pass: (ms) => {
      const before = Math.floor(now);
      now += ms;
      for (let at = before + 1; at <= now; at++) {
        for (const wake of sleepers.get(at) ?? []) wake();
        sleepers.delete(at);
      }
    },
  };
};
