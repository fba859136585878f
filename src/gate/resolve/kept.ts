import type { Tier } from '../../model/evidence.ts';
import type { SecretName } from '../../model/ports.ts';
import { type KeptToken, unseal } from '../../model/seal.ts';
import type { Trace } from '../../model/trace.ts';
import type { DecisionPorts } from '../ports.ts';

/** What somebody presents, and whose it must be. */
export interface Presenter {
  readonly name: SecretName;
  readonly clientSecret: string;
  readonly ring: string;
}

/**
 * Begins to read what the Vault keeps for a secret, and the keys that its token is signed with: whoever else is asked
 * meanwhile waits for neither.
 */
export const readVault = (
  ports: DecisionPorts,
  fingerprint: string,
  trace: Trace,
): Promise<string | null> => {
  ports.inBackground(ports.readKeys());
  const startedAt = ports.now();
  return ports.vault.get(fingerprint).finally(() => {
    trace.kvMs += ports.now() - startedAt;
  });
};

/**
 * The token that the Vault or the Ring keeps for a secret, where it is this client's and this owner's. Anything else is as
 * good as nothing, and is logged: a fault wrote it, or somebody who may write there (SECURITY: CACHE-08, CACHE-12).
 */
export const openKept = async (
  ports: DecisionPorts,
  tier: Tier,
  sealed: string,
  { name, clientSecret, ring }: Presenter,
): Promise<KeptToken | null> => {
  const { clientId, fingerprint } = name;
  const context = { project: ports.projectId, place: fingerprint };
  const kept = await unseal(sealed, clientSecret, await ports.keychain(), context);
  if (kept !== null && kept.clientId === clientId && kept.ring === ring) return kept;
  ports.log({ event: 'vault', key_id: clientId, tier, outcome: 'not opened' });
  return null;
};
