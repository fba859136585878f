import { styleText } from 'node:util';

/** Where the demo is told: steps with a number, what was done and came back, and what had to be so. */
export interface Stage {
  /** Does a step. The first thing that is not as it should be ends it, and the demo. */
  readonly step: <T>(name: string, act: () => Promise<T>) => Promise<T>;
  /** A request and its answer, or anything else worth a line. */
  readonly tell: (line: string) => void;
  /** Names and what they are, one under the other. */
  readonly list: (entries: readonly (readonly [name: string, value: string])[]) => void;
  /** A tick, or a cross and the end. */
  readonly check: (asItShould: boolean, what: string, otherwise?: string) => void;
  /** The name of the step that did not do what it should. */
  readonly failed: () => string | null;
}

/** A stage that prints; in colours where the output is a terminal. */
export const openStage = (print: (line: string) => void): Stage => {
  let number = 0;
  let failed: string | null = null;
  const paint = (style: Parameters<typeof styleText>[0], text: string): string =>
    process.stdout.isTTY && process.env.NO_COLOR === undefined ? styleText(style, text) : text;
  const cross = (text: string): void => print(`   ${paint('red', '✗')} ${text}`);
  return {
    step: async (name, act) => {
      number += 1;
      print(`\n${paint('bold', `${number}. ${name}`)}`);
      try {
        return await act();
      } catch (error) {
        failed = `step ${number}, ${name}`;
        cross(reasonOf(error));
        throw error;
      }
    },
    tell: (line) => print(`   ${line}`),
    list: (entries) => {
      const width = Math.max(...entries.map(([name]) => name.length));
      for (const [name, value] of entries) print(`     ${paint('dim', name.padEnd(width))}  ${value}`);
    },
    check: (asItShould, what, otherwise) => {
      if (!asItShould) throw new Error(`not so: ${what}${otherwise === undefined ? '' : ` (${otherwise})`}`);
      print(`   ${paint('green', '✓')} ${what}`);
    },
    failed: () => failed,
  };
};

/** `fetch` says only that it failed; why, its cause says. */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
};
