import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Unstable_Config } from 'wrangler';
import { isLoopback } from '../../src/config/hosts.ts';
import { SECRET_NAMES } from '../../src/config/secrets.ts';
import { VARIABLES } from '../../src/config/variables.ts';
import { type Config, readConfig } from '../../src/config.ts';
import { bindingsNamed } from '../../src/gate/forward/origins.ts';
import type { Policy } from '../../src/model/policy.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { bundle } from '../../tools/serve/bundle.ts';
import type { Listening, ServiceOptions } from '../../tools/serve/capnp.ts';
import { ATTENDANT, guarded } from '../../tools/serve/guarded.ts';
import { type Project, readProject } from '../project.ts';
import { readSecrets } from '../secrets-file.ts';
import { authorityProblems, tlsProblems } from './certificate.ts';
import { type MinuteOfDay, readDaily } from './daily.ts';
import { chosen, settingsIn } from './names.ts';
import type { ServeOptions } from './options.ts';

/** A server as it is to run, judged. */
export interface Plan {
  readonly config: Config;
  readonly warnings: readonly string[];
  readonly daily: readonly MinuteOfDay[];
  /** For workerd's environment. */
  readonly secrets: Readonly<Record<string, string>>;
  /** What workerd runs; `socket` is where the supervisor is heard. */
  readonly service: (socket: string) => ServiceOptions;
}

/** The name of the place where the world listens. */
export const DOOR = 'door';
const NAME = 'latchkey';

/** Reads everything that a server is made of; the refusal is all that is wrong with it, and names no secret. */
export const readPlan = async (
  options: ServeOptions,
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<Result<Plan, readonly string[]>> => {
  const project = await readProject(folder, options.environment);
  const kept = readSecretsOf(options);
  if (!project.ok || !kept.ok)
    return err([...(project.ok ? [] : project.refusal), ...(kept.ok ? [] : [kept.refusal])]);
  const { settings, deployment } = project.value;
  const secrets = { ...chosen(kept.value, SECRET_NAMES), ...chosen(env, SECRET_NAMES) };
  const variables = { ...deployment.vars, ...settingsIn(env, VARIABLES) };
  const read = readConfig(settings, { ...variables, ...secrets });
  const daily = readDaily(deployment.triggers.crons ?? []);
  const problems = [
    ...(read.ok ? [...wayProblems(options, read.config), ...elsewhere(read)] : read.problems),
    ...(daily.ok ? [] : daily.refusal),
    ...bindingProblems(project.value),
    ...authorityProblems(options.authorities),
  ];
  if (!read.ok || !daily.ok || problems.length > 0) return err(problems);
  return ok({
    ...{ config: read.config, daily: daily.value, secrets },
    warnings: [...read.warnings, ...openToAll(options)],
    service: (socket) => ({
      ...guarded(bundleOf(folder, deployment), options.proxies),
      ...boundTo(deployment),
      name: NAME,
      bindings: texts(variables),
      fromEnvironment: Object.keys(secrets),
      listening: { [DOOR]: door(options), attendant: { address: `unix:${socket}`, entrypoint: ATTENDANT } },
    }),
  });
};

const readSecretsOf = ({ secretsFile: { path, isNamed } }: ServeOptions) => {
  const read = readSecrets(path);
  if (!read.ok) return read;
  return read.value === null && isNamed ? err(`${path}: is not there`) : ok(read.value ?? {});
};

/** Whoever has an account on this machine, or gets one. */
const openToAll = ({ secretsFile: { path } }: ServeOptions): readonly string[] => {
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  return (mode & 0o004) === 0 ? [] : [`${path}: everybody on this machine can read it: chmod 600`];
};

/** What `wrangler deploy` uploads, but for the comment that names a source map. */
const bundleOf = (folder: string, { main, minify, keep_names }: Unstable_Config): string =>
  bundle(resolve(folder, main ?? 'src/worker.ts'), {
    minify: minify === true,
    keepNames: keep_names !== false,
  }).script;

/** The bindings of wrangler.toml, and how the Worker is to be run. */
const boundTo = ({
  kv_namespaces: kv,
  durable_objects: { bindings },
  ratelimits,
  ...runtime
}: Unstable_Config): Pick<
  ServiceOptions,
  'kv' | 'durableObjects' | 'rateLimits' | 'compatibilityDate' | 'compatibilityFlags'
> => ({
  kv: kv.map(({ binding }) => binding),
  durableObjects: bindings.map(({ name, class_name: className }) => ({ binding: name, className })),
  rateLimits: (ratelimits ?? []).map(({ name, simple }) => ({
    ...{ binding: name, limit: simple.limit, periodSeconds: simple.period },
  })),
  ...(runtime.compatibility_date === undefined ? {} : { compatibilityDate: runtime.compatibility_date }),
  compatibilityFlags: runtime.compatibility_flags,
});

/** With a proxy before us it says who asks, by which scheme; without, nobody does. */
const door = ({ listen, tls, proxies }: ServeOptions): Listening => ({
  address: listen.text,
  tls,
  ...(proxies === null ? { without: ['CF-Connecting-IP'] } : { schemeHeader: 'X-Forwarded-Proto' }),
});

/** Keys and sessions go to real hosts over TLS: ours, or that of a proxy. */
const wayProblems = ({ tls, proxies }: ServeOptions, { hosts }: Config): readonly string[] => {
  const all = [...hosts.api, hosts.desk];
  if (tls !== null) return tlsProblems(tls, all, Date.now());
  const real = all.filter((host) => !isLoopback(host));
  return proxies !== null || real.length === 0
    ? []
    : [
        `${real.join(', ')}: want TLS. Say --tls-cert and --tls-key, or --proxy with the addresses of what has it before us`,
      ];
};

/** Origins that only Cloudflare has a way to. */
const elsewhere = ({ config, policy }: { readonly config: Config; readonly policy: Policy }) => [
  ...bindingsNamed(config.origin.place, policy.routes).map(
    ({ name, setting }) => `${setting}: ${name} is a binding of Cloudflare's: here an origin is a URL`,
  ),
  ...[config.origin, ...policy.routes.flatMap(({ origin }) => origin ?? [])]
    .filter(({ place }) => place.kind === 'zone')
    .map(() => 'origin.zone: there is no zone here: an origin is a URL'),
];

const bindingProblems = ({ deployment: { vars } }: Project): readonly string[] =>
  Object.entries(vars).flatMap(([name, value]) =>
    typeof value === 'string' ? [] : [`wrangler.toml, vars.${name}: must be a text`],
  );

const texts = (variables: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, String(value)]));
