/** Work that goes on after the answer to a call. */
export type Background = {
  /** Begins some. It must not fail, and must end soon once the signal is aborted. */
  readonly run: (work: (signal: AbortSignal) => Promise<void>) => void;
  /** Aborts all that is going on. */
  readonly drop: () => void;
  /** Resolves when nothing is going on. */
  readonly settled: () => Promise<void>;
};

/** Starts with nothing to do; `waitUntil` keeps the object alive as long as there is. */
export const makeBackground = (waitUntil: (work: Promise<void>) => void): Background => {
  const going = new Set<Promise<void>>();
  let controller = new AbortController();
  return {
    run: (work) => {
      const done = work(controller.signal).finally(() => going.delete(done));
      going.add(done);
      waitUntil(done);
    },
    drop: () => {
      controller.abort();
      controller = new AbortController();
    },
    settled: async () => {
      while (going.size > 0) await Promise.all(going);
    },
  };
};
