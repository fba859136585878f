import { isAskersOwn } from '../../model/asker.ts';
import type { EndOutcome, EndReport } from '../../model/life.ts';
import { writeAudit } from '../audit.ts';
import { emit } from '../events.ts';
import type { RingParts } from '../parts.ts';
import { hasExpired } from '../requests/standing.ts';
import { endKey } from './end.ts';
import { recordOf } from './record.ts';
import { endNextSecret, endOldSecret } from './rotation-end.ts';

/**
 * Ends what somebody presents: what he found, or what he has and wants no more. Only a living secret proves that he has
 * one: its fingerprint. During a rotation the other secret lives on. What is dead already, or is not his, is left alone,
 * and says nothing.
 */
export const endPresented = (parts: RingParts, report: EndReport): EndOutcome => {
  const { tables, storage } = parts;
  const { clientId, fingerprints, by, author, source } = report;
  const owner = tables.owner();
  const key = tables.key(clientId);
  if (owner === null || key?.status !== 'active' || hasExpired(key, parts.now())) return 'nothing';
  if (by !== null && !isAskersOwn(by, { clientId, owner, deviceClient: key.deviceClient })) return 'nothing';
  const found = tables.secrets(clientId).find(({ fingerprint }) => fingerprints.includes(fingerprint));
  if (found === undefined) return 'nothing';
  const isRotating = tables.rotation(clientId)?.status === 'open';
  const outcome = !isRotating ? 'key' : found.slot === 'next' ? 'next_secret' : 'old_secret';
  const isLeak = by === null;
  storage.transactionSync(() => {
    if (isLeak) writeAudit(parts, author, 'key.leaked', clientId, { source, ended: outcome });
    // That a key was revoked says by itself that somebody wanted it so; that a rotation ended does not.
    if (outcome === 'key') endKey(parts, owner, clientId, 'revoked', author, isLeak ? 'leaked' : null);
    else if (outcome === 'next_secret') endNextSecret(parts, clientId, author, isLeak ? 'leaked' : 'revoked');
    else endOldSecret(parts, owner, clientId, author, isLeak ? 'leaked' : 'revoked');
    if (isLeak) emit(parts, 'key.leaked', recordOf(parts, clientId, owner), { source, ended: outcome });
  });
  return outcome;
};
