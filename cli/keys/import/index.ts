import { misused } from '../../answers.ts';
import type { Command, ExitCode } from '../../command.ts';
import { readTextFile } from '../../read-file.ts';
import type { Terminal } from '../../terminal.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { openReport } from './report.ts';
import { type Row, readRows } from './rows.ts';
import { type Ran, run, type Tally } from './run.ts';

/** How often there is a word on how far it is, at the most: so many in all. */
const WORDS = 50;

export const keysImport: Command = {
  help: HELP,
  run: async (args, { terminal, env }) => {
    const options = readOptions(args, env);
    if (!options.ok) return misused(terminal, options.refusal, HELP);
    const { file, format, reportFile, access, concurrency } = options.value;
    const text = readTextFile(file);
    const read = text.ok ? readRows(text.value, format) : text;
    if (!read.ok) {
      terminal.tell(text.ok ? `${file}: ${read.refusal}` : read.refusal);
      return 2;
    }
    const report = openReport(reportFile);
    const rows = read.value.rows.filter((row) => !report.isDone(row));
    const passedOver = read.value.rows.length - rows.length;
    const { bad } = read.value;
    if (access === null) return dry(terminal, options.value, rows, { bad: bad.length, passedOver });

    const onProgress = (tally: Tally, of: number): void => progress(terminal, tally, of);
    const stopped = whenStopped(terminal);
    const ran = await run({ ...access, concurrency, report, rows, bad, onProgress, stopped: stopped.signal });
    stopped.forget();
    return tell(terminal, options.value, ran, passedOver, rows.length + bad.length);
  },
};

const dry = (
  { say }: Terminal,
  { json }: Options,
  rows: readonly Row[],
  { bad, passedOver }: { readonly bad: number; readonly passedOver: number },
): ExitCode => {
  const summary = { dry_run: true, to_import: rows.length, refused: bad, passed_over: passedOver };
  say(
    json
      ? JSON.stringify(summary)
      : `${rows.length} to import, ${bad} that cannot be read, ${passedOver} done before. Nothing was sent.`,
  );
  return bad === 0 ? 0 : 1;
};

const count = ({ imported, already, refused, failed }: Tally): number =>
  imported + already + refused + failed;

const progress = ({ tell }: Terminal, tally: Tally, of: number): void => {
  if (count(tally) % Math.max(1, Math.floor(of / WORDS)) !== 0) return;
  tell(`${count(tally)} of ${of}: ${inWords(tally)}`);
};

const inWords = ({ imported, already, refused, failed }: Tally): string =>
  `${imported} imported, ${already} imported before, ${refused} refused, ${failed} failed`;

/** The first Ctrl-C lets what was begun come to its end; a second one ends it all. */
const whenStopped = ({ tell }: Terminal) => {
  const controller = new AbortController();
  const stop = (): void => {
    forget();
    controller.abort();
    tell('Stopping when what was begun is done.');
  };
  const forget = (): void => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  return { signal: controller.signal, forget };
};

const tell = (
  terminal: Terminal,
  { json }: Options,
  { tally, because }: Ran,
  passedOver: number,
  of: number,
): ExitCode => {
  const left = of - count(tally);
  if (because !== null) terminal.tell(`Not all was tried: ${because}.`);
  terminal.say(
    json
      ? JSON.stringify({ ...tally, passed_over: passedOver, left })
      : `${inWords(tally)}, ${passedOver} done before, ${left} left.`,
  );
  if (because !== null && because !== 'stopped') return 2;
  return tally.refused + tally.failed + left > 0 ? 1 : 0;
};
