import { setTimeout as wait } from 'node:timers/promises';
import { ok, type Result } from '../src/model/refusal.ts';
import { failed, misused } from './answers.ts';
import { readArgs } from './args.ts';
import type { Command } from './command.ts';
import { type AskDesk, type DeskProblem, openDesk, refusedByDesk } from './desk.ts';
import { OPERATOR_HELP, OPERATOR_OPTIONS } from './operator.ts';
import { table } from './table.ts';
import type { Terminal } from './terminal.ts';

const HELP = `Compares what Stytch has and what the Rings know, and follows it to its end.

  npm run latchkey -- reconcile --desk URL [--dry-run] [more]

  --dry-run       tells what would be done, and does nothing
  --max-orphans   more orphans than this are left where they are; 20, or a tenth of the clients if that is more
${OPERATOR_HELP}
  --json          what it came to, as one document
  --help

One that is under way already is followed instead, if it is of the same kind. It takes half an hour for 100,000 clients, and
goes on by itself when this command is ended. docs/operations.md says what each count means. It ends with 0 when nobody has
to do anything; with 1 when it failed, orphans were left, clients were not judged, or some have ids like ours and are not.`;

const flag = { type: 'boolean' } as const;

export const reconcile: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, {
      ...{ ...OPERATOR_OPTIONS, 'dry-run': flag, 'max-orphans': { type: 'string' }, json: flag },
    });
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values } = read.value;
    const { 'dry-run': isDry = false, 'max-orphans': most, json } = values;
    if (most !== undefined && !/^\d{1,6}$/.test(most))
      return misused(terminal, '--max-orphans is a number.', HELP);
    const ask = openDesk(values, world);
    if (!ask.ok) return misused(terminal, ask.refusal, HELP);

    const wanted = { dry_run: isDry, ...(most === undefined ? {} : { max_orphans: Number(most) }) };
    const begun = await begin(ask.value, wanted, terminal);
    if (!begun.ok) return refusedByDesk(terminal, begun.refusal, json);
    if (begun.value.dry_run !== isDry)
      return failed(
        terminal,
        `One that is ${isDry ? 'no' : 'a'} dry run is under way: try again when it is over.`,
      );
    const over = await follow(ask.value, begun.value, terminal);
    if (!over.ok) return refusedByDesk(terminal, over.refusal, json);
    terminal.say(json ? JSON.stringify(over.value) : inLines(over.value));
    return needsSomebody(over.value) ? 1 : 0;
  },
};

/** A reconciliation as the Desk shows it. */
export interface Reconciliation {
  readonly id: string;
  readonly status: 'running' | 'done' | 'failed';
  readonly because: string | null;
  readonly dry_run: boolean;
  readonly clients: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly master_keys: Readonly<Record<string, number>>;
  readonly orphans_left: number;
  readonly findings: readonly { readonly client_id: string; readonly found: string }[];
}

type Asked = Result<Reconciliation, DeskProblem>;

/** Begins one, unless one is under way. */
export const begin = async (
  ask: AskDesk,
  wanted: { readonly dry_run: boolean; readonly max_orphans?: number },
  { tell }: Terminal,
): Promise<Asked> => {
  const begun = await ask((desk) => desk.POST('/v1/reconciliation', { body: wanted }));
  if (begun.ok || begun.refusal.code !== 'reconciliation_running') return begun;
  tell('One is under way.');
  return ask((desk) => desk.GET('/v1/reconciliation'));
};

const PAUSE_MS = 2_000;

/** How far it is, until it is over. A silence is no end: it is asked again, as often as the Desk's patience goes. */
export const follow = async (ask: AskDesk, begun: Reconciliation, { tell }: Terminal): Promise<Asked> => {
  let seen = -1;
  for (let now: Asked = ok(begun); ; now = await ask((desk) => desk.GET('/v1/reconciliation'))) {
    if (!now.ok || now.value.status !== 'running') return now;
    if (now.value.clients !== seen) tell(`${now.value.clients} clients seen.`);
    seen = now.value.clients;
    await wait(PAUSE_MS);
  }
};

/** What people have to look at: docs/operations.md has the reasons. */
const needsSomebody = ({ status, dry_run: isDry, counts, orphans_left: left }: Reconciliation): boolean =>
  status === 'failed' || (!isDry && left > 0) || (counts.failed ?? 0) > 0 || (counts.unmarked ?? 0) > 0;

/** What each count is of, and what followed from it. */
const MEANINGS: Readonly<Record<string, string>> = {
  same: 'as they should be',
  young: 'made a moment ago, or being made',
  foreign: 'none of ours',
  drifted: 'not what their key is: made so at Stytch',
  deactivated: 'made inactive at Stytch: revoked here',
  ended: 'of keys that have ended: deleted at Stytch',
  orphan: 'ours, and known by no Ring: deleted at Stytch',
  unmarked: 'of ids like ours, known by no Ring, made by somebody else: look who',
  failed: 'not judged, or not deleted, because somebody did not answer: the next one decides',
};

const inLines = (over: Reconciliation): string => {
  const {
    status,
    because,
    dry_run: isDry,
    clients,
    counts,
    master_keys: masterKeys,
    orphans_left: left,
  } = over;
  const found = Object.entries(counts).filter(([, count]) => count > 0);
  return [
    `${status}${because === null ? '' : `: ${because}`}. ${clients} clients${isDry ? '; a dry run, nothing was done' : ''}.`,
    ...(found.length === 0
      ? []
      : [
          table(
            ['FOUND', 'CLIENTS', 'THEY ARE'],
            found.map(([name, count]) => [name, String(count), MEANINGS[name] ?? '']),
          ),
        ]),
    ...(left > 0 && !isDry
      ? [`${left} orphans were left where they are: docs/operations.md, "Orphans".`]
      : []),
    ...Object.entries(masterKeys).map(([id, count]) => `${count} living keys need the master key ${id}.`),
    ...over.findings.map(({ client_id: clientId, found: each }) => `${each}  ${clientId}`),
  ].join('\n');
};
