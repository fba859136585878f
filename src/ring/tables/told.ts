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
  nearTheirEnd: (before: number): readonly KeyRow[] =>
    exists()
      ? all(
          "SELECT * FROM keys WHERE status = 'active' AND expires_at <= ? AND expiring_told_at IS NULL",
          before,
        ).map(toKeyRow)
      : [],
  /** Living keys that were not used since, that nobody was told of. */
  unusedSince: (since: number): readonly KeyRow[] =>
    exists()
      ? all(
          `SELECT * FROM keys WHERE status = 'active' AND coalesce(last_used_at, created_at) <= ?
             AND unused_told_at IS NULL`,
          since,
        ).map(toKeyRow)
      : [],
  markTold: (clientId: string, what: 'expiring' | 'unused', now: number): void =>
    run(`UPDATE keys SET ${what}_told_at = ? WHERE client_id = ?`, now, clientId),
  quotaTold: (): string | null => (first('SELECT quota_told FROM ring')?.quota_told as string | null) ?? null,
  setQuotaTold: (told: string): void => run('UPDATE ring SET quota_told = ?', told),
});
