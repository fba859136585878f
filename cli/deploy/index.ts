import { isLoopback } from '../../src/config/hosts.ts';
import type { Config } from '../../src/config.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { askLeave, failed, misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import { runningVersion, whyNot } from '../cloudflare.ts';
import type { Command, ExitCode, World } from '../command.ts';
import { examine } from '../doctor/examine.ts';
import type { Finding } from '../doctor/finding.ts';
import { lineOf, summaryOf } from '../doctor/report.ts';
import { configOf, environmentArgs, environmentOf, readProject } from '../project.ts';
import { build } from './build.ts';
import { wordsOf } from './words.ts';

const HELP = `Puts Latchkey on Cloudflare: checks first, shows what will be deployed, asks, and has wrangler do it.

  npm run latchkey -- deploy
  npm run latchkey -- deploy --env staging --yes
  npm run latchkey -- deploy --gradual

  --env      the environment of wrangler.toml, production
  --gradual  uploads a version that gets no request yet, and says the command that gives it a part of them. Not for the
             first deployment, nor for one with a new migration: Cloudflare takes those whole
  --dry-run  checks and builds, without Cloudflare, and deploys nothing
  --yes      asks nothing
  --json     what was found and done, as one JSON document

What it checks is what \`latchkey doctor\` finds in the files and in the names of the secrets at Cloudflare; whatever FAILs
there keeps it from being deployed, as does a secret of which nobody can say whether it is there. What is built is looked
into for passThroughOnException, with which requests would go past the Gate when something fails.

It ends with 0 if it is deployed, with 1 if it is not, with 2 if it was called wrongly, or nobody was there to say yes.
`;

const OPTIONS = {
  env: { type: 'string' },
  gradual: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const run = async (args: readonly string[], world: World): Promise<ExitCode> => {
  const { terminal, wrangler, folder } = world;
  const read = readArgs(args, OPTIONS);
  if (!read.ok) return misused(terminal, read.refusal, HELP);
  const { env, gradual = false, 'dry-run': isDry = false, yes = false, json = false } = read.value.values;
  const environment = environmentOf(env);
  const project = await readProject(folder, environment);
  if (!project.ok) return failed(terminal, project.refusal.join('\n'));
  const findings = await check(world, environment, isDry);
  const config = configOf(project.value);
  const wrong = whatIsWrong(findings, isDry);
  if (wrong.length > 0 || !config.ok) {
    for (const problem of wrong) terminal.tell(problem);
    if (json) terminal.say(documentOf(findings, null));
    return failed(terminal, 'Nothing was deployed.');
  }
  const address = isReached(config.config);
  if (!address.ok) return failed(terminal, address.refusal);
  terminal.tell('Building …');
  const built = await build(wrangler, environment);
  if (!built.ok) return failed(terminal, built.refusal);
  for (const line of wordsOf(project.value, config.config, built.value)) terminal.tell(line);
  if (isDry) {
    terminal.say(json ? documentOf(findings, null) : 'Nothing was deployed: --dry-run.');
    return 0;
  }
  const leave = await askLeave(terminal, gradual ? 'Upload this' : 'Deploy this', yes);
  if (leave !== null) return leave;
  const deployed = await deployBy(world, environment, gradual);
  if (!deployed.ok) return failed(terminal, deployed.refusal);
  terminal.say(
    json ? documentOf(findings, deployed.value) : whatNext(environment, deployed.value).join('\n'),
  );
  return 0;
};

/** The doctor's eyes, for what can be seen before there is anything to look at. */
const check = async (
  world: World,
  environment: string | null,
  offline: boolean,
): Promise<readonly Finding[]> => {
  world.terminal.tell('Checking files and secrets …');
  const findings: Finding[] = [];
  const options = { environment, offline, only: ['SECRET'], urls: [], key: null, json: false };
  await examine(world, options, (...found) => void findings.push(...found));
  return findings.filter(({ id }) => /^(?:CONFIG|WRANGLER|SECRET)-/.test(id));
};

/** Whatever FAILs, and what is not to be known: a Worker without its secrets serves nothing. */
const whatIsWrong = (findings: readonly Finding[], isDry: boolean): readonly string[] => {
  const failures = findings.filter(({ verdict }) => verdict === 'FAIL').map(lineOf);
  const held = findings.find(({ id }) => id === 'SECRET-06');
  return !isDry && failures.length === 0 && held?.verdict === 'skipped'
    ? [lineOf(held), '           → npm run latchkey -- setup']
    : failures;
};

/** The top level of wrangler.toml is for this machine: deployed, it would be a Worker that nobody can call. */
const isReached = ({ hosts }: Config): Result<null, string> =>
  [...hosts.api, hosts.desk].every(isLoopback)
    ? err('Nothing was deployed: the hosts of this environment are this machine. Say --env production.')
    : ok(null);

/** A version that is at Cloudflare now. */
interface Deployed {
  /** Where wrangler tells it. */
  readonly versionId: string | null;
  /** The one that gets the requests until somebody says otherwise; null where the new one gets them at once. */
  readonly runningId: string | null;
}

const deployBy = async (
  { wrangler, terminal }: World,
  environment: string | null,
  gradual: boolean,
): Promise<Result<Deployed, string>> => {
  const running = gradual ? await runningVersion(wrangler, environment) : ok(null);
  if (!running.ok)
    return err(`${running.refusal}\nThe first deployment is not gradual: leave --gradual out.`);
  const call = gradual ? ['versions', 'upload'] : ['deploy'];
  const ran = await wrangler([...call, ...environmentArgs(environment)], { onLine: terminal.tell });
  if (ran.code !== 0) return err(whyNot(call.join(' '), ran));
  const versionId = /Version ID:\s*([0-9a-f-]{36})/.exec(ran.stdout)?.[1] ?? null;
  return ok({ versionId, runningId: running.value });
};

const documentOf = (findings: readonly Finding[], deployed: Deployed | null): string =>
  JSON.stringify(
    {
      ...{ summary: summaryOf(findings), findings },
      ...{ version_id: deployed?.versionId ?? null, running_version_id: deployed?.runningId ?? null },
    },
    null,
    2,
  );

/** All versions are named: with --yes, wrangler shares nothing out by itself. */
const whatNext = (environment: string | null, { versionId, runningId }: Deployed): readonly string[] => {
  const option = environment === 'production' ? '' : ` --env ${environment}`;
  const doctor = `npm run latchkey -- doctor${option}`;
  if (runningId === null) return [`Deployed. Check it: ${doctor}`];
  const version = versionId ?? 'VERSION_ID';
  return [
    'Uploaded. No request goes there yet. Give it a tenth of them, look, and then all:',
    ...[`${version}@10% ${runningId}@90%`, `${version}@100%`].map(
      (shares) => `  npx wrangler versions deploy ${shares} --env ${environment ?? "''"} --yes`,
    ),
    `Look by: ${doctor}`,
  ];
};

/** `latchkey deploy`. */
export const deploy: Command = { help: HELP, run };
