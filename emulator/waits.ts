/** Calls that a fault holds back, until their time is over or they are let go. */
export type Waits = {
  readonly wait: (ms: number) => Promise<void>;
  readonly letGo: () => void;
};

/** Starts with nobody waiting. */
export const makeWaits = (): Waits => {
  const waiting = new Set<() => void>();
  return {
    wait: async (ms) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const timer = setTimeout(resolve, ms);
      waiting.add(resolve);
      await promise;
      clearTimeout(timer);
      waiting.delete(resolve);
    },
    letGo: () => {
      for (const resolve of waiting) resolve();
    },
  };
};
