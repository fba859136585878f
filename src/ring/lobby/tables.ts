import { type Attempt, BUDGET_WINDOW_MS } from '../../model/budget.ts';
import type { Owner } from '../../model/identity.ts';
import { dayOf } from '../../model/token-days.ts';
import type { Row } from '../tables/rows.ts';
import { scopedTables } from '../tables/scoped.ts';
import { openSql } from '../tables/sql.ts';
import { createTables, hasTable, upgradeTables } from '../tables/versions.ts';
import { deviceTables } from './device-tables.ts';
import { MESSAGE_KEPT_MS, messageTables } from './message-tables.ts';
import { runTables } from './run-tables.ts';
import { LOBBY_SCHEMA } from './schema.ts';
import { tokenTables } from './token-tables.ts';

/** For how long after its last token's end it is remembered that Stytch accepted a secret, in seconds: 90 days. */
const ACCEPTED_KEPT_SECONDS = 90 * 86_400;

/** How many secrets of one client are remembered: two live at once, and a few of before. */
const SECRETS_OF_CLIENT = 8;

/** A secret that Stytch accepted, with what its last token said. */
export interface AcceptedSecret {
  readonly fingerprint: string;
  readonly clientId: string;
  /** The owner that the token named; of kind `client` where it named none. */
  readonly named: Owner;
  readonly scopes: readonly string[];
  /** The token, sealed under the secret; null once it has ended. */
  readonly sealed: string | null;
  /** Milliseconds since the epoch. */
  readonly acceptedAt: number;
  /** NumericDate, seconds. */
  readonly tokenExpiresAt: number;
}

/** The Lobby's tables. Every statement of the Lobby is here; each is one synchronous step. */
export const openLobbyTables = (storage: DurableObjectStorage) => {
  const sql = openSql(storage.sql);
  const { all, first, run } = sql;
  const messages = messageTables(sql);
  const devices = deviceTables(sql);
  const scoped = scopedTables(sql, () => true);
  const tokens = tokenTables(sql);

  /** Forgets secrets, with the tokens for part of the scopes that they opened. */
  const forgetSecrets = (which: string, ...values: readonly SqlStorageValue[]): void => {
    for (const row of all(`SELECT fingerprint FROM secrets WHERE ${which}`, ...values)) {
      scoped.deleteScopedTokens(row.fingerprint as string);
      run('DELETE FROM secrets WHERE fingerprint = ?', row.fingerprint as string);
    }
  };

  const sweepFailures = (now: number): void =>
    run('DELETE FROM failures WHERE at <= ? OR at > ?', now - BUDGET_WINDOW_MS, now + BUDGET_WINDOW_MS);

  // There are 64 Lobbies whatever strangers ask, so that their tables may be there from the first look.
  if (hasTable(storage, 'owners')) upgradeTables(storage, LOBBY_SCHEMA);
  else createTables(storage, LOBBY_SCHEMA);

  return {
    ...messages,
    ...devices,
    ...runTables(sql),
    ...scoped,
    ...tokens,
    owner: (clientId: string): Owner | null => {
      const row = first('SELECT * FROM owners WHERE client_id = ?', clientId);
      return row === null ? null : toOwner(row);
    },
    /** Writes down whose a client is. Whether it may be written over is for the caller to know. */
    putOwner: (clientId: string, owner: Owner, now: number): void =>
      run(
        `INSERT INTO owners (client_id, owner_kind, owner_id, organization_id, claimed_at) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (client_id) DO UPDATE SET owner_kind = excluded.owner_kind, owner_id = excluded.owner_id,
           organization_id = excluded.organization_id`,
        ...[clientId, owner.kind, owner.id, owner.organizationId, now],
      ),

    /** Since when its tokens are to name its owner; milliseconds since the epoch, or null for nobody's client. */
    claimedAt: (clientId: string): number | null =>
      (first('SELECT claimed_at FROM owners WHERE client_id = ?', clientId)?.claimed_at as
        | number
        | undefined) ?? null,
    renewClaim: (clientId: string, now: number): void =>
      run('UPDATE owners SET claimed_at = ? WHERE client_id = ?', now, clientId),
    forgetClient: (clientId: string): void => {
      run('DELETE FROM owners WHERE client_id = ?', clientId);
      forgetSecrets('client_id = ?', clientId);
    },

    secret: (fingerprint: string, clientId: string): AcceptedSecret | null => {
      const row = first(
        'SELECT * FROM secrets WHERE fingerprint = ? AND client_id = ?',
        fingerprint,
        clientId,
      );
      return row === null ? null : toSecret(row);
    },
    /** Writes an accepted secret down; of each client only the last few are kept. */
    putSecret: (secret: AcceptedSecret): void => {
      const { fingerprint, clientId, named, scopes, sealed, acceptedAt, tokenExpiresAt } = secret;
      run(
        `INSERT OR REPLACE INTO secrets (fingerprint, client_id, owner_kind, owner_id, organization_id, scopes, sealed,
           accepted_at, token_expires_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[
          fingerprint,
          clientId,
          named.kind,
          named.id,
          named.organizationId,
          JSON.stringify(scopes),
          sealed,
        ],
        ...[acceptedAt, tokenExpiresAt],
      );
      forgetSecrets(
        `client_id = ?1 AND fingerprint NOT IN (SELECT fingerprint FROM secrets
           WHERE client_id = ?1 ORDER BY accepted_at DESC LIMIT ?2)`,
        ...[clientId, SECRETS_OF_CLIENT],
      );
    },
    /** Forgets the tokens of a client, and not that Stytch accepted its secrets. */
    forgetTokens: (clientId: string): void => {
      for (const row of all('SELECT fingerprint FROM secrets WHERE client_id = ?', clientId))
        scoped.deleteScopedTokens(row.fingerprint as string);
      run('UPDATE secrets SET sealed = NULL WHERE client_id = ?', clientId);
    },
    deleteSecret: (fingerprint: string): void => forgetSecrets('fingerprint = ?', fingerprint),

    /** The failures that count, oldest first. */
    failures: (now: number): readonly Attempt[] =>
      all('SELECT * FROM failures WHERE at > ? ORDER BY at', now - BUDGET_WINDOW_MS).map((row) => ({
        at: row.at as number,
        clientId: row.client_id as string,
        address: row.address as string | null,
        outcome: row.answered === 1 ? 'refused' : 'unanswered',
      })),
    putFailure: ({ at, clientId, address, outcome }: Attempt): void =>
      run(
        'INSERT INTO failures (at, client_id, address, answered) VALUES (?, ?, ?, ?)',
        ...[at, clientId, address, outcome === 'refused' ? 1 : 0],
      ),

    /** Forgets failures that no longer count. One of the future is of before the clock was put right. */
    sweepFailures,
    /** Forgets all that no longer counts. */
    sweep: (now: number): void => {
      const seconds = Math.floor(now / 1000);
      sweepFailures(now);
      messages.sweepMessages(now);
      devices.sweepDevices(now);
      scoped.sweepScopedTokens(now);
      tokens.sweepTokens(dayOf(now));
      forgetSecrets('token_expires_at <= ?', seconds - ACCEPTED_KEPT_SECONDS);
      run('UPDATE secrets SET sealed = NULL WHERE token_expires_at <= ? AND sealed IS NOT NULL', seconds);
    },
    /** When there is something to forget next, in milliseconds since the epoch; null for never. */
    nextSweepAt: (): number | null => {
      const row = first(
        `SELECT min(at) AS at FROM (SELECT min(at) + ?1 AS at FROM failures
           UNION ALL SELECT min(seen_at) + ?3 FROM messages
           UNION ALL SELECT min(expires_at) * 1000 FROM scoped_tokens
           UNION ALL SELECT min(token_expires_at) * 1000 FROM secrets WHERE sealed IS NOT NULL
           UNION ALL SELECT (min(token_expires_at) + ?2) * 1000 FROM secrets)`,
        ...[BUDGET_WINDOW_MS, ACCEPTED_KEPT_SECONDS, MESSAGE_KEPT_MS],
      );
      const times = [
        row?.at as number | null | undefined,
        devices.nextDeviceSweepAt(),
        tokens.nextTokenSweepAt(),
      ];
      const known = times.filter((at) => at !== null && at !== undefined);
      return known.length === 0 ? null : Math.min(...known);
    },
  };
};

export type LobbyTables = ReturnType<typeof openLobbyTables>;

const toOwner = (row: Row): Owner => ({
  kind: row.owner_kind as Owner['kind'],
  id: row.owner_id as string,
  organizationId: row.organization_id as string | null,
});

const toSecret = (row: Row): AcceptedSecret => ({
  fingerprint: row.fingerprint as string,
  clientId: row.client_id as string,
  named: toOwner(row),
  scopes: JSON.parse(row.scopes as string) as string[],
  sealed: row.sealed as string | null,
  acceptedAt: row.accepted_at as number,
  tokenExpiresAt: row.token_expires_at as number,
});
