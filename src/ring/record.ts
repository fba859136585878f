import type { Owner } from '../model/identity.ts';
import type { KeyRecord } from '../model/ports.ts';
import type { KeyRow } from './rows.ts';

/** A key as its owner may see it. A key being made is shown by nobody: it has no status to show. */
export const toRecord = (
  row: KeyRow & { readonly status: KeyRecord['status'] },
  owner: Owner,
): KeyRecord => ({
  keyId: row.keyId,
  owner,
  createdBy: row.createdBy,
  name: row.name,
  description: row.description,
  scopes: row.scopes,
  limit: row.limit,
  status: row.status,
  lastFour: row.lastFour,
  createdAt: row.createdAt,
  expiresAt: row.expiresAt,
  endedAt: row.endedAt,
  lastUsedAt: row.lastUsedAt,
  lastSeen: row.lastSeen,
});

/** Whether a row is of a key that its owner may see. */
export const isVisible = (row: KeyRow): row is KeyRow & { readonly status: KeyRecord['status'] } =>
  row.status !== 'creating';
