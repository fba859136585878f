import { randomUUID } from 'node:crypto';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { failed, misused } from '../answers.ts';
import { type Args, readArgs } from '../args.ts';
import type { Command } from '../command.ts';
import { openDesk, refusedByDesk } from '../desk.ts';
import { OPERATOR_HELP, OPERATOR_OPTIONS } from '../operator.ts';
import { OWNER_HELP, OWNER_OPTIONS, ownerMeant } from './owner.ts';

const HELP = `Makes a key for a user, a member or an organisation, and shows it once.

  npm run latchkey -- keys issue --user USER_ID --name NAME --scope SCOPE --desk URL [more]

${OWNER_HELP}
  --name          what its owner knows it by
  --scope         what it may do; once for each scope
  --description   a line more
  --expires       when it ends: 90d, 12h, or a time as 2027-01-31T00:00:00Z; without it, never
  --limit         a limit of its own, tighter than its owner's: REQUESTS/SECONDS, as 100/60
  --ip            an address or a CIDR block that it may come from; once for each
  --idempotency-key
                  with the same one, a repeat within a day makes no second key; a new one each time
${OPERATOR_HELP}
  --quiet         nothing on stderr
  --json          the key as the Desk shows it, the whole one as "key"
  --help

The key is all that stands on stdout, to be piped to where it is kept: nobody can show it again. It ends with 0 if the key
was shown; with 1 if none was made, or if one was made by this request before.`;

const text = { type: 'string' } as const;
const texts = { type: 'string', multiple: true } as const;
const flag = { type: 'boolean' } as const;

const OPTIONS = {
  ...{ ...OWNER_OPTIONS, ...OPERATOR_OPTIONS, name: text, scope: texts, description: text, expires: text },
  ...{ limit: text, ip: texts, 'idempotency-key': text, quiet: flag, json: flag },
} as const;

export const keysIssue: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, OPTIONS);
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values } = read.value;
    const owner = ownerMeant(values);
    if (!owner.ok) return misused(terminal, owner.refusal, HELP);
    const body = wanted(values, Date.now());
    if (!body.ok) return misused(terminal, body.refusal, HELP);
    const ask = openDesk(values, world);
    if (!ask.ok) return misused(terminal, ask.refusal, HELP);

    const path = { user_id: owner.value };
    const idempotencyKey = values['idempotency-key'] ?? randomUUID();
    const header = { 'Idempotency-Key': idempotencyKey };
    const issued = await ask.value((desk) =>
      desk.POST('/v1/users/{user_id}/keys', { params: { path, header }, body: body.value }),
    );
    if (!issued.ok && issued.refusal.status === null)
      terminal.tell(`Whether it was made, a repeat with --idempotency-key ${idempotencyKey} tells.`);
    if (!issued.ok) return refusedByDesk(terminal, issued.refusal, values.json);
    const { key, key_id: keyId, name, scopes, expires_at: expiresAt } = issued.value;
    if (values.json) terminal.say(JSON.stringify(issued.value));
    else if (key !== null) terminal.say(key);
    if (key === null)
      return failed(
        terminal,
        `${keyId} was made by this request before, and shown then: it cannot be shown again.
Rotate it if nobody has it, or revoke it: npm run latchkey -- keys revoke ${keyId}`,
      );
    if (!values.quiet)
      terminal.tell(
        `${JSON.stringify(name)}, ${keyId}, may ${scopes.join(' ')}${expiresAt === null ? '' : ` until ${expiresAt}`}. It is shown this once.`,
      );
    return 0;
  },
};

/** What the Desk is asked to make; the refusal is an option that means nothing. */
const wanted = (values: Args<typeof OPTIONS>['values'], now: number) => {
  const { name, scope: scopes = [], description = '', ip = [] } = values;
  if (name === undefined || scopes.length === 0) return err('Say --name, and at least one --scope.');
  const expires = values.expires === undefined ? ok(null) : momentOf(values.expires, now);
  if (!expires.ok) return expires;
  const limit = values.limit === undefined ? ok(null) : limitOf(values.limit);
  if (!limit.ok) return limit;
  return ok({
    ...{ name, description, scopes, expires_at: expires.value, limit: limit.value },
    ip_allowlist: ip.length === 0 ? null : ip,
  });
};

const HOUR_MS = 3_600_000;

const momentOf = (said: string, now: number): Result<string, string> => {
  const [, count, unit] = /^([1-9]\d{0,4})([dh])$/.exec(said) ?? [];
  if (count !== undefined)
    return ok(new Date(now + Number(count) * (unit === 'd' ? 24 : 1) * HOUR_MS).toISOString());
  return /^\d{4}-\d\d-\d\dT/.test(said) && !Number.isNaN(Date.parse(said))
    ? ok(new Date(said).toISOString())
    : err('--expires is 90d, 12h, or a time as 2027-01-31T00:00:00Z.');
};

const limitOf = (said: string) => {
  const [, requests, seconds] = /^([1-9]\d{0,9})\/([1-9]\d{0,4})$/.exec(said) ?? [];
  return requests === undefined
    ? err('--limit is REQUESTS/SECONDS, as 100/60.')
    : ok({ requests: Number(requests), per_seconds: Number(seconds) });
};
