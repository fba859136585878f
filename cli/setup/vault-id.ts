import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Unstable_Config } from 'wrangler';
import { readDeploymentText } from '../deployment-text.ts';
import { DEPLOYMENT_FILE } from '../project.ts';
import { replacements } from '../toml.ts';

/**
 * Writes the id of the Vault's namespace where the environment's stands now, comments and all else kept; false where
 * there is no place that changes this environment's Vault and nothing of any other.
 */
export const writeVaultId = async (
  folder: string,
  environment: string | null,
  before: string,
  id: string,
): Promise<boolean> => {
  const path = join(folder, DEPLOYMENT_FILE);
  const text = readFileSync(path, 'utf8');
  const vaults = await vaultsIn(text);
  const wanted = new Map(vaults).set(environment, id);
  for (const next of replacements(text, before, id)) {
    if (same(await vaultsIn(next), wanted)) {
      writeFileSync(path, next);
      return true;
    }
  }
  return false;
};

/** The id of each environment's Vault. */
const vaultsIn = async (text: string): Promise<ReadonlyMap<string | null, string | undefined>> => {
  const top = await readDeploymentText(text, null);
  if (!top.ok) return new Map();
  const vaults = new Map<string | null, string | undefined>([[null, vaultOf(top.value)]]);
  for (const name of top.value.definedEnvironments ?? []) {
    const read = await readDeploymentText(text, name);
    if (read.ok) vaults.set(name, vaultOf(read.value));
  }
  return vaults;
};

const vaultOf = ({ kv_namespaces }: Unstable_Config): string | undefined =>
  kv_namespaces.find(({ binding }) => binding === 'VAULT')?.id;

const same = (
  some: ReadonlyMap<string | null, string | undefined>,
  others: ReadonlyMap<string | null, string | undefined>,
): boolean => some.size === others.size && [...some].every(([name, id]) => others.get(name) === id);
