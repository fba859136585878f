import type { Book } from '../../model/book.ts';
import type { Owner } from '../../model/identity.ts';
import type { Suspension } from '../../model/life.ts';
import type { ChangedMeter, SavedMeter } from '../../model/meter.ts';
import { auditTables } from './audit.ts';
import { keyTables } from './keys.ts';
import { ledgerTables } from './ledger.ts';
import { openLent } from './lent.ts';
import type { Row } from './rows.ts';
import { END_OF_TIME, SCHEMA } from './schema.ts';
import { scopedTables } from './scoped.ts';
import { openSql } from './sql.ts';
import { tokenDayTables } from './token-days.ts';
import { toldTables } from './told.ts';
import { useTables } from './use.ts';
import { createTables, hasTable, upgradeTables } from './versions.ts';

/** How long before or after something a Ring wakes by itself, in milliseconds; null where it does not. */
export interface Wakes {
  readonly expiringMs: number | null;
  readonly unusedMs: number | null;
  readonly auditMs: number;
  /** After so long without a word of Stytch on a living key, it is asked. */
  readonly confirmMs: number;
}

/** The Ring's tables. Every statement of the KeyRing is here or in the files beside; each is one synchronous step. */
export const openTables = (storage: DurableObjectStorage) => {
  const sql = openSql(storage.sql);
  const { all, first, run } = sql;

  // A Ring that was merely asked writes nothing: strangers and empty lists leave no trace.
  let exists = hasTable(storage, 'ring');
  if (exists) upgradeTables(storage, SCHEMA);
  const { lentText, dropLent, ...lent } = openLent(sql, () => exists);

  const putBooks = (books: ChangedMeter['keys']): void => {
    for (const [purse, book] of Object.entries(books)) {
      if (book === null) run('DELETE FROM books WHERE purse = ?', purse);
      else run('INSERT OR REPLACE INTO books (purse, state) VALUES (?, ?)', purse, JSON.stringify(book));
    }
  };

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
      dropLent();
      await storage.deleteAll();
    },

    owner: (): Owner | null => {
      const row = exists ? first('SELECT owner_kind, owner_id, organization_id FROM ring') : null;
      return row === null ? null : toOwner(row);
    },
    /** All that an ask has to know of the owner, read at once. */
    ring: (): RingRow | null => {
      const row = exists
        ? first('SELECT owner_kind, owner_id, organization_id, plan, suspended_at FROM ring')
        : null;
      return row === null
        ? null
        : {
            owner: toOwner(row),
            plan: row.plan as string | null,
            isSuspended: row.suspended_at !== null,
          };
    },

    learnOrganization: (organizationId: string): void =>
      run('UPDATE ring SET organization_id = ? WHERE organization_id IS NULL', organizationId),

    /** The name of the owner's plan; null for the default limit. */
    plan: (): string | null =>
      exists ? ((first('SELECT plan FROM ring')?.plan as string | null) ?? null) : null,
    setPlan: (plan: string | null): void => run('UPDATE ring SET plan = ?', plan),

    isSuspended: (): boolean => exists && first('SELECT 1 FROM ring WHERE suspended_at IS NOT NULL') !== null,
    /** By whom, or by what. */
    suspendedBy: (): string | null =>
      exists ? ((first('SELECT suspended_by FROM ring')?.suspended_by as string | null) ?? null) : null,
    suspension: (): Suspension | null => {
      const row = exists
        ? first('SELECT suspended_at, suspended_reason FROM ring WHERE suspended_at IS NOT NULL')
        : null;
      return row === null
        ? null
        : {
            suspendedAt: row.suspended_at as number,
            reason: (row.suspended_reason as string | null) ?? '',
          };
    },
    /** Since when it is stays as it was. With an end where it lapses by itself; null where it stays. */
    suspend: (by: string, reason: string, now: number, lapsesAt: number | null): void =>
      run(
        `UPDATE ring SET suspended_at = coalesce(suspended_at, ?), suspended_by = ?, suspended_reason = ?,
           lapses_at = ?`,
        ...[now, by, reason, lapsesAt],
      ),
    lift: (): void =>
      run(
        'UPDATE ring SET suspended_at = NULL, suspended_by = NULL, suspended_reason = NULL, lapses_at = NULL',
      ),
    lapsesAt: (): number | null =>
      exists ? ((first('SELECT lapses_at FROM ring')?.lapses_at as number | null) ?? null) : null,
    /** A suspension that would have lapsed stays. */
    keepSuspension: (): void => run('UPDATE ring SET lapses_at = NULL'),

    /** When the Ring was made; null where it was not. */
    createdAt: (): number | null =>
      exists ? (first('SELECT created_at FROM ring')?.created_at as number) : null,
    keysLimit: (): number | null =>
      exists ? ((first('SELECT keys_limit FROM ring')?.keys_limit as number | null) ?? null) : null,
    setKeysLimit: (limit: number | null): void => run('UPDATE ring SET keys_limit = ?', limit),
    /** When the owner's data was deleted, and when the rest goes. */
    deletion: (): { readonly deletedAt: number; readonly keptUntil: number } | null => {
      const row = exists
        ? first('SELECT deleted_at, forget_at FROM ring WHERE deleted_at IS NOT NULL')
        : null;
      return row === null
        ? null
        : { deletedAt: row.deleted_at as number, keptUntil: row.forget_at as number };
    },
    setDeletion: (deletedAt: number, forgetAt: number): void =>
      run('UPDATE ring SET deleted_at = ?, forget_at = ?', deletedAt, forgetAt),
    /** Whether nothing is left to be done at Stytch or to be told. */
    isSettled: (): boolean =>
      first(
        `SELECT 1 WHERE EXISTS (SELECT 1 FROM intentions) OR EXISTS (SELECT 1 FROM rotations)
           OR EXISTS (SELECT 1 FROM events)`,
      ) === null,

    isRevokedToken: (tokenHash: string): boolean =>
      exists && first('SELECT 1 FROM revoked_tokens WHERE token_hash = ?', tokenHash) !== null,
    revokeToken: (tokenHash: string, expiresAt: number): void =>
      run(
        'INSERT OR REPLACE INTO revoked_tokens (token_hash, expires_at) VALUES (?, ?)',
        tokenHash,
        expiresAt,
      ),
    /** How many are remembered, and when the first of them goes; milliseconds since the epoch. */
    revokedTokens: (): { readonly count: number; readonly firstGoesAt: number } => {
      const row = exists ? first('SELECT count(*) AS n, min(expires_at) AS at FROM revoked_tokens') : null;
      const at = (row?.at as number | null | undefined) ?? 0;
      return { count: Number(row?.n ?? 0), firstGoesAt: (at + REVOKED_MARGIN_SECONDS) * 1000 };
    },
    /** Forgets tokens that have ended by themselves since. */
    forgetRevokedTokens: (now: number): void => {
      if (exists) run('DELETE FROM revoked_tokens WHERE expires_at <= ?', revokedUntil(now));
    },

    ...keyTables(sql, () => exists),
    ...ledgerTables(sql, () => exists),
    ...auditTables(sql, () => exists),
    ...toldTables(sql, () => exists),
    ...useTables(sql, () => exists, lent),
    ...lent,
    ...scopedTables(sql, () => exists),
    ...tokenDayTables(sql, () => exists),

    /** When the Ring has to wake next, in milliseconds since the epoch; null for never. */
    nextDueAt: ({ expiringMs, unusedMs, auditMs, confirmMs }: Wakes): number | null => {
      if (!exists) return null;
      // One query each: SQLite in a Durable Object takes five terms of a UNION at the most.
      const living = (index: string): string => `FROM keys INDEXED BY ${index} WHERE status = 'active'`;
      const ends = `AND end_place < ${END_OF_TIME}`;
      const times = [
        first('SELECT min(due_at) AS at FROM intentions'),
        first('SELECT min(due_at) AS at FROM rotations'),
        first('SELECT min(due_at) AS at FROM events'),
        first(`SELECT min(end_place) AS at ${living('keys_of_status_by_end')} ${ends}`),
        first(
          `SELECT min(end_place) - ? AS at ${living('keys_to_tell_of')} AND expiring_told_at IS NULL ${ends}`,
          expiringMs,
        ),
        first(`SELECT min(coalesce(looked_at, created_at)) + ? AS at ${living('keys_to_look_at')}`, unusedMs),
        first(
          `SELECT min(coalesce(confirmed_at, created_at)) + ? AS at ${living('keys_to_confirm')}`,
          confirmMs,
        ),
        first('SELECT at + ? AS at FROM audit ORDER BY seq LIMIT 1', auditMs),
        first('SELECT forget_at AS at FROM ring'),
        first('SELECT lapses_at AS at FROM ring'),
        first(`SELECT (min(expires_at) + ${REVOKED_MARGIN_SECONDS}) * 1000 AS at FROM revoked_tokens`),
        first('SELECT min(expires_at) * 1000 AS at FROM scoped_tokens'),
      ].flatMap((row) => (typeof row?.at === 'number' ? [row.at] : []));
      return times.length === 0 ? null : Math.min(...times);
    },

    meter: (): SavedMeter | null => {
      const row = exists ? first('SELECT state FROM meter') : null;
      if (row === null) return null;
      const saved = JSON.parse(row.state as string) as SavedMeter;
      // A version before this one wrote all of them in one row, which the next write empties: it is newer than the rows.
      putBooks(saved.keys);
      const books = all('SELECT purse, state FROM books').map(
        (book) => [book.purse as string, JSON.parse(book.state as string) as Book] as const,
      );
      return { ...saved, keys: Object.fromEntries(books) };
    },
    putMeter: ({ keys, ...meter }: ChangedMeter): void => {
      const state = JSON.stringify({ ...meter, keys: {} });
      run('INSERT OR REPLACE INTO meter (id, state, lent) VALUES (1, ?, ?)', state, lentText());
      putBooks(keys);
    },

    /** Whether the Ring has nothing to remember besides its meter, and a suspension that lapses. */
    isIdle: (): boolean =>
      ['keys', 'intentions', 'revoked_tokens', 'audit', 'events'].every(
        (table) => first(`SELECT 1 FROM ${table} LIMIT 1`) === null,
      ) &&
      first(
        `SELECT 1 FROM ring WHERE (suspended_at IS NOT NULL AND lapses_at IS NULL) OR plan IS NOT NULL
           OR keys_limit IS NOT NULL`,
      ) === null,
  };
};

/** Whose Ring it is, under which plan, and whether everything of his is refused. */
export interface RingRow {
  readonly owner: Owner;
  readonly plan: string | null;
  readonly isSuspended: boolean;
}

const toOwner = (row: Row): Owner => ({
  kind: row.owner_kind as Owner['kind'],
  id: row.owner_id as string,
  organizationId: row.organization_id as string | null,
});

/** A revoked token is remembered for this much longer than it lives, whatever the clocks say; seconds. */
const REVOKED_MARGIN_SECONDS = 60;

const revokedUntil = (now: number): number => Math.floor(now / 1000) - REVOKED_MARGIN_SECONDS;

export type Tables = ReturnType<typeof openTables>;
