import type { Schema } from '../versions.ts';

/**
 * The tables of a Lobby. No secret, no usable token, no address: who reads all of them cannot make a request and learns
 * of nobody where he was. `docs/storage.md` is made from this list, so each table says what it is for.
 */
const TABLES: readonly string[] = [
  `CREATE TABLE owners (
    -- Whose a foreign client is: the first claim, and since when its tokens are to name him. Never more rows than clients
    -- that Stytch or an operator vouched for.
    client_id TEXT PRIMARY KEY,
    owner_kind TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    organization_id TEXT,
    claimed_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  `CREATE TABLE secrets (
    -- Secrets that Stytch accepted, by fingerprint, the last 8 of each client, for 90 days after the last token's end:
    -- the owner and the scopes that the token named, and the token itself while it lives, sealed under the secret.
    fingerprint TEXT PRIMARY KEY,
    client_id TEXT NOT NULL,
    owner_kind TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    organization_id TEXT,
    scopes TEXT NOT NULL,
    sealed TEXT,
    accepted_at INTEGER NOT NULL,
    token_expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  'CREATE INDEX secrets_by_client ON secrets (client_id, token_expires_at)',
  'CREATE INDEX secrets_by_end ON secrets (token_expires_at)',
  'CREATE INDEX secrets_with_token ON secrets (token_expires_at) WHERE sealed IS NOT NULL',
  `CREATE TABLE failures (
    -- Pairs that Stytch did not accept, for a minute, 120 at the most; the address as a keyed hash of its block.
    id INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    client_id TEXT NOT NULL,
    address TEXT,
    answered INTEGER NOT NULL
  )`,
];

/** A Lobby's tables. */
export const LOBBY_SCHEMA: Schema = { tables: TABLES, steps: [] };
