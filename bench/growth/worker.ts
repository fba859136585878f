import type { Env } from '../../src/assemble.ts';
import { entryOf } from '../../src/entry.ts';
import { inTurns } from '../../src/model/in-turns.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import type { AdmitRequest } from '../../src/model/ports.ts';
import { openLobbyTables } from '../../src/ring/lobby/tables.ts';
import { openTables } from '../../src/ring/tables/index.ts';
import settings from '../workers/settings.ts';
import { fill, MAX_LIVING, type Past } from './fill.ts';

/** The Worker of the benchmark, with doors through which an owner grows old at once and a Ring is asked by itself. */
const entry = entryOf({
  ...settings,
  limits: { ...settings.limits, keysPerUser: MAX_LIVING },
});

const HOUR_MS = 3_600_000;

/** Doors of a Ring, by their path. */
export interface Doors {
  /** Writes keys as they would be after years; the size of the database in bytes. */
  fill(past: Past): Promise<number>;
  /** Writes use of every living key in every hour of so many days; the size of the database in bytes. */
  use(wish: { readonly days: number }): Promise<number>;
  /** What an alarm does. */
  wakeUp(): Promise<null>;
  /** What an isolate asks when its lease ends. */
  ask(
    request: AdmitRequest,
  ): Promise<{ readonly status: string; readonly units: number; readonly decided: number }>;
  /** The same request and answer, and nothing done: what the way to the Ring costs. */
  hear(
    request: AdmitRequest,
  ): Promise<{ readonly status: string; readonly units: number; readonly decided: number }>;
  /** Asks so often, from within. */
  asks(wish: { readonly request: AdmitRequest; readonly times: number }): Promise<null>;
}

export class KeyRing extends entry.KeyRing implements Doors {
  async fill(past: Past): Promise<number> {
    fill(openTables(this.ctx.storage), past, Date.now());
    return this.ctx.storage.sql.databaseSize;
  }

  async use({ days }: { readonly days: number }): Promise<number> {
    const { sql } = this.ctx.storage;
    const now = Math.floor(Date.now() / HOUR_MS);
    sql.exec(
      `WITH RECURSIVE hours (hour) AS (SELECT ?1 UNION ALL SELECT hour + 1 FROM hours WHERE hour < ?2)
       INSERT OR IGNORE INTO uses (client_id, hour, admitted, refused, limited)
         SELECT client_id, hour, 100 + hour % 7, hour % 3, hour % 2 FROM keys, hours WHERE status = 'active'`,
      now - days * 24,
      now - 1,
    );
    // As each hour did when it was over.
    openTables(this.ctx.storage).addUpUses(now);
    return sql.databaseSize;
  }

  async wakeUp(): Promise<null> {
    await this.alarm();
    return null;
  }

  async ask(request: AdmitRequest) {
    const { standing, grant } = await this.admit(request);
    return { status: standing.status, units: grant?.units ?? 0, decided: grant?.decided ?? 0 };
  }

  async hear(request: AdmitRequest) {
    return { status: 'live', units: request.ask.used, decided: request.ask.costs.length };
  }

  async asks({ request, times }: { readonly request: AdmitRequest; readonly times: number }): Promise<null> {
    for (let i = 0; i < times; i++) {
      const leaseId = `${request.ask.leaseId} ${i}`;
      const reports = request.ask.reports.map((report) => ({
        ...report,
        leaseId: `${request.ask.leaseId} ${i - 1}`,
      }));
      await this.admit({ ...request, ask: { ...request.ask, leaseId, reports } });
    }
    return null;
  }
}

export class Lobby extends entry.Lobby {
  /** Clients that were made elsewhere, each of an owner. */
  async fill(clients: number): Promise<void> {
    const tables = openLobbyTables(this.ctx.storage);
    for (let i = 0; i < clients; i++) {
      const id = `${this.ctx.id.name}-${i}`;
      tables.putOwner(`m2m-client-${id}`, { kind: 'user', id, organizationId: null }, Date.now());
    }
  }
}

/** As long as an entry of the Vault is. */
const ENTRY = 'x'.repeat(1_500);

const doorOf = async (request: Request, env: Env): Promise<unknown> => {
  const { pathname, searchParams } = new URL(request.url);
  const number = (name: string): number => Number(searchParams.get(name));
  if (pathname === '/vault') {
    const names = Array.from({ length: number('to') - number('from') }, (_, i) => `t1.${number('from') + i}`);
    await inTurns(names, 50, (name) => env.VAULT.put(name, ENTRY, { expirationTtl: 3_600 }));
    return null;
  }
  if (pathname === '/lobby') {
    const lobby = env.LOBBY.getByName(`lobby-${String(number('name')).padStart(2, '0')}`);
    await (lobby as unknown as Lobby).fill(number('clients'));
    return null;
  }
  const { owner, value } = (await request.json()) as Wish;
  const name = await ringOfOwner(settings.stytch.projectId, { kind: 'user', id: owner });
  const ring = env.KEY_RING.getByName(name) as unknown as Record<
    keyof Doors,
    (value: unknown) => Promise<unknown>
  >;
  return ring[pathname.slice(1) as keyof Doors](value);
};

/** What is sent to `/<door>` of the host `grow`. */
export interface Wish {
  readonly owner: string;
  readonly value: unknown;
}

export default {
  fetch: async (request, env) =>
    request.headers.get('host') === 'grow'
      ? Response.json(await doorOf(request, env))
      : entry.door.fetch(request, env),
} satisfies ExportedHandler<Env>;
