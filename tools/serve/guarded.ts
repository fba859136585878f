import { bundle } from './bundle.ts';
import type { ServiceOptions } from './capnp.ts';

/** The entrypoint that the supervisor asks. */
export const ATTENDANT = 'Attendant';

/**
 * A Worker's bundle as it is, and the door before it. `proxies` are the ranges of addresses that alone are heard, and that
 * say in `CF-Connecting-IP` who the client is; null: nobody is before us, and the client is whoever connects.
 */
export const guarded = (
  worker: string,
  proxies: readonly string[] | null,
): Pick<ServiceOptions, 'script' | 'modules'> => ({
  script: `import worker from './worker.js';
import { attendant, guard } from './door.js';
export * from './worker.js';
export const ${ATTENDANT} = attendant(worker);
export default guard(worker, ${JSON.stringify(proxies)});
`,
  modules: { './worker.js': worker, './door.js': bundle('tools/serve/door.ts').script },
});
