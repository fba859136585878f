import type { Schema } from './versions.ts';

const REVOKED_TOKENS = `CREATE TABLE revoked_tokens (
    -- Access tokens and session JWTs that were ended one by one, by SHA-256 of the token, until they end by themselves.
    token_hash TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`;
const REVOKED_TOKENS_BY_END = 'CREATE INDEX revoked_tokens_by_end ON revoked_tokens (expires_at)';

/**
 * The tables of a KeyRing. No secret, no usable token: who reads all of them cannot make a request.
 * `docs/storage.md` is made from this list, so each table says what it is for.
 */
const TABLES: readonly string[] = [
  `CREATE TABLE ring (
    -- Whose Ring this is: one row. Only a member's organisation may be learned later.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    owner_kind TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    organization_id TEXT,
    created_at INTEGER NOT NULL,
    plan TEXT,
    suspended_at INTEGER,
    suspended_by TEXT
  )`,
  `CREATE TABLE keys (
    -- The owner's keys. Ended ones stay for ever as tombstones: a client_id is never used twice.
    client_id TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('creating', 'active', 'revoked', 'expired')),
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    ended_at INTEGER,
    last_four TEXT NOT NULL,
    last_used_at INTEGER,
    last_seen TEXT,
    generation INTEGER NOT NULL,
    own_limit TEXT,
    master_key TEXT NOT NULL,
    tokens_from INTEGER
  ) WITHOUT ROWID`,
  'CREATE INDEX keys_by_age ON keys (created_at, client_id)',
  `CREATE TABLE secrets (
    -- The living secrets of the keys, by fingerprint (HMAC under the pepper).
    fingerprint TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    pepper TEXT NOT NULL,
    token_expires_at INTEGER
  ) WITHOUT ROWID`,
  'CREATE INDEX secrets_by_client ON secrets (client_id)',
  `CREATE TABLE tokens (
    -- One access token for each secret, sealed under that secret.
    fingerprint TEXT PRIMARY KEY,
    sealed TEXT NOT NULL,
    generation INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  REVOKED_TOKENS,
  REVOKED_TOKENS_BY_END,
  `CREATE TABLE intentions (
    -- What is still to be done at Stytch, at most one for each key.
    client_id TEXT PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('create', 'update', 'delete')),
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    since INTEGER NOT NULL,
    fingerprints TEXT NOT NULL
  ) WITHOUT ROWID`,
  'CREATE INDEX intentions_by_time ON intentions (due_at)',
  `CREATE TABLE uses (
    -- Requests by key and hour (hours since 1970), kept for 90 days.
    client_id TEXT NOT NULL,
    hour INTEGER NOT NULL,
    admitted INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    limited INTEGER NOT NULL,
    PRIMARY KEY (client_id, hour)
  ) WITHOUT ROWID`,
  'CREATE INDEX uses_by_hour ON uses (hour)',
  `CREATE TABLE leases (
    -- Leases not yet accounted for, so that use is never counted below the truth.
    lease_id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    granted INTEGER NOT NULL,
    units INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  'CREATE INDEX leases_by_end ON leases (expires_at)',
  `CREATE TABLE meter (
    -- The sliding-window book of the owner's rate limit: one row, written before every answer.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    state TEXT NOT NULL
  )`,
];

/** A KeyRing's tables. Version 2: tokens are revoked one by one, and refused when they are older than a rotation. */
export const SCHEMA: Schema = {
  tables: TABLES,
  steps: [['ALTER TABLE keys ADD COLUMN tokens_from INTEGER', REVOKED_TOKENS, REVOKED_TOKENS_BY_END]],
};
