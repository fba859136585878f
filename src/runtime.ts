import { toBase64url } from './model/bytes.ts';

/** The clock, chance and timers of the runtime: what everything pure is given as arguments. */

/** Milliseconds since the epoch. Looked up each time, so that tests can move the clock. */
export const now = (): number => Date.now();

export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(timer);
      // A signal may outlive many sleeps, and would keep what listens to it.
      signal?.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, signal?.aborted === true ? 0 : ms);
    signal?.addEventListener('abort', end);
  });

export const randomBytes = (length: number): Uint8Array => crypto.getRandomValues(new Uint8Array(length));

/** 128 random bits, for request ids, lease ids and `jti`. */
export const randomId = (): string => toBase64url(randomBytes(16));

/** Makes a value once, at its first use. The value is kept, never the promise: another request may not wait for it. */
export const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: T | undefined;
  return async () => {
    made ??= await make();
    return made;
  };
};
