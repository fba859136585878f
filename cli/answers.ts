import type { ExitCode } from './command.ts';
import type { Terminal } from './terminal.ts';

/** Ends a command that was called wrongly: what is wrong, and how it is called. */
export const misused = ({ tell }: Terminal, problem: string, help: string): ExitCode => {
  tell(`${problem}\n\n${help}`);
  return 2;
};

/** Ends a command that cannot do what it was called for. */
export const failed = ({ tell }: Terminal, problem: string): ExitCode => {
  tell(problem);
  return 1;
};

/**
 * Asks whether to do what cannot be undone: null if it may be done, otherwise how the command ends. `--yes` answers for
 * whoever is not there; without both the terminal is told what would have been done, and nothing is.
 */
export const askLeave = async (
  { tell, person }: Terminal,
  what: string,
  yes: boolean,
): Promise<ExitCode | null> => {
  if (yes) return null;
  if (person === null) {
    tell(`${what}: say --yes to have it done. Nothing was.`);
    return 2;
  }
  const answer = await person.confirm(`${what}?`, false);
  if (answer.ok && answer.value) return null;
  tell('Nothing was done.');
  return 1;
};
