import type { Owner } from '../../model/identity.ts';
import type { KeyRecord, Rotation } from '../../model/life.ts';
import type { RingParts } from '../parts.ts';
import type { KeyRow } from '../tables/rows.ts';

/** A row that its owner may see: a key being made is shown by nobody. */
export type VisibleRow = KeyRow & { readonly status: Exclude<KeyRow['status'], 'creating'> };

/** A key as its owner may see it. */
export const toRecord = (parts: Pick<RingParts, 'tables'>, row: VisibleRow, owner: Owner): KeyRecord => {
  const rotation = row.status === 'active' ? rotationOf(parts, row.keyId) : null;
  return {
    keyId: row.keyId,
    // Whoever names a member need not know his organisation: his Ring may.
    owner: parts.tables.owner() ?? owner,
    createdBy: row.createdBy,
    name: row.name,
    description: row.description,
    scopes: row.scopes,
    limit: row.limit,
    status: rotation === null ? row.status : 'rotating',
    lastFour: row.lastFour,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    endedAt: row.endedAt,
    lastUsedAt: row.lastUsedAt,
    lastSeen: row.lastSeen,
    ipAllowlist: row.ipAllowlist,
    rotation,
    deviceClient: row.deviceClient,
    revision: row.revision,
  };
};

/** A key's record as it is now; null for one that nobody may see. */
export const recordOf = (parts: Pick<RingParts, 'tables'>, keyId: string, owner: Owner): KeyRecord | null => {
  const row = parts.tables.key(keyId);
  return row !== null && isVisible(row) ? toRecord(parts, row, owner) : null;
};

/** Whether a row is of a key that its owner may see. */
export const isVisible = (row: KeyRow): row is VisibleRow => row.status !== 'creating';

const rotationOf = ({ tables }: Pick<RingParts, 'tables'>, keyId: string): Rotation | null => {
  const row = tables.rotation(keyId);
  if (row === null || row.status !== 'open') return null;
  const { startedAt, finishesAt, nextLastFour } = row;
  const old = tables.secrets(keyId).filter(({ slot }) => slot === null);
  const lastUsedAt = Math.max(...old.map((secret) => secret.lastUsedAt ?? 0));
  // What is marked from before is of the rotation before.
  return {
    ...{ startedAt, finishesAt, nextLastFour },
    oldSecretLastUsedAt: lastUsedAt >= startedAt ? lastUsedAt : null,
  };
};
