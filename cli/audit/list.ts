import { ok, type Result } from '../../src/model/refusal.ts';
import { misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command } from '../command.ts';
import { type AskDesk, type DeskProblem, openDesk, refusedByDesk } from '../desk.ts';
import { OWNER_HELP, OWNER_OPTIONS, ownerMeant } from '../keys/owner.ts';
import { OPERATOR_HELP, OPERATOR_OPTIONS } from '../operator.ts';
import { table } from '../table.ts';

const HELP = `Lists who did what to the keys of a user, a member or an organisation, newest first.

  npm run latchkey -- audit list --user USER_ID --desk URL [--after 2026-11-01T00:00:00Z] [more]

${OWNER_HELP}
  --after         rows of then and later
  --before        rows of before then
  --key           rows about this key alone
  --action        rows of this action alone: key.revoked
  --actor         rows of what this user, member or operator did
  --limit         at most so many; without it, all of them
${OPERATOR_HELP}
  --json          the rows as the Desk shows them, as one document
  --help

It ends with 0 when they were listed. Whether the trail is as it was written, latchkey audit verify tells of an export.`;

const text = { type: 'string' } as const;

export const auditList: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, {
      ...{ ...OWNER_OPTIONS, ...OPERATOR_OPTIONS, json: { type: 'boolean' } },
      ...{ after: text, before: text, key: text, action: text, actor: text, limit: text },
    });
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values } = read.value;
    const { after, before, key, action, actor, limit = 'all', json } = values;
    if (!/^(?:all|[1-9]\d{0,5})$/.test(limit)) return misused(terminal, '--limit is a number.', HELP);
    const owner = ownerMeant(values);
    if (!owner.ok) return misused(terminal, owner.refusal, HELP);
    const ask = openDesk(values, world);
    if (!ask.ok) return misused(terminal, ask.refusal, HELP);

    const filter = given({ from: after, to: before, key_id: key, action, actor_id: actor });
    const most = limit === 'all' ? Number.POSITIVE_INFINITY : Number(limit);
    const onPage = (so: number): void => terminal.tell(`${so} rows so far.`);
    const rows = await rowsOf(ask.value, owner.value, filter, most, onPage);
    if (!rows.ok) return refusedByDesk(terminal, rows.refusal, json);
    if (json) terminal.say(JSON.stringify({ data: rows.value }));
    else terminal.say(rows.value.length === 0 ? 'No rows.' : rowsTable(rows.value));
    return 0;
  },
};

/** What was said, without what was not. */
const given = (options: Readonly<Record<string, string | undefined>>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, said]) => (said === undefined ? [] : [[name, said]])),
  );

/** A row, as much of it as a table has. */
interface Shown {
  readonly at: string;
  readonly action: string;
  readonly actor: { readonly kind: string; readonly id: string | null };
  readonly key_id: string | null;
  readonly address: string | null;
}

const PAGE = 100;

const rowsOf = async (
  ask: AskDesk,
  owner: string,
  filter: Readonly<Record<string, string>>,
  most: number,
  onPage: (so: number) => void,
): Promise<Result<readonly Shown[], DeskProblem>> => {
  const rows: Shown[] = [];
  const path = { user_id: owner };
  for (let cursor: string | undefined; ; ) {
    const limit = Math.min(PAGE, most - rows.length);
    const query = { ...filter, limit, ...(cursor === undefined ? {} : { cursor }) };
    const page = await ask((desk) => desk.GET('/v1/users/{user_id}/audit', { params: { path, query } }));
    if (!page.ok) return page;
    rows.push(...page.value.data);
    if (page.value.next_cursor === null || rows.length >= most) return ok(rows);
    cursor = page.value.next_cursor;
    onPage(rows.length);
  }
};

const rowsTable = (rows: readonly Shown[]): string =>
  table(
    ['AT', 'ACTION', 'BY', 'KEY ID', 'FROM'],
    rows.map(({ at, action, actor, key_id: keyId, address }) => [
      ...[at, action, [actor.kind, actor.id ?? ''].join(' ').trim(), keyId ?? '-', address ?? '-'],
    ]),
  );
