import type { EventType } from '../../model/life.ts';
import type { EventRow, IdempotencyRow, KeyRow } from './rows.ts';
import { toKeyRow } from './rows.ts';
import type { Sql } from './sql.ts';

/** The tables of what was answered, and of what the operator is still to be told. */
export const toldTables = ({ all, first, run }: Sql, exists: () => boolean) => ({
  idempotency: (name: string): IdempotencyRow | null => {
    const row = exists() ? first('SELECT * FROM idempotency WHERE name = ?', name) : null;
    return row === null
      ? null
      : {
          name,
          request: row.request as string,
          clientId: row.client_id as string,
          answer: row.answer as string | null,
          expiresAt: row.expires_at as number,
        };
  },
  putIdempotency: ({ name, request, clientId, answer, expiresAt }: IdempotencyRow): void =>
    run(
      'INSERT OR REPLACE INTO idempotency (name, request, client_id, answer, expires_at) VALUES (?, ?, ?, ?, ?)',
      ...[name, request, clientId, answer, expiresAt],
    ),
  deleteIdempotency: (name: string): void => run('DELETE FROM idempotency WHERE name = ?', name),
  /** What was begun for a client and came to nothing may be asked for again. */
  forgetUnanswered: (clientId: string): void =>
    run('DELETE FROM idempotency WHERE client_id = ? AND answer IS NULL', clientId),
  forgetAnswers: (): void => run('DELETE FROM idempotency'),
  sweepIdempotency: (now: number): void => {
    if (exists()) run('DELETE FROM idempotency WHERE expires_at <= ?', now);
  },

  putEvent: ({ id, type, at, body, attempts, dueAt }: EventRow): void =>
    run(
      'INSERT INTO events (id, type, at, body, attempts, due_at) VALUES (?, ?, ?, ?, ?, ?)',
      ...[id, type, at, body, attempts, dueAt],
    ),
  /** An event that is gone by now stays gone. */
  postponeEvent: (id: string, attempts: number, dueAt: number): void =>
    run('UPDATE events SET attempts = ?, due_at = ? WHERE id = ?', attempts, dueAt, id),
  deleteEvent: (id: string): void => run('DELETE FROM events WHERE id = ?', id),
  eventsDue: (now: number, limit: number): readonly EventRow[] =>
    exists()
      ? all('SELECT * FROM events WHERE due_at <= ? ORDER BY due_at LIMIT ?', now, limit).map((row) => ({
          id: row.id as string,
          type: row.type as EventType,
          at: row.at as number,
          body: row.body as string,
          attempts: row.attempts as number,
          dueAt: row.due_at as number,
        }))
      : [],

  /** Living keys whose end is near, that nobody was told of. */
  nearTheirEnd: (before: number, limit: number): readonly KeyRow[] =>
    exists()
      ? all(
          `SELECT * FROM keys INDEXED BY keys_to_tell_of
             WHERE status = 'active' AND end_place <= ? AND expiring_told_at IS NULL LIMIT ?`,
          ...[before, limit],
        ).map(toKeyRow)
      : [],
  /** Living keys of which nobody looked since whether they are used; and whether somebody was told that they are not. */
  notLookedAtSince: (since: number, limit: number): readonly (KeyRow & { readonly isTold: boolean })[] =>
    exists()
      ? all(
          `SELECT * FROM keys INDEXED BY keys_to_look_at
             WHERE status = 'active' AND coalesce(looked_at, created_at) <= ? LIMIT ?`,
          ...[since, limit],
        ).map((row) => ({ ...toKeyRow(row), isTold: row.unused_told_at !== null }))
      : [],
  /** The next look is as long after `at` as a key may rest: no use has to be written down in an index for it. */
  lookAfter: (clientId: string, at: number): void =>
    run('UPDATE keys SET looked_at = ? WHERE client_id = ?', at, clientId),
  markTold: (clientId: string, what: 'expiring' | 'unused', now: number): void =>
    run(`UPDATE keys SET ${what}_told_at = ? WHERE client_id = ?`, now, clientId),
  quotaTold: (): string | null => (first('SELECT quota_told FROM ring')?.quota_told as string | null) ?? null,
  setQuotaTold: (told: string): void => run('UPDATE ring SET quota_told = ?', told),
});
