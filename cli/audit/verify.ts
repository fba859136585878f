import { readMasterKeys } from '../../src/config/secrets.ts';
import type { AuditKey } from '../../src/model/audit-chain.ts';
import { readAuditHead } from '../../src/model/audit-wire.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import { err, ok, type Result } from '../../src/model/refusal.ts';
import { misused } from '../answers.ts';
import { readArgs } from '../args.ts';
import type { Command, ExitCode, World } from '../command.ts';
import { environmentOf } from '../project.ts';
import { readTextFile } from '../read-file.ts';
import { readRetired } from '../rotate/kept.ts';
import { MASTER_KEYS } from '../rotate/key-lists.ts';
import { readSecrets, secretsPath } from '../secrets-file.ts';
import { verifyExport } from './verify-export.ts';

const HELP = `Verifies the audit trail of an owner's export, on this machine alone.

  npm run latchkey -- audit verify EXPORT.ndjson [--head HEAD.json] [--keys KEYS.json]

  --head  a head that was exported before; without one, nobody can tell that the latest rows were cut off
  --keys  a file with what LATCHKEY_MASTER_KEYS holds; without it, that variable of the environment, or what this folder
          keeps: .latchkey/secrets.ENV.json, and retired.ENV.json of keys that were taken off
  --env   the environment of wrangler.toml whose keys are meant; production. '' is the top level
  --json  what was found as one document
  --help

It ends with 0 if every row is as it was written and prints the number of rows and the head; with 1 if not, and names
the first place where the trail is not what was written:

  row 17: altered        a member or the mac of row 17 is another one, or the row before the first was made up
  row 17: missing        row 17 is not there
  row 17: out of order   where row 17 belongs stands another one
  row 17: unreadable     a row that no trail has stands where row 17 belongs
  row 17: unknown key    row 17 was chained under a master key that was not given
  row 17: not the head   every row fits, and row 17 is not the one of the head
  row 17: head pruned    the head is older than all rows that are left

It ends with 2 if it was called wrongly, or was given files or keys that it cannot read.`;

const text = { type: 'string' } as const;

export const auditVerify: Command = {
  help: HELP,
  run: async (args, world) => {
    const { terminal } = world;
    const read = readArgs(args, { head: text, keys: text, env: text, json: { type: 'boolean' } }, 'words');
    if (!read.ok) return misused(terminal, read.refusal, HELP);
    const { values, positionals } = read.value;
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) return misused(terminal, 'Say one export.', HELP);
    const exported = readTextFile(file);
    const head = readHead(values.head);
    const keys = await readKeys(values.keys, environmentOf(values.env), world);
    const unread = (problem: string): ExitCode => {
      terminal.tell(problem);
      return 2;
    };
    if (!exported.ok) return unread(exported.refusal);
    if (!head.ok) return unread(head.refusal);
    if (!keys.ok) return unread(keys.refusal);
    const said = verifyExport(exported.value, keys.value, head.value);
    terminal.say(values.json ? JSON.stringify(said) : said.line);
    return said.ok ? 0 : 1;
  },
};

/** What was read, or what is wrong with the call, as opposed to the trail. */
type Read<T> = Result<T, string>;

const readHead = (file: string | undefined): Read<ReturnType<typeof readAuditHead>> => {
  if (file === undefined) return ok(null);
  const read = readTextFile(file);
  if (!read.ok) return read;
  const head = readAuditHead(parse(read.value));
  return head === null ? err(`${file}: is no head`) : ok(head);
};

const readKeys = async (
  file: string | undefined,
  environment: string | null,
  { folder, env }: World,
): Promise<Read<readonly AuditKey[]>> => {
  const given = env.LATCHKEY_MASTER_KEYS ?? '';
  if (file === undefined && given === '') return readKeptKeys(folder, environment);
  const found = file === undefined ? ok(given) : readTextFile(file);
  return found.ok ? auditKeysOf(found.value) : found;
};

/** Those that are in use, and those that were: a trail may be older than a list. */
const readKeptKeys = async (
  folder: string,
  environment: string | null,
): Promise<Read<readonly AuditKey[]>> => {
  const secrets = readSecrets(secretsPath(folder, environment));
  const retired = readRetired(folder, environment, MASTER_KEYS);
  if (!secrets.ok) return secrets;
  if (!retired.ok) return retired;
  const old = retired.value.map((key) => MASTER_KEYS.write([key]));
  const keys: AuditKey[] = [];
  for (const list of [secrets.value?.LATCHKEY_MASTER_KEYS, ...old]) {
    const read = await auditKeysOf(list);
    if (!read.ok) return read;
    keys.push(...read.value);
  }
  return ok(keys);
};

const auditKeysOf = async (text: string | undefined): Promise<Read<readonly AuditKey[]>> => {
  const read = readMasterKeys({ LATCHKEY_MASTER_KEYS: text });
  if (!read.ok) return err(read.problems.join('\n'));
  const { all } = await openKeychain(read.masterKeys);
  return ok(all.map(({ id, auditKey }) => ({ id, key: auditKey })));
};

const parse = (json: string): unknown => {
  try {
    return JSON.parse(json);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};
