import { mkdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { command } from '../../tools/command.ts';
import { HELP, type Options, readOptions } from './options.ts';
import { asJson, asMarkdown } from './report.ts';
import { runSoak } from './run.ts';

const main = (): Promise<number> =>
  command(readOptions(), HELP, async (options) => {
    if (process.platform !== 'linux') {
      console.error('Memory and CPU are read from /proc: the soak runs on Linux only.');
      return 1;
    }
    return soak(options);
  });

const soak = async ({ report, help: _, ...options }: Options): Promise<number> => {
  const interrupted = new AbortController();
  process.on('SIGINT', () => {
    if (interrupted.signal.aborted) process.exit(130);
    console.error('Ctrl-C: what was done until now is compared and reported. Once more, and nothing is.');
    interrupted.abort();
  });
  const tell = (line: string): void => console.error(line);
  const run = await runSoak({ ...options, tell, signal: interrupted.signal });
  mkdirSync(report, { recursive: true });
  writeFileSync(join(report, 'soak.json'), asJson(run));
  const page = asMarkdown(run);
  writeFileSync(join(report, 'soak.md'), page);
  console.log(page);
  tell(`kept in ${relative('.', report)}`);
  return run.tally.violationCount === 0 ? 0 : 1;
};

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof Error ? (error.stack ?? error.message) : error);
  process.exitCode = 1;
}
