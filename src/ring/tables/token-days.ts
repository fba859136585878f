import type { TokenDay } from '../../model/token-days.ts';
import type { Row } from './rows.ts';
import type { Sql } from './sql.ts';

/** The table of tokens that were spent. */
export const tokenDayTables = ({ all, first, run }: Sql, exists: () => boolean) => {
  /**
   * Adds up what secrets were presented, of the last day that there is a row of and of all since. A day gets its row only
   * after this, so that nothing of the day before can be left out.
   */
  const addUpPresented = (): void =>
    run(
      `INSERT INTO token_days (day, spent, presented, told_spent, told_presented)
         SELECT hour / 24, 0, sum(presented), 0, 0 FROM uses
         WHERE hour >= 24 * coalesce((SELECT max(day) FROM token_days), 0) AND presented > 0 GROUP BY hour / 24
       ON CONFLICT (day) DO UPDATE SET presented = max(presented, excluded.presented)`,
    );

  return {
    addUpPresented,
    addToken: (day: number): void => {
      if (first('SELECT 1 FROM token_days WHERE day = ?', day) === null) addUpPresented();
      run(
        `INSERT INTO token_days (day, spent, presented, told_spent, told_presented) VALUES (?, 1, 0, 0, 0)
         ON CONFLICT (day) DO UPDATE SET spent = spent + 1`,
        day,
      );
    },
    tokenDays: (fromDay: number, toDay: number): readonly TokenDay[] =>
      exists()
        ? all('SELECT * FROM token_days WHERE day >= ? AND day < ? ORDER BY day', fromDay, toDay).map(
            toTokenDay,
          )
        : [],
    /** Days of which no Lobby knows all, from one on. */
    untoldTokenDays: (fromDay: number): readonly TokenDay[] =>
      all(
        `SELECT * FROM token_days WHERE day >= ? AND (spent > told_spent OR presented > told_presented)
         ORDER BY day`,
        fromDay,
      ).map(toTokenDay),
    markTokensTold: (days: readonly TokenDay[], now: number): void => {
      for (const { day, spent, presented } of days)
        run(
          'UPDATE token_days SET told_spent = ?, told_presented = ?, told_at = ? WHERE day = ?',
          ...[spent, presented, now, day],
        );
    },
    /** When a Lobby was told last, in milliseconds since the epoch; null for never. */
    tokensToldAt: (): number | null =>
      (first('SELECT max(told_at) AS at FROM token_days')?.at as number | null | undefined) ?? null,
    forgetTokenDays: (beforeDay: number): void => run('DELETE FROM token_days WHERE day < ?', beforeDay),
    forgetToldTokenDays: (): void =>
      run('DELETE FROM token_days WHERE spent = told_spent AND presented = told_presented'),
  };
};

const toTokenDay = (row: Row): TokenDay => ({
  day: row.day as number,
  spent: row.spent as number,
  presented: row.presented as number,
});
