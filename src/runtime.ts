import { toBase64url } from './model/bytes.ts';

/** The clock, chance and timers of the runtime: what everything pure is given as arguments. */

/** Milliseconds since the epoch. Looked up each time, so that tests can move the clock. */
export const clock = (offsetMs: number) => (): number => Date.now() + offsetMs;

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

export const randomBytes = (length: number): Uint8Array<ArrayBuffer> =>
  crypto.getRandomValues(new Uint8Array(length));

/** How much chance is drawn at a time: a call into the runtime costs more than the bytes. */
const POOL_BYTES = 4_096;
const ID_BYTES = 16;
let pool = new Uint8Array(0);
let drawn = 0;

/** So many bytes of the pool, which nobody is given twice. */
const draw = (bytes: number): Uint8Array => {
  if (drawn + bytes > pool.length) {
    pool = randomBytes(POOL_BYTES);
    drawn = 0;
  }
  drawn += bytes;
  return pool.subarray(drawn - bytes, drawn);
};

/** 128 random bits, for request ids, lease ids and `jti`. */
export const randomId = (): string => toBase64url(draw(ID_BYTES));

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** So many random bytes in hexadecimal, for the ids of traces. */
export const randomHex = (bytes: number): string => {
  let hex = '';
  for (const byte of draw(bytes)) hex += HEX[byte];
  return hex;
};

/** Makes a value once, at its first use. The value is kept, never the promise: another request may not wait for it. */
export const once = <T>(make: () => Promise<T>): (() => Promise<T>) => {
  let made: T | undefined;
  return async () => {
    made ??= await make();
    return made;
  };
};

/** Whether `fetch` can be told to keep caches out: without it, answers to one caller are kept for all. */
export const knowsNoStore = (): boolean => {
  try {
    return new Request('https://origin.invalid', { cache: 'no-store' }).cache === 'no-store';
  } catch {
    return false;
  }
};
