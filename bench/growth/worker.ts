import type { Env } from '../../src/assemble.ts';
import { entryOf } from '../../src/entry.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import settings from '../workers/settings.ts';

/** The Worker of the benchmark, with a door through which an owner grows old at once. */
const entry = entryOf({
  ...settings,
  limits: { ...settings.limits, keysPerUser: 1000 },
  routes: [...settings.routes, { path: '/strict/**', leaseSeconds: 0 }],
});

const HOUR_MS = 3_600_000;

/** How much of an owner's past there shall be. */
export interface Past {
  readonly owner: string;
  readonly keys: number;
  readonly days: number;
}

export class KeyRing extends entry.KeyRing {
  /** Writes keys like the owner's first one, and use of each in every hour; the size of the database in bytes. */
  grow({ keys, days }: Past): number {
    const { sql } = this.ctx.storage;
    const now = Math.floor(Date.now() / HOUR_MS);
    const [first] = sql.exec('SELECT * FROM keys ORDER BY created_at LIMIT 1').toArray();
    if (first === undefined) throw new Error('there is no key to grow from');
    const id = String(first.client_id);
    const columns = Object.keys(first);
    for (let i = Number(sql.exec('SELECT count(*) AS n FROM keys').one().n); i < keys; i++) {
      const row = { ...first, client_id: `${id.slice(0, 27)}${String(i).padStart(11, '0')}` };
      sql.exec(
        `INSERT INTO keys (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
        ...Object.values(row),
      );
    }
    sql.exec(
      `WITH RECURSIVE hours (hour) AS (SELECT ?1 UNION ALL SELECT hour + 1 FROM hours WHERE hour < ?2)
       INSERT OR IGNORE INTO uses (client_id, hour, admitted, refused, limited)
         SELECT client_id, hour, 100 + hour % 7, hour % 3, hour % 2 FROM keys, hours`,
      now - days * 24,
      now - 1,
    );
    // As each hour did when it was over.
    sql.exec(
      `INSERT OR IGNORE INTO use_totals SELECT hour, sum(admitted), sum(refused), sum(limited) FROM uses
         WHERE hour < ? GROUP BY hour`,
      now,
    );
    return sql.databaseSize;
  }
}

export const { Lobby } = entry;

export default {
  fetch: async (request, env) => {
    if (new URL(request.url).pathname !== '/grow') return entry.door.fetch(request, env);
    const past = (await request.json()) as Past;
    const owner = { kind: 'user', id: past.owner } as const;
    const name = await ringOfOwner(settings.stytch.projectId, owner);
    const ring = env.KEY_RING.getByName(name) as unknown as { grow(past: Past): Promise<number> };
    return Response.json({ bytes: await ring.grow(past) });
  },
} satisfies ExportedHandler<Env>;
