import { type Intention, type RotationRow, toIntention, toRotationRow } from './rows.ts';
import type { Sql } from './sql.ts';

/** The tables of what is still to be done at Stytch. */
export const ledgerTables = ({ all, first, run }: Sql, exists: () => boolean) => ({
  putIntention: (intention: Intention): void =>
    run(
      `INSERT OR REPLACE INTO intentions (client_id, kind, attempts, due_at, since, fingerprints)
       VALUES (?, ?, ?, ?, ?, ?)`,
      ...[intention.clientId, intention.kind, intention.attempts, intention.dueAt, intention.since],
      JSON.stringify(intention.fingerprints),
    ),
  deleteIntention: (clientId: string): void => run('DELETE FROM intentions WHERE client_id = ?', clientId),
  intention: (clientId: string): Intention | null => {
    const row = exists() ? first('SELECT * FROM intentions WHERE client_id = ?', clientId) : null;
    return row === null ? null : toIntention(row);
  },
  intentionsDue: (now: number, limit: number): readonly Intention[] =>
    exists()
      ? all('SELECT * FROM intentions WHERE due_at <= ? ORDER BY due_at LIMIT ?', now, limit).map(toIntention)
      : [],

  putRotation: (rotation: RotationRow): void =>
    run(
      `INSERT OR REPLACE INTO rotations
         (client_id, status, started_at, finishes_at, next_last_four, next_master_key, attempts, due_at, fingerprints)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      ...[rotation.clientId, rotation.status, rotation.startedAt, rotation.finishesAt, rotation.nextLastFour],
      ...[rotation.nextMasterKey, rotation.attempts, rotation.dueAt, JSON.stringify(rotation.fingerprints)],
    ),
  deleteRotation: (clientId: string): void => run('DELETE FROM rotations WHERE client_id = ?', clientId),
  rotation: (clientId: string): RotationRow | null => {
    const row = exists() ? first('SELECT * FROM rotations WHERE client_id = ?', clientId) : null;
    return row === null ? null : toRotationRow(row);
  },
  /** Which of some keys have two secrets. */
  rotatingAmong: (keyIds: readonly string[]): readonly string[] =>
    all(
      "SELECT client_id FROM rotations WHERE status = 'open' AND client_id IN (SELECT value FROM json_each(?))",
      JSON.stringify(keyIds),
    ).map((row) => row.client_id as string),
  rotationsDue: (now: number, limit: number): readonly RotationRow[] =>
    exists()
      ? all('SELECT * FROM rotations WHERE due_at <= ? ORDER BY due_at LIMIT ?', now, limit).map(
          toRotationRow,
        )
      : [],
});
