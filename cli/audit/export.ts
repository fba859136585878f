import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { failed, misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command, ExitCode } from '../command.ts';
import { openDesk, refusedByDesk } from '../desk.ts';
import { OWNER_HELP, OWNER_OPTIONS, ownerMeant } from '../keys/owner.ts';
import { OPERATOR_HELP, OPERATOR_OPTIONS } from '../operator.ts';
import type { Terminal } from '../terminal.ts';

const HELP = `Exports all that is kept of a user, a member or an organisation: keys, use, and the audit trail.

  npm run latchkey -- audit export --user USER_ID --desk URL --out export.ndjson

${OWNER_HELP}
  --out           the file that it becomes, for its owner alone; without it, stdout
${OPERATOR_HELP}
  --json          as it is: it is JSON, an object in each line
  --help

The export is itself the last row of the trail. It ends with 0 when it is whole, and only then is there a file of that
name; with 1 when it is not.`;

const text = { type: 'string' } as const;

/** An export goes as fast as it is read: an hour is for an owner of very many keys and rows. */
const DEADLINE_MS = 3_600_000;

/** A word on how far it is, after so many lines. */
const LINES_A_WORD = 10_000;

export const auditExport: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, {
      ...{ ...OWNER_OPTIONS, ...OPERATOR_OPTIONS, out: text, json: { type: 'boolean' } },
    });
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values, positionals } = read.value;
    if (positionals.length > 0) return misused(terminal, 'Say it all by options.', HELP);
    const owner = ownerMeant(values);
    if (!owner.ok) return misused(terminal, owner.refusal, HELP);
    const ask = openDesk(values, world);
    if (!ask.ok) return misused(terminal, ask.refusal, HELP);

    const params = { path: { user_id: owner.value } };
    const exported = await ask.value(
      (desk) => desk.GET('/v1/users/{user_id}/export', { params, parseAs: 'stream' }),
      DEADLINE_MS,
    );
    if (!exported.ok) return refusedByDesk(terminal, exported.refusal, false);
    return keep(terminal, exported.value, values.out);
  },
};

/** Writes line by line, into a file that gets its name when it is whole. */
const keep = async (
  terminal: Terminal,
  stream: ReadableStream,
  out: string | undefined,
): Promise<ExitCode> => {
  const part = `${out}.part`;
  const file = out === undefined ? null : openSync(part, 'w', 0o600);
  const write = (line: string): void =>
    file === null ? terminal.say(line) : void writeSync(file, `${line}\n`);
  const { lines, last } = await pour(stream, write, terminal);
  if (file !== null) {
    fsyncSync(file);
    closeSync(file);
  }
  if (last !== 'end') {
    if (out !== undefined) rmSync(part);
    return failed(terminal, `It broke off after ${lines} lines, and is not whole: export it again.`);
  }
  if (out !== undefined) renameSync(part, out);
  terminal.tell(`${lines} lines${out === undefined ? '' : `, in ${out}`}.`);
  return 0;
};

/** Hands on each line as it comes; how many, and of which type the last one was. */
const pour = async (stream: ReadableStream, write: (line: string) => void, { tell }: Terminal) => {
  const decoder = new TextDecoder();
  let lines = 0;
  let last = '';
  let rest = '';
  try {
    for await (const bytes of stream) {
      const whole = (rest + decoder.decode(bytes, { stream: true })).split('\n');
      rest = whole.pop() ?? '';
      for (const line of whole) {
        write(line);
        last = typeOf(line);
        lines++;
        if (lines % LINES_A_WORD === 0) tell(`${lines} lines so far.`);
      }
    }
  } catch (error) {
    // The connection broke; or the Desk broke off because a Ring did not answer.
    if (!(error instanceof Error)) throw error;
    last = '';
  }
  return { lines, last };
};

const typeOf = (line: string): string => /^\{"type":"([a-z_]+)"/.exec(line)?.[1] ?? '';
