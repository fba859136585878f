import type { Sql } from '../tables/sql.ts';

/** For how long a message is known again, in milliseconds: longer than its signature is taken, whatever the clocks say. */
export const MESSAGE_KEPT_MS = 900_000;

/** How many messages one Lobby knows again; of more, the oldest go. */
const MAX_MESSAGES = 10_000;

/** The table of messages that were dealt with. */
export const messageTables = ({ first, run }: Sql) => ({
  /** When the last copy of a message was signed that was dealt with, in seconds; null for a message that is new. */
  messageSentAt: (id: string, now: number): number | null => {
    const row = first('SELECT sent_at FROM messages WHERE id = ? AND seen_at > ?', id, now - MESSAGE_KEPT_MS);
    return (row?.sent_at as number | undefined) ?? null;
  },
  putMessage: (id: string, sentAt: number, now: number): void => {
    run(
      `INSERT INTO messages (id, sent_at, seen_at) VALUES (?, ?, ?)
       ON CONFLICT (id) DO UPDATE SET sent_at = max(sent_at, excluded.sent_at), seen_at = excluded.seen_at`,
      ...[id, sentAt, now],
    );
    run(
      'DELETE FROM messages WHERE id IN (SELECT id FROM messages ORDER BY seen_at DESC LIMIT -1 OFFSET ?)',
      MAX_MESSAGES,
    );
  },
  /** One of the future is of before the clock was put right. */
  sweepMessages: (now: number): void =>
    run(
      'DELETE FROM messages WHERE seen_at <= ? OR seen_at > ?',
      now - MESSAGE_KEPT_MS,
      now + MESSAGE_KEPT_MS,
    ),
});
