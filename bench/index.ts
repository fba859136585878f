import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../tools/command.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { asJson, asMarkdown } from './report.ts';
import { run } from './run.ts';
import { VARIANTS } from './variants/index.ts';
import { ensureWrk } from './wrk.ts';

const RESULTS = join(import.meta.dirname, 'results');

/** Figures of fewer rounds are not kept. */
const LEAST_ROUNDS = 5;

const main = (): Promise<number> =>
  command(readOptions(), HELP, async (options) => {
    if (process.platform !== 'linux') {
      console.error('CPU per request is read from /proc: the benchmark runs on Linux only.');
      return 1;
    }
    return measureAll(options);
  });

const measureAll = async ({ rounds, seconds, only, json }: Options): Promise<number> => {
  const tell = (line: string): void => console.error(line);
  ensureWrk(tell);
  const command = [
    'npm run bench',
    ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : []),
  ].join(' ');
  const variants = VARIANTS.filter(({ name }) => only.includes(name));
  const result = await run({ variants, rounds, seconds, command, tell });
  const text = asJson(result);
  const page = asMarkdown(result);
  if (rounds >= LEAST_ROUNDS && variants.length === VARIANTS.length) {
    mkdirSync(RESULTS, { recursive: true });
    writeFileSync(join(RESULTS, 'latest.json'), text);
    writeFileSync(join(RESULTS, 'latest.md'), page);
    tell('kept in bench/results');
  } else tell(`not kept: wants all variants and at least ${LEAST_ROUNDS} rounds`);
  process.stdout.write(json ? text : page);
  return 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
