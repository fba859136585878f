import type { LeakOutcome, LeakReport } from '../../model/life.ts';
import { writeAudit } from '../audit.ts';
import { emit } from '../events.ts';
import type { RingParts } from '../parts.ts';
import { hasExpired } from '../requests/standing.ts';
import { endKey } from './end.ts';
import { recordOf } from './record.ts';
import { endNextSecret, endOldSecret } from './rotation-end.ts';

/**
 * Ends what somebody found. Only a living secret proves that he has one: its fingerprint. During a rotation the other
 * secret lives on. What is dead already is left alone, and says nothing.
 */
export const leaked = (parts: RingParts, report: LeakReport): LeakOutcome => {
  const { tables, storage } = parts;
  const { clientId, fingerprints, author, source } = report;
  const owner = tables.owner();
  const key = tables.key(clientId);
  if (owner === null || key?.status !== 'active' || hasExpired(key, parts.now())) return 'nothing';
  const found = tables.secrets(clientId).find(({ fingerprint }) => fingerprints.includes(fingerprint));
  if (found === undefined) return 'nothing';
  const isRotating = tables.rotation(clientId)?.status === 'open';
  const outcome = !isRotating ? 'key' : found.slot === 'next' ? 'next_secret' : 'old_secret';
  storage.transactionSync(() => {
    writeAudit(parts, author, 'key.leaked', clientId, { source, ended: outcome });
    if (outcome === 'key') endKey(parts, owner, clientId, 'revoked', author, 'leaked');
    else if (outcome === 'next_secret') endNextSecret(parts, clientId, author, 'leaked');
    else endOldSecret(parts, owner, clientId, author, 'leaked');
    emit(parts, 'key.leaked', recordOf(parts, clientId, owner), { source, ended: outcome });
  });
  return outcome;
};
