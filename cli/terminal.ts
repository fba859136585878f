import { confirm, isCancel, password, select, text } from '@clack/prompts';
import { err, ok, type Result } from '../src/model/refusal.ts';

/** A question with an answer in words. */
export interface TextQuestion {
  readonly message: string;
  /** What Enter alone answers. */
  readonly initial?: string;
  /** Why an answer will not do; undefined if it will. */
  readonly problemOf?: (answer: string) => string | undefined;
  /** Whether nobody is to see what is typed. */
  readonly isSecret?: boolean;
}

/** A question with a few answers. */
export interface ChoiceQuestion<T extends string> {
  readonly message: string;
  readonly choices: readonly { readonly value: T; readonly label: string; readonly hint?: string }[];
}

/** Somebody who can be asked. The refusal is that he ended it: Ctrl-C, or Escape. */
export interface Person {
  readonly text: (question: TextQuestion) => Promise<Result<string, 'cancelled'>>;
  readonly choice: <T extends string>(question: ChoiceQuestion<T>) => Promise<Result<T, 'cancelled'>>;
  readonly confirm: (message: string, initial?: boolean) => Promise<Result<boolean, 'cancelled'>>;
}

/** Where a command is called from. */
export interface Terminal {
  /** A line of what was asked for: stdout. */
  readonly say: (line: string) => void;
  /** A line for whoever watches, progress and problems: stderr. */
  readonly tell: (line: string) => void;
  /** Null where nobody can answer: in a pipe, in CI. */
  readonly person: Person | null;
}

const answered = <T>(answer: T | symbol): Result<T, 'cancelled'> =>
  isCancel(answer) ? err('cancelled') : ok(answer as T);

const AT_THE_KEYBOARD: Person = {
  text: async ({ message, initial, problemOf = () => undefined, isSecret = false }) => {
    const validate = (answer: string | undefined) => problemOf(answer || (initial ?? ''));
    const answer = isSecret
      ? await password({ message, validate })
      : await text({
          ...{ message, validate },
          ...(initial === undefined ? {} : { placeholder: initial, defaultValue: initial }),
        });
    return answered<string>(answer);
  },
  choice: async <T extends string>({ message, choices }: ChoiceQuestion<T>) => {
    const options = choices.map(({ value, label, hint }) => ({
      ...{ value: value as string, label },
      ...(hint === undefined ? {} : { hint }),
    }));
    return answered((await select({ message, options })) as T | symbol);
  },
  confirm: async (message, initial = true) =>
    answered<boolean>(await confirm({ message, initialValue: initial })),
};

/** The terminal of this process. */
export const processTerminal = (): Terminal => ({
  say: (line) => console.log(line),
  tell: (line) => console.error(line),
  person: process.stdin.isTTY && process.stdout.isTTY ? AT_THE_KEYBOARD : null,
});
