import type { ReconciliationReport } from '../../model/ports.ts';
import type { Sql } from '../tables/sql.ts';

/** A reconciliation as it is written down. */
export interface Run extends ReconciliationReport {
  readonly masterKeys: Readonly<Record<string, number>>;
  readonly maxOrphans: number | null;
  /** Where its next page begins; null for the first. */
  readonly cursor: string | null;
  /** Since when that page cannot be had, and how often it was asked for; null while nothing is wrong. */
  readonly trouble: { readonly since: number; readonly tries: number } | null;
}

/** The table of the one reconciliation. What is in it was written here. */
export const runTables = ({ first, run }: Sql) => ({
  run: (): Run | null => {
    const row = first('SELECT run FROM reconciliation');
    // One that the version before began counted none.
    return row === null ? null : ({ masterKeys: {}, ...JSON.parse(row.run as string) } as Run);
  },
  /** `dueAt`: when it goes on, in milliseconds since the epoch; null when it is over. */
  putRun: (state: Run, dueAt: number | null): void =>
    run(
      'INSERT OR REPLACE INTO reconciliation (id, run, due_at) VALUES (1, ?, ?)',
      JSON.stringify(state),
      dueAt,
    ),
  runDueAt: (): number | null => {
    const row = first('SELECT due_at FROM reconciliation');
    return (row?.due_at as number | null | undefined) ?? null;
  },
  /** Whatever keeps it from going on now: later. */
  putOffRun: (dueAt: number): void =>
    run('UPDATE reconciliation SET due_at = ? WHERE due_at IS NOT NULL', dueAt),
});
