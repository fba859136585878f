import { err, ok, type Result } from '../src/model/refusal.ts';
import type { World } from './command.ts';
import { environmentArgs } from './project.ts';
import type { Secrets } from './secrets-file.ts';

/** How much of wrangler's own words is worth repeating. */
const LAST_LINES = 12;

/** Hands secrets to the Worker of an environment, all in one call and so in one version; those that are not among them stay. */
export const sendSecrets = async (
  { wrangler }: Pick<World, 'wrangler'>,
  environment: string | null,
  secrets: Secrets,
): Promise<Result<void, string>> => {
  const ran = await wrangler(['secret', 'bulk', ...environmentArgs(environment)], {
    input: JSON.stringify(secrets),
  });
  if (ran.code === 0) return ok(undefined);
  const said = `${ran.stderr}\n${ran.stdout}`.trim().split('\n').slice(-LAST_LINES).join('\n');
  return err(`wrangler secret bulk ended with ${ran.code}:\n${said}`);
};
