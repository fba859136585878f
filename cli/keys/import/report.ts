import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** What became of a row. `failed`: nobody knows, or not yet; it is tried again next time, as what was refused is. */
export type Outcome = 'imported' | 'already' | 'refused' | 'failed';

/** A line of the report: what became of one row. No secret is in it. */
export interface ReportLine {
  readonly line: number;
  readonly client_id: string | null;
  readonly user_id: string | null;
  readonly outcome: Outcome;
  /** Of the refusal, for programs; null for what was done. */
  readonly code: string | null;
  readonly detail: string | null;
  /** By which the Desk's log knows it. */
  readonly request_id: string | null;
}

export interface Report {
  /** Whether an earlier run saw to a row. */
  readonly isDone: (row: { readonly clientId: string; readonly userId: string }) => boolean;
  readonly add: (line: ReportLine) => void;
}

/** Opens a report, to go on with it; without a file, nothing is known and nothing is kept. */
export const openReport = (file: string | null): Report => {
  const before = file !== null && existsSync(file) ? readFileSync(file, 'utf8') : '';
  const done = new Set(before.split('\n').flatMap(doneIn));
  // Whatever ended the last run may have cut its last line short.
  if (file !== null && before !== '' && !before.endsWith('\n')) appendFileSync(file, '\n');
  return {
    isDone: ({ clientId, userId }) => done.has(nameOf(clientId, userId)),
    add: (line) => {
      if (file !== null) appendFileSync(file, `${JSON.stringify(line)}\n`);
    },
  };
};

const doneIn = (text: string): readonly string[] => {
  try {
    const line = JSON.parse(text) as Partial<ReportLine> | null;
    const isDone = line?.outcome === 'imported' || line?.outcome === 'already';
    return isDone ? [nameOf(String(line.client_id), String(line.user_id))] : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
};

/** Neither has a space in it. */
const nameOf = (clientId: string, userId: string): string => `${clientId} ${userId}`;
