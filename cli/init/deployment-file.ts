import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Unstable_Config } from 'wrangler';
import { hostname, isLoopback } from '../../src/config/hosts.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { readDeploymentText } from '../deployment-text.ts';
import { DEPLOYMENT_FILE } from '../project.ts';
import { setKey } from '../toml.ts';
import type { Answers } from './answers.ts';
import type { Change } from './settings-file.ts';

/** The variables of an environment that answers decide. */
export const variablesOf = ({ projectId, apiHosts, deskHost, originUrl }: Answers) => ({
  STYTCH_PROJECT_ID: projectId,
  API_HOSTS: apiHosts.join(','),
  DESK_HOST: deskHost,
  ORIGIN_URL: originUrl,
});

/** The file with the environment's variables, and a way to the Worker for each of its hosts. */
export const changeDeployment = async (
  folder: string,
  environment: string | null,
  deployment: Unstable_Config,
  answers: Answers,
): Promise<Result<Change, string>> => {
  const file = DEPLOYMENT_FILE;
  const before = readFileSync(join(folder, file), 'utf8');
  const table = (name: string): string =>
    environment === null ? name : [`env.${environment}`, name].filter(Boolean).join('.');
  const variables = Object.entries(variablesOf(answers)).filter(
    ([name, value]) => deployment.vars[name] !== value,
  );
  const withVariables = variables.reduce(
    (text, [name, value]) => setKey(text, table('vars'), name, JSON.stringify(value)),
    before,
  );
  const hosts = reachable(answers);
  const isReached = sameHosts(hostsOf(deployment), hosts);
  const after = isReached ? withVariables : setKey(withVariables, table(''), 'routes', routesText(hosts));
  const read = await readDeploymentText(after, environment);
  return read.ok && isAsWanted(read.value, answers)
    ? ok({ file, before, after })
    : err(
        `${file}: init cannot put the environment's [vars] and routes in: ${read.ok ? 'it is written in a way that it does not know' : read.refusal}`,
      );
};

/** Hosts that need a way to the Worker: this machine is reached without. */
const reachable = ({ apiHosts, deskHost }: Answers): readonly string[] =>
  [...apiHosts, deskHost].filter((host) => !isLoopback(host)).map(hostname);

/** Custom domains, not zone routes: one of those lets requests past the Worker when the account's quota is spent. */
const routesText = (hosts: readonly string[]): string =>
  hosts.length === 0
    ? '[]'
    : `[\n${hosts.map((host) => `  { pattern = ${JSON.stringify(host)}, custom_domain = true },\n`).join('')}]`;

const hostsOf = ({ routes = [] }: Unstable_Config): readonly string[] =>
  routes.map((route) => (typeof route === 'string' ? route : route.pattern).split('/')[0] ?? '');

const sameHosts = (some: readonly string[], others: readonly string[]): boolean =>
  [...new Set(some)].sort().join() === [...new Set(others)].sort().join();

const isAsWanted = (deployment: Unstable_Config, answers: Answers): boolean =>
  sameHosts(hostsOf(deployment), reachable(answers)) &&
  Object.entries(variablesOf(answers)).every(([name, value]) => deployment.vars[name] === value);
