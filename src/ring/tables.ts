import type { Owner } from '../model/identity.ts';
import type { SavedMeter } from '../model/meter.ts';
import type { ListRequest, Seen } from '../model/ports.ts';
import {
  type Intention,
  type KeptTokenRow,
  type KeyChange,
  type KeyRow,
  limitText,
  type Row,
  type SecretRow,
  toIntention,
  toKeyRow,
} from './rows.ts';
import { SCHEMA } from './schema.ts';
import { useTables } from './use-tables.ts';
import { createTables, hasTable, upgradeTables } from './versions.ts';

/** The Ring's tables. Every statement of the KeyRing is here; each is one synchronous step. */
export const openTables = (storage: DurableObjectStorage) => {
  const sql = storage.sql;
  const all = (query: string, ...values: SqlStorageValue[]): readonly Row[] =>
    sql.exec(query, ...values).toArray();
  const first = (query: string, ...values: SqlStorageValue[]): Row | null => all(query, ...values)[0] ?? null;
  const run = (query: string, ...values: SqlStorageValue[]): void => void sql.exec(query, ...values);

  // A Ring that was merely asked writes nothing: strangers and empty lists leave no trace.
  let exists = hasTable(storage, 'ring');
  if (exists) upgradeTables(storage, SCHEMA);

  return {
    exists: (): boolean => exists,

    /** Creates the tables and writes the owner down. */
    create: (owner: Owner, now: number): void => {
      storage.transactionSync(() => {
        createTables(storage, SCHEMA);
        const values = [owner.kind, owner.id, owner.organizationId, now];
        run(
          'INSERT INTO ring (id, owner_kind, owner_id, organization_id, created_at) VALUES (1, ?, ?, ?, ?)',
          ...values,
        );
      });
      exists = true;
    },

    /** Removes every trace of the Ring. */
    drop: async (): Promise<void> => {
      exists = false;
      await storage.deleteAll();
    },

    owner: (): Owner | null => {
      const row = exists ? first('SELECT owner_kind, owner_id, organization_id FROM ring') : null;
      return row === null
        ? null
        : {
            kind: row.owner_kind as Owner['kind'],
            id: row.owner_id as string,
            organizationId: row.organization_id as string | null,
          };
    },

    learnOrganization: (organizationId: string): void =>
      run('UPDATE ring SET organization_id = ? WHERE organization_id IS NULL', organizationId),

    /** The name of the owner's plan; null for the default limit. */
    plan: (): string | null =>
      exists ? ((first('SELECT plan FROM ring')?.plan as string | null) ?? null) : null,
    setPlan: (plan: string | null): void => run('UPDATE ring SET plan = ?', plan),

    isSuspended: (): boolean => exists && first('SELECT 1 FROM ring WHERE suspended_at IS NOT NULL') !== null,
    suspend: (by: string, now: number): void =>
      run(
        'UPDATE ring SET suspended_at = coalesce(suspended_at, ?), suspended_by = coalesce(suspended_by, ?)',
        now,
        by,
      ),
    lift: (): void => run('UPDATE ring SET suspended_at = NULL, suspended_by = NULL'),

    key: (clientId: string): KeyRow | null => {
      const row = exists ? first('SELECT * FROM keys WHERE client_id = ?', clientId) : null;
      return row === null ? null : toKeyRow(row);
    },

    /** Keys that hold a slot: the living and those being made. */
    openKeys: (): number =>
      exists ? Number(first("SELECT count(*) AS n FROM keys WHERE status IN ('active', 'creating')")?.n) : 0,

    list: ({ status, limit, after }: ListRequest): readonly KeyRow[] => {
      if (!exists) return [];
      const statuses = status === null ? ['active', 'revoked', 'expired'] : [status];
      const marks = statuses.map(() => '?').join(', ');
      const from = after ?? { createdAt: Number.MAX_SAFE_INTEGER, keyId: '' };
      return all(
        `SELECT * FROM keys WHERE status IN (${marks}) AND (created_at, client_id) < (?, ?)
         ORDER BY created_at DESC, client_id DESC LIMIT ?`,
        ...statuses,
        from.createdAt,
        from.keyId,
        limit,
      ).map(toKeyRow);
    },

    insertKey: (key: KeyRow): void =>
      run(
        `INSERT INTO keys (client_id, status, name, description, scopes, created_by, created_at, expires_at, ended_at,
           last_four, last_used_at, generation, own_limit, master_key, tokens_from)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[key.keyId, key.status, key.name, key.description, JSON.stringify(key.scopes), key.createdBy],
        ...[
          key.createdAt,
          key.expiresAt,
          key.endedAt,
          key.lastFour,
          key.lastUsedAt,
          key.generation,
          limitText(key.limit),
          key.masterKey,
          key.tokensFrom,
        ],
      ),
    deleteKey: (clientId: string): void => run('DELETE FROM keys WHERE client_id = ?', clientId),
    activateKey: (clientId: string): void =>
      run("UPDATE keys SET status = 'active' WHERE client_id = ?", clientId),
    endKey: (clientId: string, status: 'revoked' | 'expired', now: number): void =>
      run(
        'UPDATE keys SET status = ?, ended_at = ?, generation = generation + 1 WHERE client_id = ?',
        ...[status, now, clientId],
      ),
    /** Changes a key. Other scopes are another generation: what was evidence until now is none any more. */
    changeKey: (clientId: string, { name, description, scopes, limit }: KeyChange): void => {
      const text = JSON.stringify(scopes);
      run(
        `UPDATE keys SET name = ?, description = ?, own_limit = ?, generation = generation + (scopes <> ?), scopes = ?
         WHERE client_id = ?`,
        ...[name, description, limitText(limit), text, text, clientId],
      );
    },
    markUsed: (clientId: string, now: number, seen: Seen | null): void =>
      run(
        'UPDATE keys SET last_used_at = max(coalesce(last_used_at, 0), ?), last_seen = coalesce(?, last_seen) WHERE client_id = ?',
        ...[now, seen === null ? null : JSON.stringify(seen), clientId],
      ),
    /** Living keys whose end has come. */
    expiring: (now: number): readonly KeyRow[] =>
      exists ? all("SELECT * FROM keys WHERE status = 'active' AND expires_at <= ?", now).map(toKeyRow) : [],

    secrets: (clientId: string): readonly SecretRow[] =>
      all('SELECT * FROM secrets WHERE client_id = ?', clientId).map((row) => ({
        fingerprint: row.fingerprint as string,
        clientId,
        pepper: row.pepper as string,
        tokenExpiresAt: row.token_expires_at as number | null,
      })),
    putSecret: (secret: SecretRow): void =>
      run(
        `INSERT INTO secrets (fingerprint, client_id, pepper, token_expires_at) VALUES (?, ?, ?, ?)
         ON CONFLICT (fingerprint) DO UPDATE SET token_expires_at = excluded.token_expires_at`,
        ...[secret.fingerprint, secret.clientId, secret.pepper, secret.tokenExpiresAt],
      ),
    deleteSecrets: (clientId: string): void => {
      run(
        'DELETE FROM tokens WHERE fingerprint IN (SELECT fingerprint FROM secrets WHERE client_id = ?)',
        clientId,
      );
      run('DELETE FROM secrets WHERE client_id = ?', clientId);
    },

    token: (fingerprint: string): KeptTokenRow | null => {
      const row = exists ? first('SELECT * FROM tokens WHERE fingerprint = ?', fingerprint) : null;
      return row === null
        ? null
        : {
            sealed: row.sealed as string,
            generation: row.generation as number,
            expiresAt: row.expires_at as number,
          };
    },
    putToken: (fingerprint: string, token: KeptTokenRow): void =>
      run(
        'INSERT OR REPLACE INTO tokens (fingerprint, sealed, generation, expires_at) VALUES (?, ?, ?, ?)',
        ...[fingerprint, token.sealed, token.generation, token.expiresAt],
      ),

    putIntention: (intention: Intention): void =>
      run(
        `INSERT OR REPLACE INTO intentions (client_id, kind, attempts, due_at, since, fingerprints)
         VALUES (?, ?, ?, ?, ?, ?)`,
        ...[intention.clientId, intention.kind, intention.attempts, intention.dueAt, intention.since],
        JSON.stringify(intention.fingerprints),
      ),
    deleteIntention: (clientId: string): void => run('DELETE FROM intentions WHERE client_id = ?', clientId),
    intention: (clientId: string): Intention | null => {
      const row = exists ? first('SELECT * FROM intentions WHERE client_id = ?', clientId) : null;
      return row === null ? null : toIntention(row);
    },
    intentionsDue: (now: number): readonly Intention[] =>
      exists ? all('SELECT * FROM intentions WHERE due_at <= ? ORDER BY due_at', now).map(toIntention) : [],

    isRevokedToken: (tokenHash: string): boolean =>
      exists && first('SELECT 1 FROM revoked_tokens WHERE token_hash = ?', tokenHash) !== null,
    revokeToken: (tokenHash: string, expiresAt: number): void =>
      run(
        'INSERT OR REPLACE INTO revoked_tokens (token_hash, expires_at) VALUES (?, ?)',
        tokenHash,
        expiresAt,
      ),
    /** Forgets tokens that have ended by themselves since. */
    forgetRevokedTokens: (now: number): void => {
      if (exists) run('DELETE FROM revoked_tokens WHERE expires_at <= ?', revokedUntil(now));
    },

    ...useTables(sql, () => exists),

    /** When the Ring has to wake next, in milliseconds since the epoch; null for never. */
    nextDueAt: (): number | null => {
      if (!exists) return null;
      const row = first(
        `SELECT min(at) AS at FROM (SELECT min(due_at) AS at FROM intentions
           UNION ALL SELECT min(expires_at) FROM keys WHERE status = 'active'
           UNION ALL SELECT (min(expires_at) + ${REVOKED_MARGIN_SECONDS}) * 1000 FROM revoked_tokens)`,
      );
      return (row?.at as number | null | undefined) ?? null;
    },

    meter: (): SavedMeter | null => {
      const row = exists ? first('SELECT state FROM meter') : null;
      return row === null ? null : (JSON.parse(row.state as string) as SavedMeter);
    },
    putMeter: (meter: SavedMeter): void =>
      run('INSERT OR REPLACE INTO meter (id, state) VALUES (1, ?)', JSON.stringify(meter)),

    /** Whether the Ring has anything to remember besides its meter. */
    isIdle: (): boolean =>
      first(
        `SELECT 1 FROM keys UNION ALL SELECT 1 FROM intentions UNION ALL SELECT 1 FROM revoked_tokens
           UNION ALL SELECT 1 FROM ring WHERE suspended_at IS NOT NULL OR plan IS NOT NULL LIMIT 1`,
      ) === null,
  };
};

/** A revoked token is remembered for this much longer than it lives, whatever the clocks say; seconds. */
const REVOKED_MARGIN_SECONDS = 60;

const revokedUntil = (now: number): number => Math.floor(now / 1000) - REVOKED_MARGIN_SECONDS;

export type Tables = ReturnType<typeof openTables>;
