import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { err, ok, type Result } from '../src/model/refusal.ts';

/** Secrets by their names, as `wrangler secret bulk` takes them. */
export type Secrets = Readonly<Record<string, string>>;

/** Where the secrets of an environment (null: the top level) are kept on the operator's machine; git ignores the folder. */
export const secretsPath = (folder: string, environment: string | null): string =>
  keptPath(folder, 'secrets', environment);

/** Where something of an environment is kept beside its secrets: keys that were taken off, how far a rotation is. */
export const keptPath = (
  folder: string,
  what: 'secrets' | 'retired' | 'rotation',
  environment: string | null,
): string => join(folder, '.latchkey', environment === null ? `${what}.json` : `${what}.${environment}.json`);

/** Reads them; null where there is no such file. Cloudflare tells nobody a secret that it holds: this file is the only one that has all. */
export const readSecrets = (path: string): Result<Secrets | null, string> => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    return error.code === 'ENOENT' ? ok(null) : err(`${path}: cannot be read (${error.code})`);
  }
  const secrets = parsed(text);
  return secrets === null ? err(`${path}: is no JSON object of texts`) : ok(secrets);
};

const parsed = (text: string): Secrets | null => {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    return Object.values(value).every((each) => typeof each === 'string') ? (value as Secrets) : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

/** Writes them whole or not at all, for their owner alone. */
export const writeSecrets = (path: string, secrets: Secrets): void => {
  mkdirSync(dirname(path), { recursive: true });
  const next = `${path}.new`;
  const file = openSync(next, 'w', 0o600);
  writeSync(file, `${JSON.stringify(secrets, null, 2)}\n`);
  fsyncSync(file);
  closeSync(file);
  renameSync(next, path);
};
