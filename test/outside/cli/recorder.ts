import type { ExitCode, World } from '../../../cli/command.ts';
import { COMMANDS } from '../../../cli/commands.ts';
import { run } from '../../../cli/run.ts';
import type { Person, Terminal } from '../../../cli/terminal.ts';
import { ok } from '../../../src/model/refusal.ts';

/** How a command ended, and what it wrote: each line that was said, and that was told. */
export interface Called {
  readonly code: ExitCode;
  readonly said: string;
  readonly told: string;
}

/** Somebody at the terminal who answers every question alike, and remembers what he was asked. */
export const somebody = (answer: boolean): Person & { readonly asked: readonly string[] } => {
  const asked: string[] = [];
  return {
    asked,
    text: async () => ok(''),
    choice: async ({ choices: [first] }) => {
      if (first === undefined) throw new Error('a choice of nothing');
      return ok(first.value);
    },
    confirm: async (message) => {
      asked.push(message);
      return ok(answer);
    },
  };
};

/** Calls `latchkey` with a terminal that records, by default with nobody before it and without wrangler. */
export const callLatchkey = async (
  args: readonly string[],
  { person = null, ...world }: Partial<Omit<World, 'terminal'> & { readonly person: Person | null }> = {},
): Promise<Called> => {
  const [said, told]: [string[], string[]] = [[], []];
  const terminal: Terminal = {
    say: (line) => void said.push(line),
    tell: (line) => void told.push(line),
    person,
  };
  const wrangler = async () => ({ code: 1, stdout: '', stderr: 'nobody expected wrangler' });
  const code = await run(COMMANDS, args, { folder: '/nowhere', env: {}, wrangler, ...world, terminal });
  return { code, said: said.join('\n'), told: told.join('\n') };
};
