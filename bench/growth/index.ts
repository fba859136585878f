import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../tools/command.ts';
import { written } from '../json.ts';
import { deploy, startStytch } from '../latchkey.ts';
import { loadAverage, machine } from '../machine.ts';
import { startOrigin } from '../origin.ts';
import { measureKeys } from './keys.ts';
import { leasesText, measureLeases } from './leases.ts';
import { amountsOf, HELP, type Options, type Part, readOptions } from './options.ts';
import { measureOwners } from './owners.ts';
import { type Growth, growthPlot, leasesPlot, problemsOf } from './report.ts';
import { tableText } from './table.ts';

const RESULTS = join(import.meta.dirname, '../results');

const main = async (options: Options): Promise<number> => {
  const growth = await measure(options);
  const { keys, owners, leases } = growth;
  const texts = [keys && tableText(keys), owners && tableText(owners), leases && leasesText(leases)];
  console.log(texts.filter((text) => text !== null).join('\n\n'));
  console.log(`load average ${loadAverage().toFixed(2)}`);
  if (!options.quick && keys !== null && owners !== null && leases !== null) {
    const kept = { at: new Date().toISOString(), machine: machine(), ...growth };
    writeFileSync(join(RESULTS, 'growth.json'), written(kept));
    writeFileSync(join(RESULTS, 'growth.svg'), growthPlot(keys));
    writeFileSync(join(RESULTS, 'growth-leases.svg'), leasesPlot(leases));
  }
  const problems = problemsOf(growth);
  for (const problem of problems) console.log(problem);
  return problems.length === 0 ? 0 : 1;
};

const measure = async (options: Options): Promise<Growth> => {
  const amounts = amountsOf(options);
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-growth-'));
  await using open = new AsyncDisposableStack();
  open.defer(() => rmSync(folder, { recursive: true, force: true }));
  const stytch = open.use(await startStytch());
  const origin = open.use(await startOrigin());
  const at = (name: string) => {
    const state = join(folder, name);
    return { state, latchkey: deploy(stytch, origin.url, state, 'bench/growth/worker.ts') };
  };
  const tell = (line: string): void => console.error(line);
  const isAsked = (part: Part): boolean => options.only.includes(part);
  return {
    keys: isAsked('keys') ? await measureKeys(at('keys').latchkey, amounts, tell) : null,
    owners: isAsked('owners') ? await measureOwners(at, amounts, tell) : null,
    leases: isAsked('leases') ? await measureLeases(at('leases').latchkey, amounts, tell) : null,
  };
};

process.exitCode = await command(readOptions(process.argv.slice(2)), HELP, main);
