import type { KeyUse } from '../model/ports.ts';
import type { LostLease } from './rows.ts';
import type { Sql } from './sql.ts';

/** The tables of use: requests by key and hour, and leases that are not accounted for yet. */
export const useTables = ({ all, run }: Sql, exists: () => boolean) => ({
  addUse: ({ keyId, admitted, refused, limited }: KeyUse, hour: number): void =>
    run(
      `INSERT INTO uses (client_id, hour, admitted, refused, limited) VALUES (?, ?, ?, ?, ?)
         ON CONFLICT (client_id, hour) DO UPDATE SET admitted = admitted + excluded.admitted,
           refused = refused + excluded.refused, limited = limited + excluded.limited`,
      ...[keyId, hour, admitted, refused, limited],
    ),
  /** Use from an hour to an hour, in buckets of so many hours that begin at multiples of it. */
  uses: (
    keyId: string | null,
    fromHour: number,
    toHour: number,
    hours: number,
  ): readonly (Omit<KeyUse, 'keyId'> & { readonly hour: number })[] =>
    exists()
      ? all(
          // What is out on lease counts as used until it is accounted for. A number is bound as a double, which divides otherwise.
          `SELECT hour - hour % CAST(?4 AS INTEGER) AS bucket, sum(admitted) AS admitted, sum(refused) AS refused, sum(limited) AS limited
             FROM (SELECT client_id, hour, admitted, refused, limited FROM uses
               UNION ALL SELECT client_id, expires_at / 3600000, units, 0, 0 FROM leases)
             WHERE hour >= ?1 AND hour < ?2 AND (?3 IS NULL OR client_id = ?3)
             GROUP BY bucket ORDER BY bucket`,
          ...[fromHour, toHour, keyId, hours],
        ).map((row) => ({
          hour: row.bucket as number,
          admitted: row.admitted as number,
          refused: row.refused as number,
          limited: row.limited as number,
        }))
      : [],
  /** Everything that was counted from an hour on, by hour and key, behind a position: for an export. */
  usesAfter: (hour: number, clientId: string, limit: number): readonly (KeyUse & { hour: number })[] =>
    exists()
      ? all(
          `SELECT * FROM uses WHERE (hour, client_id) > (?, ?) ORDER BY hour, client_id LIMIT ?`,
          ...[hour, clientId, limit],
        ).map((row) => ({
          keyId: row.client_id as string,
          hour: row.hour as number,
          admitted: row.admitted as number,
          refused: row.refused as number,
          limited: row.limited as number,
        }))
      : [],
  forgetAllUse: (): void => {
    run('DELETE FROM uses');
    run('DELETE FROM leases');
  },
  forgetUse: (beforeHour: number): void => run('DELETE FROM uses WHERE hour < ?', beforeHour),
  openLease: (leaseId: string, clientId: string, units: number, expiresAt: number): void =>
    run(
      'INSERT OR IGNORE INTO leases (lease_id, client_id, granted, units, expires_at) VALUES (?, ?, ?, ?, ?)',
      ...[leaseId, clientId, units, units, expiresAt],
    ),
  /** What of a lease is accounted for is no longer out; reports are cumulative. */
  accountLease: (leaseId: string, total: number): void =>
    run('UPDATE leases SET units = min(units, max(0, granted - ?)) WHERE lease_id = ?', total, leaseId),
  closeLease: (leaseId: string): void => run('DELETE FROM leases WHERE lease_id = ?', leaseId),
  lostLeases: (before: number): readonly LostLease[] =>
    all('SELECT * FROM leases WHERE expires_at < ?', before).map((row) => ({
      leaseId: row.lease_id as string,
      keyId: row.client_id as string,
      units: row.units as number,
      expiresAt: row.expires_at as number,
    })),
});
