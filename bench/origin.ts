import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
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
  const child = fork(join(import.meta.dirname, 'origin-process.ts'));
  const gone = new AbortController();
  child.once('exit', () => gone.abort(new Error('the origin ended')));
  const answer = async <T>(): Promise<T> => {
    const [message] = await once(child, 'message', { signal: gone.signal });
    return message as T;
  };
  const { port } = await answer<{ readonly port: number }>();
  return {
    pid: child.pid ?? -1,
    port,
    url: `http://127.0.0.1:${port}`,
    seen: () => {
      const seen = answer<Seen>();
      child.send('seen');
      return seen;
    },
    [Symbol.dispose]: () => {
      child.disconnect();
    },
  };
};
