import type { Owner } from '../model/identity.ts';
import type { KeyPatch, KeyRecord } from '../model/ports.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import type { RingParts } from './parts.ts';
import { isVisible, toRecord } from './record.ts';
import type { KeyChange, KeyRow } from './rows.ts';

/**
 * Changes a living key. What is taken away is gone from the Ring before anybody is asked, and Stytch is told from the
 * ledger. Scopes that are added are asked of Stytch first: until it has them, a token could not carry them.
 */
export const change = async (
  parts: RingParts,
  owner: Owner,
  keyId: string,
  patch: KeyPatch,
): Promise<Result<KeyRecord>> => {
  const row = parts.tables.key(keyId);
  if (row === null || row.status !== 'active') return err({ reason: 'not_found' });
  if (parts.tables.isSuspended()) return err({ reason: 'owner_suspended' });
  if (parts.changing.has(keyId)) return err({ reason: 'conflict' });
  const wanted = { ...changeable(row), ...patch };
  const added = wanted.scopes.filter((scope) => !row.scopes.includes(scope));
  if (added.length === 0) {
    apply(parts, keyId, wanted);
    await parts.wake();
    return shown(parts, owner, keyId);
  }
  parts.changing.add(keyId);
  try {
    return await widen(parts, owner, row, wanted);
  } finally {
    parts.changing.delete(keyId);
    await parts.wake();
  }
};

const changeable = ({ name, description, scopes, limit }: KeyRow): KeyChange => ({
  name,
  description,
  scopes,
  limit,
});

/** Writes a change down, with the intention to make the client at Stytch the same. */
const apply = (parts: RingParts, clientId: string, wanted: KeyChange): void => {
  const now = parts.now();
  parts.storage.transactionSync(() => {
    parts.tables.changeKey(clientId, wanted);
    parts.tables.putIntention({
      clientId,
      kind: 'update',
      attempts: 0,
      dueAt: now,
      since: now,
      fingerprints: [],
    });
  });
};

const widen = async (
  parts: RingParts,
  owner: Owner,
  before: KeyRow,
  wanted: KeyChange,
): Promise<Result<KeyRecord>> => {
  const clientId = before.keyId;
  const kept = before.scopes.filter((scope) => wanted.scopes.includes(scope));
  if (kept.length < before.scopes.length) apply(parts, clientId, { ...changeable(before), scopes: kept });
  const { name, description, scopes } = wanted;
  const outcome = await parts.stytch.updateClient({ clientId, name, description, scopes });
  if (outcome.outcome === 'declined') return err({ reason: 'client_refused', detail: outcome.code });
  if (outcome.outcome === 'unreachable') {
    return err({ reason: 'unavailable', what: 'stytch', retryAfterSeconds: outcome.retryAfterSeconds ?? 5 });
  }
  // A revoke that ran meanwhile wins; a client that Stytch no longer has cannot be widened.
  if (parts.tables.key(clientId)?.status !== 'active') return err({ reason: 'not_found' });
  if (!outcome.value.existed) return err({ reason: 'client_refused', detail: 'm2m_client_not_found' });
  apply(parts, clientId, wanted);
  return shown(parts, owner, clientId);
};

const shown = (parts: RingParts, owner: Owner, keyId: string): Result<KeyRecord> => {
  const row = parts.tables.key(keyId);
  return row !== null && isVisible(row) ? ok(toRecord(row, owner)) : err({ reason: 'not_found' });
};
