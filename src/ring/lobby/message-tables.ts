import type { Sql } from '../tables/sql.ts';
import { keepCount } from './kept-count.ts';

/** For how long a message is known again, in milliseconds: longer than its signature is taken, whatever the clocks say. */
export const MESSAGE_KEPT_MS = 900_000;

/** How many messages one Lobby knows again; of more, the oldest go. */
const MAX_MESSAGES = 10_000;

/** The table of messages that were dealt with. */
export const messageTables = ({ all, first, run }: Sql) => {
  const count = keepCount(() => Number(first('SELECT count(*) AS n FROM messages')?.n ?? 0));
  const forget = (which: string, ...values: readonly SqlStorageValue[]): void =>
    count.add(-all(`DELETE FROM messages WHERE ${which} RETURNING id`, ...values).length);

  return {
    /** When the last copy of a message was signed that was dealt with, in seconds; null for a message that is new. */
    messageSentAt: (id: string, now: number): number | null => {
      const row = first(
        'SELECT sent_at FROM messages WHERE id = ? AND seen_at > ?',
        id,
        now - MESSAGE_KEPT_MS,
      );
      return (row?.sent_at as number | undefined) ?? null;
    },
    putMessage: (id: string, sentAt: number, now: number): void => {
      const isNew = first('SELECT 1 FROM messages WHERE id = ?', id) === null;
      run(
        `INSERT INTO messages (id, sent_at, seen_at) VALUES (?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET sent_at = max(sent_at, excluded.sent_at), seen_at = excluded.seen_at`,
        ...[id, sentAt, now],
      );
      if (isNew) count.add(1);
      const tooMany = count.get() - MAX_MESSAGES;
      if (tooMany > 0) forget('id IN (SELECT id FROM messages ORDER BY seen_at LIMIT ?)', tooMany);
    },
    /** One of the future is of before the clock was put right. Two statements: each is in order in an index, both are not. */
    sweepMessages: (now: number): void => {
      forget('seen_at <= ?', now - MESSAGE_KEPT_MS);
      forget('seen_at > ?', now + MESSAGE_KEPT_MS);
    },
  };
};
