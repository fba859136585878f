import type { LostLease } from './rows.ts';
import type { Sql } from './sql.ts';

/** How many leases stand in the meter's row: of more it would be long, and each answer writes it. */
const MAX_LENT = 64;

/** Of a lease: whose key asked for it, units granted, units not accounted for, when it ends. */
type Lent = readonly [keyId: string, granted: number, units: number, expiresAt: number];

/**
 * Leases that are not accounted for yet. They are written in the row of the meter, which is written before each answer
 * anyway: rows are what a Ring costs. What finds no place there has a row of its own.
 */
export const openLent = ({ all, first, run }: Sql, exists: () => boolean) => {
  let lent: Map<string, Lent> | null = null;
  const known = (): Map<string, Lent> => {
    lent ??= new Map(Object.entries(exists() ? read(first('SELECT lent FROM meter')?.lent) : {}));
    return lent;
  };

  return {
    openLease: (leaseId: string, keyId: string, units: number, expiresAt: number): void => {
      if (known().has(leaseId)) return;
      if (known().size < MAX_LENT) known().set(leaseId, [keyId, units, units, expiresAt]);
      else
        run(
          'INSERT OR IGNORE INTO leases (lease_id, client_id, granted, units, expires_at) VALUES (?, ?, ?, ?, ?)',
          ...[leaseId, keyId, units, units, expiresAt],
        );
    },
    /** What of a lease is accounted for is no longer out; reports are cumulative. */
    accountLease: (leaseId: string, total: number): void => {
      const lease = known().get(leaseId);
      if (lease === undefined) {
        run(
          'UPDATE leases SET units = min(units, max(0, granted - ?)) WHERE lease_id = ?',
          ...[total, leaseId],
        );
        return;
      }
      const [keyId, granted, units, expiresAt] = lease;
      known().set(leaseId, [keyId, granted, Math.min(units, Math.max(0, granted - total)), expiresAt]);
    },
    closeLease: (leaseId: string): void => {
      if (!known().delete(leaseId)) run('DELETE FROM leases WHERE lease_id = ?', leaseId);
    },
    lostLeases: (before: number): readonly LostLease[] => [
      ...[...known()].flatMap(([leaseId, [keyId, , units, expiresAt]]) =>
        expiresAt < before ? [{ leaseId, keyId, units, expiresAt }] : [],
      ),
      ...all('SELECT * FROM leases WHERE expires_at < ?', before).map((row) => ({
        leaseId: row.lease_id as string,
        keyId: row.client_id as string,
        units: row.units as number,
        expiresAt: row.expires_at as number,
      })),
    ],
    /** What is to stand in the meter's row. */
    lentText: (): string | null => (known().size === 0 ? null : JSON.stringify(Object.fromEntries(known()))),
    /** Writes it where the meter itself stays as it is. */
    keepLent: (): void => {
      if (lent !== null)
        run(
          'UPDATE meter SET lent = ?1 WHERE lent IS NOT ?1',
          lent.size === 0 ? null : JSON.stringify(Object.fromEntries(lent)),
        );
    },
    forgetLent: (): void => {
      run('UPDATE meter SET lent = NULL');
      run('DELETE FROM leases');
      // Read again and not remembered as none: the transaction that this is part of may be taken back.
      lent = null;
    },
    /** The Ring is gone, or another one begins. */
    dropLent: (): void => {
      lent = null;
    },
  };
};

const read = (text: unknown): Record<string, Lent> =>
  typeof text === 'string' ? (JSON.parse(text) as Record<string, Lent>) : {};

/** Units out on lease, as rows: those of the meter's row and those that found no place in it. */
export const OUT_ON_LEASE = `SELECT client_id, expires_at / 3600000 AS hour, units FROM leases
  UNION ALL SELECT each.value ->> 0, (each.value ->> 3) / 3600000, each.value ->> 2
    FROM meter, json_each(meter.lent) AS each`;
