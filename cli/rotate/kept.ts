import { err, ok, type Result } from '../../src/model/refusal.ts';
import { keptPath, readSecrets, type Secrets, secretsPath, writeSecrets } from '../secrets-file.ts';
import type { KeyList, ListedKey } from './key-lists.ts';
import type { Rotation } from './next-step.ts';

/** All that an environment keeps of a list of keys, on the operator's machine. */
export interface Kept {
  readonly secrets: Secrets;
  readonly keys: readonly ListedKey[];
  readonly rotation: Rotation | null;
  /** Names of keys that were taken off: no other key may have them, in a trail or in an origin's memory they stand for those. */
  readonly retiredIds: readonly string[];
}

export const readKept = (folder: string, environment: string | null, list: KeyList): Result<Kept, string> => {
  const path = secretsPath(folder, environment);
  const secrets = readSecrets(path);
  if (!secrets.ok) return secrets;
  if (secrets.value === null)
    return err(
      `${path}: is not there. What the Worker has, nobody can read back from Cloudflare: put it there.`,
    );
  const keys = list.read(secrets.value[list.name]);
  if (!keys.ok) return err(`${path}: ${keys.refusal}`);
  const rotation = readSecrets(keptPath(folder, 'rotation', environment));
  if (!rotation.ok) return rotation;
  const retired = readRetired(folder, environment, list);
  if (!retired.ok) return retired;
  return ok({
    ...{ secrets: secrets.value, keys: keys.value },
    rotation: toRotation(rotation.value?.[list.name]),
    retiredIds: retired.value.map(({ id }) => id),
  });
};

/** What was written here. Times are for people as well. */
const toRotation = (text: string | undefined): Rotation | null => {
  if (text === undefined) return null;
  const {
    id,
    place,
    sent_at: sentAt,
  } = JSON.parse(text) as {
    readonly id: string;
    readonly place: Rotation['place'];
    readonly sent_at: string | null;
  };
  return { id, place, sentAt: sentAt === null ? null : Date.parse(sentAt) };
};

/** Writes the list into the secrets' file. */
export const keepKeys = (
  folder: string,
  environment: string | null,
  list: KeyList,
  { secrets }: Kept,
  keys: readonly ListedKey[],
): void => writeSecrets(secretsPath(folder, environment), { ...secrets, [list.name]: list.write(keys) });

export const keepRotation = (
  folder: string,
  environment: string | null,
  list: KeyList,
  { id, place, sentAt }: Rotation,
): Result<void, string> => {
  const path = keptPath(folder, 'rotation', environment);
  const all = readSecrets(path);
  if (!all.ok) return all;
  const text = JSON.stringify({
    id,
    place,
    sent_at: sentAt === null ? null : new Date(sentAt).toISOString(),
  });
  writeSecrets(path, { ...all.value, [list.name]: text });
  return ok(undefined);
};

/** Keys that were taken off their list. A master key proves old audit trails; an assertion key, heads that it signed. */
export const readRetired = (
  folder: string,
  environment: string | null,
  list: KeyList,
): Result<readonly ListedKey[], string> => {
  const all = readSecrets(keptPath(folder, 'retired', environment));
  if (!all.ok) return all;
  const text = all.value?.[list.name];
  return text === undefined ? ok([]) : ok(JSON.parse(text) as readonly ListedKey[]);
};

export const keepRetired = (
  folder: string,
  environment: string | null,
  list: KeyList,
  keys: readonly ListedKey[],
): Result<void, string> => {
  const path = keptPath(folder, 'retired', environment);
  const [all, before] = [readSecrets(path), readRetired(folder, environment, list)];
  if (!all.ok) return all;
  if (!before.ok) return before;
  const fresh = keys.filter(({ id }) => !before.value.some((each) => each.id === id));
  writeSecrets(path, { ...all.value, [list.name]: JSON.stringify([...before.value, ...fresh]) });
  return ok(undefined);
};
