import { nowMs } from './clock.ts';
import { makeId, makeSecret } from './ids.ts';
import type { JsonObject } from './json.ts';
import type { Project } from './project.ts';

/** A session of a user, or of a member when it has an organization. */
export type Session = {
  readonly sessionId: string;
  readonly sessionToken: string;
  readonly subject: string;
  readonly organizationId: string | null;
  readonly factors: readonly JsonObject[];
  readonly customClaims: JsonObject;
  readonly startedMs: number;
  readonly accessedMs: number;
  readonly expiresMs: number;
};

type Row = {
  session_id: string;
  session_token: string;
  subject: string;
  organization_id: string | null;
  factors: string;
  custom_claims: string;
  started_ms: number;
  accessed_ms: number;
  expires_ms: number;
};

/** Starts a session that nothing has been proved in yet. */
export const newSession = (project: Project, subject: string, organizationId: string | null): Session => {
  const ms = nowMs(project);
  const kind = organizationId === null ? 'session' : 'member-session';
  return {
    ...{ sessionId: makeId(project, kind), sessionToken: makeSecret(), subject, organizationId },
    ...{ factors: [], customClaims: {}, startedMs: ms, accessedMs: ms, expiresMs: ms },
  };
};

/** Adds a session or writes it back. */
export const putSession = (project: Project, session: Session): void => {
  project.sql.exec(
    'INSERT OR REPLACE INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[session.sessionId, session.sessionToken, session.subject, session.organizationId],
    ...[JSON.stringify(session.factors), JSON.stringify(session.customClaims)],
    ...[session.startedMs, session.accessedMs, session.expiresMs],
  );
};

/** Finds a session that is alive, by its id or by its token. */
export const findSession = (
  project: Project,
  column: 'session_id' | 'session_token',
  value: string,
): Session | null => {
  const query = `SELECT * FROM sessions WHERE ${column} = ? AND expires_ms > ?`;
  const [row] = project.sql.exec<Row>(query, value, nowMs(project));
  return row === undefined ? null : fromRow(row);
};

/** The sessions of a user or a member that are alive. */
export const sessionsOf = (project: Project, subject: string): readonly Session[] =>
  project.sql
    .exec<Row>('SELECT * FROM sessions WHERE subject = ? AND expires_ms > ?', subject, nowMs(project))
    .toArray()
    .map(fromRow);

/** Ends one session. */
export const revokeSession = (project: Project, sessionId: string): void => {
  project.sql.exec('DELETE FROM sessions WHERE session_id = ?', sessionId);
};

/** Ends every session of a user or a member. */
export const revokeSubject = (project: Project, subject: string): void => {
  project.sql.exec('DELETE FROM sessions WHERE subject = ?', subject);
};

const fromRow = (row: Row): Session => ({
  ...{ sessionId: row.session_id, sessionToken: row.session_token, subject: row.subject },
  organizationId: row.organization_id,
  factors: JSON.parse(row.factors),
  customClaims: JSON.parse(row.custom_claims),
  ...{ startedMs: row.started_ms, accessedMs: row.accessed_ms, expiresMs: row.expires_ms },
});
