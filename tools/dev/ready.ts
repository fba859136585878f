import { setTimeout as wait } from 'node:timers/promises';
import type { Places } from './places.ts';

const PATIENCE_MS = 60_000;
const PAUSE_MS = 100;
/** One answer; the Worker's first one compiles it. */
const ANSWER_MS = 10_000;

/**
 * Null when all three answer; otherwise what is wrong. The emulator comes first: a Worker that finds it missing
 * remembers that for a while.
 */
export const waitUntilReady = async (
  places: Places,
  clockSeconds: number,
  signal: AbortSignal,
): Promise<string | null> =>
  (await answers(`${places.stytch}/_emulator/status`, ({ ok }) => ok, signal)) ??
  (await moveClock(places, clockSeconds)) ??
  (await answers(`${places.desk}/readyz`, ({ ok }) => ok, signal)) ??
  // Without the edge's assertion it refuses everything: any answer is a good one.
  (await answers(`${places.origin}/`, () => true, signal));

/** Its clock is part of the emulator's state: put where the others' are, each time. */
const moveClock = async ({ stytch }: Places, seconds: number): Promise<string | null> => {
  const body = JSON.stringify({ reset: true, ...(seconds === 0 ? {} : { advanceSeconds: seconds }) });
  const answer = await fetch(`${stytch}/_emulator/clock`, { method: 'POST', body });
  return answer.ok ? null : `${stytch} does not move its clock: ${answer.status} ${await answer.text()}`;
};

const answers = async (
  url: string,
  isGood: (response: Response) => boolean,
  signal: AbortSignal,
): Promise<string | null> => {
  const patience = AbortSignal.timeout(PATIENCE_MS);
  for (;;) {
    const last = await ask(url, isGood, AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
    if (last === null || signal.aborted) return null;
    if (last.hopeless || patience.aborted) return `${url} is not ready: ${last.text}`;
    await wait(PAUSE_MS);
  }
};

/** `hopeless`: waiting longer will not help. */
interface Trouble {
  readonly text: string;
  readonly hopeless: boolean;
}

const ask = async (
  url: string,
  isGood: (response: Response) => boolean,
  signal: AbortSignal,
): Promise<Trouble | null> => {
  try {
    const response = await fetch(url, { signal, redirect: 'manual' });
    const body = await response.text();
    if (isGood(response)) return null;
    return { text: `${response.status} ${body}`, hopeless: body.includes('"code":"misconfigured"') };
  } catch (error) {
    // Nobody listens yet, or nobody answers in time.
    if (error instanceof Error) return { text: String(error.cause ?? error), hopeless: false };
    throw error;
  }
};
