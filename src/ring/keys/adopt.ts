import type { Author } from '../../model/author.ts';
import { isForeignClientId } from '../../model/foreign.ts';
import type { Owner } from '../../model/identity.ts';
import type { AdoptedClient, KeyRecord } from '../../model/life.ts';
import { MAX_DESCRIPTION, MAX_NAME, plainText } from '../../model/plain-text.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { writeAudit } from '../audit.ts';
import { closed, keysLimit } from '../owner/index.ts';
import type { RingParts } from '../parts.ts';
import type { KeyRow } from '../tables/rows.ts';
import { isVisible, toRecord } from './record.ts';

/**
 * Makes a client that was made elsewhere one of the owner's keys: from now on its row decides, and its tombstone for
 * ever. Its secrets stay the Lobby's to prove. A second time is answered like the first.
 */
export const adopt = (
  parts: RingParts,
  owner: Owner,
  client: AdoptedClient,
  author: Author,
): Result<KeyRecord> => {
  const { tables, rules, storage } = parts;
  if (!isForeignClientId(client.clientId, rules.realm)) {
    const detail = 'must be the id of a client that was not made here';
    return err({ reason: 'request_invalid', errors: [{ pointer: '/client_id', detail }] });
  }
  const refusal = closed(parts);
  if (refusal !== null) return err(refusal);
  const present = tables.key(client.clientId);
  if (present !== null) {
    return present.status === 'active' && isVisible(present)
      ? ok(toRecord(parts, present, owner))
      : err({ reason: 'conflict' });
  }
  if (tables.openKeys() >= keysLimit(parts))
    return err({ reason: 'key_limit_reached', limit: keysLimit(parts) });
  const { clientId: keyId, createdBy, scopes, expiresAt, limit } = client;
  // Stytch has whatever somebody called it there. Of what has no name that can be shown, its id is one.
  const name = plainText(client.name, MAX_NAME) || plainText(keyId, MAX_NAME);
  const description = plainText(client.description, MAX_DESCRIPTION);
  const row: KeyRow & { readonly status: 'active' } = {
    ...{ keyId, status: 'active', name, description, scopes, createdBy, expiresAt, limit },
    // Nobody was shown a secret of it here, and no tag of ours is on it.
    ...{ lastFour: '', masterKey: '', createdAt: parts.now(), generation: 1 },
    ...{ endedAt: null, lastUsedAt: null, lastSeen: null, tokensFrom: null },
    ...{ ipAllowlist: null, deviceClient: null, revision: 1, confirmedAt: parts.now() },
  };
  storage.transactionSync(() => {
    tables.insertKey(row);
    writeAudit(parts, author, 'key.imported', keyId, { name, scopes });
  });
  return ok(toRecord(parts, row, owner));
};
