import { vi } from 'vitest';
import { NOON } from '../world.ts';

/** How much later than they should short looks come: a timer may be late, and a long silence is then fewer looks. */
const LATE = 8;
const LOOK_MS = 10;

let underWay = 0;

/** Counts what WebCrypto has under way: its answers come from another thread, and the clock must stand until then. */
const counted = new Proxy(crypto.subtle, {
  get: (subtle, name) => {
    const method: unknown = Reflect.get(subtle, name);
    if (typeof method !== 'function') return method;
    return (...given: unknown[]) => {
      underWay += 1;
      const result = Promise.resolve(Reflect.apply(method, subtle, given));
      return result.finally(() => {
        underWay -= 1;
      });
    };
  },
});

const bound = (real: object, name: string | symbol): unknown => {
  const value: unknown = Reflect.get(real, name);
  return typeof value === 'function' ? value.bind(real) : value;
};

/** Takes the clock from this file of tests: it moves in `pass` alone, and all that waits for it wakes in order. */
export const takeClock = (): void => {
  vi.useFakeTimers({ toFake: ['Date', 'setTimeout', 'clearTimeout'], now: NOON });
  vi.stubGlobal(
    'crypto',
    new Proxy(crypto, { get: (real, name) => (name === 'subtle' ? counted : bound(real, name)) }),
  );
};

/** Begins another life: nobody waits for anything any more. */
export const newLife = (): void => {
  vi.clearAllTimers();
  vi.setSystemTime(NOON);
};

/** Lets everything run that needs no time. */
const settled = async (): Promise<void> => {
  do await new Promise((resolve) => setImmediate(resolve));
  while (underWay > 0);
};

/** Lets time go by. */
export const pass = async (ms: number): Promise<void> => {
  let isOver = false;
  setTimeout(() => {
    isOver = true;
  }, ms);
  await settled();
  while (!isOver) {
    vi.advanceTimersToNextTimer();
    await settled();
  }
};

/** A timer as the Gate's ports have it. */
export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms <= LOOK_MS ? ms * LATE : ms);
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });

/** The same to the millisecond, of the world outside the isolates. */
export const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
