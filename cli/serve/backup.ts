import { existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { backup, DatabaseSync } from 'node:sqlite';
import { failed, misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command, ExitCode, World } from '../command.ts';
import { DEFAULTS } from './options.ts';

const HELP = `Copies Rings and Lobbies of a server, which may go on running, and proves each copy.

  npm run latchkey -- serve backup --to FOLDER [--state ${DEFAULTS.state}] [--json]

  --to     a folder that is not there yet. It is there when all of it is
  --state  the folder of the server
  --json   how many files and bytes, as one JSON document

Tokens are left out, in KV and elsewhere: Stytch gives them again, unless it has been told meanwhile that a key has ended.
To restore: end the server, put the folder in the place of STATE/objects, start the server. The master keys that the
server had are needed as well. It ends with 0 when all was copied, with 1 if not, with 2 if it was called wrongly.`;

/** `latchkey serve backup`. */
export const backupCommand: Command = {
  help: HELP,
  run: async (args, { terminal, folder }: World): Promise<ExitCode> => {
    const read = readArgs(args, OPTIONS);
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { to, state, json } = read.value.values;
    if (to === undefined) return misused(terminal, 'Say --to FOLDER.', HELP);
    const [source, target] = [join(resolve(folder, state), 'objects'), resolve(folder, to)];
    if (!existsSync(source)) return failed(terminal, `${source}: is not there: no server ran from ${state}`);
    if (existsSync(target)) return failed(terminal, `${target}: is there already`);
    const draft = `${target}.new`;
    rmSync(draft, { recursive: true, force: true });
    const files = filesOf(source);
    let pages = 0;
    for (const [done, file] of files.entries()) {
      const copied = await copy(join(source, file), join(draft, file));
      if (typeof copied === 'string') return failed(terminal, `${file}: ${copied}. Nothing is at ${target}.`);
      pages += copied;
      if ((done + 1) % TOLD_EVERY === 0) terminal.tell(`${done + 1} of ${files.length} …`);
    }
    mkdirSync(draft, { recursive: true, mode: 0o700 });
    renameSync(draft, target);
    if (json) terminal.say(JSON.stringify({ to: target, files: files.length, pages }));
    else terminal.say(`${files.length} files are at ${target}.`);
    return 0;
  },
};

const OPTIONS = {
  to: { type: 'string' },
  state: { type: 'string', default: DEFAULTS.state },
  json: { type: 'boolean', default: false },
} as const;

const TOLD_EVERY = 1_000;

/** Of each namespace of Durable Objects the objects first, then what says when they wake: what is missed there is made up for. */
const filesOf = (source: string): readonly string[] =>
  globSync('*/*.sqlite', { cwd: source })
    .filter((file) => !file.startsWith('kv-'))
    .sort((one, other) => Number(isIndex(one)) - Number(isIndex(other)) || one.localeCompare(other));

const isIndex = (file: string): boolean => file.endsWith('metadata.sqlite');

/** Copies one database by SQLite's own means, as it is at one moment; the number of its pages, or what is wrong. */
const copy = async (from: string, to: string): Promise<number | string> => {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  // An object that has nothing to keep any more deletes itself.
  if (!existsSync(from)) return 0;
  const open: DatabaseSync[] = [];
  try {
    const source = new DatabaseSync(from, { readOnly: true, timeout: BUSY_MS });
    open.push(source);
    const pages = await backup(source, to);
    const copied = new DatabaseSync(to);
    open.push(copied);
    forgetTokens(copied);
    const { integrity_check: said } = copied.prepare('PRAGMA integrity_check').get() ?? {};
    return said === 'ok' ? pages : `the copy is not whole: ${said}`;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error) return error.message;
    throw error;
  } finally {
    for (const database of open) database.close();
  }
};

/**
 * With a token of before, a key would be let in that was revoked since: the Ring that is put back does not know it.
 * Without, Stytch is asked, and does (docs/storage.md has the tables).
 */
const forgetTokens = (database: DatabaseSync): void => {
  for (const [table, column, statement] of TOKENS) {
    const columns = database.prepare('SELECT name FROM pragma_table_info(?)').all(table);
    if (columns.some(({ name }) => name === column)) database.exec(statement);
  }
};

/** Where sealed tokens are kept: of Rings, of Rings and Lobbies, of Lobbies. */
const TOKENS = [
  ['tokens', 'sealed', 'DELETE FROM tokens'],
  ['scoped_tokens', 'sealed', 'DELETE FROM scoped_tokens'],
  ['secrets', 'sealed', 'UPDATE secrets SET sealed = NULL WHERE sealed IS NOT NULL'],
] as const;

const BUSY_MS = 5_000;
