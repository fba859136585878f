import { MAX_HEAP_GROWTH_MIB, MAX_HEAP_MIB } from './bounds.ts';
import { MAX_LEASES, presentLiveKeys, problemsOf } from './live.ts';
import { openRingsThread } from './rings-thread.ts';

/** Presents so many different good keys to one isolate. Whether its heap stayed small and every lease was accounted for. */
export const sendLiveKeys = async (requests: number, graceMs: number): Promise<boolean> => {
  const samples: number[] = [];
  const before = heapMiB();
  console.log(`${'0'.padStart(9)} different keys: ${before.toFixed(1)} MiB`);
  await using rings = openRingsThread();
  const findings = await presentLiveKeys({
    requests,
    rings,
    graceMs,
    sample: (presented) => {
      const heap = heapMiB();
      samples.push(heap);
      console.log(`${String(presented).padStart(9)} different keys: ${heap.toFixed(1)} MiB`);
    },
  });
  const half = samples.length / 2;
  const growth = Math.max(...samples.slice(half)) - Math.max(...samples.slice(0, half));
  console.log(`the second half held ${growth.toFixed(1)} MiB more than the first`);
  const { leases, givenBack, open } = findings;
  console.log(
    `${leases} leases, ${givenBack} of them given back when they were evicted, ${open} open (of ${MAX_LEASES})`,
  );
  const problems = [
    ...problemsOf(findings, requests),
    ...(Math.max(...samples) > MAX_HEAP_MIB ? [`the heap is above ${MAX_HEAP_MIB} MiB`] : []),
    ...(growth > MAX_HEAP_GROWTH_MIB ? ['the heap grows'] : []),
  ];
  for (const problem of problems) console.log(`wrong: ${problem}`);
  return problems.length === 0;
};

export const heapMiB = (): number => {
  if (globalThis.gc === undefined) throw new Error('run with --expose-gc');
  globalThis.gc();
  return process.memoryUsage().heapUsed / 2 ** 20;
};
