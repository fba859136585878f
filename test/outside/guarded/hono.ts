import { bundle } from '../../../tools/serve/bundle.ts';
import { serve } from '../../../tools/serve/index.ts';
import type { GuardedOrigin } from './origin.ts';

/** Hono where it is at home: a Worker, in plain workerd. */
export const HONO: GuardedOrigin = {
  name: 'Hono',
  start: async (setting) => {
    const { script } = bundle('test/outside/guarded/hono-worker.ts');
    const server = await serve({
      services: [{ name: 'origin', script, bindings: { ...setting }, socket: 0 }],
    });
    return {
      port: server.port('origin'),
      handled: () => server.logs().match(/^handled$/gm)?.length ?? 0,
      stop: () => server.stop(),
    };
  },
};
