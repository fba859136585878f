import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Unstable_Config } from 'wrangler';
import { type OpenConfigResult, readOpenConfig } from '../src/config.ts';
import { err, ok, type Result } from '../src/model/refusal.ts';

/** The names of the operator's files. */
export const SETTINGS_FILE = 'latchkey.config.ts';
export const DEPLOYMENT_FILE = 'wrangler.toml';

/** The operator's files, read and not yet judged. */
export interface Project {
  /** What latchkey.config.ts exports. */
  readonly settings: unknown;
  /** wrangler.toml as wrangler understands it, with the section of the environment over its top level. */
  readonly deployment: Unstable_Config;
  /** The environment's name in wrangler.toml; null for the top level. */
  readonly environment: string | null;
}

/** Reads both files; the refusal is everything that keeps them from being read. */
export const readProject = async (
  folder: string,
  environment: string | null,
): Promise<Result<Project, readonly string[]>> => {
  const [settings, deployment] = [await readSettings(folder), await readDeployment(folder, environment)];
  if (!settings.ok || !deployment.ok)
    return err([settings, deployment].flatMap((each) => (each.ok ? [] : [each.refusal])));
  return ok({ settings: settings.value, deployment: deployment.value, environment });
};

/** What the Worker would make of them when it starts, but for the secrets. */
export const configOf = ({ settings, deployment }: Project): OpenConfigResult =>
  readOpenConfig(settings, deployment.vars);

/** The environment that `--env` names: production when it is not given, and for an empty name the top level. */
export const environmentOf = (env: string | undefined): string | null =>
  env === undefined ? 'production' : env || null;

/** How wrangler is told the environment: the empty name is the top level, whatever CLOUDFLARE_ENV says. */
export const environmentArgs = (environment: string | null): readonly string[] => [
  '--env',
  environment ?? '',
];

const readSettings = async (folder: string): Promise<Result<unknown, string>> => {
  const path = join(folder, SETTINGS_FILE);
  if (statSync(path, { throwIfNoEntry: false }) === undefined)
    return err(`${SETTINGS_FILE}: is not there: npm run latchkey -- init writes it`);
  return loadSettings(path);
};

/** Node takes the types away by itself. Each version of the file is read anew. */
export const loadSettings = async (path: string): Promise<Result<unknown, string>> => {
  try {
    const version = statSync(path).mtimeMs;
    const file: { readonly default?: unknown } = await import(
      /* @vite-ignore */ `${pathToFileURL(path)}?${version}`
    );
    return ok(file.default);
  } catch (error) {
    // Whatever the operator's own code throws.
    return err(`${SETTINGS_FILE}: cannot be loaded: ${error instanceof Error ? error.message : error}`);
  }
};

/** Wrangler's own reader. It is loaded here and now: it takes most of a second. */
export const readDeployment = async (
  folder: string,
  environment: string | null,
): Promise<Result<Unstable_Config, string>> => {
  const config = join(folder, DEPLOYMENT_FILE);
  if (statSync(config, { throwIfNoEntry: false }) === undefined)
    return err(`${DEPLOYMENT_FILE}: is not there: call latchkey in a clone, which has one`);
  const { unstable_readConfig } = await import('wrangler');
  try {
    const top = unstable_readConfig({ config, env: '' }, { hideWarnings: true });
    if (environment === null) return ok(top);
    const { definedEnvironments: names = [] } = top;
    // Where a file has none at all, wrangler would take the top level under another name.
    if (!names.includes(environment))
      return err(`${DEPLOYMENT_FILE}: has no [env.${environment}]: there is ${names.join(', ') || 'none'}`);
    return ok(unstable_readConfig({ config, env: environment }, { hideWarnings: true }));
  } catch (error) {
    if (error instanceof Error) return err(`${DEPLOYMENT_FILE}: ${error.message}`);
    throw error;
  }
};
