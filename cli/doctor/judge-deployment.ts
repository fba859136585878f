import type { Unstable_Config } from 'wrangler';
import { SECRET_NAMES } from '../../src/config/secrets.ts';
import { type Finding, found, skipped } from './finding.ts';

/** What of a wrangler.toml decides whether the Worker can work, and whether anybody is answered without it. */
export type Deployment = Partial<
  Pick<
    Unstable_Config,
    | ('kv_namespaces' | 'durable_objects' | 'ratelimits' | 'services' | 'migrations' | 'triggers' | 'vars')
    | ('compatibility_date' | 'compatibility_flags' | 'workers_dev' | 'preview_urls' | 'routes' | 'route')
    | ('cache' | 'exports' | 'assets' | 'site' | 'observability')
    | ('minify' | 'keep_names' | 'upload_source_maps')
  >
>;

/** From this date on `fetch` knows `cache: 'no-store'`. */
const NO_STORE_SINCE = '2024-11-11';

/** What is wrong with a deployment, whatever its hosts are (SECURITY: 0.8, CACHE-01, PATH-07). `services` are the bindings that the configuration names; `isHere`, whether all its hosts are this machine's. */
export const judgeDeployment = (
  deployment: Deployment,
  services: readonly string[],
  isHere: boolean,
): readonly Finding[] => [
  found('WRANGLER-02', bindingProblems(deployment, services)),
  isHere
    ? skipped('WRANGLER-03', "the hosts are this machine's")
    : found('WRANGLER-03', vaultProblems(deployment)),
  found('WRANGLER-04', migrationProblems(deployment)),
  found('WRANGLER-05', (deployment.triggers?.crons ?? []).length > 0 ? [] : ['there is no cron trigger']),
  found('WRANGLER-06', runtimeProblems(deployment)),
  found('WRANGLER-07', doorProblems(deployment)),
  found(
    'WRANGLER-08',
    caches(deployment) ? ['cache is enabled: a hit is answered and no key looked at'] : [],
  ),
  found('WRANGLER-11', [
    ...(deployment.assets === undefined ? [] : ['there is an [assets] section']),
    ...(deployment.site === undefined ? [] : ['there is a [site] section']),
  ]),
  found(
    'WRANGLER-12',
    SECRET_NAMES.flatMap((name) => (deployment.vars?.[name] === undefined ? [] : [`${name} is a variable`])),
  ),
  found('WRANGLER-13', keepsLog(deployment) ? [] : ['the logs of observability are not enabled']),
  found('WRANGLER-14', [
    ...(deployment.minify === true ? [] : ['minify is not true']),
    ...(deployment.keep_names === false ? [] : ['keep_names is not false']),
    ...(deployment.upload_source_maps === true ? [] : ['upload_source_maps is not true']),
  ]),
];

const bindingProblems = (
  { kv_namespaces = [], durable_objects, ratelimits = [], services = [] }: Deployment,
  wanted: readonly string[],
): readonly string[] => {
  const objects = durable_objects?.bindings ?? [];
  const classOf = (name: string, className: string): readonly string[] => {
    const bound = objects.find((each) => each.name === name);
    if (bound === undefined) return [`${name}: no Durable Object is bound`];
    if (bound.class_name !== className)
      return [`${name}: the class is ${bound.class_name}, not ${className}`];
    return bound.script_name === undefined ? [] : [`${name}: is another Worker's, ${bound.script_name}`];
  };
  return [
    ...(kv_namespaces.some(({ binding }) => binding === 'VAULT') ? [] : ['VAULT: no KV namespace is bound']),
    ...classOf('KEY_RING', 'KeyRing'),
    ...classOf('LOBBY', 'Lobby'),
    ...(ratelimits.some(({ name }) => name === 'STRANGERS') ? [] : ['STRANGERS: no rate limit is bound']),
    ...wanted.flatMap((name) =>
      services.some(({ binding }) => binding === name) ? [] : [`${name}: no service is bound`],
    ),
  ];
};

/** As Cloudflare names a namespace. */
const NAMESPACE_ID = /^[0-9a-f]{32}$/;

const vaultProblems = ({ kv_namespaces = [] }: Deployment): readonly string[] => {
  const vault = kv_namespaces.find(({ binding }) => binding === 'VAULT');
  if (vault === undefined) return [];
  if (vault.id === undefined) return ['VAULT has no id'];
  if (/^0+$/.test(vault.id)) return ['the id of VAULT is the zeros that stand for none'];
  return NAMESPACE_ID.test(vault.id) ? [] : ['the id of VAULT is none: 32 digits of 0-9 and a-f'];
};

const CLASSES = ['KeyRing', 'Lobby'];

const migrationProblems = ({ migrations = [] }: Deployment): readonly string[] => {
  const made = migrations.flatMap(({ new_sqlite_classes = [] }) => new_sqlite_classes);
  const ended = migrations.flatMap(({ deleted_classes = [], renamed_classes = [] }) => [
    ...deleted_classes,
    ...renamed_classes.map(({ from }) => from),
  ]);
  return CLASSES.flatMap((name) => [
    ...(made.includes(name) ? [] : [`${name} is in no new_sqlite_classes`]),
    ...(ended.includes(name) ? [`${name} is deleted or renamed`] : []),
  ]);
};

const runtimeProblems = ({
  compatibility_date: date = '',
  compatibility_flags: flags = [],
}: Deployment): readonly string[] => [
  ...(date >= NO_STORE_SINCE ? [] : [`compatibility_date is before ${NO_STORE_SINCE}`]),
  ...(flags.includes('cache_option_disabled')
    ? [
        'compatibility_flags: without the cache option, Cloudflare keeps answers of the origin by their suffix',
      ]
    : []),
  ...(flags.includes('enable_request_signal')
    ? []
    : [
        'compatibility_flags: without enable_request_signal, streams of clients that have gone are held open',
      ]),
];

const doorProblems = ({ workers_dev, preview_urls, routes = [], route }: Deployment): readonly string[] => [
  ...(workers_dev === false ? [] : ['workers_dev is not false']),
  ...(preview_urls === false ? [] : ['preview_urls is not false']),
  ...[...routes, ...(route === undefined ? [] : [route])].flatMap((each) =>
    typeof each === 'object' && 'previews_enabled' in each && each.previews_enabled === true
      ? [`previews_enabled of ${each.pattern}`]
      : [],
  ),
];

/** The section's word on logs, and where it has none, that on all of it. */
const keepsLog = ({ observability }: Deployment): boolean =>
  (observability?.logs?.enabled ?? observability?.enabled) === true;

/** Anywhere in the section, or in that of one entry point. */
const caches = ({ cache, exports = {} }: Deployment): boolean =>
  cache?.enabled === true ||
  Object.values(exports).some((each) => (each as { cache?: { enabled?: boolean } }).cache?.enabled === true);
