import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { startOriginChild } from './origin-child.ts';
import type { Seen } from './origin-process.ts';

export type { Seen } from './origin-process.ts';

/** The origin of every variant: a Node server in a process of its own. */
export interface Origin extends Disposable {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  /** What it saw since this was last asked. */
  readonly seen: () => Promise<Seen>;
}

/** Starts the origin; it ends with us. */
export const startOrigin = async (): Promise<Origin> => {
  const child = await startOriginChild(join(import.meta.dirname, 'origin-process.ts'));
  const { pid, port } = child;
  return {
    ...{ pid, port, url: `http://127.0.0.1:${port}` },
    seen: () => child.ask<Seen>('seen'),
    [Symbol.dispose]: () => child[Symbol.dispose](),
  };
};

/** Longer than any request takes that nobody waits for any more. */
const SETTLE_MS = 300;

/** Waits until what a load left under way has come in: what the origin sees then is what is sent then. */
export const quiet = async (origin: Origin): Promise<void> => {
  do await wait(SETTLE_MS);
  while ((await origin.seen()).requests > 0);
};
