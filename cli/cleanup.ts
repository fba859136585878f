const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Does `work`, and then `cleanup`, whatever became of the work: also when the process is told to end, by Ctrl-C or
 * otherwise, which it does afterwards. A second Ctrl-C ends it at once.
 */
export const withCleanup = async <T>(work: () => Promise<T>, cleanup: () => Promise<void>): Promise<T> => {
  const told: NodeJS.Signals[] = [];
  const asked = Promise.withResolvers<null>();
  const end = (signal: NodeJS.Signals): void => {
    told.push(signal);
    asked.resolve(null);
  };
  for (const signal of SIGNALS) process.once(signal, end);
  const tidied = async (): Promise<void> => {
    await cleanup();
    for (const signal of SIGNALS) process.off(signal, end);
    const [signal] = told;
    if (signal === undefined) return;
    process.kill(process.pid, signal);
    // It ends now: nothing that comes after is to be done.
    await new Promise<never>(() => undefined);
  };
  try {
    const done = await Promise.race([work().then((value) => ({ value })), asked.promise]);
    // Who was told to end does not come back from tidying up.
    if (done === null) throw new Error('told to end');
    return done.value;
  } finally {
    await tidied();
  }
};
