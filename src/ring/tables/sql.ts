import type { Row } from './rows.ts';

/** One object's SQL: each statement is one synchronous step. */
export interface Sql {
  readonly all: (query: string, ...values: readonly SqlStorageValue[]) => readonly Row[];
  readonly first: (query: string, ...values: readonly SqlStorageValue[]) => Row | null;
  readonly run: (query: string, ...values: readonly SqlStorageValue[]) => void;
}

export const openSql = (sql: SqlStorage): Sql => {
  const all: Sql['all'] = (query, ...values) => sql.exec(query, ...values).toArray();
  return {
    all,
    first: (query, ...values) => all(query, ...values)[0] ?? null,
    run: (query, ...values) => void sql.exec(query, ...values),
  };
};
