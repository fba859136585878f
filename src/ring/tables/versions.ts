/** The tables of one class of Durable Objects: as they are made new, and how older ones become the same. */
export interface Schema {
  readonly tables: readonly string[];
  /**
   * What each version added to the one before it; the first leads from version 1 to version 2. A step only adds:
   * tables, indexes, columns that may be null. So the version before still works on what a newer one left
   * (SECURITY.md ORG-12), and no step is ever changed or taken away.
   */
  readonly steps: readonly (readonly string[])[];
}

/** Where an object writes down what its tables are. SQLite's own `user_version` is closed to Durable Objects. */
export const VERSION_TABLE = `CREATE TABLE schema (
    -- The version of these tables: one row.
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL
  )`;

/** The version of tables that are made new. */
export const versionOf = ({ steps }: Schema): number => steps.length + 1;

/** Whether an object has a table of that name. */
export const hasTable = ({ sql }: DurableObjectStorage, name: string): boolean =>
  sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name).toArray().length > 0;

/** Makes the tables of an object that has none. */
export const createTables = (storage: DurableObjectStorage, schema: Schema): void =>
  storage.transactionSync(() => {
    for (const statement of [...schema.tables, VERSION_TABLE]) storage.sql.exec(statement);
    putVersion(storage, versionOf(schema));
  });

/**
 * Brings the tables of an object up to date, when it wakes and before anything else: all of it or nothing. Tables from
 * before versions were written down are of version 1; those of a newer version are left as they are.
 */
export const upgradeTables = (storage: DurableObjectStorage, schema: Schema): void => {
  const written = writtenVersion(storage);
  const version = written ?? 1;
  if (written !== null && version >= versionOf(schema)) return;
  storage.transactionSync(() => {
    if (written === null) storage.sql.exec(VERSION_TABLE);
    for (const statement of schema.steps.slice(version - 1).flat()) storage.sql.exec(statement);
    putVersion(storage, versionOf(schema));
  });
};

const writtenVersion = (storage: DurableObjectStorage): number | null =>
  hasTable(storage, 'schema') ? Number(storage.sql.exec('SELECT version FROM schema').one().version) : null;

const putVersion = (storage: DurableObjectStorage, version: number): void =>
  void storage.sql.exec('INSERT OR REPLACE INTO schema (id, version) VALUES (1, ?)', version);
