/** The end of one step of the check. */
export interface Outcome {
  readonly ok: boolean;
  /** One line for the step's own line: a number worth knowing. */
  readonly summary?: string;
  /** What is wrong, as long as it needs to be. */
  readonly text?: string;
}

/** One step of the check; `run` may throw, which counts as a failure. */
export interface Step {
  readonly name: string;
  readonly says: string;
  readonly run: () => Outcome | Promise<Outcome>;
}

/** No problems is success; otherwise one line each. */
export const outcomeOf = (problems: readonly string[], summary: string): Outcome =>
  problems.length === 0 ? { ok: true, summary } : { ok: false, text: problems.join('\n') };
