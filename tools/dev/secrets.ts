import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshSecrets } from '../serve/secrets.ts';
import type { EmulatorProject } from './emulator-project.ts';

/** Only its owner may read it. */
const PRIVATE = 0o600;

/**
 * The files from which the Worker gets its secrets, never a command line: everybody on the machine can read those.
 * Latchkey's own are made once, because keys issued before a restart must open after it.
 */
export const secretFiles = (
  folder: string,
  { projectSecret, webhookSecret }: EmulatorProject,
): readonly string[] => {
  const own = join(folder, 'secrets.env');
  const stytch = join(folder, 'stytch.env');
  if (!existsSync(own)) writeFileSync(own, lines(freshSecrets()), { mode: PRIVATE, flag: 'wx' });
  const stytchs = { STYTCH_SECRET: projectSecret, STYTCH_WEBHOOK_SECRET: webhookSecret };
  writeFileSync(stytch, lines(stytchs), { mode: PRIVATE });
  return [own, stytch];
};

/** Single quotes keep JSON as it is; none of the values has one. */
const lines = (secrets: Readonly<Record<string, string>>): string =>
  Object.entries(secrets)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
