import type { Author } from '../../model/author.ts';
import type { Owner } from '../../model/identity.ts';
import { writeAudit } from '../audit.ts';
import { emit } from '../events.ts';
import { intend } from '../intend.ts';
import type { RingParts } from '../parts.ts';
import { recordOf } from './record.ts';

/**
 * Ends a living key: dead here from the moment of this write, at Stytch as soon as Stytch can be told, forgotten
 * by the Vault after that. Nothing is awaited: the caller sets the alarm in the same step.
 */
export const endKey = (
  parts: RingParts,
  owner: Owner,
  clientId: string,
  status: 'revoked' | 'expired',
  author: Author,
  because: string | null = null,
): void => {
  const { tables } = parts;
  const now = parts.now();
  parts.storage.transactionSync(() => {
    tables.endKey(clientId, status, now);
    // Of a secret that was rotated out just now, the Vault may not have been told yet.
    const rotatedOut = tables.rotation(clientId)?.fingerprints ?? [];
    tables.deleteRotation(clientId);
    const fingerprints = [...rotatedOut, ...tables.deleteSecrets(clientId)];
    intend(parts, clientId, 'delete', { fingerprints });
    writeAudit(parts, author, `key.${status}`, clientId, because === null ? {} : { because });
    if (status === 'revoked') emit(parts, 'key.revoked', recordOf(parts, clientId, owner), { because });
  });
};
