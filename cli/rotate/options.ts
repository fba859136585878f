import { err, ok, type Result } from '../../src/model/refusal.ts';
import type { World } from '../command.ts';
import { environmentOf } from '../project.ts';
import type { How, Where } from './rotate.ts';

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** What both commands take. */
export const ROTATE_OPTIONS = {
  ...{ env: text, settle: text, 'file-only': flag, wait: flag, yes: flag, json: flag },
} as const;

export const ROTATE_HELP = `  --env           the environment of wrangler.toml; production. '' is the top level
  --wait          all steps, one after the other, each as soon as it is safe; without it, the one that is next
  --settle        for how many seconds isolates with the secrets of before may still be about; 120
  --file-only     sends nothing: for latchkey serve, which reads the secrets' file when it starts
  --yes           without asking
  --json          what was done as one document
  --help`;

/**
 * Cloudflare has a new version everywhere within seconds, and says of no call that it has. An isolate of before is given
 * this long, in seconds.
 */
const SETTLE_SECONDS = 120;

interface Values {
  readonly env?: string | undefined;
  readonly settle?: string | undefined;
  readonly 'file-only'?: boolean | undefined;
  readonly wait?: boolean | undefined;
  readonly yes?: boolean | undefined;
  readonly json?: boolean | undefined;
}

/** Where and how to rotate, as it was said. */
export const readRotateOptions = (
  { env, settle = String(SETTLE_SECONDS), 'file-only': isFileAll = false, wait, yes, json }: Values,
  world: World,
): Result<{ readonly where: Where; readonly how: How; readonly settleMs: number }, string> => {
  if (!/^\d{1,5}$/.test(settle)) return err('--settle is a number of seconds.');
  return ok({
    where: { world, environment: environmentOf(env), isFileAll },
    how: { yes: yes === true, wait: wait === true, json: json === true },
    settleMs: Number(settle) * 1000,
  });
};
