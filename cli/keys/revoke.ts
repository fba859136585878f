import { ok, type Result } from '../../src/model/refusal.ts';
import { askLeave, misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command, ExitCode } from '../command.ts';
import { type AskDesk, type DeskProblem, openDesk, refusedByDesk } from '../desk.ts';
import { OPERATOR_HELP, OPERATOR_OPTIONS } from '../operator.ts';
import type { Terminal } from '../terminal.ts';
import { isWholeKey, OWNER_HELP, OWNER_OPTIONS, ownerMeant, ownerNamed } from './owner.ts';

const HELP = `Revokes a key, or all keys of an owner. What is revoked never comes back.

  npm run latchkey -- keys revoke KEY_ID --desk URL [--yes]
  npm run latchkey -- keys revoke --all --user USER_ID --desk URL [--yes]

  --all           every key of the owner, as when an account was taken over
${OWNER_HELP}
                  With a KEY_ID they are needed only for a client that was imported
${OPERATOR_HELP}
  --yes           without asking
  --json          what became of it, as one document
  --help

It says by when they are dead everywhere. It ends with 0 when they are revoked, whether or not Stytch was reached: it is told
until it knows; with 1 if they are not; with 2 if nobody is there to be asked, and nothing was done.`;

const flag = { type: 'boolean' } as const;

export const keysRevoke: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(
      args,
      { ...OWNER_OPTIONS, ...OPERATOR_OPTIONS, all: flag, yes: flag, json: flag },
      'words',
    );
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values, positionals } = read.value;
    const [keyId, ...more] = positionals;
    if (more.length > 0 || (keyId === undefined) === (values.all !== true))
      return misused(terminal, 'Say one KEY_ID, or --all.', HELP);
    if (keyId !== undefined && isWholeKey(keyId))
      return misused(terminal, 'That is a whole key and not its id, which ends before its last _.', HELP);
    const owner = keyId === undefined ? ownerMeant(values) : ownerNamed(values);
    if (!owner.ok) return misused(terminal, owner.refusal, HELP);
    const ask = openDesk(values, world);
    if (!ask.ok) return misused(terminal, ask.refusal, HELP);

    const asked: Asked = { ask: ask.value, terminal, yes: values.yes === true, json: values.json === true };
    return keyId === undefined ? revokeAll(asked, owner.value ?? '') : revokeOne(asked, keyId, owner.value);
  },
};

interface Asked {
  readonly ask: AskDesk;
  readonly terminal: Terminal;
  readonly yes: boolean;
  readonly json: boolean;
}

const revokeOne = async (asked: Asked, keyId: string, named: string | null): Promise<ExitCode> => {
  const { ask, terminal, yes, json } = asked;
  const owner = named === null ? await ownerOf(ask, keyId) : ok(named);
  if (!owner.ok) return refusedByDesk(terminal, owner.refusal, json);
  const params = { path: { user_id: owner.value, key_id: keyId } };
  const key = await ask((desk) => desk.GET('/v1/users/{user_id}/keys/{key_id}', { params }));
  if (!key.ok) return refusedByDesk(terminal, key.refusal, json);
  const { name, status, last_used_at: used } = key.value;
  const what = `Revoke ${JSON.stringify(name)} of ${owner.value} (${status}, last used ${used ?? 'never'})`;
  const end = await askLeave(terminal, what, yes);
  if (end !== null) return end;
  const revoked = await ask((desk) => desk.DELETE('/v1/users/{user_id}/keys/{key_id}', { params }));
  if (!revoked.ok) return refusedByDesk(terminal, revoked.refusal, json);
  terminal.say(
    json
      ? JSON.stringify(revoked.value)
      : `${keyId} is revoked, and dead everywhere at ${revoked.value.effective_by}.`,
  );
  return 0;
};

/** A key's id says whose it is; that of an imported client does not. */
const ownerOf = async (ask: AskDesk, keyId: string): Promise<Result<string, DeskProblem>> => {
  const params = { path: { key_id: keyId } };
  const found = await ask((desk) => desk.GET('/v1/key-owners/{key_id}', { params }));
  return found.ok ? ok(found.value.owner.id) : found;
};

const revokeAll = async ({ ask, terminal, yes, json }: Asked, owner: string): Promise<ExitCode> => {
  const params = { path: { user_id: owner } };
  const about = await ask((desk) => desk.GET('/v1/users/{user_id}', { params }));
  if (!about.ok) return refusedByDesk(terminal, about.refusal, json);
  const end = await askLeave(terminal, `Revoke all ${about.value.live_keys} living keys of ${owner}`, yes);
  if (end !== null) return end;
  const revoked = await ask((desk) => desk.DELETE('/v1/users/{user_id}/keys', { params }));
  if (!revoked.ok) return refusedByDesk(terminal, revoked.refusal, json);
  const { revoked: count, effective_by: at } = revoked.value;
  terminal.say(
    json
      ? JSON.stringify(revoked.value)
      : `${count} keys of ${owner} are revoked, and dead everywhere at ${at}.`,
  );
  return 0;
};
