import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Places } from '../../tools/dev/places.ts';
import { freePort } from '../../tools/dev/ports.ts';
import { type Running, start } from '../../tools/dev/start.ts';

const DAY_SECONDS = 86_400;

/** A Latchkey that is run day after day: each time it is started anew, with all its state and another clock. */
export interface Days {
  /** Where it runs; the same on every day. */
  readonly places: Places;
  /** Where state and secrets are kept; absolute. */
  readonly folder: string;
  /** Ends the day and begins the one that is so many days after today; with what is done in the night between. */
  readonly begin: (day: number, night?: () => void) => Promise<void>;
  /** The time there, milliseconds since the epoch. */
  readonly now: () => number;
  readonly leave: () => Promise<void>;
}

/** Begins the first day, today if no other is said, on free ports and with nothing but the demo's user. */
export const openDays = async (signal: AbortSignal, first = 0): Promise<Days> => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-life-'));
  const port = await freePort();
  let day = first;
  let running: Running | null = null;
  const begin = async (next: number, night?: () => void): Promise<void> => {
    await running?.stop();
    running = null;
    night?.();
    const fresh = next === first;
    const clockSeconds = next * DAY_SECONDS;
    const started = await start({ port, folder, fresh, clockSeconds, onWorkerLine: () => undefined }, signal);
    if (!started.ok) throw new Error(started.problem);
    day = next;
    running = started.running;
  };
  const leave = async (): Promise<void> => {
    await running?.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await begin(first);
  } catch (error) {
    await leave();
    throw error;
  }
  const places = (running as Running | null)?.places;
  if (places === undefined) throw new Error('nothing was started');
  return { places, folder, begin, leave, now: () => Date.now() + day * DAY_SECONDS * 1000 };
};
