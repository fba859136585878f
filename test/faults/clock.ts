import { vi } from 'vitest';
import { emulator } from '../world.ts';

/** An hour ahead of the platform's: no alarm rings by itself, and who wants one rung rings it. */
const AHEAD_SECONDS = 3_600;

let seconds = 0;

/** Stops the clocks of Latchkey and of Stytch at one moment, this much later than they stood before. */
export const tick = async (by: number): Promise<void> => {
  seconds = seconds === 0 ? Math.floor(Date.now() / 1000) + AHEAD_SECONDS : seconds + by;
  vi.useFakeTimers({ toFake: ['Date'], now: seconds * 1000 });
  await emulator('POST', '/clock', { now: seconds, frozen: true });
};

/** The clocks run again, and are right. */
export const untick = async (): Promise<void> => {
  seconds = 0;
  vi.useRealTimers();
  await emulator('POST', '/clock', { reset: true, frozen: false });
};
