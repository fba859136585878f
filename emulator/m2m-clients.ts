import type { JsonObject } from './json.ts';
import type { Project } from './project.ts';
import type { Switches } from './switches.ts';

/** An M2M client as it is stored: of its secrets only hashes and the last four characters. */
export type M2MClient = {
  readonly sequence: number;
  readonly clientId: string;
  readonly name: string | null;
  readonly description: string | null;
  readonly status: 'active' | 'inactive';
  readonly scopes: readonly string[];
  readonly metadata: JsonObject | null;
  readonly secretHash: string;
  readonly secretLastFour: string;
  readonly nextSecretHash: string | null;
  readonly nextSecretLastFour: string | null;
};

type Row = {
  sequence: number;
  client_id: string;
  client_name: string | null;
  client_description: string | null;
  status: string;
  scopes: string;
  trusted_metadata: string | null;
  secret_hash: string;
  secret_last_four: string;
  next_secret_hash: string | null;
  next_secret_last_four: string | null;
};

/** Every client, oldest first. */
export const allClients = (project: Project): readonly M2MClient[] =>
  project.sql.exec<Row>('SELECT * FROM m2m_clients ORDER BY sequence').toArray().map(fromRow);

/** Clients next to a place in the order, up to so many; without a place, from its beginning. */
export const clientsFrom = (
  project: Project,
  order: 'newest_first' | 'oldest_first',
  after: number | null,
  limit: number,
): readonly M2MClient[] => {
  const isDown = order === 'newest_first';
  const query = `SELECT * FROM m2m_clients WHERE sequence ${isDown ? '<' : '>'} ?
    ORDER BY sequence ${isDown ? 'DESC' : 'ASC'} LIMIT ?`;
  const place = after ?? (isDown ? Number.MAX_SAFE_INTEGER : 0);
  return project.sql.exec<Row>(query, place, limit).toArray().map(fromRow);
};

/** Finds a client by its id. */
export const findClient = (project: Project, clientId: string): M2MClient | null => {
  const [row] = project.sql.exec<Row>('SELECT * FROM m2m_clients WHERE client_id = ?', clientId);
  return row === undefined ? null : fromRow(row);
};

/** How many clients there are. */
export const countClients = (project: Project): number =>
  project.sql.exec<{ count: number }>('SELECT COUNT(*) AS count FROM m2m_clients').one().count;

/** Adds a client. The caller has checked that its id is free. */
export const insertClient = (project: Project, client: Omit<M2MClient, 'sequence'>): void => {
  project.sql.exec(
    `INSERT INTO m2m_clients (client_id, client_name, client_description, status, scopes, trusted_metadata,
      secret_hash, secret_last_four, next_secret_hash, next_secret_last_four) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ...[client.clientId, ...columns(client)],
  );
};

/** Writes a client back. */
export const updateClient = (project: Project, client: M2MClient): void => {
  project.sql.exec(
    `UPDATE m2m_clients SET client_name = ?, client_description = ?, status = ?, scopes = ?, trusted_metadata = ?,
      secret_hash = ?, secret_last_four = ?, next_secret_hash = ?, next_secret_last_four = ? WHERE client_id = ?`,
    ...[...columns(client), client.clientId],
  );
};

/** Deletes a client, and remembers that its id was in use. */
export const deleteClient = (project: Project, clientId: string): void => {
  project.sql.exec('DELETE FROM m2m_clients WHERE client_id = ?', clientId);
  project.sql.exec('INSERT OR IGNORE INTO deleted_clients VALUES (?)', clientId);
};

/** Whether a client of this id was deleted. */
export const wasDeleted = (project: Project, clientId: string): boolean =>
  project.sql.exec('SELECT 1 FROM deleted_clients WHERE client_id = ?', clientId).toArray().length > 0;

/** Stytch's M2MClient object; it never has a secret. */
export const clientObject = (client: M2MClient, switches: Switches): JsonObject => {
  const unset = switches.unsetName === 'null' ? null : '';
  return {
    client_id: client.clientId,
    client_name: client.name ?? unset,
    client_description: client.description ?? unset,
    status: client.status,
    scopes: client.scopes,
    client_secret_last_four: client.secretLastFour,
    trusted_metadata: client.metadata ?? (switches.unsetMetadata === 'null' ? null : {}),
    next_client_secret_last_four: client.nextSecretLastFour,
  };
};

const columns = (client: Omit<M2MClient, 'sequence'>): (string | null)[] => [
  client.name,
  client.description,
  client.status,
  JSON.stringify(client.scopes),
  client.metadata === null ? null : JSON.stringify(client.metadata),
  client.secretHash,
  client.secretLastFour,
  client.nextSecretHash,
  client.nextSecretLastFour,
];

const fromRow = (row: Row): M2MClient => ({
  sequence: row.sequence,
  clientId: row.client_id,
  name: row.client_name,
  description: row.client_description,
  status: row.status === 'active' ? 'active' : 'inactive',
  scopes: JSON.parse(row.scopes),
  metadata: row.trusted_metadata === null ? null : JSON.parse(row.trusted_metadata),
  secretHash: row.secret_hash,
  secretLastFour: row.secret_last_four,
  nextSecretHash: row.next_secret_hash,
  nextSecretLastFour: row.next_secret_last_four,
});
