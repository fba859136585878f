import { parseArgs } from 'node:util';
import { command } from '../tools/command.ts';
import { openDays } from './life/days.ts';
import { live } from './life/story.ts';
import { openStage } from './stage.ts';

const HELP = `Shows a key's life from its making to its end, on a Latchkey of its own whose clock is moved from day to day:
made, narrowed, rotated with an overlap, ended by its deadline, found by a stranger, expired, and all of it audited.

  npm run life

It takes about a minute. The exit code is 0 when every step did what it should, else 1, and the last line names the
step.
`;

const main = (): Promise<number> =>
  command(readOptions(), HELP, async () => {
    const controller = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.on(signal, () => controller.abort());
    console.log('Starting a Latchkey …');
    const days = await openDays(controller.signal);
    console.log(`The Latchkey at ${days.places.api} (API) and ${days.places.desk} (Desk).`);
    const stage = openStage((line) => controller.signal.aborted || console.log(line));
    try {
      await live(days, stage);
      console.log('\nEvery step did what it should.');
      return 0;
    } catch (error) {
      const failed = controller.signal.aborted ? 'ended by a signal' : stage.failed();
      if (failed === null) throw error;
      console.log(`\nFailed: ${failed}.`);
      return 1;
    } finally {
      await days.leave();
    }
  });

const readOptions = () => {
  try {
    return parseArgs({ options: { help: { type: 'boolean', default: false } } }).values;
  } catch (error) {
    // An option that is not there.
    if (error instanceof TypeError) return error.message;
    throw error;
  }
};

process.exitCode = await main();
// Connections are kept alive for a while, and signals are still listened to.
process.exit();
