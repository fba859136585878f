import { type KeptTokenRow, toKeptTokenRow } from './rows.ts';
import type { Sql } from './sql.ts';

/** Of a KeyRing and of a Lobby alike. */
export const SCOPED_TOKENS = `CREATE TABLE scoped_tokens (
    -- Access tokens for part of a client's scopes, at most 32 for each secret while they live, sealed under that secret.
    fingerprint TEXT NOT NULL,
    scope TEXT NOT NULL,
    sealed TEXT NOT NULL,
    generation INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (fingerprint, scope)
  ) WITHOUT ROWID`;
export const SCOPED_TOKENS_BY_END = 'CREATE INDEX scoped_tokens_by_end ON scoped_tokens (expires_at)';

/** The table of tokens for part of the scopes. */
export const scopedTables = ({ all, first, run }: Sql, exists: () => boolean) => ({
  scopedToken: (fingerprint: string, scope: string): KeptTokenRow | null => {
    const row = exists()
      ? first('SELECT * FROM scoped_tokens WHERE fingerprint = ? AND scope = ?', fingerprint, scope)
      : null;
    return row === null ? null : toKeptTokenRow(row);
  },
  putScopedToken: (fingerprint: string, scope: string, token: KeptTokenRow): void =>
    run(
      `INSERT OR REPLACE INTO scoped_tokens (fingerprint, scope, sealed, generation, expires_at)
       VALUES (?, ?, ?, ?, ?)`,
      ...[fingerprint, scope, token.sealed, token.generation, token.expiresAt],
    ),
  /** When each living token of a secret ends, in seconds, by its scope. Those of another generation are forgotten. */
  scopedEnds: (fingerprint: string, generation: number, now: number): ReadonlyMap<string, number> => {
    run(
      'DELETE FROM scoped_tokens WHERE fingerprint = ? AND (generation <> ? OR expires_at <= ?)',
      ...[fingerprint, generation, now / 1000],
    );
    const rows = all('SELECT scope, expires_at FROM scoped_tokens WHERE fingerprint = ?', fingerprint);
    return new Map(rows.map(({ scope, expires_at }) => [scope as string, expires_at as number]));
  },
  deleteScopedTokens: (fingerprint: string): void =>
    run('DELETE FROM scoped_tokens WHERE fingerprint = ?', fingerprint),
  /** Forgets those that have ended. `now` in milliseconds. */
  sweepScopedTokens: (now: number): void => {
    if (exists()) run('DELETE FROM scoped_tokens WHERE expires_at <= ?', now / 1000);
  },
});

export type ScopedTables = ReturnType<typeof scopedTables>;
