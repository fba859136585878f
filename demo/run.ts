import { parseArgs } from 'node:util';
import { command } from '../tools/command.ts';
import { DEFAULT_PORT, LAST_PORT, type Places, readPort } from '../tools/dev/places.ts';
import { find } from './find.ts';
import { openStage } from './stage.ts';
import { tell } from './story.ts';

const HELP = `Shows what Latchkey does: a sign-in, a key, what it opens and what not, the limit, the end of the key.

  npm run demo
  npm run demo -- [--port ${DEFAULT_PORT}]

  --port   where \`npm run dev\` runs; without it, the demo looks at ${DEFAULT_PORT} and starts one of its own where none is

It shows latchkey.config.ts as it was delivered: the scope items:read and the routes /v1/items. The exit code is 0
when every step did what it should, else 1, and the last line names the step.
`;

const main = (): Promise<number> =>
  command(readOptions(), HELP, async (options) => {
    const stopped = untilStopped();
    if (options.port === null) console.log('Looking for Latchkey …');
    const found = await find(options.port, stopped);
    if (!found.ok) {
      console.error(`Failed before the first step: ${found.problem}`);
      return 1;
    }
    const { places, how, leave } = found;
    console.log(`The Latchkey at ${places.api} (API) and ${places.desk} (Desk), ${how}.`);
    try {
      const failed = await Promise.race([perform(places, stopped), whenAborted(stopped)]);
      console.log(failed === null ? '\nEvery step did what it should.' : `\nFailed: ${failed}.`);
      return failed === null ? 0 : 1;
    } finally {
      await leave();
    }
  });

/** The step that failed, or null. */
const perform = async (places: Places, stopped: AbortSignal): Promise<string | null> => {
  const stage = openStage((line) => stopped.aborted || console.log(line));
  try {
    await tell({ places, stage });
    return null;
  } catch (error) {
    const failed = stage.failed();
    if (failed === null) throw error;
    return failed;
  }
};

const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string' }, help: { type: 'boolean', default: false } },
    });
    const port = values.port === undefined ? null : readPort(values.port);
    if (port === null && values.port !== undefined) return `--port must be from 1024 to ${LAST_PORT}.`;
    return { port, help: values.help };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

const untilStopped = (): AbortSignal => {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => controller.abort());
  return controller.signal;
};

const whenAborted = (signal: AbortSignal): Promise<string> =>
  new Promise((done) => {
    const end = (): void => done('ended by a signal');
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });

process.exitCode = await main();
// Connections are kept alive for a while, and signals are still listened to.
process.exit();
