import { join } from 'node:path';
import { type Call, call } from '../http.ts';
import type { Stytch } from '../latchkey.ts';
import { startOriginChild } from '../origin-child.ts';

/** What the emulator said to one request. */
export interface Recording {
  /** Method, path and body. */
  readonly wish: string;
  readonly status: number;
  readonly text: string;
}

/** A process that answers as the emulator did, at once. */
export interface Replay extends Disposable {
  readonly url: string;
  /** How often it was asked so far. */
  readonly asked: () => Promise<number>;
  /** Asks the emulator, and from then on gives its answer. */
  readonly record: (wish: Omit<Call, 'port'>) => Promise<void>;
}

/**
 * Stytch for peers that ask it on each call. The emulator writes each call down and is one object: asked that often, it
 * would be what is measured.
 */
export const startReplay = async ({ port }: Stytch): Promise<Replay> => {
  const child = await startOriginChild(join(import.meta.dirname, 'replay-process.ts'));
  const recordings = new Map<string, Recording>();
  return {
    url: `http://127.0.0.1:${child.port}`,
    asked: async () => (await child.ask<{ readonly asked: number }>('asked')).asked,
    record: async (each) => {
      const { method = 'GET', path, body } = each;
      const wish = `${method} ${path} ${body === undefined ? '' : JSON.stringify(body)}`;
      recordings.set(wish, { wish, ...(await call({ ...each, port })) });
      await child.ask([...recordings.values()]);
    },
    [Symbol.dispose]: () => child[Symbol.dispose](),
  };
};
