import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { callJson } from '../http.ts';
import { type Peer, peer } from './peer.ts';
import { bearer, USER_ID } from './stytch.ts';
import type { Wish } from './workers/tutorial-desk.ts';

/** As long as a key of Latchkey's, and one like it. */
const KEY = `bench_test_${'a'.repeat(90)}`;
const OTHER_KEY = `bench_test_${'b'.repeat(90)}`;

const of = (name: string, says: string, entry: string, bindings: Readonly<Record<string, string>>) =>
  peer({
    name,
    says,
    serve: async ({ origin }) => {
      const storage = {
        kv: ['KEYS'],
        durableObjects: [{ binding: 'RATE_LIMITER', className: 'RateLimiter' }],
        socket: 0,
      };
      const { script } = bundle(entry, { minify: true });
      const desk = bundle('bench/peers/workers/tutorial-desk.ts', { minify: true }).script;
      const server = await serve({
        services: [
          { name, script, bindings: { ORIGIN_URL: origin.url, ...bindings }, ...storage },
          { name: 'desk', script: desk, shareDurableObjectsOf: name, ...storage },
        ],
      });
      const ask = (body: Wish): Promise<number> =>
        callJson({ port: server.port('desk'), path: '/', method: 'POST', body }, 200);
      await ask({ put: { key: KEY, record: { user_id: USER_ID } } });
      return {
        ...{ pid: server.pid, port: server.port(name) },
        good: async () => bearer(KEY),
        bad: async () => [bearer(OTHER_KEY)],
        asked: () => ask({ counted: USER_ID }),
        [Symbol.asyncDispose]: () => server.stop(),
      };
    },
  });

/** KV and the counter run in its process, as they do in that of a cold Latchkey: their CPU is in the figure. */
export const tutorial: Peer = {
  ...of(
    'tutorial',
    "the usual tutorial: a KV read of the hashed key and a Durable Object's SQLite counter on each call",
    'bench/peers/workers/tutorial.ts',
    {},
  ),
  paced: true,
};

/** How much of it is the benchmark's own KV, which is not Cloudflare's. */
export const tutorialFreeKv = of(
  'tutorial_free_kv',
  'the same with a KV that costs nothing: a map in the isolate',
  'bench/peers/workers/tutorial-free-kv.ts',
  { KEY, USER_ID },
);

/** The least that can be meant by it: what any of its kind costs at least. */
export const tutorialLeast = of(
  'tutorial_least',
  'the same with a counter in the memory of the Durable Object, which an eviction forgets',
  'bench/peers/workers/tutorial-least.ts',
  { KEY, USER_ID },
);
