import type { Config } from '../config.ts';
import type { bindingsNamed, Fetch } from '../gate/forward/origins.ts';
import { countedLog, type Dataset, log } from '../log.ts';
import type { Log, Ring, Rings } from '../model/ports.ts';
import { knowsNoStore } from '../runtime.ts';
import type { RateLimiter } from '../store/throttle.ts';

/** What the Worker is bound to. Variables and secrets are read by `readConfig`, by name. */
export interface Env {
  readonly VAULT: KVNamespace;
  readonly KEY_RING: DurableObjectNamespace;
  readonly STRANGERS: RateLimiter;
  readonly LOBBY: DurableObjectNamespace;
  /** Optional: what happens is counted there (docs/seeing.md). */
  readonly ANALYTICS?: Dataset;
  /** Optional: which version of the Worker this is. */
  readonly VERSION?: { readonly id: string; readonly tag?: string };
  readonly [variable: string]: unknown;
}

/** What of the platform is not as it must be, by the names of the bindings. */
export const platformProblems = (env: Env, named: ReturnType<typeof bindingsNamed>): readonly string[] => [
  ...(knowsNoStore() ? [] : ["compatibility_date: fetch does not know cache: 'no-store'"]),
  ...(env.VAULT === undefined ? ['VAULT: the KV namespace is not bound'] : []),
  ...(env.KEY_RING === undefined ? ['KEY_RING: the Durable Object is not bound'] : []),
  ...(env.LOBBY === undefined ? ['LOBBY: the Durable Object is not bound'] : []),
  ...(env.STRANGERS === undefined ? ['STRANGERS: the rate limit is not bound'] : []),
  ...named.flatMap(({ name, setting }) =>
    serviceOf(env, name) === null ? [`${setting}: the service binding ${name} is not bound`] : [],
  ),
];

/** Another Worker, by the name of its binding; null if there is none of that name. */
const serviceOf = (env: Env, name: string): Fetcher | null => {
  const bound = env[name] as Partial<Fetcher> | undefined;
  return typeof bound?.fetch === 'function' ? (bound as Fetcher) : null;
};

/** The way to another Worker. Throws where there is none of that name: the start has seen to it. */
export const fetchOf = (env: Env, name: string): Fetch => {
  const service = serviceOf(env, name);
  if (service === null) throw new Error(`the service binding ${name} is not bound`);
  // The types of a binding's answer and of the runtime's own differ in name only.
  return (url, init) => service.fetch(url, init) as Promise<Response>;
};

/** Where lines go: to the log, and to Analytics Engine where it is bound. */
export const logOf = ({ ANALYTICS: dataset, VERSION: version }: Env): Log =>
  isDataset(dataset) ? countedLog(dataset, version?.id ?? '') : log;

export const isCounted = ({ ANALYTICS: dataset }: Pick<Env, 'ANALYTICS'>): boolean => isDataset(dataset);

const isDataset = (bound: Dataset | undefined): bound is Dataset =>
  typeof bound?.writeDataPoint === 'function';

/** All Rings of the deployment. */
export const ringsOf =
  (env: Env): Rings =>
  (ring) =>
    env.KEY_RING.getByName(ring) as unknown as Ring;

/** Whose keys are ours. */
export const realmOf = ({ brand, formerBrands, environment }: Config) => ({
  brands: [brand, ...formerBrands],
  environment,
});

/** The scopes that users can give to their own keys. */
export const selfServiceScopes = ({ scopes }: Config): readonly string[] =>
  [...scopes].flatMap(([name, { selfService }]) => (selfService ? [name] : []));
