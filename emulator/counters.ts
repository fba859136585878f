import type { Project } from './project.ts';

/** Counts a call when it arrives, whatever becomes of it. */
export const countCall = (project: Project, endpoint: string): void => {
  project.sql.exec(
    'INSERT INTO calls VALUES (?, 1) ON CONFLICT (endpoint) DO UPDATE SET count = count + 1',
    endpoint,
  );
};

/** Counts an answer by status; a call that hangs has none. */
export const countAnswer = (project: Project, endpoint: string, status: number): void => {
  project.sql.exec(
    'INSERT INTO answers VALUES (?, ?, 1) ON CONFLICT (endpoint, status) DO UPDATE SET count = count + 1',
    endpoint,
    status,
  );
};

/** Counts a successful exchange: what Stytch bills. */
export const countToken = (project: Project, clientId: string): void => {
  project.sql.exec(
    'INSERT INTO tokens VALUES (?, 1) ON CONFLICT (client_id) DO UPDATE SET count = count + 1',
    clientId,
  );
};

/** Sets every counter to nought. */
export const resetCounters = (project: Project): void => {
  for (const table of ['calls', 'answers', 'tokens']) project.sql.exec(`DELETE FROM ${table}`);
};

/** The counters as the side door shows them. */
export const showCounters = (project: Project) => {
  const calls = project.sql.exec<{ endpoint: string; count: number }>('SELECT * FROM calls').toArray();
  const tokens = project.sql.exec<{ client_id: string; count: number }>('SELECT * FROM tokens').toArray();
  return {
    calls: Object.fromEntries(calls.map(({ endpoint, count }) => [endpoint, count])),
    answers: showAnswers(project),
    tokens: tokens.reduce((sum, { count }) => sum + count, 0),
    tokensByClient: Object.fromEntries(tokens.map(({ client_id, count }) => [client_id, count])),
  };
};

const showAnswers = (project: Project): Record<string, Record<string, number>> => {
  type Row = { endpoint: string; status: number; count: number };
  const shown: Record<string, Record<string, number>> = {};
  for (const { endpoint, status, count } of project.sql.exec<Row>('SELECT * FROM answers')) {
    shown[endpoint] = { ...shown[endpoint], [status]: count };
  }
  return shown;
};
