import type { Clock } from './clock.ts';
import type { Terminal } from './terminal.ts';
import type { Wrangler } from './wrangler.ts';

/** What a command does its work with: everything outside of it that a test puts something else for. */
export interface World {
  readonly terminal: Terminal;
  /** The folder of the operator's files, `latchkey.config.ts` and `wrangler.toml`. */
  readonly folder: string;
  /** The variables of the process. Secrets come in by these and by files, never by arguments, which everybody on the machine can read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly wrangler: Wrangler;
  /** Another clock than this machine's, in a test. */
  readonly clock?: Clock;
}

/** How a command ended: 0 all is well, 1 it is not, and the terminal was told what, 2 the command makes no sense. */
export type ExitCode = 0 | 1 | 2;

/** Something that an operator can tell Latchkey to do. */
export interface Command {
  /** All that `latchkey NAME --help` says: what it does, how it is called, how it ends. */
  readonly help: string;
  /** Does it, with the arguments after the name. Throws only for bugs. */
  readonly run: (args: readonly string[], world: World) => Promise<ExitCode>;
}

/** A command as the overview knows it. The rest is loaded when somebody calls it. */
export interface Entry {
  /** One word, or two: `keys list`. */
  readonly name: string;
  /** A line of the overview. */
  readonly says: string;
  readonly load: () => Promise<Command>;
}
