import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { command } from './command.ts';
import { ROOT } from './dev/commands.ts';

const HELP = `Lets whole hours go by in which Stytch, KV or the Rings fail, while everybody asks, and prints who was served.

  npm run outages
  npm run outages -- [--seed N] [--only NAME]

  --seed  another course of events: who asks when, and which calls fail; 1 by default, as in the tests
  --only  the outages alone whose name has this in it: "KV", "429", "evicted"

The table says for each part of each outage and for each kind of credential how many requests were sent and what became of
them, in percent of the time how long it was served, and how long it was refused in a row. It is kept in
.latchkey/outages.md and .latchkey/outages.json. It takes some minutes. The exit code is 0 when no decision was wrong and
every figure is as expected (test/outages/expected.ts), 1 when not, 2 when the command makes no sense.
`;

const main = (): Promise<number> =>
  command(readOptions(), HELP, async (asked) => {
    console.log('Some minutes; a line for each outage, and the table at the end.');
    const { seed, only } = asked;
    const chosen = only === undefined ? [] : ['--testNamePattern', escaped(only)];
    return vitest(['run', '--project', 'workerd', 'test/outages', ...chosen], seed);
  });

/** The exit code. Progress and table are vitest's and our reporter's, and are shown as they come. */
const vitest = (args: readonly string[], seed: string): Promise<number> => {
  const manifest = createRequire(import.meta.url).resolve('vitest/package.json');
  const child = spawn(process.execPath, [resolve(dirname(manifest), 'vitest.mjs'), ...args], {
    ...{ cwd: ROOT, stdio: 'inherit' },
    env: { ...process.env, OUTAGES_SEED: seed },
  });
  return new Promise((done, failed) => {
    child.once('error', failed);
    child.once('close', (code) => done(code === 0 ? 0 : 1));
  });
};

const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');

const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: {
        seed: { type: 'string', default: '1' },
        only: { type: 'string' },
        help: { type: 'boolean', default: false },
      },
    });
    return Number.isSafeInteger(Number(values.seed)) ? values : `No such seed: ${values.seed}`;
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

process.exitCode = await main();
