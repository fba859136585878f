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

/** What may be done, now that whoever is there was asked. */
export type Leave = 'granted' | 'denied' | 'nobody';

/**
 * Asks whether to do what cannot be undone; `--yes` answers for whoever is not there. Without both nothing is done, and
 * the terminal is told what would have been.
 */
export const askLeave = async ({ tell, person }: Terminal, what: string, yes: boolean): Promise<Leave> => {
  if (yes) return 'granted';
  if (person === null) {
    tell(`${what}: say --yes to have it done. Nothing was.`);
    return 'nobody';
  }
  const answer = await person.confirm(`${what}?`, false);
  if (answer.ok && answer.value) return 'granted';
  tell('Nothing was done.');
  return 'denied';
};
