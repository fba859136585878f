import { SECRET_NAMES } from '../../src/config/secrets.ts';
import { readSecretConfig } from '../../src/config.ts';
import { freshAssertionKey, freshId, freshMasterKey } from '../fresh-keys.ts';
import type { Secrets } from '../secrets-file.ts';

/** Secrets that are not made here; the process's environment may have them. */
export const FOREIGN_SECRETS = SECRET_NAMES.filter(
  (name) => name !== 'LATCHKEY_MASTER_KEYS' && name !== 'ASSERTION_JWKS',
);

/** The secrets of an environment as they shall be, and where each came from. */
export interface SecretsPlan {
  readonly secrets: Secrets;
  readonly made: readonly string[];
  readonly taken: readonly string[];
  readonly kept: readonly string[];
}

/** Makes the keys that are not there, and takes what was given. What is there stays as it is: keys were issued under it. */
export const planSecrets = (
  present: Secrets,
  given: Readonly<Record<string, string | undefined>>,
  now: Date,
): SecretsPlan => {
  const id = freshId(now, []);
  const made = {
    LATCHKEY_MASTER_KEYS: () => JSON.stringify([freshMasterKey(id)]),
    ASSERTION_JWKS: () => JSON.stringify({ keys: [freshAssertionKey(id)] }),
  };
  const isMissing = (name: string): boolean => (present[name] ?? '') === '';
  const making = Object.entries(made).filter(([name]) => isMissing(name));
  const taking = FOREIGN_SECRETS.flatMap((name) => {
    const value = given[name] ?? '';
    return value === '' || !isMissing(name) ? [] : [[name, value] as const];
  });
  return {
    secrets: {
      ...present,
      ...Object.fromEntries(taking),
      ...Object.fromEntries(making.map(([name, make]) => [name, make()])),
    },
    made: making.map(([name]) => name),
    taken: taking.map(([name]) => name),
    kept: Object.keys(present).filter((name) => !isMissing(name)),
  };
};

/** What is wrong with secrets, by name and member. One that is not there yet is not: `setup` waits for it. */
export const secretProblems = (
  settings: unknown,
  vars: Readonly<Record<string, unknown>>,
): readonly string[] => {
  const read = readSecretConfig(settings, vars);
  return read.ok ? [] : read.problems.filter((problem) => !problem.includes(': is missing'));
};
