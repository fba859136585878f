import { err, ok, type Result } from '../../src/model/refusal.ts';
import { askLeave, misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import { listNamespaces, listSecrets } from '../cloudflare.ts';
import type { Command, ExitCode, World } from '../command.ts';
import { secretProblems } from '../init/secrets.ts';
import { configOf, environmentOf, readProject } from '../project.ts';
import { readSecrets, secretsPath } from '../secrets-file.ts';
import { carryOut } from './carry-out.ts';
import { isManagementUrl, MANAGEMENT_URL, type Management, openManagement } from './management.ts';
import { type Facts, isDone, type Plan, planSetup } from './plan.ts';
import { wordsOf } from './words.ts';

const HELP = `Makes at Cloudflare and at Stytch what a deployment needs: the KV namespace of the Vault, the secrets, the claims
template. It looks first, shows what is and what will be, and asks. What is done already is not done again: after a
failure, call it again.

  npm run latchkey -- setup
  npm run latchkey -- setup --yes --env staging --stytch-project acme --stytch-environment test

  --env                 the environment of wrangler.toml, production; --env '' is its top level
  --stytch-project      the project's slug (Stytch's dashboard, in the address of the project's pages)
  --stytch-environment  the slug of its environment
  --yes                 asks nothing
  --json                what was done and what there is, as one JSON document

Cloudflare is reached by wrangler: log in with \`npx wrangler login\`, or set CLOUDFLARE_API_TOKEN. The secrets are those
of .latchkey/secrets.ENVIRONMENT.json that Cloudflare does not have, all put in one call, by stdin. One that Cloudflare
has is left alone: \`latchkey rotate-master\` and \`latchkey rotate-assertion\` change those.

The claims template makes Stytch write a key's owner into its tokens. With a workspace's key in STYTCH_WORKSPACE_KEY_ID
and STYTCH_WORKSPACE_KEY_SECRET (dashboard, workspace settings, Management API) and both slugs it is set, beside the
claims that you have there; without, you are shown the text to paste and where.

It ends with 0 if nothing is left to do, with 1 if something could not be done or was not agreed to, with 2 if it was
called wrongly, or nobody was there to say yes.
`;

const OPTIONS = {
  env: { type: 'string' },
  'stytch-project': { type: 'string' },
  'stytch-environment': { type: 'string' },
  yes: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const run = async (args: readonly string[], world: World): Promise<ExitCode> => {
  const { terminal } = world;
  const read = readArgs(args, OPTIONS);
  if (!read.ok) return misused(terminal, read.refusal, HELP);
  const { yes = false, json = false, env, ...slugs } = read.value.values;
  const environment = environmentOf(env);
  const management = managementOf(slugs['stytch-project'], slugs['stytch-environment'], world.env);
  if (!management.ok) return misused(terminal, management.refusal, HELP);
  terminal.tell('Looking at what there is …');
  const facts = await look(world, environment, management.value);
  const plan = facts.ok ? planSetup(facts.value) : facts;
  if (!facts.ok || !plan.ok) {
    for (const problem of plan.ok ? [] : plan.refusal) terminal.tell(problem);
    return 1;
  }
  for (const line of wordsOf(plan.value)) terminal.tell(line);
  if (!isDone(plan.value)) {
    const leave = await askLeave(terminal, 'Do this', yes);
    if (leave !== null) return leave;
    const done = await carryOut(plan.value, world, environment, facts.value.secrets, management.value);
    if (!done.ok) {
      terminal.tell(`${done.refusal}\nWhat came before this is done: call setup again to go on.`);
      return 1;
    }
  }
  terminal.say(
    json ? JSON.stringify(told(plan.value, environment), null, 2) : ending(plan.value, environment),
  );
  return 0;
};

/** With a workspace's key, its environment; null without one. */
const managementOf = (
  project: string | undefined,
  environment: string | undefined,
  env: World['env'],
): Result<Management | null, string> => {
  const { STYTCH_WORKSPACE_KEY_ID: keyId = '', STYTCH_WORKSPACE_KEY_SECRET: keySecret = '' } = env;
  if (keyId === '' && keySecret === '')
    return project === undefined && environment === undefined
      ? ok(null)
      : err('The slugs need STYTCH_WORKSPACE_KEY_ID and STYTCH_WORKSPACE_KEY_SECRET in the environment.');
  if (keyId === '' || keySecret === '' || project === undefined || environment === undefined)
    return err(
      "A workspace's key is STYTCH_WORKSPACE_KEY_ID and STYTCH_WORKSPACE_KEY_SECRET, and needs --stytch-project and --stytch-environment.",
    );
  const { STYTCH_MANAGEMENT_URL: url = MANAGEMENT_URL } = env;
  return isManagementUrl(url)
    ? ok(openManagement({ keyId, keySecret, project, environment, url }))
    : err('STYTCH_MANAGEMENT_URL must be https, except on this machine.');
};

/** Looks at the files, at Cloudflare and at Stytch, and changes nothing. */
const look = async (
  { folder, wrangler }: World,
  environment: string | null,
  management: Management | null,
): Promise<Result<Facts, readonly string[]>> => {
  const project = await readProject(folder, environment);
  if (!project.ok) return project;
  const { deployment, settings } = project.value;
  const config = configOf(project.value);
  const secrets = readSecrets(secretsPath(folder, environment));
  if (!config.ok || !secrets.ok)
    return err([...(config.ok ? [] : config.problems), ...(secrets.ok ? [] : [secrets.refusal])]);
  const wrong = secretProblems(settings, { ...deployment.vars, ...secrets.value });
  if (wrong.length > 0) return err(wrong);
  const namespaces = await listNamespaces(wrangler, environment);
  if (!namespaces.ok) return err([namespaces.refusal]);
  const held = await listSecrets(wrangler, environment);
  if (!held.ok) return err([held.refusal]);
  const template = await lookAtTemplate(management, config.config.stytch.projectId);
  if (!template.ok) return err([template.refusal]);
  return ok({
    ...{ environment, deployment, config: config.config, namespaces: namespaces.value, held: held.value },
    ...{ secrets: secrets.value ?? {}, template: template.value },
  });
};

/** A template that was set in another project would be missed in this one, and would be wrong in that one. */
const lookAtTemplate = async (
  management: Management | null,
  projectId: string,
): Promise<Result<Facts['template'], string>> => {
  if (management === null) return ok('unseen');
  const named = await management.projectId();
  if (!named.ok) return named;
  return named.value === projectId
    ? management.template()
    : err(
        `--stytch-project and --stytch-environment name ${named.value}, and the configuration ${projectId}`,
      );
};

const told = ({ namespace, secrets, template }: Plan, environment: string | null) => ({
  environment,
  namespace: { was: namespace.state },
  secrets: { put: secrets.put, there: secrets.there, only_at_cloudflare: secrets.onlyThere },
  template: {
    was: template.state,
    ...(template.state === 'by_hand' ? { paste: template.text } : {}),
  },
});

const ending = (plan: Plan, environment: string | null): string => {
  const option = environment === 'production' ? '' : ` --env '${environment ?? ''}'`;
  const pasted = plan.template.state === 'by_hand' ? 'Paste the claims template, then: ' : 'Next: ';
  return `${isDone(plan) ? 'There is nothing left to do here.' : 'Done.'} ${pasted}npm run latchkey -- deploy${option}`;
};

/** `latchkey setup`. */
export const setup: Command = { help: HELP, run };
