import type { Env } from '../../src/assemble.ts';
import { entryOf } from '../../src/entry.ts';
import { openEveryLobby } from '../../src/ring/lobby-name.ts';
import settings from '../workers/settings.ts';
import { COUNTERS_HOST, type Count, LOBBIES_PATH, NOTHING } from './count.ts';

/**
 * The Worker of the benchmark, with counters at what Cloudflare bills: the operations of KV and of SQLite where the
 * runtime offers them, and every request to a Durable Object where it arrives. One isolate has all of it.
 */
const entry = entryOf(settings);

let counted: Record<Count, number> = { ...NOTHING };

const count = (what: Count, times = 1): void => {
  counted[what] += times;
};

type Method = (this: unknown, ...values: never[]) => unknown;
type Methods = Record<string, Method>;

/** Statements whose rows are not counted yet: a cursor knows them when it has been read. */
let cursors: SqlStorageCursor<Record<string, SqlStorageValue>>[] = [];

const countRows = (): void => {
  for (const { rowsRead, rowsWritten } of cursors) {
    count('rows_read', rowsRead);
    count('rows_written', rowsWritten);
  }
  cursors = [];
};

/** From now on, each call of these methods of everything of this kind is seen. */
const watch = (thing: object, seen: Readonly<Record<string, (result: unknown) => void>>): void => {
  const prototype = Object.getPrototypeOf(thing) as Methods & { isWatched?: true };
  if (Object.hasOwn(prototype, 'isWatched')) return;
  for (const [name, see] of Object.entries(seen)) {
    const method = prototype[name];
    if (method === undefined) throw new Error(`there is no ${name} to be counted`);
    prototype[name] = function watched(...values) {
      const result = method.apply(this, values);
      see(result);
      return result;
    };
  }
  Object.defineProperty(prototype, 'isWatched', { value: true });
};

const watchStorage = (storage: DurableObjectStorage): void => {
  watch(storage, { setAlarm: () => count('alarms_set') });
  watch(storage.sql, { exec: (cursor) => void cursors.push(cursor as (typeof cursors)[number]) });
};

const watchKv = (namespace: KVNamespace): void =>
  watch(namespace, {
    get: () => count('kv_reads'),
    put: () => count('kv_writes'),
    delete: () => count('kv_deletes'),
  });

const methodsOf = (prototype: object): readonly (readonly [string, Method])[] =>
  Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { value }]) =>
    name === 'constructor' || typeof value !== 'function' ? [] : [[name, value as Method] as const],
  );

export class KeyRing extends entry.KeyRing {
  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    watchStorage(context.storage);
  }
}

export class Lobby extends entry.Lobby {
  constructor(context: DurableObjectState, env: Env) {
    super(context, env);
    watchStorage(context.storage);
  }
}

/** The methods of the base classes, which every request comes to. */
const bases = [
  [Object.getPrototypeOf(entry.KeyRing.prototype), 'ring_requests'],
  [Object.getPrototypeOf(entry.Lobby.prototype), 'lobby_requests'],
] as const;
for (const [prototype, what] of bases)
  for (const [name, method] of methodsOf(prototype))
    Object.defineProperty(prototype, name, {
      value: function counting(this: object, ...values: never[]) {
        count(name === 'alarm' ? 'alarms' : what);
        return method.apply(this, values);
      },
    });

export default {
  fetch: async (request, env) => {
    watchKv(env.VAULT);
    if (new URL(request.url).host !== COUNTERS_HOST) return entry.door.fetch(request, env);
    // The 64 Lobbies are there, as they are wherever Latchkey has run for a while.
    if (new URL(request.url).pathname === LOBBIES_PATH)
      await Promise.all(openEveryLobby(env.LOBBY).map((lobby) => lobby.tokens({ fromDay: 0, toDay: 0 })));
    countRows();
    const answer = Response.json(counted);
    counted = { ...NOTHING };
    return answer;
  },
} satisfies ExportedHandler<Env>;
