import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../../tools/command.ts';
import { type Counted, PARTS } from '../counters/count.ts';
import { type Counters, NEEDED } from './bill.ts';
import { HELP, readOptions } from './options.ts';
import { asText, reportOf } from './report.ts';

const COUNTERS = join(import.meta.dirname, '..', 'results', 'counters.json');

/** What was counted, or why it cannot be gone by. */
const readCounters = (): Counters | string => {
  try {
    const { paths } = JSON.parse(readFileSync(COUNTERS, 'utf8')) as { readonly paths: readonly Counted[] };
    const counters = Object.fromEntries(paths.map(({ name, per }) => [name, per]));
    const isWhole = NEEDED.every((name) => PARTS.every((part) => typeof counters[name]?.[part] === 'number'));
    return isWhole ? counters : `${COUNTERS} lacks something: npm run bench:counters -- --keep`;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT')
      return 'Nothing was counted yet: npm run bench:counters -- --keep';
    throw error;
  }
};

process.exitCode = await command(
  readOptions(process.argv.slice(2)),
  HELP,
  async ({ json, help: _, ...load }) => {
    const counters = readCounters();
    if (typeof counters === 'string') {
      console.error(counters);
      return 1;
    }
    const report = reportOf(load, counters);
    console.log(json ? JSON.stringify(report, null, 2) : asText(report));
    return 0;
  },
);
