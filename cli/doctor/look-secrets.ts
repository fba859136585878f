import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import type { Result } from '../../src/model/refusal.ts';
import { listSecrets } from '../cloudflare.ts';
import type { World } from '../command.ts';
import { readSecrets, type Secrets, secretsPath } from '../secrets-file.ts';

/** What is to be seen of the secrets of an environment. */
export interface SecretsFacts {
  /** From the operator's folder. */
  readonly path: string;
  /** Null where there is no file. */
  readonly file: Result<Secrets | null, string>;
  /** Whether others than its owner may read it. */
  readonly isOpen: boolean;
  /** Those of `npm run dev`; none where it never ran. */
  readonly development: Secrets;
  /** Those of other environments, by their files. */
  readonly others: Readonly<Record<string, Secrets>>;
  /** The names that Cloudflare holds, or that it has no such Worker; null where nobody asked. */
  readonly held: Result<readonly string[] | null, string> | null;
}

/** Looks at the files of this machine and, unless `offline`, at the names that Cloudflare holds. */
export const lookAtSecrets = async (
  { folder, wrangler }: Pick<World, 'folder' | 'wrangler'>,
  environment: string | null,
  offline: boolean,
): Promise<SecretsFacts> => {
  const path = secretsPath(folder, environment);
  const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
  return {
    path: relative(folder, path),
    file: readSecrets(path),
    isOpen: (mode & 0o077) !== 0,
    development: readDevelopment(join(folder, '.latchkey', 'secrets.env')),
    others: readOthers(path),
    held: offline ? null : await listSecrets(wrangler, environment),
  };
};

/** As `npm run dev` writes them: NAME='…' (tools/dev/secrets.ts). */
const readDevelopment = (path: string): Secrets => {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return {};
  const lines = readFileSync(path, 'utf8').matchAll(/^(\w+)='(.*)'$/gm);
  return Object.fromEntries([...lines].map(([, name = '', value = '']) => [name, value]));
};

const readOthers = (path: string): SecretsFacts['others'] => {
  const folder = dirname(path);
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return {};
  const files = readdirSync(folder).filter(
    (name) => /^secrets(?:\..+)?\.json$/.test(name) && name !== basename(path),
  );
  return Object.fromEntries(
    files.flatMap((name) => {
      const read = readSecrets(join(folder, name));
      return read.ok && read.value !== null ? [[name, read.value]] : [];
    }),
  );
};
