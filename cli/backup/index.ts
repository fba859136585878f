import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { inTurns } from '../../src/model/in-turns.ts';
import { ok, type Result } from '../../src/model/refusal.ts';
import { failed, misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command, World } from '../command.ts';
import { type AskDesk, inWords, openDesk } from '../desk.ts';
import { askExport, keepExport } from '../exports.ts';
import { OPERATOR_HELP, OPERATOR_OPTIONS } from '../operator.ts';
import { environmentOf, readProject } from '../project.ts';
import { ownersAtStytch, ownersIn, ownersNamed } from './owners.ts';

const HELP = `Exports all owners into a folder, a file each: what latchkey restore makes a lost Ring of again.

  npm run latchkey -- backup --out FOLDER --desk URL [--owners FILE] [more]

  --out           the folder; an owner whose export is there already is passed over, so that what broke off goes on
  --owners        further owners: a file with an id in each line, or the folder of an earlier backup
  --only-named    those of --owners alone; Stytch is not asked
  --env           whose Stytch project, by the environment in wrangler.toml: production when it is not given
${OPERATOR_HELP}
  --json          what was done as one document
  --help

Owners are those of the clients that the Stytch project has, which are all who have a living key, and those of --owners.
Who has none, and only a suspension or an old audit trail, is in no list but yours. Stytch's secret is STYTCH_SECRET of the
environment, or of the secrets file. It ends with 0 when every owner's export is there, and whole; with 1 when not, and
says whose.`;

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

/** Exports at a time: each is an owner's Ring. */
const AT_A_TIME = 4;

/** A word on how far it is, after so many owners. */
const OWNERS_A_WORD = 100;

interface Failure {
  readonly owner: string;
  readonly because: string;
}

export const backup: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, {
      ...{ ...OPERATOR_OPTIONS, out: text, owners: text, env: text },
      ...{ 'only-named': flag, json: flag },
    });
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values } = read.value;
    const { out } = values;
    if (out === undefined) return misused(terminal, 'Say --out FOLDER.', HELP);
    if (values['only-named'] === true && values.owners === undefined)
      return misused(terminal, '--only-named needs --owners.', HELP);
    const ask = openDesk(values, world);
    if (!ask.ok) return misused(terminal, ask.refusal, HELP);
    const owners = await ownersOf(world, values);
    if (!owners.ok) return failed(terminal, owners.refusal);

    mkdirSync(out, { recursive: true, mode: 0o700 });
    const there = new Set(ownersIn(out));
    const due = owners.value.filter((owner) => !there.has(owner));
    const failures = await exportAll(ask.value, due, out, terminal.tell);
    const done = { out, owners: owners.value.length, written: due.length - failures.length };
    terminal.tell(`${done.written} exports written, ${done.owners - due.length} were there, in ${out}.`);
    for (const { owner, because } of failures) terminal.tell(`${owner}: ${because}`);
    if (values.json) terminal.say(JSON.stringify({ ...done, failed: failures }));
    return failures.length === 0 ? 0 : 1;
  },
};

/** Everybody once, those at Stytch first. */
const ownersOf = async (
  world: World,
  values: {
    readonly owners?: string | undefined;
    readonly env?: string | undefined;
    readonly 'only-named'?: boolean | undefined;
  },
): Promise<Result<readonly string[], string>> => {
  const named = values.owners === undefined ? ok([]) : ownersNamed(values.owners);
  if (!named.ok || values['only-named'] === true) return named;
  const project = await readProject(world.folder, environmentOf(values.env));
  if (!project.ok) return { ok: false, refusal: project.refusal.join('\n') };
  const found = await ownersAtStytch(project.value, world);
  return found.ok ? ok([...new Set([...found.value, ...named.value])]) : found;
};

const exportAll = async (
  ask: AskDesk,
  owners: readonly string[],
  out: string,
  tell: (line: string) => void,
): Promise<readonly Failure[]> => {
  let done = 0;
  const outcomes = await inTurns(owners, AT_A_TIME, async (owner): Promise<readonly Failure[]> => {
    const because = await exportOne(ask, owner, join(out, `${owner}.ndjson`), tell);
    done++;
    if (done % OWNERS_A_WORD === 0) tell(`${done} of ${owners.length} owners.`);
    return because === null ? [] : [{ owner, because }];
  });
  return outcomes.flat();
};

/** Why there is no whole export of an owner; null where there is one. */
const exportOne = async (
  ask: AskDesk,
  owner: string,
  file: string,
  tell: (line: string) => void,
): Promise<string | null> => {
  const exported = await askExport(ask, owner);
  if (!exported.ok) return inWords(exported.refusal);
  const { isWhole, lines } = await keepExport(exported.value, file, tell);
  return isWhole ? null : `it broke off after ${lines} lines`;
};
