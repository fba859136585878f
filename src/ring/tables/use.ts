import type { KeyUse } from '../../model/ports.ts';
import { OUT_ON_LEASE, type openLent } from './lent.ts';
import type { Row } from './rows.ts';
import type { Sql } from './sql.ts';

/** The tables of use: requests by key and hour. */
export const useTables = ({ all, run }: Sql, exists: () => boolean, lent: Lent) => ({
  /** `presented`: how many of those that were admitted came with a secret. */
  addUse: ({ keyId, admitted, refused, limited }: KeyUse, hour: number, presented = 0): void => {
    const sums = `DO UPDATE SET admitted = admitted + excluded.admitted,
      refused = refused + excluded.refused, limited = limited + excluded.limited`;
    run(
      `INSERT INTO uses (client_id, hour, admitted, refused, limited, presented) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (client_id, hour) ${sums}, presented = coalesce(presented, 0) + excluded.presented`,
      ...[keyId, hour, admitted, refused, limited, presented],
    );
    // What was lost is counted late: in an hour that may have been added up already.
    run(
      `INSERT INTO use_totals (hour, admitted, refused, limited)
         SELECT ?1, ?2, ?3, ?4 WHERE ?1 <= (SELECT max(hour) FROM use_totals) ON CONFLICT (hour) ${sums}`,
      ...[hour, admitted, refused, limited],
    );
  },
  /** Adds up the hours of before that are over and were not added up yet. */
  addUpUses: (before: number): void =>
    run(
      `INSERT INTO use_totals (hour, admitted, refused, limited)
         SELECT hour, sum(admitted), sum(refused), sum(limited) FROM uses
         WHERE hour > coalesce((SELECT max(hour) FROM use_totals), -1) AND hour < ? GROUP BY hour`,
      before,
    ),
  /** Use of all together from an hour to an hour, in buckets of so many hours that begin at multiples of it. */
  uses: (...range: Range): readonly Used[] =>
    exists()
      ? all(
          `SELECT ${BUCKET} FROM (${OF_ALL}) ${IN_RANGE} GROUP BY hour_from ORDER BY hour_from`,
          ...range,
        ).map(toUsed)
      : [],
  /** The same of each of some keys; of one that was not used there is none. */
  usesOfKeys: (keyIds: readonly string[], ...range: Range): readonly (Used & { readonly keyId: string })[] =>
    exists()
      ? all(
          `SELECT client_id, ${BUCKET} FROM (${OF_KEYS}) ${IN_RANGE} GROUP BY client_id, hour_from ORDER BY hour_from`,
          ...[...range, JSON.stringify(keyIds)],
        ).map((row) => ({ keyId: row.client_id as string, ...toUsed(row) }))
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
    run('DELETE FROM use_totals');
    lent.forgetLent();
  },
  forgetUse: (beforeHour: number): void => {
    run('DELETE FROM uses WHERE hour < ?', beforeHour);
    run('DELETE FROM use_totals WHERE hour < ?', beforeHour);
  },
});

type Lent = Pick<ReturnType<typeof openLent>, 'forgetLent'>;

/** From an hour, to an hour, and how many hours are one bucket. */
type Range = readonly [fromHour: number, toHour: number, hours: number];

type Used = Omit<KeyUse, 'keyId'> & { readonly hour: number };

const toUsed = (row: Row): Used => ({
  hour: row.hour_from as number,
  admitted: row.admitted as number,
  refused: row.refused as number,
  limited: row.limited as number,
});

/** What is out on lease counts as used until it is accounted for. A number is bound as a double: it divides otherwise. */
const BUCKET = `hour - hour % CAST(?3 AS INTEGER) AS hour_from,
  sum(admitted) AS admitted, sum(refused) AS refused, sum(limited) AS limited`;
const IN_RANGE = 'WHERE hour >= ?1 AND hour < ?2';

/** The use of some keys: both tables are read by their ids, which come as one JSON list. */
const OF_KEYS = `SELECT client_id, hour, admitted, refused, limited FROM uses
    WHERE client_id IN (SELECT value FROM json_each(?4))
  UNION ALL SELECT client_id, hour, units, 0, 0 FROM (${OUT_ON_LEASE})
    WHERE client_id IN (SELECT value FROM json_each(?4))`;

/** The use of all: hours that were added up, and the rest. */
const OF_ALL = `SELECT hour, admitted, refused, limited FROM use_totals
  UNION ALL SELECT hour, admitted, refused, limited FROM uses
    WHERE hour > coalesce((SELECT max(hour) FROM use_totals), -1)
  UNION ALL SELECT hour, units, 0, 0 FROM (${OUT_ON_LEASE})`;
