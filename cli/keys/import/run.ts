import type { TokenSource } from '../../token.ts';
import type { Outcome, Report, ReportLine } from './report.ts';
import type { BadRow, Row } from './rows.ts';
import { type Sent, sendRow } from './send.ts';

export interface Run {
  readonly desk: string;
  readonly tokens: TokenSource;
  readonly concurrency: number;
  readonly report: Report;
  /** Rows that no earlier run saw to. */
  readonly rows: readonly Row[];
  readonly bad: readonly BadRow[];
  readonly onProgress: (tally: Tally, of: number) => void;
  /** Aborted: no further row is begun. */
  readonly stopped: AbortSignal;
}

export type Tally = Readonly<Record<Outcome, number>>;

/** What became of all rows, and what kept the rest from being tried; null where nothing did. */
export interface Ran {
  readonly tally: Tally;
  readonly because: string | null;
}

/** Imports rows, so many at once, and writes each into the report as soon as it is known what became of it. */
export const run = async (options: Run): Promise<Ran> => {
  const { rows, bad, report, onProgress, stopped } = options;
  const tally: Record<Outcome, number> = { imported: 0, already: 0, refused: 0, failed: 0 };
  let because: string | null = null;
  const note = (line: ReportLine): void => {
    report.add(line);
    tally[line.outcome] += 1;
    onProgress(tally, rows.length + bad.length);
  };
  for (const each of bad) note(unread(each));

  const left = rows.values();
  const work = async (): Promise<void> => {
    for (const row of left) {
      if (because !== null || stopped.aborted) return;
      const sent: Sent = await sendRow(options.desk, options.tokens, row);
      if (sent.ok) note(sent.value);
      else because ??= sent.refusal;
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, work));
  if (because === null && stopped.aborted) because = 'stopped';
  return { tally, because };
};

const unread = ({ line, detail }: BadRow): ReportLine => ({
  ...{ line, client_id: null, user_id: null, outcome: 'refused', code: 'row_invalid', detail },
  request_id: null,
});
