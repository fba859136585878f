import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freshSecrets } from '../serve/secrets.ts';

/** Only its owner may read it. */
const PRIVATE = 0o600;

/**
 * The files from which the Worker gets its secrets, never a command line: everybody on the machine can read those.
 * Latchkey's own are made once, because keys issued before a restart must open after it.
 */
export const secretFiles = (folder: string, stytchSecret: string): readonly string[] => {
  const own = join(folder, 'secrets.env');
  const stytch = join(folder, 'stytch.env');
  if (!existsSync(own)) writeFileSync(own, lines(freshSecrets()), { mode: PRIVATE, flag: 'wx' });
  writeFileSync(stytch, lines({ STYTCH_SECRET: stytchSecret }), { mode: PRIVATE });
  return [own, stytch];
};

/** Single quotes keep JSON as it is; none of the values has one. */
const lines = (secrets: Readonly<Record<string, string>>): string =>
  Object.entries(secrets)
    .map(([name, value]) => `${name}='${value}'\n`)
    .join('');
