import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/**
 * Writes down, in the Ring that knows these keys, use of each hour from a day on until now: nobody can wait for that. It is done
 * while nothing runs, and only what the Ring itself would have written.
 */
export const usedOverDays = (folder: string, keyIds: readonly string[], firstDay: number): void => {
  for (const file of databasesIn(join(folder, 'state', 'worker'))) {
    const database = new DatabaseSync(file);
    try {
      const isTable = database.prepare("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?");
      if (isTable.get('uses') === undefined) continue;
      keyIds.forEach((keyId, i) => {
        const isKnown = database.prepare('SELECT 1 FROM keys WHERE client_id = ?').get(keyId) !== undefined;
        if (isKnown) writeUse(database, keyId, firstDay, 1 + i);
      });
    } finally {
      database.close();
    }
  }
};

const databasesIn = (folder: string): readonly string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.sqlite'))
    .map((name) => join(folder, name));

/** Busy by day, quiet at night and at weekends, more by the week, and over the limit now and then. */
const writeUse = (database: DatabaseSync, keyId: string, firstDay: number, busyness: number): void => {
  const insert = database.prepare(
    'INSERT OR REPLACE INTO uses (client_id, hour, admitted, refused, limited) VALUES (?, ?, ?, ?, ?)',
  );
  const now = Date.now();
  const first = Math.floor((now + firstDay * DAY_MS) / HOUR_MS) + 1;
  const last = Math.floor(now / HOUR_MS) - 1;
  database.exec('BEGIN');
  for (let hour = first; hour <= last; hour++) {
    const at = new Date(hour * HOUR_MS);
    const byDay = at.getUTCDay() % 6 === 0 ? 0.35 : 1;
    const byHour = 0.15 + Math.max(0, Math.sin(((at.getUTCHours() - 6) / 14) * Math.PI));
    const sofar = (hour - first) / (last - first);
    const expected = busyness * 60 * byDay * byHour * (0.5 + sofar);
    const admitted = Math.round(expected * (0.7 + 0.6 * chanceAt(hour, busyness)));
    const limited = chanceAt(hour, busyness + 10) > 0.985 ? Math.round(admitted * 0.8) : 0;
    const refused = chanceAt(hour, busyness + 20) > 0.97 ? Math.round(admitted * 0.3) + 1 : 0;
    if (admitted + limited + refused > 0) insert.run(keyId, hour, admitted, refused, limited);
  }
  database.exec('COMMIT');
};

/** As good as chance, and the same each time: from 0 to 1. */
const chanceAt = (hour: number, seed: number): number => {
  const wild = Math.sin(hour * 12.9898 + seed * 78.233) * 43_758.5453;
  return wild - Math.floor(wild);
};
