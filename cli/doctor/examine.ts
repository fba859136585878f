import { join } from 'node:path';
import type { SecretsResult } from '../../src/config/secrets.ts';
import { type OpenConfigResult, readSecretConfig } from '../../src/config.ts';
import { bindingsNamed } from '../../src/gate/forward/origins.ts';
import { environmentsOf } from '../../tools/check/deployment.ts';
import { sharedBetween } from '../../tools/check/environments.ts';
import type { World } from '../command.ts';
import { configOf, DEPLOYMENT_FILE, type Project, readProject, SETTINGS_FILE } from '../project.ts';
import { neededSecrets } from '../secret-names.ts';
import { CHECKS, type CheckId } from './checks/index.ts';
import { lookClosely } from './closely.ts';
import { allSkipped, type Finding, found, skipped } from './finding.ts';
import { isAllHere, judgeConfig, wantsZone } from './judge-config.ts';
import { judgeDeployment } from './judge-deployment.ts';
import { decisiveOf, EDGE_IDS, judgeEdge } from './judge-edge.ts';
import { judgeRoutes } from './judge-routes.ts';
import { judgeSecrets } from './judge-secrets.ts';
import { judgeStytch, STYTCH_IDS } from './judge-stytch.ts';
import { lookAtEdge } from './look-edge.ts';
import { lookAtSecrets, type SecretsFacts } from './look-secrets.ts';
import { lookAtStytch } from './look-stytch.ts';
import type { Options } from './options.ts';
import { samplePath } from './sample.ts';

type Told = (...findings: readonly Finding[]) => void;

/** Looks at everything that is wanted, in order; `told` gets the findings as they come. */
export const examine = async (world: World, options: Options, told: Told): Promise<void> => {
  const { environment, offline } = options;
  const project = await readProject(world.folder, environment);
  if (!project.ok) return told(...unreadable(project.refusal));
  told(found('CONFIG-01', []));
  const read = configOf(project.value);
  told(...judgeConfig(read, environment));
  told(...filesOf(project.value, read, world.folder));

  const secrets = await lookAtSecrets(world, environment, offline || !wants(options, 'SECRET'));
  const judged = secretsOf(project.value, secrets);
  told(...judgeSecrets(secrets, judged, read.ok ? neededSecrets(read.config) : null));

  const why = offline ? '--offline' : read.ok ? null : 'CONFIG-02 first';
  if (why !== null || !read.ok) return told(...allSkipped([...STYTCH_IDS, ...EDGE_IDS], why ?? ''));
  if (wants(options, 'STYTCH')) {
    const held = secrets.file.ok ? secrets.file.value?.STYTCH_SECRET : undefined;
    const secret = held || world.env.STYTCH_SECRET || null;
    const facts = await lookAtStytch(read.config, secret, world.terminal.tell);
    told(...judgeStytch(facts, read.config.stytch.ownerClaim));
  }
  if (wants(options, 'EDGE')) await examineEdge(world, options, read, judged, told);
};

/** Whether anything of a group is wanted. */
const wants = ({ only }: Options, group: 'SECRET' | 'STYTCH' | 'EDGE'): boolean =>
  only.length === 0 ||
  only.some((each) => each.split('-', 1)[0] === group) ||
  (group === 'EDGE' && wantsClosely({ only }));

/** What the probe finds has names of its own, in small letters, and needs a first sight of the edge. */
const wantsClosely = ({ only }: Pick<Options, 'only'>): boolean =>
  only.length === 0 || only.some((each) => /^(?:PROBE|[a-z])/.test(each));

const unreadable = (problems: readonly string[]): readonly Finding[] => {
  const of = (file: string): readonly string[] => problems.filter((each) => each.startsWith(`${file}:`));
  const [settings, deployment] = [of(SETTINGS_FILE), of(DEPLOYMENT_FILE)];
  const first = settings.length > 0 ? 'CONFIG-01 first' : 'WRANGLER-01 first';
  return (Object.keys(CHECKS) as CheckId[]).map((id) => {
    if (id === 'CONFIG-01') return found(id, settings);
    return id === 'WRANGLER-01' ? found(id, deployment) : skipped(id, first);
  });
};

const filesOf = ({ deployment }: Project, read: OpenConfigResult, folder: string): readonly Finding[] => {
  const services = read.ok ? bindingsNamed(read.config.origin.place, read.policy.routes) : [];
  const names = services.map(({ name }) => name);
  const findings = [
    found('WRANGLER-01', []),
    ...judgeDeployment(deployment, names, read.ok && isAllHere(read.config)),
    ...(read.ok
      ? judgeRoutes(deployment, read.config.hosts, wantsZone(read.config))
      : allSkipped(['WRANGLER-09', 'WRANGLER-10'], 'CONFIG-02 first')),
    found('WRANGLER-15', sharedBetween(environmentsOf(join(folder, DEPLOYMENT_FILE)))),
  ];
  return findings.toSorted((one, other) => one.id.localeCompare(other.id));
};

/** What the Worker would make of the secrets of the file; null where there is none. */
const secretsOf = ({ settings, deployment }: Project, { file }: SecretsFacts): SecretsResult | null =>
  file.ok && file.value !== null ? readSecretConfig(settings, { ...deployment.vars, ...file.value }) : null;

const examineEdge = async (
  { terminal }: World,
  options: Options,
  { config, policy }: Extract<OpenConfigResult, { readonly ok: true }>,
  judged: SecretsResult | null,
  told: Told,
): Promise<void> => {
  const { urls, key } = options;
  const apis = urls.length > 0 ? urls : [...config.apiUrls.values()].map((url) => new URL(url));
  const guarded = samplePath(policy, ({ auth }) => auth === 'required');
  const facts = await lookAtEdge(config, apis, guarded);
  const signing = judged?.ok === true ? judged.secrets.assertionJwks.keys : null;
  const findings = judgeEdge(facts, config.deskUrl, signing);
  told(...findings);
  const decisive = decisiveOf(findings);
  if (!wantsClosely(options)) return;
  if (decisive !== null) return told(skipped('PROBE-01', `${decisive} first`));
  terminal.tell('Looks closely, as latchkey probe does …');
  await lookClosely(config, policy, apis, key, told);
};
