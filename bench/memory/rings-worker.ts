import { parentPort } from 'node:worker_threads';
import { openRings } from './rings.ts';
import type { RingsCall } from './rings-thread.ts';

// The Rings' heap is not the isolate's: they live in a thread of their own, as they do on Cloudflare.

const rings = await openRings();

parentPort?.on('message', async ({ id, method, values }: RingsCall) => {
  const call = rings[method] as (...values: readonly unknown[]) => Promise<unknown>;
  parentPort?.postMessage({ id, value: await call(...values) });
});
