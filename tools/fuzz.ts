import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ROOT } from './check/project.ts';
import { command } from './command.ts';
import { placesOf } from './fuzz/find.ts';
import { withOneMore } from './fuzz/keep.ts';
import { HELP, type Options, readOptions } from './fuzz/options.ts';
import { type Tried, tryProperty } from './fuzz/try.ts';

const KEPT = 'test/counter-examples.json';

const main = (): Promise<number> =>
  command(readOptions(process.argv.slice(2), Math.random), HELP, async (options) => {
    console.log(`seed ${options.seed}`);
    hand(options);
    const all: Tried[] = [];
    for (const property of options.only) {
      const tried = await tryProperty(property, placesOf(property), progress());
      for (const one of tried) {
        console.log(lineOf(one));
        if (one.problem !== null) tell(one);
      }
      all.push(...tried);
    }
    console.log(`\n${tableOf(all)}`);
    return all.some(({ problem }) => problem !== null) ? 1 : 0;
  });

/** How the tests are told (test/property.ts). */
const hand = ({ runs, seed, minutes }: Options): void => {
  process.env.FUZZ_RUNS = String(runs);
  process.env.FUZZ_SEED = String(seed);
  if (minutes !== null) process.env.FUZZ_MS = String(Math.round(minutes * 60_000));
};

/** Says how far a property is, on stderr and not too often. */
const progress = (): ((line: string) => void) => {
  let saidAt = 0;
  return (line) => {
    if (Date.now() - saidAt < 1_900) return;
    saidAt = Date.now();
    console.error(line);
  };
};

const lineOf = ({ property, test, runs, seconds, problem }: Tried): string =>
  `property ${property}: ${problem === null ? 'holds' : 'BROKEN'}, ${runs} runs, ${seconds.toFixed(1)} s: ${test}`;

/** What is to be known of a property that was broken; its input is kept from now on. */
const tell = ({ problem, broken }: Tried): void => {
  console.log(`\n${problem}\n`);
  if (broken === null) return;
  console.log(`Again: npm run fuzz -- --only ${Number.parseInt(broken.name, 10)} --seed=${broken.seed}`);
  const more = withOneMore(readFileSync(resolve(ROOT, KEPT), 'utf8'), broken);
  if (more !== null) writeFileSync(resolve(ROOT, KEPT), more);
  console.log(
    more === null
      ? `It is not kept in ${KEPT}: it is there already, or JSON cannot hold it.`
      : `It is kept in ${KEPT}.`,
  );
};

const tableOf = (all: readonly Tried[]): string => {
  const rows = all.map(({ property, runs, seconds, problem, test }) => [
    ...[String(property), problem === null ? 'holds' : 'BROKEN', String(runs), seconds.toFixed(1), test],
  ]);
  const head = ['#', '', 'runs', 's', 'test'];
  const widths = head.map((_, i) => Math.max(...[head, ...rows].map((row) => (row[i] ?? '').length)));
  return [head, ...rows]
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
};

process.exitCode = await main();
