import { LATCHKEY } from '../../src/model/author.ts';
import { toBase62 } from '../../src/model/base62.ts';
import type { Tables } from '../../src/ring/tables/index.ts';
import type { KeyRow } from '../../src/ring/tables/rows.ts';

/** How many keys of an owner may live, by the schema of the operator's file: what is more is tombstones. */
export const MAX_LIVING = 1_000;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** What of an owner there shall be. */
export interface Past {
  /** The ring part of the client ids, with the prefix before it. */
  readonly prefix: string;
  readonly from: number;
  readonly to: number;
  /** How many of all keys live. */
  readonly living: number;
  /** The scopes of each. */
  readonly scopes: readonly string[];
}

export const clientIdOf = ({ prefix }: Pick<Past, 'prefix'>, index: number): string =>
  `${prefix}${toBase62(BigInt(index), 11)}`;

/**
 * Writes keys as they would be after years, with all that comes with them: a row or two in every table that grows with
 * their number, and nothing that is due by `now`.
 */
export const fill = (tables: Tables, past: Past, now: number): void => {
  const firstSeq = tables.auditHead('').seq + 1;
  for (let index = past.from; index < past.to; index++) {
    const key = keyOf(past, index, now);
    tables.insertKey(key);
    for (const [i, action] of ['key.created', 'key.changed'].entries())
      tables.putAudit({
        ...{ ...LATCHKEY, seq: firstSeq + 2 * (index - past.from) + i, at: key.createdAt, action },
        ...{ keyId: key.keyId, details: {}, masterKey: '1', mac: key.keyId },
      });
    if (index < past.living) live(tables, key, index, now);
  }
};

/** Ages of years, seconds apart from each other, so that an order by them is total. */
const keyOf = ({ living, scopes, ...past }: Past, index: number, now: number): KeyRow => {
  const isLiving = index < living;
  const createdAt = now - DAY_MS - index * 1_000;
  return {
    keyId: clientIdOf(past, index),
    status: isLiving ? 'active' : index % 4 === 0 ? 'expired' : 'revoked',
    name: `key ${String((index * 7_919) % 1_000_003)}`,
    description: '',
    scopes,
    createdBy: 'user',
    createdAt,
    expiresAt: index % 2 === 0 ? now + 365 * DAY_MS + index * 1_000 : null,
    endedAt: isLiving ? null : now - HOUR_MS,
    lastFour: 'abcd',
    lastUsedAt: index % 3 === 0 ? null : createdAt + HOUR_MS,
    lastSeen: null,
    generation: 1,
    limit: null,
    masterKey: '1',
    tokensFrom: null,
    ipAllowlist: null,
    revision: 1,
    confirmedAt: now,
    deviceClient: null,
  };
};

/** What only a living key has. Every tenth is being rotated, or something of it is still to be told. */
const live = (tables: Tables, { keyId }: KeyRow, index: number, now: number): void => {
  const fingerprint = `fingerprint of ${keyId}`;
  const later = now + 30 * DAY_MS + index;
  const seconds = Math.floor(later / 1_000);
  tables.putSecret({ fingerprint, clientId: keyId, pepper: '1', tokenExpiresAt: seconds, slot: null });
  tables.putToken(fingerprint, { sealed: 'sealed', generation: 1, expiresAt: seconds });
  tables.putScopedToken(fingerprint, 'items:read', { sealed: 'sealed', generation: 1, expiresAt: seconds });
  tables.revokeToken(`hash of a token of ${keyId}`, seconds);
  tables.putIdempotency({
    ...{ name: `request for ${keyId}`, request: 'hash', clientId: keyId, answer: null, expiresAt: later },
  });
  // What is out on lease is of the last minute, whoever has how many keys.
  if (index < 100) tables.openLease(`lease of ${keyId}`, keyId, 8, later);
  if (index % 10 !== 0) return;
  const attempt = { clientId: keyId, attempts: 1, dueAt: later, fingerprints: [] };
  tables.putIntention({ ...attempt, kind: 'update', since: now });
  tables.putRotation({
    ...{ ...attempt, status: 'open', startedAt: now, finishesAt: later },
    ...{ nextLastFour: 'efgh', nextMasterKey: '1' },
  });
  tables.putEvent({
    ...{ id: `event of ${keyId}`, type: 'key.created', at: now, body: '{}', attempts: 1, dueAt: later },
  });
};
