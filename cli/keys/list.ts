import { ok, type Result } from '../../src/model/refusal.ts';
import { misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command } from '../command.ts';
import { type AskDesk, type DeskProblem, openDesk, refusedByDesk } from '../desk.ts';
import { OPERATOR_HELP, OPERATOR_OPTIONS } from '../operator.ts';
import { table } from '../table.ts';
import { OWNER_HELP, OWNER_OPTIONS, ownerMeant } from './owner.ts';

const HELP = `Lists the keys of a user, a member or an organisation.

  npm run latchkey -- keys list --user USER_ID --desk URL [--status all] [more]

${OWNER_HELP}
  --status        active (with those that have two secrets), rotating, revoked, expired or all; active
  --scope         keys with this very scope
  --search        keys with this in their name, description, id or last four characters
  --sort          created, used, expires or name; created, newest first
${OPERATOR_HELP}
  --json          the keys as the Desk shows them, as one document
  --help

It ends with 0 when all of them were listed.`;

const text = { type: 'string' } as const;

const STATUSES = ['active', 'rotating', 'revoked', 'expired', 'all'] as const;
const SORTS = ['created', 'used', 'expires', 'name'] as const;

export const keysList: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, {
      ...{ ...OWNER_OPTIONS, ...OPERATOR_OPTIONS, json: { type: 'boolean' } },
      ...{ status: text, scope: text, search: text, sort: text },
    });
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values } = read.value;
    const { scope = '', search = '', json } = values;
    const status = oneOf(STATUSES, values.status ?? 'active');
    const sort = oneOf(SORTS, values.sort ?? 'created');
    if (status === undefined) return misused(terminal, `--status is ${STATUSES.join(', ')}.`, HELP);
    if (sort === undefined) return misused(terminal, `--sort is ${SORTS.join(', ')}.`, HELP);
    const owner = ownerMeant(values);
    if (!owner.ok) return misused(terminal, owner.refusal, HELP);
    const ask = openDesk(values, world);
    if (!ask.ok) return misused(terminal, ask.refusal, HELP);

    const onPage = (so: number): void => terminal.tell(`${so} keys so far.`);
    const keys = await allKeys(ask.value, owner.value, { status, sort, scope, search }, onPage);
    if (!keys.ok) return refusedByDesk(terminal, keys.refusal, json);
    if (json) terminal.say(JSON.stringify({ data: keys.value }));
    else terminal.say(keys.value.length === 0 ? 'No keys.' : keysTable(keys.value));
    return 0;
  },
};

const oneOf = <T extends string>(words: readonly T[], word: string): T | undefined =>
  words.find((each) => each === word);

interface Wanted {
  readonly status: (typeof STATUSES)[number];
  readonly sort: (typeof SORTS)[number];
  readonly scope: string;
  readonly search: string;
}

/** A key, as much of it as a table has. */
interface Shown {
  readonly key_id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly status: string;
  readonly last_used_at: string | null;
}

/** Every page to the end of the list. */
const allKeys = async (
  ask: AskDesk,
  owner: string,
  wanted: Wanted,
  onPage: (so: number) => void,
): Promise<Result<readonly Shown[], DeskProblem>> => {
  const keys: Shown[] = [];
  const path = { user_id: owner };
  for (let cursor: string | undefined; ; ) {
    const query = { ...wanted, limit: 100, ...(cursor === undefined ? {} : { cursor }) };
    const page = await ask((desk) => desk.GET('/v1/users/{user_id}/keys', { params: { path, query } }));
    if (!page.ok) return page;
    keys.push(...page.value.data);
    if (page.value.next_cursor === null) return ok(keys);
    cursor = page.value.next_cursor;
    onPage(keys.length);
  }
};

const keysTable = (keys: readonly Shown[]): string =>
  table(
    ['NAME', 'KEY ID', 'SCOPES', 'STATUS', 'LAST USED'],
    keys.map(({ name, key_id: keyId, scopes, status, last_used_at: used }) => [
      ...[name, keyId, scopes.join(' '), status, used ?? 'never'],
    ]),
  );
