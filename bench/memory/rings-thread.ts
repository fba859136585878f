import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { RingsSide } from './rings.ts';

/** One call to the thread of the Rings: plain data, copied as it would be on its way to a Durable Object. */
export interface RingsCall {
  readonly id: number;
  readonly method: keyof RingsSide;
  readonly values: readonly unknown[];
}

/** The Rings in a thread of their own. */
export const openRingsThread = (): RingsSide & AsyncDisposable => {
  const worker = new Worker(join(import.meta.dirname, 'rings-worker.ts'));
  const waiting = new Map<number, (value: unknown) => void>();
  let calls = 0;
  worker.on('message', ({ id, value }: { readonly id: number; readonly value: unknown }) => {
    waiting.get(id)?.(value);
    waiting.delete(id);
  });
  worker.on('error', (error) => {
    throw error;
  });
  const call = <M extends keyof RingsSide>(method: M, ...values: Parameters<RingsSide[M]>) =>
    new Promise<unknown>((resolve) => {
      const id = calls++;
      waiting.set(id, resolve);
      worker.postMessage({ id, method, values } satisfies RingsCall);
    }) as ReturnType<RingsSide[M]>;
  return {
    keys: (indexes) => call('keys', indexes),
    admit: (ring, request, now) => call('admit', ring, request, now),
    exchange: (clientId, now) => call('exchange', clientId, now),
    settle: (ring, reports, now) => call('settle', ring, reports, now),
    findings: () => call('findings'),
    [Symbol.asyncDispose]: async () => void (await worker.terminate()),
  };
};
