import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../tools/command.ts';
import { asJson } from './json.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { pictures } from './pictures.ts';
import { asMarkdown } from './report.ts';
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

const measureAll = async ({ rounds, seconds, variants, json }: Options): Promise<number> => {
  const tell = (line: string): void => console.error(line);
  ensureWrk(tell);
  const command = [
    'npm run bench',
    ...(process.argv.length > 2 ? ['--', ...process.argv.slice(2)] : []),
  ].join(' ');
  const result = await run({ variants, rounds, seconds, command, tell });
  const files = { 'latest.json': asJson(result), 'latest.md': asMarkdown(result), ...pictures(result) };
  const isWhole = rounds >= LEAST_ROUNDS && variants.length === VARIANTS.length;
  const folder = isWhole ? RESULTS : mkdtempSync(join(tmpdir(), 'latchkey-bench-results-'));
  mkdirSync(folder, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  tell(
    isWhole
      ? 'kept in bench/results'
      : `in ${folder}; to be kept it wants all variants and ${LEAST_ROUNDS} rounds`,
  );
  process.stdout.write(json ? files['latest.json'] : files['latest.md']);
  return 0;
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
