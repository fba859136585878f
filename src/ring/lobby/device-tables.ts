import { DEVICE_CODE_SECONDS } from '../../model/device-code.ts';
import type { Row } from '../tables/rows.ts';
import type { Sql } from '../tables/sql.ts';
import { keepCount } from './kept-count.ts';

/** How long codes and tries are kept, in milliseconds. */
export const DEVICE_KEPT_MS = DEVICE_CODE_SECONDS * 1000;

/** A device that waits, or did a few minutes ago. */
export interface DeviceRow {
  /** The name of its user code, under the master key that was the newest then. */
  readonly userCode: string;
  /** The hash of its device code. */
  readonly deviceCode: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  readonly about: string;
  readonly expiresAt: number;
  readonly state: 'pending' | 'approved' | 'denied' | 'redeeming' | 'redeemed';
  readonly stateAt: number;
  /** Why it was denied; null where it was not. */
  readonly because: string | null;
  readonly intervalSeconds: number;
  readonly polledAt: number | null;
  /** The session that opened it, and what that was given for it; null while none has. */
  readonly sessionId: string | null;
  readonly claim: string | null;
  readonly approver: string | null;
  readonly redemption: string | null;
}

/** The tables of device codes, and of tries. */
export const deviceTables = ({ all, first, run }: Sql) => {
  const count = keepCount(() => Number(first('SELECT count(*) AS n FROM tries')?.n ?? 0));
  const forgetTries = (which: string, ...values: readonly SqlStorageValue[]): void =>
    count.add(-all(`DELETE FROM tries WHERE ${which} RETURNING id`, ...values).length);

  return {
    /** The row under one of these names; what has ended may be there for a while. */
    device: (names: readonly string[]): DeviceRow | null => {
      const row = names
        .map((name) => first('SELECT * FROM device_codes WHERE user_code = ?', name))
        .find((each) => each !== null);
      return row === undefined || row === null ? null : toDeviceRow(row);
    },
    putDevice: (row: DeviceRow): void =>
      run(
        `INSERT OR REPLACE INTO device_codes (user_code, device_code, client_id, scopes, about, expires_at, state, state_at,
         because, interval_seconds, polled_at, session_id, claim, approver, redemption)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
        ...[row.userCode, row.deviceCode, row.clientId, JSON.stringify(row.scopes), row.about, row.expiresAt],
        ...[row.state, row.stateAt, row.because, row.intervalSeconds, row.polledAt],
        ...[row.sessionId, row.claim, row.approver, row.redemption],
      ),
    /** How many there are, and when the first of them ends. */
    devices: (): { readonly count: number; readonly firstEndsAt: number | null } => {
      const row = first('SELECT count(*) AS n, min(expires_at) AS at FROM device_codes');
      return { count: Number(row?.n ?? 0), firstEndsAt: (row?.at as number | null | undefined) ?? null };
    },

    /** When the tries under a name were, the oldest first. */
    tries: (name: string): readonly number[] =>
      all('SELECT at FROM tries WHERE name = ? ORDER BY at', name).map(({ at }) => at as number),
    putTry: (name: string, at: number): number => {
      const row = first('INSERT INTO tries (name, at) VALUES (?, ?) RETURNING id', name, at);
      count.add(1);
      return Number(row?.id);
    },
    deleteTry: (name: string, id: number): void => forgetTries('id = ? AND name = ?', id, name),
    countTries: count.get,

    /** One of the future is of before the clock was put right. Two statements of codes: each is in order in an index, both are not. */
    sweepDevices: (now: number): void => {
      run('DELETE FROM device_codes WHERE expires_at <= ?', now);
      run('DELETE FROM device_codes WHERE expires_at > ?', now + DEVICE_KEPT_MS);
      forgetTries('at <= ? OR at > ?', now - DEVICE_KEPT_MS, now);
    },
    /** When there is something of these to forget next; null for never. Apart: a Durable Object joins five selects at most. */
    nextDeviceSweepAt: (): number | null => {
      const row = first(
        'SELECT min(at) AS at FROM (SELECT min(expires_at) AS at FROM device_codes UNION ALL SELECT min(at) + ? FROM tries)',
        DEVICE_KEPT_MS,
      );
      return (row?.at as number | null | undefined) ?? null;
    },
  };
};

const toDeviceRow = (row: Row): DeviceRow => ({
  userCode: row.user_code as string,
  deviceCode: row.device_code as string,
  clientId: row.client_id as string,
  scopes: JSON.parse(row.scopes as string) as string[],
  about: row.about as string,
  expiresAt: row.expires_at as number,
  state: row.state as DeviceRow['state'],
  stateAt: row.state_at as number,
  because: row.because as string | null,
  intervalSeconds: row.interval_seconds as number,
  polledAt: row.polled_at as number | null,
  sessionId: row.session_id as string | null,
  claim: row.claim as string | null,
  approver: row.approver as string | null,
  redemption: row.redemption as string | null,
});
