import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../tools/command.ts';
import { deploy, startStytch } from '../latchkey.ts';
import { startOrigin } from '../origin.ts';
import { measureKeys } from './keys.ts';
import { amountsOf, HELP, type Options, readOptions } from './options.ts';
import { steepIn, tableText } from './table.ts';

const main = async (options: Options): Promise<number> => {
  const amounts = amountsOf(options);
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-growth-'));
  await using open = new AsyncDisposableStack();
  open.defer(() => rmSync(folder, { recursive: true, force: true }));
  const stytch = open.use(await startStytch());
  const origin = open.use(await startOrigin());
  const latchkeyAt = (name: string) =>
    deploy(stytch, origin.url, join(folder, name), 'bench/growth/worker.ts');
  const table = await measureKeys(latchkeyAt('keys'), amounts, (line) => console.error(line));
  console.log(tableText(table));
  const steep = steepIn(table);
  for (const name of steep) console.log(`not flat: ${name}`);
  return steep.length === 0 ? 0 : 1;
};

process.exitCode = await command(readOptions(process.argv.slice(2)), HELP, main);
