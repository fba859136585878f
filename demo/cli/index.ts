import { type Command, readArgs } from './args.ts';
import { call } from './call.ts';
import { HELP } from './help.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { done, EXIT, type Outcome } from './outcome.ts';
import { status } from './status.ts';
import { fileOf } from './store.ts';
import { openTerminal, type Terminal } from './terminal.ts';
import { whoami } from './whoami.ts';

const main = async (): Promise<number> => {
  const terminal = openTerminal();
  const command = readArgs(process.argv.slice(2));
  if (!command.ok) {
    terminal.say(`${command.problem}\n\n${HELP.all}`);
    return command.exitCode;
  }
  const outcome = await Promise.race([
    run(command.value, terminal),
    whenInterrupted(command.value, terminal),
  ]);
  if (outcome.ok) return EXIT.done;
  terminal.say(outcome.problem);
  return outcome.exitCode;
};

const run = async (command: Command, terminal: Terminal): Promise<Outcome<null>> => {
  const file = fileOf(process.env);
  switch (command.name) {
    case 'help':
      terminal.write(HELP[command.of]);
      return done(null);
    case 'login':
      return login(command, file, terminal);
    case 'whoami':
      return whoami(command, file, terminal);
    case 'call':
      return call(command, file, terminal);
    case 'status':
      return status(command, file, terminal);
    case 'logout':
      return logout(command, file, terminal);
  }
};

/** Every command but `login` and `logout` may end anywhere: those end themselves where they leave nothing behind. */
const whenInterrupted = ({ name }: Command, { interrupted }: Terminal): Promise<Outcome<never>> =>
  new Promise((end) => {
    if (name === 'login' || name === 'logout') return;
    interrupted.addEventListener('abort', () =>
      end({ ok: false, problem: 'Ended.', exitCode: EXIT.interrupted }),
    );
  });

try {
  process.exitCode = await main();
} catch (error) {
  // A bug. Where it is, is told; not what it says, which could hold a secret.
  const { name, stack = '' } = error instanceof Error ? error : new Error('nothing');
  console.error(
    `This is a bug: ${name}\n${stack
      .split('\n')
      .filter((line) => /^\s+at /.test(line))
      .join('\n')}`,
  );
  process.exitCode = EXIT.failed;
}
// Connections are kept alive for a while, and signals are still listened to.
process.exit();
