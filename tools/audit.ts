import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { readMasterKeys } from '../src/config/secrets.ts';
import type { AuditKey } from '../src/model/audit-chain.ts';
import { readAuditHead } from '../src/model/audit-wire.ts';
import { openKeychain } from '../src/model/keychain.ts';
import { err, ok, type Result } from '../src/model/refusal.ts';
import { verifyExport } from './audit/verify.ts';

const HELP = `Verifies the audit trail of an owner's export, on this machine alone.

  npm run audit -- verify EXPORT.ndjson [--head HEAD.json] [--keys KEYS.json]

  --head  a head that was exported before; without one, nobody can tell that the latest rows were cut off
  --keys  a file with what LATCHKEY_MASTER_KEYS holds; without it, that variable of the environment

It ends with 0 if every row is as it was written and prints the number of rows and the head; with 1 if not, and names
the first place where the trail is not what was written:

  row 17: altered        a member or the mac of row 17 is another one, or the row before the first was made up
  row 17: missing        row 17 is not there
  row 17: out of order   where row 17 belongs stands another one
  row 17: unreadable     a row that no trail has stands where row 17 belongs
  row 17: unknown key    row 17 was chained under a master key that was not given
  row 17: not the head   every row fits, and row 17 is not the one of the head
  row 17: head pruned    the head is older than all rows that are left

It ends with 2 if it was called wrongly, or was given files or keys that it cannot read.
`;

const main = async (): Promise<number> => {
  const options = readOptions();
  if (!options.ok) return misused(`${options.refusal}\n\n${HELP}`);
  if (options.value === null) {
    console.log(HELP);
    return 0;
  }
  const text = readText(options.value.file);
  if (!text.ok) return misused(text.refusal);
  const head = readHead(options.value.headFile);
  if (!head.ok) return misused(head.refusal);
  const keys = await readKeys(options.value.keysFile);
  if (!keys.ok) return misused(keys.refusal);
  const said = verifyExport(text.value, keys.value, head.value);
  console.log(said.line);
  return said.ok ? 0 : 1;
};

/** What was read, or what is wrong with the call, as opposed to the trail. */
type Read<T> = Result<T, string>;

const misused = (problem: string): number => {
  console.error(problem);
  return 2;
};

/** Null is a call for help. */
const readOptions = (): Read<{
  readonly file: string;
  readonly headFile: string | undefined;
  readonly keysFile: string | undefined;
} | null> => {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: { head: { type: 'string' }, keys: { type: 'string' }, help: { type: 'boolean' } },
    });
    if (values.help) return ok(null);
    const [command, file, ...rest] = positionals;
    if (command !== 'verify' || file === undefined || rest.length > 0)
      return err('Say: verify, and one export.');
    return ok({ file, headFile: values.head, keysFile: values.keys });
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return err(error.message);
    throw error;
  }
};

const readText = (file: string): Read<string> => {
  try {
    return ok(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error instanceof Error && 'code' in error) return err(`${file}: cannot be read (${error.code})`);
    throw error;
  }
};

const readHead = (file: string | undefined): Read<ReturnType<typeof readAuditHead>> => {
  if (file === undefined) return ok(null);
  const text = readText(file);
  if (!text.ok) return text;
  const head = readAuditHead(parse(text.value));
  return head === null ? err(`${file}: is no head`) : ok(head);
};

const readKeys = async (file: string | undefined): Promise<Read<readonly AuditKey[]>> => {
  const text = file === undefined ? ok(process.env.LATCHKEY_MASTER_KEYS) : readText(file);
  if (!text.ok) return text;
  const read = readMasterKeys({ LATCHKEY_MASTER_KEYS: text.value });
  if (!read.ok) return err(read.problems.join('\n'));
  const { all } = await openKeychain(read.masterKeys);
  return ok(all.map(({ id, auditKey }) => ({ id, key: auditKey })));
};

const parse = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};

process.exitCode = await main();
