import { type Command, readArgs } from './args.ts';
import { call } from './call.ts';
import { HELP } from './help.ts';
import { login } from './login.ts';
import { logout } from './logout.ts';
import { done, EXIT, type Outcome } from './outcome.ts';
import { status } from './status.ts';
import { fileOf } from './store.ts';
import { openTerminal, type Terminal, whenInterrupted } from './terminal.ts';
import { whoami } from './whoami.ts';

const main = async (): Promise<number> => {
  const terminal = openTerminal();
  const command = readArgs(process.argv.slice(2));
  if (!command.ok) {
    terminal.say(`${command.problem}\n\n${HELP.all}`);
    return command.exitCode;
  }
  const outcome = await run(command.value, terminal);
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
    // These two make and end keys: they end where they leave nothing behind.
    case 'login':
      return login(command, file, terminal);
    case 'logout':
      return logout(command, file, terminal);
    case 'whoami':
      return Promise.race([whoami(command, file, terminal), whenInterrupted(terminal, 'Ended.')]);
    case 'call':
      return Promise.race([call(command, file, terminal), whenInterrupted(terminal, 'Ended.')]);
    case 'status':
      return status(command, file, terminal);
  }
};

try {
  process.exitCode = await main();
} catch (error) {
  // A bug. Where it is, is told; not what it says, which could hold a secret.
  const { name, stack = '' } = error instanceof Error ? error : new Error('nothing');
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  console.error([`This is a bug: ${name}`, ...frames].join('\n'));
  process.exitCode = EXIT.failed;
}
// Connections are kept alive for a while, and signals are still listened to.
process.exit();
