/** How the process ends: 130 is what a shell makes of Ctrl-C. */
export const EXIT = { done: 0, failed: 1, misused: 2, loggedOut: 3, interrupted: 130 } as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** What came of something: a value, or why not. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | Failure;

export interface Failure {
  readonly ok: false;
  /** In words for the user, without any secret. */
  readonly problem: string;
  readonly exitCode: ExitCode;
}

export const done = <T>(value: T): Outcome<T> => ({ ok: true, value });

export const failed = (problem: string, exitCode: ExitCode = EXIT.failed): Failure => ({
  ok: false,
  problem,
  exitCode,
});
