import { base64url } from 'jose';
import { nowMs } from './clock.ts';
import { hashPassword } from './hash.ts';
import { makeId } from './ids.ts';
import type { Project } from './project.ts';
import { type Refusal, refuse } from './result.ts';
import type { Switches } from './switches.ts';

/** A password as it is stored, with the lock that failures put on it. */
export type Password = {
  readonly password_id: string;
  readonly salt: string;
  readonly hash: string;
  readonly requires_reset: number;
  readonly failures: number;
  readonly lock_created_ms: number | null;
  readonly lock_expires_ms: number | null;
};

/** Sets the password of a user or a member. */
export const setPassword = async (
  project: Project,
  subject: string,
  password: string,
  requiresReset = false,
): Promise<void> => {
  const salt = base64url.encode(crypto.getRandomValues(new Uint8Array(16)));
  const hash = await hashPassword(password, salt);
  project.sql.exec(
    'INSERT OR REPLACE INTO passwords (subject, password_id, salt, hash, requires_reset) VALUES (?, ?, ?, ?, ?)',
    ...[subject, makeId(project, 'password'), salt, hash, requiresReset ? 1 : 0],
  );
};

/** Finds the password of a user or a member. */
export const findPassword = (project: Project, subject: string): Password | null => {
  const [row] = project.sql.exec<Password>('SELECT * FROM passwords WHERE subject = ?', subject);
  return row ?? null;
};

/** Forgets a password. */
export const deletePassword = (project: Project, subject: string): void => {
  project.sql.exec('DELETE FROM passwords WHERE subject = ?', subject);
};

/** Whether a lock holds now. */
export const isLocked = (project: Project, password: Password | null): boolean =>
  (password?.lock_expires_ms ?? 0) > nowMs(project);

/** Checks a password; too many failures lock the user for a while. */
export const checkPassword = async (
  project: Project,
  switches: Switches,
  subject: string,
  given: string,
): Promise<Refusal | null> => {
  const stored = findPassword(project, subject);
  if (stored === null) return refuse('no_user_password');
  if (isLocked(project, stored)) return refuse('user_lock_limit_reached');
  const right = (await hashPassword(given, stored.salt)) === stored.hash;
  if (!right) return countFailure(project, switches, subject);
  project.sql.exec(
    'UPDATE passwords SET failures = 0, lock_created_ms = NULL, lock_expires_ms = NULL WHERE subject = ?',
    subject,
  );
  return stored.requires_reset === 1 ? refuse('reset_password') : null;
};

const countFailure = (project: Project, switches: Switches, subject: string): Refusal => {
  project.sql.exec('UPDATE passwords SET failures = failures + 1 WHERE subject = ?', subject);
  const failures = findPassword(project, subject)?.failures ?? 0;
  if (failures < switches.lockoutFailures) return refuse('unauthorized_credentials');
  const ms = nowMs(project);
  project.sql.exec(
    'UPDATE passwords SET failures = 0, lock_created_ms = ?, lock_expires_ms = ? WHERE subject = ?',
    ...[ms, ms + switches.lockoutSeconds * 1000, subject],
  );
  return refuse('user_lock_limit_reached');
};
