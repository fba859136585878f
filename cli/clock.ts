import { setTimeout as wait } from 'node:timers/promises';

/** The time, for commands that wait longer than a test would. */
export interface Clock {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  readonly wait: (ms: number) => Promise<unknown>;
}

export const CLOCK: Clock = { now: Date.now, wait };
