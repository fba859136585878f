import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { ROOT } from './check/project.ts';
import { command } from './command.ts';
import { DEFAULT_PORT } from './dev/places.ts';
import { takenPorts } from './dev/ports.ts';
import { type Block, blocksOf } from './documents/blocks.ts';
import { shellEnv } from './documents/serving.ts';
import { inShell } from './documents/shell.ts';
import { walk } from './documents/walk.ts';

const HELP = `Does what README.md says under "Run it", in a fresh clone, and says how long each step took: to install, to make it
yours, to start, to the first admitted request.

  npm run quick-start -- [--json]

  --json  the steps as JSON

It knows nothing but the README: the blocks of commands in it, in their order. The ports that these name must be free. It ends
with 0 if every command did what it should, with 1 at the first that did not.
`;

/** From the heading to the next one: the section that somebody reads who wants to see it run. */
const SECTION = /^## Run it\n[\s\S]*?(?=^## )/m;

const WALKED: readonly Block['kind'][] = ['install', 'run', 'server'];

const main = (): Promise<number> =>
  command(readOptions(), HELP, async ({ json }) => {
    const taken = await takenPorts(DEFAULT_PORT);
    if (taken.length > 0) return failed(`Somebody listens already on port ${taken.join(', ')}.`);
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-quick-start-'));
    try {
      const clone = `git clone -q --no-hardlinks ${ROOT} ${folder}`;
      const cloned = await inShell(clone, { folder, env: shellEnv() });
      if (!cloned.ok) return failed(cloned.output);
      const [section = ''] = SECTION.exec(readFileSync(join(folder, 'README.md'), 'utf8')) ?? [];
      const blocks = blocksOf(section).filter(({ kind }) => WALKED.includes(kind));
      const steps: { readonly step: string; readonly seconds: number }[] = [];
      const walked = await walk(blocks, {
        folder,
        onDone: ({ block: { commands }, ms }) => {
          const [step = ''] = commands.split('\n');
          steps.push({ step, seconds: Math.round(ms / 100) / 10 });
          if (!json) console.log(`${(ms / 1000).toFixed(1).padStart(6)} s  ${step}`);
        },
      });
      if (!walked.ok) return failed(`${walked.block.commands}\n\n${walked.output}`);
      const seconds = Math.round(steps.reduce((sum, step) => sum + step.seconds, 0) * 10) / 10;
      console.log(json ? JSON.stringify({ seconds, steps }) : `${seconds.toFixed(1).padStart(6)} s  in all`);
      return 0;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

const failed = (problem: string): number => {
  console.error(problem);
  return 1;
};

const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: { json: { type: 'boolean', default: false }, help: { type: 'boolean', default: false } },
    });
    return values;
  } catch (error) {
    // An option that is not there, or one with a value too many.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

process.exitCode = await main();
