const TABLES = `
  CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS signing_keys (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, kid TEXT NOT NULL UNIQUE,
    private_jwk TEXT NOT NULL, public_jwk TEXT NOT NULL, created_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS m2m_clients (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, client_id TEXT NOT NULL UNIQUE,
    client_name TEXT, client_description TEXT, status TEXT NOT NULL, scopes TEXT NOT NULL, trusted_metadata TEXT,
    secret_hash TEXT NOT NULL, secret_last_four TEXT NOT NULL, next_secret_hash TEXT, next_secret_last_four TEXT);
  CREATE TABLE IF NOT EXISTS deleted_clients (client_id TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS users (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, user_id TEXT NOT NULL UNIQUE, external_id TEXT UNIQUE,
    email TEXT COLLATE NOCASE UNIQUE, email_id TEXT NOT NULL, email_verified INTEGER NOT NULL,
    phone_number TEXT, phone_id TEXT NOT NULL, status TEXT NOT NULL, roles TEXT NOT NULL, name TEXT NOT NULL,
    trusted_metadata TEXT NOT NULL, untrusted_metadata TEXT NOT NULL, created_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS organizations (
    organization_id TEXT PRIMARY KEY, organization_slug TEXT NOT NULL UNIQUE, organization_name TEXT NOT NULL,
    trusted_metadata TEXT NOT NULL, created_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS members (
    member_id TEXT PRIMARY KEY, organization_id TEXT NOT NULL, email TEXT NOT NULL COLLATE NOCASE, name TEXT NOT NULL,
    roles TEXT NOT NULL, trusted_metadata TEXT NOT NULL, created_ms INTEGER NOT NULL, UNIQUE (organization_id, email));
  CREATE TABLE IF NOT EXISTS deleted_members (member_id TEXT PRIMARY KEY);
  CREATE TABLE IF NOT EXISTS passwords (
    subject TEXT PRIMARY KEY, password_id TEXT NOT NULL, salt TEXT NOT NULL, hash TEXT NOT NULL,
    requires_reset INTEGER NOT NULL, failures INTEGER NOT NULL DEFAULT 0,
    lock_created_ms INTEGER, lock_expires_ms INTEGER);
  CREATE TABLE IF NOT EXISTS sessions (
    session_id TEXT PRIMARY KEY, session_token TEXT NOT NULL UNIQUE, subject TEXT NOT NULL, organization_id TEXT,
    factors TEXT NOT NULL, custom_claims TEXT NOT NULL,
    started_ms INTEGER NOT NULL, accessed_ms INTEGER NOT NULL, expires_ms INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS faults (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, endpoint TEXT NOT NULL, fault TEXT NOT NULL,
    times_left INTEGER, skip_left INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS calls (endpoint TEXT PRIMARY KEY, count INTEGER NOT NULL);
  CREATE TABLE IF NOT EXISTS answers (
    endpoint TEXT NOT NULL, status INTEGER NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (endpoint, status));
  CREATE TABLE IF NOT EXISTS deliveries (
    sequence INTEGER PRIMARY KEY AUTOINCREMENT, message_id TEXT NOT NULL UNIQUE, url TEXT NOT NULL,
    body TEXT NOT NULL, state TEXT NOT NULL, attempts TEXT NOT NULL);
  CREATE TABLE IF NOT EXISTS tokens (client_id TEXT PRIMARY KEY, count INTEGER NOT NULL);
`;

const STATE = [
  'settings',
  'm2m_clients',
  'deleted_clients',
  'users',
  'organizations',
  'members',
  'deleted_members',
  'passwords',
  'sessions',
  'faults',
  'calls',
  'answers',
  'deliveries',
  'tokens',
] as const;

/** Creates what is not there yet. */
export const createTables = (sql: SqlStorage): void => {
  sql.exec(TABLES);
};

/** Empties every table but the signing keys, which verifiers may have cached. */
export const emptyTables = (sql: SqlStorage): void => {
  for (const table of STATE) sql.exec(`DELETE FROM ${table}`);
};
