import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import type { Client } from '../src/client/index.ts';
import type { AskDesk } from './desk.ts';

/** An export goes as fast as it is read: an hour is for an owner of very many keys and rows. */
const DEADLINE_MS = 3_600_000;

/** A word on how far it is, after so many lines. */
const LINES_A_WORD = 10_000;

/** Asks the Desk for all that is kept of an owner; the answer comes while it is read. */
export const askExport = (ask: AskDesk, userId: string) => {
  const params = { path: { user_id: userId } };
  return ask(
    (desk: Client) => desk.GET('/v1/users/{user_id}/export', { params, parseAs: 'stream' }),
    DEADLINE_MS,
  );
};

/** How an export ended: how many lines there were, and whether the last one says that it is whole. */
export interface Poured {
  readonly lines: number;
  readonly isWhole: boolean;
}

/** Keeps an export in a file for its owner alone, which gets its name only when it is whole. */
export const keepExport = async (
  stream: ReadableStream,
  out: string,
  tell: (line: string) => void,
): Promise<Poured> => {
  const part = `${out}.part`;
  const file = openSync(part, 'w', 0o600);
  const poured = await pourExport(stream, (line) => void writeSync(file, `${line}\n`), tell);
  fsyncSync(file);
  closeSync(file);
  if (poured.isWhole) renameSync(part, out);
  else rmSync(part);
  return poured;
};

/** Hands on each line of an export as it comes. */
export const pourExport = async (
  stream: ReadableStream,
  write: (line: string) => void,
  tell: (line: string) => void,
): Promise<Poured> => {
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
  return { lines, isWhole: last === 'end' };
};

const typeOf = (line: string): string => /^\{"type":"([a-z_]+)"/.exec(line)?.[1] ?? '';
