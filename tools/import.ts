import { readFileSync } from 'node:fs';
import { err, type Result } from '../src/model/refusal.ts';
import { HELP, type Options, readOptions } from './import/options.ts';
import { openReport } from './import/report.ts';
import { type Row, type Rows, readRows } from './import/rows.ts';
import { type Ran, run, type Tally } from './import/run.ts';

/** How often there is a word on how far it is, at the most: so many in all. */
const WORDS = 50;

const main = async (): Promise<number> => {
  const options = readOptions(process.env);
  if (!options.ok) return misused(`${options.refusal}\n\n${HELP}`);
  if (options.value === null) {
    console.log(HELP);
    return 0;
  }
  const { file, format, reportFile } = options.value;
  const text = readText(file);
  const read: Result<Rows, string> = text.ok ? readRows(text.value, format) : text;
  if (!read.ok) return misused(`${file}: ${read.refusal}`);
  const report = openReport(reportFile);
  const rows = read.value.rows.filter((row) => !report.isDone(row));
  const passedOver = read.value.rows.length - rows.length;
  const { bad } = read.value;
  if (options.value.tokens === null) return dry(options.value, rows, { bad: bad.length, passedOver });

  const ran = await run({
    ...{ desk: options.value.desk, concurrency: options.value.concurrency, tokens: options.value.tokens },
    ...{ report, rows, bad, onProgress: progress, stopped: whenStopped() },
  });
  return tell(options.value, ran, passedOver, rows.length + bad.length);
};

const misused = (problem: string): number => {
  console.error(problem);
  return 2;
};

const readText = (file: string): Result<string, string> => {
  try {
    return { ok: true, value: readFileSync(file, 'utf8') };
  } catch (error) {
    if (error instanceof Error && 'code' in error) return err(`cannot be read (${error.code})`);
    throw error;
  }
};

const dry = (
  { json }: Options,
  rows: readonly Row[],
  { bad, passedOver }: { readonly bad: number; readonly passedOver: number },
): number => {
  const summary = { dry_run: true, to_import: rows.length, refused: bad, passed_over: passedOver };
  console.log(
    json
      ? JSON.stringify(summary)
      : `${rows.length} to import, ${bad} that cannot be read, ${passedOver} done before. Nothing was sent.`,
  );
  return bad === 0 ? 0 : 1;
};

const count = ({ imported, already, refused, failed }: Tally): number =>
  imported + already + refused + failed;

const progress = (tally: Tally, of: number): void => {
  if (count(tally) % Math.max(1, Math.floor(of / WORDS)) !== 0) return;
  console.error(`${count(tally)} of ${of}: ${inWords(tally)}`);
};

const inWords = ({ imported, already, refused, failed }: Tally): string =>
  `${imported} imported, ${already} imported before, ${refused} refused, ${failed} failed`;

/** The first Ctrl-C lets what was begun come to its end; a second one ends it all. */
const whenStopped = (): AbortSignal => {
  const controller = new AbortController();
  const stop = (): void => {
    controller.abort();
    console.error('Stopping when what was begun is done.');
  };
  process.once('SIGINT', stop);
  process.once('SIGTERM', stop);
  return controller.signal;
};

const tell = ({ json }: Options, { tally, because }: Ran, passedOver: number, of: number): number => {
  const left = of - count(tally);
  if (because !== null) console.error(`Not all was tried: ${because}.`);
  console.log(
    json
      ? JSON.stringify({ ...tally, passed_over: passedOver, left })
      : `${inWords(tally)}, ${passedOver} done before, ${left} left.`,
  );
  if (because !== null && because !== 'stopped') return 2;
  return tally.refused + tally.failed + left > 0 ? 1 : 0;
};

process.exitCode = await main();
