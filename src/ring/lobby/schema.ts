import { SCOPED_TOKENS, SCOPED_TOKENS_BY_END } from '../tables/scoped.ts';
import type { Schema } from '../tables/versions.ts';

const MESSAGES = `CREATE TABLE messages (
    -- Messages of Stytch's that were dealt with, by SHA-256 of their id, for 15 minutes, 10,000 at the most; and when the
    -- last copy of each was signed (seconds).
    id TEXT PRIMARY KEY,
    sent_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL
  ) WITHOUT ROWID`;
const MESSAGES_BY_AGE = 'CREATE INDEX messages_by_age ON messages (seen_at)';
const RECONCILIATION = `CREATE TABLE reconciliation (
    -- In one of the Lobbies: the reconciliation under way, or the last one, as JSON: what was found, and where it goes on.
    -- One row. When its next page is due; null when it is over.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    run TEXT NOT NULL,
    due_at INTEGER
  )`;
const DEVICE_CODES = `CREATE TABLE device_codes (
    -- Devices that wait for a user's word (RFC 8628), and what became of them, for ten minutes: the user code under a keyed
    -- name, the device code as its SHA-256, in boxes that only Latchkey opens what is shown of the device and who approved
    -- it, and which session has claimed it.
    user_code TEXT PRIMARY KEY,
    device_code TEXT NOT NULL,
    client_id TEXT NOT NULL,
    scopes TEXT NOT NULL,
    about TEXT NOT NULL,
    expires_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'approved', 'denied', 'redeeming', 'redeemed')),
    state_at INTEGER NOT NULL,
    because TEXT,
    interval_seconds INTEGER NOT NULL,
    polled_at INTEGER,
    session_id TEXT,
    claim TEXT,
    approver TEXT,
    redemption TEXT
  ) WITHOUT ROWID`;
const DEVICE_CODES_BY_END = 'CREATE INDEX device_codes_by_end ON device_codes (expires_at)';
const TRIES = `CREATE TABLE tries (
    -- What may be done a few times in ten minutes, 10,000 at the most: wrong user codes, by owner's ring and by address, and
    -- devices that began to wait, by client and address; an address as a keyed hash of its block.
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    at INTEGER NOT NULL
  )`;
const TRIES_BY_NAME = 'CREATE INDEX tries_by_name ON tries (name, at)';
const TRIES_BY_AGE = 'CREATE INDEX tries_by_age ON tries (at)';

const TOKEN_REPORTS = `CREATE TABLE token_reports (
    -- What each Ring told of a UTC day, for ten days, so that it counts once however often it is told.
    day INTEGER NOT NULL,
    ring TEXT NOT NULL,
    spent INTEGER NOT NULL,
    presented INTEGER NOT NULL,
    PRIMARY KEY (day, ring)
  ) WITHOUT ROWID`;
const TOKEN_TOTALS = `CREATE TABLE token_totals (
    -- By UTC day, for 400 days: tokens that Stytch gave to this Lobby and to the Rings that tell it, and requests that were
    -- admitted with a secret.
    day INTEGER PRIMARY KEY,
    spent INTEGER NOT NULL,
    presented INTEGER NOT NULL
  )`;

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
  MESSAGES,
  MESSAGES_BY_AGE,
  RECONCILIATION,
  DEVICE_CODES,
  DEVICE_CODES_BY_END,
  TRIES,
  TRIES_BY_NAME,
  TRIES_BY_AGE,
  SCOPED_TOKENS,
  SCOPED_TOKENS_BY_END,
  TOKEN_REPORTS,
  TOKEN_TOTALS,
];

/**
 * A Lobby's tables. Version 2: messages that were dealt with are known again. Version 3: one of the Lobbies reconciles.
 * Version 4: device codes, and tokens for part of the scopes. Version 5: tokens that were spent.
 */
export const LOBBY_SCHEMA: Schema = {
  tables: TABLES,
  steps: [
    [MESSAGES, MESSAGES_BY_AGE],
    [RECONCILIATION],
    [
      ...[DEVICE_CODES, DEVICE_CODES_BY_END, TRIES, TRIES_BY_NAME, TRIES_BY_AGE],
      ...[SCOPED_TOKENS, SCOPED_TOKENS_BY_END],
    ],
    [TOKEN_REPORTS, TOKEN_TOTALS],
  ],
};
