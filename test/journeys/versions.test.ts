import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { bookedUnits } from '../../src/model/book.ts';
import { openMeter } from '../../src/model/meter.ts';
import type { Lobby } from '../../src/model/ports.ts';
import { LOBBY_SCHEMA } from '../../src/ring/lobby/schema.ts';
import { openTables } from '../../src/ring/tables/index.ts';
import { SCHEMA } from '../../src/ring/tables/schema.ts';
import { createTables, type Schema, upgradeTables, VERSION_TABLE } from '../../src/ring/tables/versions.ts';
import { pairOf } from '../oauth.ts';
import { askToken, tokenIn } from '../token-endpoint.ts';
import { call, desk, dumpOfRing, issueKey, ringStub, rooms, signIn } from '../world.ts';

/** The tables of a KeyRing as they were before versions were written down, copied: they never change. */
const VERSION_1: readonly string[] = [
  `CREATE TABLE ring (
    id INTEGER PRIMARY KEY CHECK (id = 1), owner_kind TEXT NOT NULL, owner_id TEXT NOT NULL, organization_id TEXT,
    created_at INTEGER NOT NULL, plan TEXT, suspended_at INTEGER, suspended_by TEXT
  )`,
  `CREATE TABLE keys (
    client_id TEXT PRIMARY KEY, status TEXT NOT NULL CHECK (status IN ('creating', 'active', 'revoked', 'expired')),
    name TEXT NOT NULL, description TEXT NOT NULL, scopes TEXT NOT NULL, created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER, ended_at INTEGER, last_four TEXT NOT NULL, last_used_at INTEGER,
    last_seen TEXT, generation INTEGER NOT NULL, own_limit TEXT, master_key TEXT NOT NULL
  ) WITHOUT ROWID`,
  'CREATE INDEX keys_by_age ON keys (created_at, client_id)',
  `CREATE TABLE secrets (
    fingerprint TEXT PRIMARY KEY, client_id TEXT NOT NULL, pepper TEXT NOT NULL, token_expires_at INTEGER
  ) WITHOUT ROWID`,
  'CREATE INDEX secrets_by_client ON secrets (client_id)',
  `CREATE TABLE tokens (
    fingerprint TEXT PRIMARY KEY, sealed TEXT NOT NULL, generation INTEGER NOT NULL, expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  `CREATE TABLE intentions (
    client_id TEXT PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('create', 'update', 'delete')),
    attempts INTEGER NOT NULL, due_at INTEGER NOT NULL, since INTEGER NOT NULL, fingerprints TEXT NOT NULL
  ) WITHOUT ROWID`,
  'CREATE INDEX intentions_by_time ON intentions (due_at)',
  `CREATE TABLE uses (
    client_id TEXT NOT NULL, hour INTEGER NOT NULL, admitted INTEGER NOT NULL, refused INTEGER NOT NULL,
    limited INTEGER NOT NULL, PRIMARY KEY (client_id, hour)
  ) WITHOUT ROWID`,
  'CREATE INDEX uses_by_hour ON uses (hour)',
  `CREATE TABLE leases (
    lease_id TEXT PRIMARY KEY, client_id TEXT NOT NULL, granted INTEGER NOT NULL, units INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  'CREATE INDEX leases_by_end ON leases (expires_at)',
  'CREATE TABLE meter (id INTEGER PRIMARY KEY CHECK (id = 1), state TEXT NOT NULL)',
];

/** Those of a Lobby. */
const LOBBY_VERSION_1: readonly string[] = [
  `CREATE TABLE owners (
    client_id TEXT PRIMARY KEY, owner_kind TEXT NOT NULL, owner_id TEXT NOT NULL, organization_id TEXT,
    claimed_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  `CREATE TABLE secrets (
    fingerprint TEXT PRIMARY KEY, client_id TEXT NOT NULL, owner_kind TEXT NOT NULL, owner_id TEXT NOT NULL,
    organization_id TEXT, scopes TEXT NOT NULL, sealed TEXT, accepted_at INTEGER NOT NULL,
    token_expires_at INTEGER NOT NULL
  ) WITHOUT ROWID`,
  'CREATE INDEX secrets_by_client ON secrets (client_id, token_expires_at)',
  'CREATE INDEX secrets_by_end ON secrets (token_expires_at)',
  'CREATE INDEX secrets_with_token ON secrets (token_expires_at) WHERE sealed IS NOT NULL',
  `CREATE TABLE failures (
    id INTEGER PRIMARY KEY, at INTEGER NOT NULL, client_id TEXT NOT NULL, address TEXT, answered INTEGER NOT NULL
  )`,
];

const someRing = (): DurableObjectStub => rooms.KEY_RING.getByName(`versions-${crypto.randomUUID()}`);

/** Makes an object's tables what they were at version 1, with the same rows as far as there was a place for them. */
const setBack = async (ring: DurableObjectStub): Promise<void> => {
  const rows = await dumpOfRing(ring);
  await runInDurableObject(ring, (_object, { storage }) => {
    for (const table of Object.keys(rows)) storage.sql.exec(`DROP TABLE "${table}"`);
    for (const statement of VERSION_1) storage.sql.exec(statement);
    for (const { name } of storage.sql
      .exec("SELECT name FROM sqlite_master WHERE type = 'table'")
      .toArray()) {
      for (const row of rows[String(name)] ?? []) {
        const columns = storage.sql.exec(`SELECT * FROM "${name}"`).columnNames;
        const marks = columns.map(() => '?').join(', ');
        const values = columns.map((column) => row[column] ?? null);
        storage.sql.exec(`INSERT INTO "${name}" (${columns.join(', ')}) VALUES (${marks})`, ...values);
      }
    }
  });
  await evictDurableObject(ring);
};

/** What there is: the columns of each table, in their order, and the indexes. */
const shapeOf = ({ sql }: DurableObjectStorage): Readonly<Record<string, readonly string[]>> => {
  const made = sql
    .exec(
      "SELECT type, name, tbl_name FROM sqlite_master WHERE name NOT LIKE '\\_cf%' ESCAPE '\\' ORDER BY name",
    )
    .toArray();
  return Object.fromEntries(
    made.map(({ type, name, tbl_name }) => [
      `${type} ${name}`,
      type === 'table' ? sql.exec(`SELECT * FROM "${name}"`).columnNames : [String(tbl_name)],
    ]),
  );
};

describe('a Ring that an earlier version wrote', () => {
  it('goes on admitting its living keys, and has what is new', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const ring = await ringStub(session);
    await setBack(ring);
    expect((await call(key)).status).toBe(200);
    const { schema, revoked_tokens, keys } = await dumpOfRing(ring);
    expect([schema, revoked_tokens]).toEqual([[{ id: 1, version: 8 }], []]);
    expect(keys).toMatchObject([{ status: 'active', tokens_from: null, device_client: null }]);
  });

  it('makes, lists and revokes keys as before', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    await setBack(await ringStub(session));
    const { key } = await issueKey(session);
    expect((await call(key)).status).toBe(200);
    expect((await desk(session, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
    const list = (await (await desk(session, 'GET', '/v1/keys?status=all')).json()) as {
      data: { status: string }[];
    };
    expect(list.data.map(({ status }) => status).sort()).toEqual(['active', 'revoked']);
  });
});

describe('a Ring of version 3', () => {
  it('keeps its rows, and has tokens for part of the scopes from then on', async () => {
    const session = await signIn();
    const { key } = await issueKey(session, ['items:read', 'items:write']);
    expect((await call(key)).status).toBe(200);
    const ring = await ringStub(session);
    const before = await dumpOfRing(ring);
    await setBack(ring);
    const { scope } = await tokenIn(await askToken(pairOf(key), { scope: 'items:read' }));
    expect(scope).toBe('items:read');
    const after = await dumpOfRing(ring);
    expect([after.tokens, after.scoped_tokens]).toEqual([
      before.tokens,
      [expect.objectContaining({ scope })],
    ]);
  });
});

describe('a Ring of version 6', () => {
  it('knows the books of all its keys after one of them was asked about and it woke again', async () => {
    const ring = someRing();
    const now = Date.now();
    const limit = { requests: 10, perSeconds: 60 };
    const books = await runInDurableObject(ring, (_object, { storage }) => {
      const tables = openTables(storage);
      tables.create({ kind: 'user', id: 'user-test-ada', organizationId: null }, now);
      const ask = (purse: string) => ({
        ...{ leaseId: `lease-${purse}`, isolate: 'isolate', purse, costs: [1], wantsLease: false },
        ...{ rate: 0, used: 0, held: 0, reports: [] },
      });
      const rules = { owner: limit, key: limit, unitsPerMonth: null, leaseMs: 5_000 };
      const before = openMeter(null);
      for (const purse of ['key-1', 'key-2']) before.ask(ask(purse), rules, now);
      storage.sql.exec('INSERT INTO meter (id, state) VALUES (1, ?)', JSON.stringify(before.saved()));
      const meter = openMeter(tables.meter());
      meter.ask({ ...ask('key-1'), leaseId: 'lease-3' }, rules, now);
      meter.save(tables.putMeter);
      return Object.entries(openTables(storage).meter()?.keys ?? {}).map(([purse, book]) => [
        purse,
        bookedUnits(book),
      ]);
    });
    expect(books.sort()).toEqual([
      ['key-1', 2],
      ['key-2', 1],
    ]);
  });
});

describe('tables', () => {
  it.each([
    ['KeyRing', VERSION_1, SCHEMA],
    ['Lobby', LOBBY_VERSION_1, LOBBY_SCHEMA],
  ] as const)(
    'of a %s that were brought up to date are those that are made new',
    async (_, first, schema) => {
      const upgraded = await runInDurableObject(someRing(), (_object, { storage }) => {
        for (const statement of first) storage.sql.exec(statement);
        upgradeTables(storage, schema);
        return shapeOf(storage);
      });
      const made = await runInDurableObject(someRing(), (_object, { storage }) => {
        createTables(storage, schema);
        return shapeOf(storage);
      });
      expect(upgraded).toEqual(made);
      expect(Object.keys(made).length).toBeGreaterThan(first.length);
    },
  );

  it.each([
    ['KeyRing', SCHEMA, 8],
    ['Lobby', LOBBY_SCHEMA, 5],
  ] as const)('of a %s that are made new are of the latest version', async (_, schema, version) => {
    const rows = await runInDurableObject(someRing(), (_object, { storage }) => {
      createTables(storage, schema);
      upgradeTables(storage, schema);
      return storage.sql.exec('SELECT * FROM schema').toArray();
    });
    expect(rows).toEqual([{ id: 1, version }]);
  });

  it('of a newer version are left as they are: a deployment may be taken back', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const ring = await ringStub(session);
    await runInDurableObject(ring, (_object, { storage }) => {
      storage.sql.exec('UPDATE schema SET version = 99');
      storage.sql.exec('ALTER TABLE keys ADD COLUMN of_tomorrow TEXT');
    });
    await evictDurableObject(ring);
    expect((await call(key)).status).toBe(200);
    expect((await dumpOfRing(ring)).schema).toEqual([{ id: 1, version: 99 }]);
  });

  it('have no place of SQLite’s own for their version: it is closed to Durable Objects', async () => {
    await runInDurableObject(someRing(), (_object, { storage }) =>
      expect(() => storage.sql.exec('PRAGMA user_version')).toThrow('not authorized'),
    );
  });

  it('are as they were when a step fails: all of it or nothing', async () => {
    const shapes = await runInDurableObject(someRing(), (_object, { storage }) => {
      for (const statement of VERSION_1) storage.sql.exec(statement);
      const before = shapeOf(storage);
      const broken: Schema = {
        tables: [],
        steps: [['CREATE TABLE good (id INTEGER)', 'CREATE TABLE ring (id)']],
      };
      expect(() => upgradeTables(storage, broken)).toThrow('already exists');
      return [before, shapeOf(storage)];
    });
    expect(shapes[1]).toEqual(shapes[0]);
  });

  it.each([...SCHEMA.steps, ...LOBBY_SCHEMA.steps, [VERSION_TABLE]].flat())(
    'are only added to: %s',
    (step) => {
      const isAdded =
        /^CREATE (TABLE|INDEX) /.test(step) ||
        /^ALTER TABLE \w+ ADD COLUMN \w+ [A-Z]+( COLLATE NOCASE)?( AS \(.+\))?$/.test(step);
      expect(isAdded).toBe(true);
    },
  );
});

describe('a Lobby of version 3', () => {
  it('keeps its rows, and lets devices wait from then on', async () => {
    const stub = rooms.LOBBY.getByName(`lobby-${crypto.randomUUID()}`);
    const lobby = stub as unknown as Lobby;
    await lobby.markSeen('message-1', 1);
    await runInDurableObject(stub, (_object, { storage }) => {
      for (const table of ['device_codes', 'tries', 'scoped_tokens', 'token_reports', 'token_totals'])
        storage.sql.exec(`DROP TABLE ${table}`);
      storage.sql.exec('UPDATE schema SET version = 3');
    });
    await evictDurableObject(stub);
    const device = { names: ['name-1'], deviceCode: 'hash', clientId: 'acme-cli', scopes: [], about: '' };
    expect(await lobby.beginDevice(device)).toEqual({ result: 'begun' });
    expect(await lobby.wasSeen('message-1', 1)).toBe('replayed');
    const { schema, device_codes: codes } = await dumpOfRing(stub);
    expect([schema, codes]).toMatchObject([[{ version: 5 }], [{ user_code: 'name-1', state: 'pending' }]]);
  });
});

describe('a Lobby from before versions were written down', () => {
  it('keeps its rows and writes its version down', async () => {
    const lobby = rooms.LOBBY.getByName(`lobby-${crypto.randomUUID()}`);
    await runInDurableObject(lobby, (_object, { storage }) => {
      for (const statement of LOBBY_VERSION_1) storage.sql.exec(statement);
      storage.sql.exec("INSERT INTO owners VALUES ('client', 'user', 'user-test-ada', NULL, 0)");
    });
    await evictDurableObject(lobby);
    const { owner } = await (lobby as unknown as Lobby).look({
      clientId: 'client',
      fingerprint: null,
    });
    expect(owner?.id).toBe('user-test-ada');
    const { schema, messages } = await dumpOfRing(lobby);
    expect([schema, messages]).toEqual([[{ id: 1, version: 5 }], []]);
  });
});
