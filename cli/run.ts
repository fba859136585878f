import type { Entry, ExitCode, World } from './command.ts';
import type { Terminal } from './terminal.ts';

/** Calls what the arguments name. A call for help is answered here, a word that is no command too. */
export const run = async (
  commands: readonly Entry[],
  args: readonly string[],
  world: World,
): Promise<ExitCode> => {
  const { terminal } = world;
  const [first = '--help', second = ''] = args;
  if (['--help', '-h', 'help'].includes(first)) {
    terminal.say(overviewOf(commands));
    return 0;
  }
  const entry =
    commands.find(({ name }) => name === `${first} ${second}`) ?? commands.find(({ name }) => name === first);
  if (entry === undefined) {
    const group = commands.filter(({ name }) => name.startsWith(`${first} `));
    if (group.length > 0 && ['', '--help', '-h'].includes(second)) {
      terminal.say(overviewOf(group));
      return second === '' ? 2 : 0;
    }
    terminal.tell(`latchkey: there is no command ${JSON.stringify(args.slice(0, 2).join(' '))}.\n`);
    terminal.tell(overviewOf(group.length > 0 ? group : commands));
    return 2;
  }
  const command = await entry.load();
  const rest = args.slice(entry.name.split(' ').length);
  if (rest.includes('--help') || rest.includes('-h')) {
    terminal.say(command.help);
    return 0;
  }
  const heard = listening(terminal);
  const code = await attempt(
    () => command.run(rest, { ...world, terminal: heard.terminal }),
    (problem) => heard.terminal.tell(`latchkey ${entry.name}: ${problem}`),
  );
  // Whoever reads JSON finds a document, whatever became of it.
  if (code !== 0 && rest.includes('--json') && !heard.hasSaid())
    terminal.say(JSON.stringify({ error: heard.lastTold() }));
  return code;
};

const attempt = async (
  work: () => Promise<ExitCode>,
  onProblem: (problem: string) => void,
): Promise<ExitCode> => {
  try {
    return await work();
  } catch (error) {
    if (!isOfTheSystem(error)) throw error;
    onProblem(error.message);
    return 1;
  }
};

/** A terminal that remembers whether anything was said that was asked for, and what was told last. */
const listening = (terminal: Terminal) => {
  let hasSaid = false;
  let told = '';
  return {
    terminal: {
      ...terminal,
      say: (line: string): void => {
        hasSaid = true;
        terminal.say(line);
      },
      tell: (line: string): void => {
        told = line;
        terminal.tell(line);
      },
    },
    hasSaid: () => hasSaid,
    /** Without the help that stands below what was called wrongly. */
    lastTold: () => told.split('\n\n', 1)[0] ?? '',
  };
};

/** What the machine refused: a full disk, a folder that nobody may write. No bug, so that it needs no stack. */
const isOfTheSystem = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'syscall' in error && 'code' in error;

const overviewOf = (commands: readonly Entry[]): string => {
  const width = Math.max(0, ...commands.map(({ name }) => name.length));
  return [
    'Sets up, checks and runs Latchkey.\n',
    '  npm run latchkey -- COMMAND [options]\n',
    ...commands.map(({ name, says }) => `  ${name.padEnd(width)}  ${says}`),
    '\n  latchkey COMMAND --help says the rest.',
  ].join('\n');
};
