import { resolve } from 'node:path';
import { unstable_readConfig } from 'wrangler';
import { type Deployment, judgeDeployment } from '../../cli/doctor/judge-deployment.ts';
import { judgeRoutes } from '../../cli/doctor/judge-routes.ts';
import { type Environment, type Environments, environmentProblems, label } from './environments.ts';
import { ROOT } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** Reads wrangler.toml and says what of it would let an answer past the Gate, or keep one of its environments from serving. */
export const checkDeployment = (): Outcome => {
  const environments = environmentsOf(resolve(ROOT, 'wrangler.toml'));
  const problems = [
    ...Object.entries(environments).flatMap(([name, environment]) =>
      deploymentProblems(environment).map((problem) => `${label(name)}${problem}`),
    ),
    ...environmentProblems(environments),
  ];
  const count = Object.keys(environments).length;
  return outcomeOf(
    problems.map((problem) => `wrangler.toml: ${problem}`),
    `${count} environment${count === 1 ? '' : 's'}`,
  );
};

/** What the doctor would find in one environment of the repository's own: its namespaces are still to be made. */
const deploymentProblems = (environment: Environment): readonly string[] => {
  const deployment = environment as Deployment;
  const findings = [
    ...judgeDeployment(deployment, [], true),
    ...judgeRoutes(deployment, hostsOf(environment), false),
  ];
  return findings.flatMap(({ verdict, details }) => (verdict === 'skipped' ? [] : details));
};

const hostsOf = ({ vars = {} }: Environment) => ({
  api: String(vars.API_HOSTS)
    .split(',')
    .map((host) => host.trim()),
  desk: String(vars.DESK_HOST),
});

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
