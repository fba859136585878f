import { statSync } from 'node:fs';
import { join } from 'node:path';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { askLeave, misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import { ownersIn } from '../backup/owners.ts';
import type { Command } from '../command.ts';
import { type AskDesk, inWords, openDesk } from '../desk.ts';
import { OPERATOR_HELP, OPERATOR_OPTIONS } from '../operator.ts';
import { readTextFile } from '../read-file.ts';
import { type Restorable, readSteps } from './steps.ts';

const HELP = `Makes Rings that were lost again, from exports.

  npm run latchkey -- restore EXPORT.ndjson … --desk URL
  npm run latchkey -- restore FOLDER --desk URL

  EXPORT.ndjson   what latchkey backup or latchkey audit export made of an owner; or the folder of a backup
  --yes           without asking
${OPERATOR_HELP}
  --json          what was done as one document
  --help

Nothing is restored over a Ring that is there: such owners are passed over. Of each living key Stytch is asked; one that is
gone there is restored as revoked, and nothing that was ended comes alive. Secrets are in no export: the first that Stytch
accepts is known again, so of a key that was being rotated one secret is left. Use and limits spent are not restored.
It ends with 0 when every owner is there; with 1 when one is not, and says why. Call it again to go on.`;

const flag = { type: 'boolean' } as const;

/** What became of an owner. */
interface Outcome {
  readonly owner: string;
  readonly outcome: 'restored' | 'there' | 'failed';
  readonly because?: string;
}

export const restore: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, { ...OPERATOR_OPTIONS, yes: flag, json: flag }, 'words');
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values, positionals } = read.value;
    if (positionals.length === 0) return misused(terminal, 'Say which exports, or their folder.', HELP);
    const files = positionals.flatMap(filesAt);
    const exports = restorables(files);
    if (!exports.ok) return misused(terminal, exports.refusal, HELP);
    const ask = openDesk(values, world);
    if (!ask.ok) return misused(terminal, ask.refusal, HELP);
    const count = exports.value.length;
    const leave = await askLeave(
      terminal,
      `Restore ${count === 1 ? exports.value[0]?.owner : `${count} owners`}, where nothing is kept of them`,
      values.yes === true,
    );
    if (leave !== null) return leave;

    const outcomes: Outcome[] = [];
    for (const each of exports.value) {
      const outcome = await restoreOne(ask.value, each);
      outcomes.push(outcome);
      terminal.tell(
        `${outcomes.length} of ${count}: ${each.owner}: ${WORDS[outcome.outcome]}${because(outcome)}`,
      );
    }
    if (values.json) terminal.say(JSON.stringify({ data: outcomes }));
    return outcomes.every(({ outcome }) => outcome !== 'failed') ? 0 : 1;
  },
};

const WORDS = { restored: 'restored', there: 'is there, left as it is', failed: 'not restored' };

const because = (outcome: Outcome): string => (outcome.because === undefined ? '' : `: ${outcome.because}`);

const filesAt = (path: string): readonly string[] =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
    ? ownersIn(path).map((owner) => join(path, `${owner}.ndjson`))
    : [path];

/** An export of whom, and where. */
interface Found {
  readonly owner: string;
  readonly file: string;
}

/** All are looked at before anything is done: a file that is none is found in time. */
const restorables = (files: readonly string[]): Result<readonly Found[], string> => {
  const found: Found[] = [];
  for (const file of files) {
    const read = readExport(file);
    if (!read.ok) return read;
    found.push({ owner: read.value.owner, file });
  }
  return found.length === 0 ? err('There is no export.') : ok(found);
};

const readExport = (file: string): Result<Restorable, string> => {
  const text = readTextFile(file);
  if (!text.ok) return text;
  const read = readSteps(text.value);
  return read.ok ? read : err(`${file}: ${read.refusal}`);
};

/** Every step may be said twice, so that it may be asked again. */
const restoreOne = async (ask: AskDesk, { owner, file }: Found): Promise<Outcome> => {
  const read = readExport(file);
  if (!read.ok) return { owner, outcome: 'failed', because: read.refusal };
  const params = { path: { user_id: owner } };
  for (const { step, lines } of read.value.steps) {
    const body = { step, lines: lines.map((line) => ({ ...line })) };
    const answer = await ask((desk) => desk.POST('/v1/users/{user_id}/restore', { params, body }));
    if (answer.ok) continue;
    if (answer.refusal.code === 'owner_known' && step === 'begin') return { owner, outcome: 'there' };
    return { owner, outcome: 'failed', because: inWords(answer.refusal) };
  }
  return { owner, outcome: 'restored' };
};
