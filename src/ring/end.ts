import type { RingParts } from './parts.ts';

/**
 * Ends a living key: dead here from the moment of this write, at Stytch as soon as Stytch can be told, forgotten
 * by the Vault after that. Nothing is awaited: the caller sets the alarm in the same step.
 */
export const endKey = (parts: RingParts, clientId: string, status: 'revoked' | 'expired'): void => {
  const { tables } = parts;
  const now = parts.now();
  const fingerprints = tables.secrets(clientId).map((secret) => secret.fingerprint);
  parts.storage.transactionSync(() => {
    tables.endKey(clientId, status, now);
    tables.deleteSecrets(clientId);
    tables.putIntention({ clientId, kind: 'delete', attempts: 0, dueAt: now, since: now, fingerprints });
  });
};
