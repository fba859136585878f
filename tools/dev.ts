import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { whenAsked } from './asked.ts';
import { command } from './command.ts';
import { ROOT } from './dev/commands.ts';
import { emulatorProject } from './dev/emulator-project.ts';
import { DEFAULT_PORT, LAST_PORT, readPort } from './dev/places.ts';
import { requestLine } from './dev/request-line.ts';
import { start } from './dev/start.ts';
import { welcome } from './dev/welcome.ts';

const HELP = `Runs Latchkey on this machine, offline and without any account.

  npm run dev
  npm run dev -- [--port ${DEFAULT_PORT}] [--fresh] [--state .latchkey] [--clock 0]

  --port   the Worker's; the Stytch emulator takes the next one, the demo origin the one after that
  --fresh  start with nothing: no users but the demo's, no keys, new secrets
  --state  the folder for state, secrets and the log
  --clock  how many seconds all three are ahead of time: 86400 is tomorrow

It ends with Ctrl-C. State survives a restart. A change in src/ or in latchkey.config.ts is taken up at once; only
a new origin id or header prefix has to wait for a restart, because the demo origin is told at its start.
`;

const main = (): Promise<number> =>
  command(readOptions(), HELP, async (options) => {
    const asked = new Promise<null>((done) => whenAsked(() => done(null)));
    const controller = new AbortController();
    asked.then(() => controller.abort());
    console.log('Starting the Worker, the Stytch emulator and the demo origin …');
    const started = await start({ ...options, onWorkerLine }, controller.signal);
    if (!started.ok) {
      console.error(controller.signal.aborted ? 'Ended.' : started.problem);
      return controller.signal.aborted ? 0 : 1;
    }
    const { running } = started;
    console.log(welcome(running, await emulatorProject()));
    const failure = await Promise.race([running.failed, asked]);
    if (failure !== null)
      console.error(`\n${failure}\n\nThe ${failure.split(' ')[0]} is gone, so everything ends.`);
    await running.stop();
    if (failure === null) console.log('Ended.');
    return failure === null ? 0 : 1;
  });

const readOptions = () => {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string', default: String(DEFAULT_PORT) },
        state: { type: 'string', default: '.latchkey' },
        fresh: { type: 'boolean', default: false },
        clock: { type: 'string', default: '0' },
        help: { type: 'boolean', default: false },
      },
    });
    const port = readPort(values.port);
    if (port === null) return `--port must be from 1024 to ${LAST_PORT}: it and the two after it are used.`;
    if (!/^-?\d{1,9}$/.test(values.clock)) return '--clock must be a whole number of seconds.';
    const clockSeconds = Number(values.clock);
    return {
      port,
      folder: resolve(ROOT, values.state),
      fresh: values.fresh,
      clockSeconds,
      help: values.help,
    };
  } catch (error) {
    // An option that is not there, or one without its value.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

/** Requests as one line each; and what goes wrong with the Worker itself, such as an edit that does not compile. */
const onWorkerLine = (line: string, from: 'stdout' | 'stderr'): void => {
  const text = from === 'stderr' ? line : requestLine(line);
  if (text !== null && text !== '') console.log(text);
};

process.exitCode = await main();
// Signals are still listened to, and that keeps nothing alive; a pipe of a child that was killed could.
process.exit();
