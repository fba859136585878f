/**
 * What comes of a promise within a time, or null: then it may still come, and nobody waits for it. The timer is the
 * runtime's own, because on the way of each request one more port would cost more than it says.
 */
export const within = <T>(promise: Promise<T>, timeoutMs: number): Promise<T | null> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(null), timeoutMs);
    promise.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
