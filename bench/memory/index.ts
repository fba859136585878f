import { parseArgs } from 'node:util';
import { MAX_HEAP_GROWTH_MIB, MAX_HEAP_MIB, MAX_RESIDENT_GROWTH_MIB } from './bounds.ts';

const HELP = `npm run bench:memory -- [--requests N] [--only made-up|tokens|live] [--grace-seconds N]

live      Presents N different good keys (a million by default), four of each owner, to one isolate in this process: the real
          decision, memory, leases and grammar, over the real meter in another thread, with a grace if
          told so (none by default). Prints the heap after garbage
          collection. Fails above ${MAX_HEAP_MIB} MiB, when the second half holds more than ${MAX_HEAP_GROWTH_MIB} MiB more than the first, or when
          a lease was granted twice, overspent, spent after it was closed, or not given back exactly once.
tokens    Presents N different JWTs of 8 KiB to one isolate in this process, each of another owner: sessions, access tokens
          with a hundred scopes, such as lack the scope of the route, and bad ones. Fails as live does for its heap.
made-up   Sends N different made-up keys through one isolate of workerd and prints how much memory workerd holds. Fails
          when the second half of them holds more than ${MAX_RESIDENT_GROWTH_MIB} MiB more than the first.`;

/** Imported when it runs: what one part needs would count as memory of the other. */
const PARTS = [
  [
    'live',
    async (requests: number, graceMs: number) => (await import('./heap.ts')).sendLiveKeys(requests, graceMs),
  ],
  [
    'tokens',
    async (requests: number, graceMs: number) => (await import('./tokens.ts')).sendTokens(requests, graceMs),
  ],
  ['made-up', async (requests: number) => (await import('./made-up.ts')).sendMadeUpKeys(requests)],
] as const;

const main = async (): Promise<number> => {
  const { values } = parseArgs({
    options: {
      requests: { type: 'string', default: '1000000' },
      only: { type: 'string' },
      'grace-seconds': { type: 'string', default: '0' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(HELP);
    return 0;
  }
  let isGood = true;
  for (const [name, run] of PARTS.filter(([part]) => (values.only ?? part) === part)) {
    console.log(`${name}:`);
    isGood = (await run(Number(values.requests), Number(values['grace-seconds']) * 1_000)) && isGood;
  }
  return isGood ? 0 : 1;
};

process.exitCode = await main();
