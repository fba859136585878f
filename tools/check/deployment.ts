import { resolve } from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { type Environments, environmentProblems } from './environments.ts';
import { ROOT } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** What of a wrangler.toml decides whether a request can be answered without the Worker, or by another door. */
export interface Deployment {
  readonly cache?: { readonly enabled?: boolean } | undefined;
  readonly exports?: Readonly<Record<string, unknown>> | undefined;
  readonly workers_dev?: boolean | undefined;
  readonly preview_urls?: boolean | undefined;
  readonly compatibility_date?: string | undefined;
  readonly compatibility_flags?: readonly string[] | undefined;
}

/** From this date on `fetch` knows `cache: 'no-store'`. */
const NO_STORE_SINCE = '2024-11-11';

/** Reads wrangler.toml and says what of it would let an answer past the Gate, or keep one of its environments from serving. */
export const checkDeployment = (): Outcome => {
  const environments = environmentsOf(resolve(ROOT, 'wrangler.toml'));
  const problems = [
    ...Object.entries(environments).flatMap(([env, environment]) =>
      deploymentProblems(environment as Deployment).map(
        (problem) => `${env === '' ? '' : `[env.${env}] `}${problem}`,
      ),
    ),
    ...environmentProblems(environments),
  ];
  const count = Object.keys(environments).length;
  return outcomeOf(
    problems.map((problem) => `wrangler.toml: ${problem}`),
    `${count} environment${count === 1 ? '' : 's'}`,
  );
};

/** Each environment of a wrangler.toml as wrangler would deploy it; '' is the top level. */
export const environmentsOf = (config: string): Environments => {
  const read = (env?: string) =>
    unstable_readConfig({ config, ...(env === undefined ? {} : { env }) }, { hideWarnings: true });
  const whole = read();
  return {
    '': whole as unknown as Environments[string],
    ...Object.fromEntries(
      (whole.definedEnvironments ?? []).map((env: string) => [
        env,
        read(env) as unknown as Environments[string],
      ]),
    ),
  };
};

/** What is wrong with a deployment, one line each (SECURITY: 0.8, CACHE-01, PATH-07). */
export const deploymentProblems = (deployment: Deployment): readonly string[] => [
  // A hit is answered without the Worker: nobody's key is looked at, and it is not told apart by X-API-Key.
  ...(caches(deployment)
    ? ['cache is enabled: an answer from Workers Cache is given without asking the Gate']
    : []),
  ...(deployment.workers_dev === false ? [] : ['workers_dev must be false: it is another door']),
  ...(deployment.preview_urls === false ? [] : ['preview_urls must be false: each is another door']),
  ...((deployment.compatibility_date ?? '') >= NO_STORE_SINCE
    ? []
    : [`compatibility_date is before ${NO_STORE_SINCE}`]),
  ...(deployment.compatibility_flags?.includes('cache_option_disabled')
    ? [
        'compatibility_flags: without the cache option, Cloudflare keeps answers of the origin by their suffix',
      ]
    : []),
];

/** Anywhere in the section, or in that of one entry point. */
const caches = ({ cache, exports = {} }: Deployment): boolean =>
  cache?.enabled === true ||
  Object.values(exports).some((each) => (each as { cache?: { enabled?: boolean } }).cache?.enabled === true);
