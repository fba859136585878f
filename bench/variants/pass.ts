import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { apiHeaders, ITEMS } from '../latchkey.ts';
import type { Variant } from '../variant.ts';

/** Sent along so that what the client sends is alike for all variants: as long as a key of the benchmark. */
const NO_KEY = `bench_test_${'0'.repeat(28)}_${'0'.repeat(61)}`;

/** A Worker that is given the origin's URL and nothing else. */
const bare = (
  name: string,
  says: string,
  script: string,
  { identified = false, paced = false } = {},
): Variant => ({
  ...{ name, says, group: 'floor', identified, paced },
  wrong: () => null,
  open: async ({ origin }) => {
    const code = bundle(script, { minify: true }).script;
    const service = { name, script: code, bindings: { ORIGIN_URL: origin.url }, socket: 0 };
    const server = await serve({ services: [service] });
    const target = { pid: server.pid, port: server.port(name), path: ITEMS, headers: apiHeaders(NO_KEY) };
    return { round: async () => target, [Symbol.asyncDispose]: () => server.stop() };
  },
});

/** The floor: everything else is compared with it. */
export const pass = bare(
  'pass',
  'a bare Worker: `fetch(origin + path)`, nothing else',
  'bench/workers/pass.ts',
  { paced: true },
);

export const proxy = bare(
  'proxy',
  'a bare Worker that passes method, headers and body on',
  'bench/workers/proxy.ts',
);

export const hono = bare('hono', 'the bare Worker as a route of Hono', 'bench/workers/hono.ts', {
  paced: true,
});

/** What the goals can be held against: see docs/performance.md. */
export const contract = bare(
  'contract',
  'a Worker that tells origin and client all that Latchkey tells them, with constants in place of decisions',
  'bench/workers/contract.ts',
  { identified: true },
);
