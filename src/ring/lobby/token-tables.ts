import { DAY_MS, TOKEN_DAYS_KEPT, type TokenDay } from '../../model/token-days.ts';
import type { Sql } from '../tables/sql.ts';
import { TOKENS_TOLD_DAYS } from '../token-days.ts';

/** The tables of tokens that were spent. */
export const tokenTables = ({ all, first, run }: Sql) => {
  const add = ({ day, spent, presented }: TokenDay): void =>
    run(
      `INSERT INTO token_totals (day, spent, presented) VALUES (?, ?, ?)
       ON CONFLICT (day) DO UPDATE SET spent = spent + excluded.spent, presented = presented + excluded.presented`,
      ...[day, spent, presented],
    );

  return {
    countToken: (day: number): void => add({ day, spent: 1, presented: 0 }),
    /**
     * Takes what a Ring says of its days. Counted is what is more than it said before: told twice it is the same, told
     * too late it comes with the next, and what was overtaken adds nothing. Of a day that is no longer known again, nothing.
     */
    takeTokens: (ring: string, days: readonly TokenDay[], today: number): void => {
      for (const { day, spent, presented } of days.filter((told) => told.day >= oldest(today))) {
        const row = first('SELECT spent, presented FROM token_reports WHERE day = ? AND ring = ?', day, ring);
        const before = { spent: Number(row?.spent ?? 0), presented: Number(row?.presented ?? 0) };
        const more = {
          spent: Math.max(0, spent - before.spent),
          presented: Math.max(0, presented - before.presented),
        };
        if (more.spent === 0 && more.presented === 0) continue;
        run(
          `INSERT INTO token_reports (day, ring, spent, presented) VALUES (?, ?, ?, ?)
           ON CONFLICT (day, ring) DO UPDATE SET spent = spent + excluded.spent, presented = presented + excluded.presented`,
          ...[day, ring, more.spent, more.presented],
        );
        add({ day, ...more });
      }
    },
    tokenTotals: (fromDay: number, toDay: number): readonly TokenDay[] =>
      all('SELECT * FROM token_totals WHERE day >= ? AND day < ? ORDER BY day', fromDay, toDay).map(
        (row) => ({
          day: row.day as number,
          spent: row.spent as number,
          presented: row.presented as number,
        }),
      ),
    sweepTokens: (today: number): void => {
      run('DELETE FROM token_reports WHERE day < ?', oldest(today));
      run('DELETE FROM token_totals WHERE day < ?', today - TOKEN_DAYS_KEPT);
    },
    /** When there is something to forget next, in milliseconds since the epoch; null for never. */
    nextTokenSweepAt: (): number | null => {
      const days = [
        [first('SELECT min(day) AS day FROM token_reports')?.day, KNOWN_DAYS],
        [first('SELECT min(day) AS day FROM token_totals')?.day, TOKEN_DAYS_KEPT],
      ].flatMap(([day, kept]) => (typeof day === 'number' ? [day + Number(kept) + 1] : []));
      return days.length === 0 ? null : Math.min(...days) * DAY_MS;
    },
  };
};

/** A Ring's clock and a Lobby's may stand in two days. */
const KNOWN_DAYS = TOKENS_TOLD_DAYS + 1;

const oldest = (today: number): number => today - KNOWN_DAYS;
