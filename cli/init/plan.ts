import type { Unstable_Config } from 'wrangler';
import { isRecord, override } from '../../src/config/variables.ts';
import { readOpenConfig } from '../../src/config.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import type { ExitCode, World } from '../command.ts';
import { readDeployment } from '../project.ts';
import { neededSecrets } from '../secret-names.ts';
import { readSecrets, type Secrets, secretsPath } from '../secrets-file.ts';
import type { Person } from '../terminal.ts';
import { type Answers, answersIn } from './answers.ts';
import { gather } from './ask.ts';
import { changeDeployment, variablesOf } from './deployment-file.ts';
import { FOREIGN_SECRETS, planSecrets, type SecretsPlan, secretProblems } from './secrets.ts';
import { type Change, changeSettings, isNobodys, loadText, presentSettings } from './settings-file.ts';

/** Everything that a run will do, worked out before any of it is done. */
export interface Plan {
  readonly changes: readonly Change[];
  readonly secrets: SecretsPlan;
  /** Secrets that the Worker will not start without, and that nobody gave. */
  readonly missing: readonly string[];
}

/** Why there is no plan. */
interface Unplanned {
  readonly ending: ExitCode;
  readonly problems: readonly string[];
}

const stop = (ending: ExitCode, ...problems: readonly string[]) => err({ ending, problems });

/** Asks what is to be asked and works out what will be written. */
export const planInit = async (
  { folder, env, terminal }: World,
  environment: string | null,
  given: Readonly<Record<string, string | undefined>>,
  yes: boolean,
): Promise<Result<Plan, Unplanned>> => {
  const present = await presentSettings(folder);
  if (!present.ok) return stop(1, present.refusal);
  const deployment = await readDeployment(folder, environment);
  if (!deployment.ok) return stop(1, deployment.refusal);
  const person = yes ? null : terminal.person;
  const before = answersBefore(present.value.settings, deployment.value);
  const answers = await gather(given, before, person);
  if (!answers.ok)
    return answers.refusal.length === 0 ? stop(1, 'Nothing was done.') : stop(2, ...answers.refusal);

  const settings = await changeSettings(folder, environment, present.value, answers.value);
  if (!settings.ok) return stop(1, settings.refusal);
  const toml = await changeDeployment(folder, environment, deployment.value, answers.value);
  if (!toml.ok) return stop(1, toml.refusal);
  const loaded = await loadText(folder, settings.value.after);
  if (!loaded.ok) return stop(1, loaded.refusal);
  const vars = { ...deployment.value.vars, ...variablesOf(answers.value) };
  const config = readOpenConfig(loaded.value, vars);
  if (!config.ok) return stop(1, ...config.problems);

  const secrets = await gatherSecrets(secretsPath(folder, environment), env, person);
  if (!secrets.ok) return stop(1, secrets.refusal);
  const all = { ...vars, ...secrets.value.secrets };
  const wrong = secretProblems(loaded.value, all);
  if (wrong.length > 0) return stop(1, ...wrong);
  const missing = neededSecrets(config.config).filter((name) => (secrets.value.secrets[name] ?? '') === '');
  return ok({ changes: [settings.value, toml.value], secrets: secrets.value, missing });
};

/** What the files answer already, apart from what stands there only as an example. */
const answersBefore = (settings: unknown, { vars }: Unstable_Config): Partial<Answers> => {
  const ofFile = answersIn(settings);
  const ofEnvironment = answersIn(override(isRecord(settings) ? settings : {}, vars).settings);
  const { brand, vertical, originId } = isNobodys(ofFile.projectId) ? {} : ofFile;
  const shared = { brand, vertical, originId };
  const known = Object.entries(shared).filter(([, value]) => value !== undefined);
  return { ...Object.fromEntries(known), ...(isNobodys(ofEnvironment.projectId) ? {} : ofEnvironment) };
};

/** Stytch's secret is asked for where it is nowhere; Enter leaves it for later. */
const gatherSecrets = async (
  path: string,
  env: Readonly<Record<string, string | undefined>>,
  person: Person | null,
): Promise<Result<SecretsPlan, string>> => {
  const present = readSecrets(path);
  if (!present.ok) return present;
  const secrets: Secrets = present.value ?? {};
  const given = Object.fromEntries(FOREIGN_SECRETS.map((name) => [name, env[name]]));
  if (person === null || (secrets.STYTCH_SECRET ?? '') !== '' || (given.STYTCH_SECRET ?? '') !== '')
    return ok(planSecrets(secrets, given, new Date()));
  const answer = await person.text({
    message: "The project's secret (dashboard, API keys); Enter for later",
    isSecret: true,
  });
  return answer.ok
    ? ok(planSecrets(secrets, { ...given, STYTCH_SECRET: answer.value.trim() }, new Date()))
    : err('Nothing was done.');
};
