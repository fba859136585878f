import { readSecrets } from '../../src/config/secrets.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { freshAssertionKey, freshMasterKey } from '../fresh-keys.ts';

/** One key of a list, by its name; what else it has is nobody's business here. */
export interface ListedKey {
  readonly id: string;
  readonly key: object;
}

/** A secret that is a list of keys of which the first is in use. */
export interface KeyList {
  readonly name: 'LATCHKEY_MASTER_KEYS' | 'ASSERTION_JWKS';
  /** What people call one of its keys. */
  readonly says: string;
  readonly most: number;
  readonly make: (id: string) => ListedKey;
  readonly read: (text: string | undefined) => Result<readonly ListedKey[], string>;
  readonly write: (keys: readonly ListedKey[]) => string;
}

/** As the Worker would judge it when it starts: by name and member, never by value. */
const problemsOf = (name: KeyList['name'], text: string | undefined): readonly string[] => {
  const read = readSecrets({ [name]: text }, null);
  return read.ok ? [] : read.problems.filter((problem) => problem.startsWith(name));
};

const readAs =
  (name: KeyList['name'], keysIn: (value: unknown) => readonly ListedKey[]) =>
  (text: string | undefined): Result<readonly ListedKey[], string> => {
    const problems = problemsOf(name, text);
    return problems.length > 0 ? err(problems.join('\n')) : ok(keysIn(JSON.parse(text ?? '')));
  };

export const MASTER_KEYS: KeyList = {
  ...{ name: 'LATCHKEY_MASTER_KEYS', says: 'master key', most: 8 },
  make: (id) => ({ id, key: freshMasterKey(id) }),
  read: readAs('LATCHKEY_MASTER_KEYS', (value) =>
    (value as readonly { readonly id: string }[]).map((key) => ({ id: key.id, key })),
  ),
  write: (keys) => JSON.stringify(keys.map(({ key }) => key)),
};

export const ASSERTION_KEYS: KeyList = {
  ...{ name: 'ASSERTION_JWKS', says: 'assertion key', most: 2 },
  make: (id) => ({ id, key: freshAssertionKey(id) }),
  read: readAs('ASSERTION_JWKS', (value) =>
    (value as { readonly keys: readonly { readonly kid: string }[] }).keys.map((key) => ({
      ...{ id: key.kid, key },
    })),
  ),
  write: (keys) => JSON.stringify({ keys: keys.map(({ key }) => key) }),
};
