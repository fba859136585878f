import { nowMs, timestamp } from './clock.ts';
import type { JsonObject } from './json.ts';
import { deletePassword, findPassword, isLocked } from './passwords.ts';
import type { Project } from './project.ts';
import { revokeSubject } from './sessions.ts';

/** A user as it is stored. */
export type User = {
  readonly userId: string;
  readonly externalId: string | null;
  readonly email: string | null;
  readonly emailId: string;
  readonly emailVerified: boolean;
  readonly phoneNumber: string | null;
  readonly phoneId: string;
  readonly status: string;
  readonly roles: readonly string[];
  readonly name: JsonObject;
  readonly trustedMetadata: JsonObject;
  readonly untrustedMetadata: JsonObject;
  readonly createdMs: number;
};

type Row = {
  user_id: string;
  external_id: string | null;
  email: string | null;
  email_id: string;
  email_verified: number;
  phone_number: string | null;
  phone_id: string;
  status: string;
  roles: string;
  name: string;
  trusted_metadata: string;
  untrusted_metadata: string;
  created_ms: number;
};

/** Every user, newest first. */
export const allUsers = (project: Project): readonly User[] =>
  project.sql.exec<Row>('SELECT * FROM users ORDER BY sequence DESC').toArray().map(fromRow);

/** Finds a user by its id or by the operator's own id. */
export const findUser = (project: Project, id: string): User | null => {
  const [row] = project.sql.exec<Row>('SELECT * FROM users WHERE user_id = ? OR external_id = ?', id, id);
  return row === undefined ? null : fromRow(row);
};

/** Finds a user by e-mail address, whatever its case. */
export const findUserByEmail = (project: Project, email: string): User | null => {
  const [row] = project.sql.exec<Row>('SELECT * FROM users WHERE email = ?', email);
  return row === undefined ? null : fromRow(row);
};

/** Adds a user or writes it back. */
export const putUser = (project: Project, user: User): void => {
  project.sql.exec(
    `INSERT INTO users (user_id, external_id, email, email_id, email_verified, phone_number, phone_id, status, roles,
      name, trusted_metadata, untrusted_metadata, created_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
      ON CONFLICT (user_id) DO UPDATE SET external_id = excluded.external_id, roles = excluded.roles,
      name = excluded.name, trusted_metadata = excluded.trusted_metadata,
      untrusted_metadata = excluded.untrusted_metadata`,
    ...[user.userId, user.externalId, user.email, user.emailId, user.emailVerified ? 1 : 0],
    ...[user.phoneNumber, user.phoneId, user.status, JSON.stringify(user.roles), JSON.stringify(user.name)],
    ...[JSON.stringify(user.trustedMetadata), JSON.stringify(user.untrustedMetadata), user.createdMs],
  );
};

/** Deletes a user with its password and its sessions. */
export const deleteUser = (project: Project, userId: string): void => {
  project.sql.exec('DELETE FROM users WHERE user_id = ?', userId);
  deletePassword(project, userId);
  revokeSubject(project, userId);
};

/** A user with nothing but an id. */
export const blankUser = (project: Project, userId: string): User => ({
  ...{
    userId,
    externalId: null,
    email: null,
    emailId: '',
    emailVerified: false,
    phoneNumber: null,
    phoneId: '',
  },
  ...{ status: 'active', roles: ['stytch_user'], name: {}, trustedMetadata: {}, untrustedMetadata: {} },
  createdMs: nowMs(project),
});

/** Stytch's User object. */
export const userObject = (project: Project, user: User): JsonObject => {
  const password = findPassword(project, user.userId);
  const emails = [{ email_id: user.emailId, email: user.email ?? '', verified: user.emailVerified }];
  const phones = [{ phone_id: user.phoneId, phone_number: user.phoneNumber ?? '', verified: false }];
  const locked = isLocked(project, password);
  return {
    user_id: user.userId,
    emails: user.email === null ? [] : emails,
    phone_numbers: user.phoneNumber === null ? [] : phones,
    ...{
      webauthn_registrations: [],
      providers: [],
      totps: [],
      crypto_wallets: [],
      biometric_registrations: [],
    },
    ...{ status: user.status, is_locked: locked, roles: user.roles },
    name: { first_name: '', middle_name: '', last_name: '', ...user.name },
    created_at: timestamp(user.createdMs),
    password: password && {
      password_id: password.password_id,
      requires_reset: password.requires_reset === 1,
    },
    trusted_metadata: user.trustedMetadata,
    untrusted_metadata: user.untrustedMetadata,
    external_id: user.externalId,
    lock_created_at: locked && password?.lock_created_ms ? timestamp(password.lock_created_ms) : null,
    lock_expires_at: locked && password?.lock_expires_ms ? timestamp(password.lock_expires_ms) : null,
  };
};

const fromRow = (row: Row): User => ({
  ...{ userId: row.user_id, externalId: row.external_id, email: row.email, emailId: row.email_id },
  ...{ emailVerified: row.email_verified === 1, phoneNumber: row.phone_number, phoneId: row.phone_id },
  ...{
    status: row.status,
    roles: JSON.parse(row.roles),
    name: JSON.parse(row.name),
    createdMs: row.created_ms,
  },
  trustedMetadata: JSON.parse(row.trusted_metadata),
  untrustedMetadata: JSON.parse(row.untrusted_metadata),
});
