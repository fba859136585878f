import { SCOPED_TOKENS, SCOPED_TOKENS_BY_END } from './scoped.ts';
import type { Schema } from './versions.ts';

/** The last moment that a Date can be, in milliseconds. */
export const END_OF_TIME = 8_640_000_000_000_000;

const REVOKED_TOKENS = `CREATE TABLE revoked_tokens (
    -- Access tokens that were ended one by one, by SHA-256 of the token, until they end by themselves.
    token_hash TEXT PRIMARY KEY,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`;
const ROTATIONS = `CREATE TABLE rotations (
    -- Rotations under way, at most one for each key, and what is still to be done at Stytch about one that is over.
    client_id TEXT PRIMARY KEY,
    status TEXT NOT NULL CHECK (status IN ('starting', 'open', 'finishing', 'cancelling', 'undoing')),
    started_at INTEGER NOT NULL,
    finishes_at INTEGER NOT NULL,
    next_last_four TEXT NOT NULL,
    next_master_key TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL,
    fingerprints TEXT NOT NULL
  ) WITHOUT ROWID`;
const ROTATIONS_BY_TIME = 'CREATE INDEX rotations_by_time ON rotations (due_at)';
const IDEMPOTENCY = `CREATE TABLE idempotency (
    -- Requests with an Idempotency-Key, for a day: hashes of key and request, and the answer without its secret.
    name TEXT PRIMARY KEY,
    request TEXT NOT NULL,
    client_id TEXT NOT NULL,
    answer TEXT,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`;
const IDEMPOTENCY_BY_END = 'CREATE INDEX idempotency_by_end ON idempotency (expires_at)';
const AUDIT = `CREATE TABLE audit (
    -- Who did what to which key, from where, by which credential. Each row's mac covers it and the mac before.
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    action TEXT NOT NULL,
    actor_kind TEXT NOT NULL,
    actor_id TEXT,
    via TEXT,
    client_id TEXT,
    address TEXT,
    country TEXT,
    request_id TEXT,
    details TEXT NOT NULL,
    master_key TEXT NOT NULL,
    mac TEXT NOT NULL
  )`;
const AUDIT_BY_KEY = 'CREATE INDEX audit_by_key ON audit (client_id, seq)';
const AUDIT_BY_ACTION = 'CREATE INDEX audit_by_action ON audit (action, seq)';
const AUDIT_BY_ACTOR = 'CREATE INDEX audit_by_actor ON audit (actor_id, seq)';
const AUDIT_ANCHOR = `CREATE TABLE audit_anchor (
    -- The last row of the audit that was old enough to go: one row, so that the chain has a beginning.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    seq INTEGER NOT NULL,
    mac TEXT NOT NULL
  )`;
const BOOKS = `CREATE TABLE books (
    -- The book of each key that has a limit of its own and is used: a row of all would be 2 KB for each of them.
    purse TEXT PRIMARY KEY,
    state TEXT NOT NULL
  ) WITHOUT ROWID`;
const USE_TOTALS = `CREATE TABLE use_totals (
    -- Requests with all keys together, by hours that are over: what would take long to add up.
    hour INTEGER PRIMARY KEY,
    admitted INTEGER NOT NULL,
    refused INTEGER NOT NULL,
    limited INTEGER NOT NULL
  )`;
const TOKEN_DAYS = `CREATE TABLE token_days (
    -- By UTC day (days since 1970), for 400 days: tokens that Stytch gave, requests that were admitted with a secret, and
    -- how much of both a Lobby was told when.
    day INTEGER PRIMARY KEY,
    spent INTEGER NOT NULL,
    presented INTEGER NOT NULL,
    told_spent INTEGER NOT NULL,
    told_presented INTEGER NOT NULL,
    told_at INTEGER
  )`;
const EVENTS = `CREATE TABLE events (
    -- What the operator's URL has not taken yet.
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    at INTEGER NOT NULL,
    body TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at INTEGER NOT NULL
  ) WITHOUT ROWID`;
const EVENTS_BY_TIME = 'CREATE INDEX events_by_time ON events (due_at)';
/**
 * What keys are ordered by, of which SQLite can seek a pair with the client_id: nothing of it is stored but in the indexes.
 * Never used is before all time, without end after it; of a name as much as one of ours has.
 */
const PLACES = [
  'used_place INTEGER AS (coalesce(last_used_at, 0))',
  `end_place INTEGER AS (coalesce(expires_at, ${END_OF_TIME}))`,
  'name_place TEXT COLLATE NOCASE AS (substr(name, 1, 64))',
];
/** Whatever is asked of keys is asked of those of a status: tombstones grow in number for ever. */
const KEYS_INDEXES = [
  'CREATE INDEX keys_of_status_by_age ON keys (status, created_at, client_id)',
  'CREATE INDEX keys_of_status_by_use ON keys (status, used_place, client_id)',
  'CREATE INDEX keys_of_status_by_end ON keys (status, end_place, client_id)',
  'CREATE INDEX keys_of_status_by_name ON keys (status, name_place, client_id)',
  "CREATE INDEX keys_to_tell_of ON keys (end_place) WHERE status = 'active' AND expiring_told_at IS NULL",
  "CREATE INDEX keys_to_look_at ON keys (coalesce(looked_at, created_at)) WHERE status = 'active'",
  "CREATE INDEX keys_to_confirm ON keys (coalesce(confirmed_at, created_at)) WHERE status = 'active'",
];
const IDEMPOTENCY_BY_CLIENT = 'CREATE INDEX idempotency_by_client ON idempotency (client_id)';
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
    suspended_by TEXT,
    suspended_reason TEXT,
    keys_limit INTEGER,
    deleted_at INTEGER,
    forget_at INTEGER,
    quota_told TEXT,
    lapses_at INTEGER
  )`,
  `CREATE TABLE keys (
    -- The owner's keys. Ended ones stay for ever as tombstones: a client_id is never used twice. The last use is written
    -- at most once a minute, unless another client or country is seen.
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
    tokens_from INTEGER,
    ip_allowlist TEXT,
    revision INTEGER,
    confirmed_at INTEGER,
    expiring_told_at INTEGER,
    unused_told_at INTEGER,
    device_client TEXT,
    looked_at INTEGER,
    ${PLACES.join(',\n    ')}
  ) WITHOUT ROWID`,
  'CREATE INDEX keys_by_age ON keys (created_at, client_id)',
  ...KEYS_INDEXES,
  `CREATE TABLE secrets (
    -- The living secrets of the keys, by fingerprint (HMAC under the pepper). The slot is "next" of the one that a
    -- rotation adds.
    fingerprint TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    pepper TEXT NOT NULL,
    token_expires_at INTEGER,
    slot TEXT,
    last_used_at INTEGER
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
    presented INTEGER,
    PRIMARY KEY (client_id, hour)
  ) WITHOUT ROWID`,
  'CREATE INDEX uses_by_hour ON uses (hour)',
  `CREATE TABLE leases (
    -- Leases not yet accounted for that found no place beside the meter.
    lease_id TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    granted INTEGER NOT NULL,
    units INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  'CREATE INDEX leases_by_end ON leases (expires_at)',
  `CREATE TABLE meter (
    -- The sliding-window book of the owner's rate limit: one row, written before every answer. With it the leases that are
    -- not accounted for yet, 64 at the most, so that use is never counted below the truth.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    state TEXT NOT NULL,
    lent TEXT
  )`,
  ROTATIONS,
  ROTATIONS_BY_TIME,
  IDEMPOTENCY,
  IDEMPOTENCY_BY_END,
  IDEMPOTENCY_BY_CLIENT,
  AUDIT,
  AUDIT_BY_KEY,
  AUDIT_BY_ACTION,
  AUDIT_BY_ACTOR,
  AUDIT_ANCHOR,
  EVENTS,
  EVENTS_BY_TIME,
  USE_TOTALS,
  SCOPED_TOKENS,
  SCOPED_TOKENS_BY_END,
  TOKEN_DAYS,
  BOOKS,
];

const ADDED_COLUMNS = {
  ring: [
    'suspended_reason TEXT',
    'keys_limit INTEGER',
    'deleted_at INTEGER',
    'forget_at INTEGER',
    'quota_told TEXT',
    'lapses_at INTEGER',
  ],
  keys: [
    'ip_allowlist TEXT',
    'revision INTEGER',
    'confirmed_at INTEGER',
    'expiring_told_at INTEGER',
    'unused_told_at INTEGER',
  ],
  secrets: ['slot TEXT', 'last_used_at INTEGER'],
};

/**
 * A KeyRing's tables. Version 2: tokens are revoked one by one, and refused when they are older than a rotation.
 * Version 3: a key's whole life. Version 4: keys that were made for a device client, tokens for part of the scopes.
 * Version 5: no question is answered by looking at every row. Version 6: tokens that were spent. Version 7: the book of each
 * key is a row of its own. The version before does not see those: taken back within a window, it counts the own limits of
 * keys anew. Version 8: leases beside the meter; the version before takes those that are out away, and counts that use too low.
 */
export const SCHEMA: Schema = {
  tables: TABLES,
  steps: [
    ['ALTER TABLE keys ADD COLUMN tokens_from INTEGER', REVOKED_TOKENS, REVOKED_TOKENS_BY_END],
    [
      ...Object.entries(ADDED_COLUMNS).flatMap(([table, columns]) =>
        columns.map((column) => `ALTER TABLE ${table} ADD COLUMN ${column}`),
      ),
      ...[ROTATIONS, ROTATIONS_BY_TIME, IDEMPOTENCY, IDEMPOTENCY_BY_END],
      ...[AUDIT, AUDIT_BY_KEY, AUDIT_ANCHOR, EVENTS, EVENTS_BY_TIME, USE_TOTALS],
    ],
    ['ALTER TABLE keys ADD COLUMN device_client TEXT', SCOPED_TOKENS, SCOPED_TOKENS_BY_END],
    [
      ...['looked_at INTEGER', ...PLACES].map((column) => `ALTER TABLE keys ADD COLUMN ${column}`),
      ...[...KEYS_INDEXES, IDEMPOTENCY_BY_CLIENT, AUDIT_BY_ACTION, AUDIT_BY_ACTOR],
    ],
    ['ALTER TABLE uses ADD COLUMN presented INTEGER', TOKEN_DAYS],
    [BOOKS],
    ['ALTER TABLE meter ADD COLUMN lent TEXT'],
  ],
};
