import type { ChangeRequest, KeyRecord } from '../../model/life.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { writeAudit } from '../audit.ts';
import { intend } from '../intend.ts';
import type { RingParts } from '../parts.ts';
import type { KeyChange, KeyRow } from '../tables/rows.ts';
import { refusalOf } from '../unanswered.ts';
import { recordOf } from './record.ts';

/**
 * Changes a living key. What is taken away is gone from the Ring before anybody is asked, and Stytch is told from the
 * ledger. Scopes that are added are asked of Stytch first: until it has them, a token could not carry them.
 */
export const change = async (parts: RingParts, request: ChangeRequest): Promise<Result<KeyRecord>> => {
  const { keyId, patch, revision } = request;
  const row = parts.tables.key(keyId);
  if (row === null || row.status !== 'active') return err({ reason: 'not_found' });
  if (parts.tables.isSuspended()) return err({ reason: 'owner_suspended' });
  if (revision !== null && revision !== row.revision) return err({ reason: 'precondition_failed' });
  if (parts.changing.has(keyId)) return err({ reason: 'conflict' });
  const wanted = { ...changeable(row), ...patch };
  const added = wanted.scopes.filter((scope) => !row.scopes.includes(scope));
  if (added.length === 0) {
    apply(parts, request, wanted);
    await parts.wake();
    return shown(parts, request);
  }
  parts.changing.add(keyId);
  try {
    return await widen(parts, request, row, wanted);
  } finally {
    parts.changing.delete(keyId);
    await parts.wake();
  }
};

const changeable = (row: KeyRow): KeyChange => {
  const { name, description, scopes, limit, expiresAt, ipAllowlist } = row;
  return { name, description, scopes, limit, expiresAt, ipAllowlist };
};

/** Writes a change down, with the intention to make the client at Stytch the same. */
const apply = (parts: RingParts, { keyId: clientId, author }: ChangeRequest, wanted: KeyChange): void =>
  parts.storage.transactionSync(() => {
    const before = parts.tables.key(clientId);
    parts.tables.changeKey(clientId, wanted);
    writeAudit(parts, author, 'key.changed', clientId, before === null ? {} : differences(before, wanted));
    intend(parts, clientId, 'update');
  });

const widen = async (
  parts: RingParts,
  request: ChangeRequest,
  before: KeyRow,
  wanted: KeyChange,
): Promise<Result<KeyRecord>> => {
  const clientId = before.keyId;
  const kept = before.scopes.filter((scope) => wanted.scopes.includes(scope));
  if (kept.length < before.scopes.length) apply(parts, request, { ...changeable(before), scopes: kept });
  const { name, description, scopes } = wanted;
  const outcome = await parts.stytch.updateClient({ clientId, name, description, scopes });
  if (outcome.outcome !== 'answered') return err(refusalOf(outcome));
  // A revoke that ran meanwhile wins; a client that Stytch no longer has cannot be widened.
  if (parts.tables.key(clientId)?.status !== 'active') return err({ reason: 'not_found' });
  if (!outcome.value.existed) return err({ reason: 'client_refused', detail: 'm2m_client_not_found' });
  apply(parts, request, wanted);
  return shown(parts, request);
};

const shown = (parts: RingParts, { keyId, owner }: ChangeRequest): Result<KeyRecord> => {
  const record = recordOf(parts, keyId, owner);
  return record === null ? err({ reason: 'not_found' }) : ok(record);
};

/** What was changed from what to what, by the names that the Desk gives it. */
const differences = (before: KeyRow, wanted: KeyChange): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    NAMES.filter(([member]) => JSON.stringify(before[member]) !== JSON.stringify(wanted[member])).map(
      ([member, name]) => [name, { from: before[member], to: wanted[member] }],
    ),
  );

const NAMES: readonly (readonly [keyof KeyChange, string])[] = [
  ['name', 'name'],
  ['description', 'description'],
  ['scopes', 'scopes'],
  ['limit', 'limit'],
  ['expiresAt', 'expires_at'],
  ['ipAllowlist', 'ip_allowlist'],
];
