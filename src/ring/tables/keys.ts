import type { ListRequest, PagePosition, Seen } from '../../model/life.ts';
import {
  type KeptTokenRow,
  type KeyChange,
  type KeyRow,
  type ListedRow,
  limitText,
  type SecretRow,
  toKeptTokenRow,
  toKeyRow,
  toSecretRow,
} from './rows.ts';
import type { Sql } from './sql.ts';

/** Which keys, behind what, and behind what no more. */
type Listed = Omit<ListRequest, 'owner'> & { readonly until?: PagePosition | null };

/** The tables of keys, their secrets, and the tokens that are kept for those. */
export const keyTables = ({ all, first, run }: Sql, exists: () => boolean) => ({
  key: (clientId: string): KeyRow | null => {
    const row = exists() ? first('SELECT * FROM keys WHERE client_id = ?', clientId) : null;
    return row === null ? null : toKeyRow(row);
  },

  /** Keys that hold a slot: the living and those being made. */
  openKeys: (): number =>
    exists() ? Number(first("SELECT count(*) AS n FROM keys WHERE status IN ('active', 'creating')")?.n) : 0,

  liveKeys: (): number =>
    exists() ? Number(first("SELECT count(*) AS n FROM keys WHERE status = 'active'")?.n) : 0,

  livingKeys: (): readonly KeyRow[] =>
    exists() ? all("SELECT * FROM keys WHERE status = 'active'").map(toKeyRow) : [],

  /**
   * Keys behind a position and not behind another, each with its place in the order. Of a search, in upper case, those that
   * may be meant.
   */
  list: (asked: Listed): readonly ListedRow[] => {
    if (!exists()) return [];
    const { status, search = null, scope = null, sort = 'created', limit, until = null } = asked;
    const { by, way, not } = ORDER[sort];
    const filters: readonly Filter[] = [
      [STATUS[status ?? 'all'].only],
      ...(search === null ? [] : [[MAY_HAVE, search] as const]),
      ...(scope === null
        ? []
        : [['EXISTS (SELECT 1 FROM json_each(scopes) WHERE value = ?)', scope] as const]),
      ...(until === null ? [] : [[`(${by}, client_id) ${not} (?, ?)`, until.place, until.keyId] as const]),
    ];
    const { sql, values } = inOrder(asked, filters);
    return all(
      `SELECT keys.*, place FROM (${sql}) CROSS JOIN keys USING (client_id)
       ORDER BY ${by} ${way}, client_id ${way} LIMIT ?`,
      ...[...values, limit],
    ).map((row) => ({ ...toKeyRow(row), place: row.place }) as ListedRow);
  },
  /** Where the last of so many keys behind a position stands, whatever they have; null where there are no more. */
  endOfLook: (asked: Omit<Listed, 'until'>): PagePosition | null => {
    if (!exists()) return null;
    const { sort = 'created', limit } = asked;
    const { way } = ORDER[sort];
    const { sql, values } = inOrder({ ...asked, limit: limit + 1 }, []);
    const [last, next] = all(
      `SELECT * FROM (${sql}) ORDER BY place ${way}, client_id ${way} LIMIT 2 OFFSET ?`,
      ...[...values, limit - 1],
    );
    return last === undefined || next === undefined
      ? null
      : { place: last.place as PagePosition['place'], keyId: last.client_id as string };
  },

  insertKey: (key: KeyRow): void =>
    run(
      `INSERT INTO keys (client_id, status, name, description, scopes, created_by, created_at, expires_at, ended_at,
         last_four, last_used_at, generation, own_limit, master_key, tokens_from, ip_allowlist, revision, confirmed_at,
         device_client) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[key.keyId, key.status, key.name, key.description, JSON.stringify(key.scopes), key.createdBy],
      ...[key.createdAt, key.expiresAt, key.endedAt, key.lastFour, key.lastUsedAt, key.generation],
      ...[limitText(key.limit), key.masterKey, key.tokensFrom, listText(key.ipAllowlist), key.revision],
      ...[key.confirmedAt, key.deviceClient],
    ),
  deleteKey: (clientId: string): void => run('DELETE FROM keys WHERE client_id = ?', clientId),
  activateKey: (clientId: string, now: number): void =>
    run("UPDATE keys SET status = 'active', confirmed_at = ? WHERE client_id = ?", now, clientId),
  endKey: (clientId: string, status: 'revoked' | 'expired', now: number): void =>
    run(
      `UPDATE keys SET status = ?, ended_at = ?, generation = generation + 1, revision = coalesce(revision, 1) + 1
       WHERE client_id = ?`,
      ...[status, now, clientId],
    ),
  /** Changes a key. Other scopes are another generation: what was evidence until now is none any more. */
  changeKey: (clientId: string, change: KeyChange): void => {
    const text = JSON.stringify(change.scopes);
    run(
      `UPDATE keys SET name = ?, description = ?, own_limit = ?, generation = generation + (scopes <> ?), scopes = ?,
         expiring_told_at = CASE WHEN expires_at IS ? THEN expiring_told_at END, expires_at = ?, ip_allowlist = ?,
         revision = coalesce(revision, 1) + 1
       WHERE client_id = ?`,
      ...[change.name, change.description, limitText(change.limit), text, text],
      ...[change.expiresAt, change.expiresAt, listText(change.ipAllowlist), clientId],
    );
  },
  /** A rotation began, or one of its secrets ended: the key is not what its owner read before. */
  touchKey: (clientId: string): void =>
    run('UPDATE keys SET revision = coalesce(revision, 1) + 1 WHERE client_id = ?', clientId),
  /** One of two secrets is gone: no evidence of before is good, and no token made until now. `now` in milliseconds. */
  rotateOut: (clientId: string, left: { lastFour: string; masterKey: string }, now: number): void =>
    run(
      `UPDATE keys SET last_four = ?, master_key = ?, tokens_from = ?, generation = generation + 1,
         revision = coalesce(revision, 1) + 1 WHERE client_id = ?`,
      ...[left.lastFour, left.masterKey, Math.floor(now / 1000), clientId],
    ),
  setTokensFrom: (clientId: string, now: number): void =>
    run('UPDATE keys SET tokens_from = ? WHERE client_id = ?', Math.floor(now / 1000), clientId),
  /** Clients that were made elsewhere: no tag of ours is on them. */
  foreignKeys: (): readonly string[] =>
    exists()
      ? all("SELECT client_id FROM keys WHERE master_key = ''").map((row) => row.client_id as string)
      : [],
  /** Forgets what keys say of a person: what is left of each is that it was there, and how it ended. */
  forgetPersonal: (): void =>
    run(
      "UPDATE keys SET name = '', description = '', ip_allowlist = NULL, last_seen = NULL, last_used_at = NULL",
    ),
  /** Not before a minute is over, unless something else is seen: it is a row and its place in an index each time. */
  markUsed: (clientId: string, now: number, seen: Seen | null): void =>
    run(
      `UPDATE keys SET last_used_at = max(coalesce(last_used_at, 0), ?1), last_seen = coalesce(?2, last_seen),
         unused_told_at = NULL
       WHERE client_id = ?3 AND (used_place <= ?1 - ${USED_APART_MS} OR last_seen IS NOT coalesce(?2, last_seen))`,
      ...[now, seen === null ? null : JSON.stringify(seen), clientId],
    ),
  /** Stytch was seen to have the client of a living key. */
  confirm: (clientId: string, now: number): void =>
    run('UPDATE keys SET confirmed_at = ? WHERE client_id = ?', now, clientId),
  unconfirmedSince: (since: number, limit: number): readonly KeyRow[] =>
    exists()
      ? all(
          `SELECT * FROM keys INDEXED BY keys_to_confirm
             WHERE status = 'active' AND coalesce(confirmed_at, created_at) <= ? LIMIT ?`,
          since,
          limit,
        ).map(toKeyRow)
      : [],
  /** Living keys whose end has come. */
  expiring: (now: number, limit: number): readonly KeyRow[] =>
    exists()
      ? all("SELECT * FROM keys WHERE status = 'active' AND end_place <= ? LIMIT ?", now, limit).map(toKeyRow)
      : [],

  secrets: (clientId: string): readonly SecretRow[] =>
    all('SELECT * FROM secrets WHERE client_id = ?', clientId).map(toSecretRow),
  putSecret: ({ fingerprint, clientId, pepper, tokenExpiresAt, slot }: Omit<SecretRow, 'lastUsedAt'>): void =>
    run(
      `INSERT INTO secrets (fingerprint, client_id, pepper, token_expires_at, slot) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT (fingerprint) DO UPDATE SET token_expires_at = excluded.token_expires_at`,
      ...[fingerprint, clientId, pepper, tokenExpiresAt, slot],
    ),
  markSecretUsed: (fingerprint: string, at: number): void =>
    run(
      'UPDATE secrets SET last_used_at = max(coalesce(last_used_at, 0), ?) WHERE fingerprint = ?',
      at,
      fingerprint,
    ),
  /** The secret that a rotation added becomes the key's only one. */
  settleNext: (clientId: string): void => run('UPDATE secrets SET slot = NULL WHERE client_id = ?', clientId),
  /** Deletes the secrets of a key, or those of one slot alone, with their tokens; their fingerprints. */
  deleteSecrets: (clientId: string, which: 'all' | 'old' | 'next' = 'all'): readonly string[] => {
    const gone = all(`SELECT fingerprint FROM secrets WHERE client_id = ? AND ${SLOT[which]}`, clientId).map(
      (row) => row.fingerprint as string,
    );
    for (const fingerprint of gone) {
      run('DELETE FROM tokens WHERE fingerprint = ?', fingerprint);
      run('DELETE FROM scoped_tokens WHERE fingerprint = ?', fingerprint);
      run('DELETE FROM secrets WHERE fingerprint = ?', fingerprint);
    }
    return gone;
  },

  token: (fingerprint: string): KeptTokenRow | null => {
    const row = exists() ? first('SELECT * FROM tokens WHERE fingerprint = ?', fingerprint) : null;
    return row === null ? null : toKeptTokenRow(row);
  },
  putToken: (fingerprint: string, token: KeptTokenRow): void =>
    run(
      'INSERT OR REPLACE INTO tokens (fingerprint, sealed, generation, expires_at) VALUES (?, ?, ?, ?)',
      ...[fingerprint, token.sealed, token.generation, token.expiresAt],
    ),
});

/** How far apart uses are that are written down, in milliseconds. */
const USED_APART_MS = 60_000;

const STATUS = {
  all: { statuses: ['active', 'revoked', 'expired'], only: 'true' },
  active: { statuses: ['active'], only: 'true' },
  rotating: {
    statuses: ['active'],
    only: "client_id IN (SELECT client_id FROM rotations WHERE status = 'open')",
  },
  revoked: { statuses: ['revoked'], only: 'true' },
  expired: { statuses: ['expired'], only: 'true' },
} as const;

/** SQLite knows the case of ASCII alone: what is written in more letters is looked at by who can tell. */
const MAY_HAVE = `(instr(upper(client_id || last_four || name || description), ?) > 0
  OR name || description GLOB '*[^ -~]*')`;

const FALLING = { way: 'DESC', behind: '<', not: '>=' } as const;
const RISING = { way: 'ASC', behind: '>', not: '<=' } as const;

/** By what lists are ordered. */
const ORDER = {
  created: { by: 'created_at', ...FALLING },
  used: { by: 'used_place', ...FALLING },
  expires: { by: 'end_place', ...RISING },
  name: { by: 'name_place', ...RISING },
} as const;

/** A condition of SQL's, and what is bound to it. */
type Filter = readonly [sql: string, ...values: readonly SqlStorageValue[]];

/** The ids of keys behind a position: in an index those of one status are in order; of several, the first of each are put together. */
const inOrder = ({ status, sort = 'created', limit, after }: Listed, filters: readonly Filter[]) => {
  const { by, way, behind } = ORDER[sort];
  const { statuses } = STATUS[status ?? 'all'];
  const all: readonly Filter[] = [
    ...filters,
    ...(after === null ? [] : [[`(${by}, client_id) ${behind} (?, ?)`, after.place, after.keyId] as const]),
  ];
  const where = all.map(([sql]) => ` AND ${sql}`).join('');
  const firstOfEach = statuses.map(
    (each) => `SELECT * FROM (SELECT client_id, ${by} AS place FROM keys WHERE status = '${each}'${where}
      ORDER BY ${by} ${way}, client_id ${way} LIMIT ?)`,
  );
  const values = [...all.flatMap(([, ...bound]) => bound), limit];
  return { sql: firstOfEach.join(' UNION ALL '), values: statuses.flatMap(() => values) };
};

const SLOT = { all: 'true', old: 'slot IS NULL', next: "slot = 'next'" } as const;

const listText = (list: readonly string[] | null): string | null =>
  list === null ? null : JSON.stringify(list);
