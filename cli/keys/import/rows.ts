import { err, ok, type Result } from '../../../src/model/refusal.ts';
import { readCsv } from './csv.ts';

/** One client that is to become somebody's key. */
export interface Row {
  /** Of the file, from 1. */
  readonly line: number;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly userId: string;
  readonly name: string | null;
}

/** A line that is no row, and why. Nothing of what it says is repeated: a secret may stand in any place. */
export interface BadRow {
  readonly line: number;
  readonly detail: string;
}

export interface Rows {
  readonly rows: readonly Row[];
  readonly bad: readonly BadRow[];
}

const COLUMNS = ['client_id', 'client_secret', 'user_id', 'name'] as const;

/** Reads a file of rows, or says why it is none. CSV has the names of its columns in its first line. */
export const readRows = (text: string, format: 'csv' | 'ndjson'): Result<Rows, string> =>
  format === 'csv' ? fromCsv(text) : ok(sorted(text.split('\n').flatMap(fromLine)));

const fromCsv = (text: string): Result<Rows, string> => {
  const [head, ...records] = readCsv(text) ?? [];
  if (head === undefined) return err('is no CSV, or is empty');
  const unknown = head.fields.find((name) => !COLUMNS.some((column) => column === name));
  if (unknown !== undefined || new Set(head.fields).size < head.fields.length)
    return err(`must have the columns ${COLUMNS.join(', ')} and no other; name may be left out`);
  const missing = COLUMNS.slice(0, 3).filter((column) => !head.fields.includes(column));
  if (missing.length > 0) return err(`has no column ${missing.join(', ')}`);
  const found = records.map(({ line, fields }): Row | BadRow => {
    if (fields.length !== head.fields.length) return { line, detail: 'has another number of columns' };
    const members = Object.fromEntries(head.fields.map((name, i) => [name, fields[i]]));
    return toRow(line, { ...members, name: members.name === '' ? undefined : members.name });
  });
  return ok(sorted(found));
};

const fromLine = (text: string, index: number): readonly (Row | BadRow)[] => {
  if (text.trim() === '') return [];
  const value = parse(text);
  return [value === null ? { line: index + 1, detail: 'is not a JSON object' } : toRow(index + 1, value)];
};

const toRow = (line: number, members: Readonly<Record<string, unknown>>): Row | BadRow => {
  const { client_id: clientId, client_secret: clientSecret, user_id: userId, name = null, ...more } = members;
  if (Object.keys(more).length > 0)
    return { line, detail: `may have ${COLUMNS.join(', ')} and nothing else` };
  if (!isLike(clientId, /^[\x21-\x7E]{1,128}$/)) return { line, detail: 'has no client_id' };
  if (!isLike(clientSecret, /^[\x20-\x7E]{1,1024}$/)) return { line, detail: 'has no client_secret' };
  if (!isLike(userId, /^(?:user|member|organization)-[A-Za-z0-9-]{1,120}$/))
    return { line, detail: 'has no user_id of Stytch: user-…, member-… or organization-…' };
  if (name !== null && !isLike(name, /^.{1,64}$/u)) return { line, detail: 'has a name that is none' };
  return { line, clientId, clientSecret, userId, name };
};

const isLike = (value: unknown, form: RegExp): value is string =>
  typeof value === 'string' && form.test(value);

const sorted = (found: readonly (Row | BadRow)[]): Rows => ({
  rows: found.filter((each): each is Row => 'clientId' in each),
  bad: found.filter((each): each is BadRow => 'detail' in each),
});

const parse = (text: string): Readonly<Record<string, unknown>> | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};
