import { join } from 'node:path';
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
