import { read } from './check/project.ts';
import { compare, readExplanations } from './mutate/explained.ts';
import { GROUPS, type Group } from './mutate/groups.ts';
import { type Mutant, mutantsOf } from './mutate/mutants.ts';
import { HELP, readOptions } from './mutate/options.ts';
import { scoreOf, type Tally, tableOf, told, toldStale } from './mutate/report.ts';
import { lastReport, mutate } from './mutate/stryker.ts';

const main = async (): Promise<number> => {
  const options = readOptions(process.argv.slice(2));
  if (!options.ok) return misused(`${options.refusal}\n\n${HELP}`);
  if (options.value === null) {
    console.log(HELP);
    return 0;
  }
  const { groups, concurrency, last } = options.value;
  const files = new Set<string>(groups.flatMap((name) => GROUPS[name]));
  if (!last) await mutate([...files], concurrency);
  const mutants = mutantsOf(lastReport()).filter(({ file }) => files.has(file));
  const { all, problems } = readExplanations(read('docs/mutants.md'));
  const ran = last ? new Set(mutants.map(({ file }) => file)) : files;
  const { explained, unexplained, stale } = compare(mutants, all, ran);

  for (const line of [...problems, ...stale.map(toldStale), ...unexplained.map(told)])
    console.log(`${line}\n`);
  console.log(tableOf(groups.map(tallyOf(mutants)), { explained }));
  console.log(`mutation score ${scoreOf(mutants)}`);
  return problems.length + stale.length + unexplained.length > 0 ? 1 : 0;
};

const tallyOf =
  (mutants: readonly Mutant[]) =>
  (name: Group): Tally => {
    const files: readonly string[] = GROUPS[name];
    return { name, mutants: mutants.filter(({ file }) => files.includes(file)) };
  };

const misused = (problem: string): number => {
  console.error(problem);
  return 2;
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 2;
}
