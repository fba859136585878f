import { spawn } from 'node:child_process';
import type { Block } from './blocks.ts';

/** How a block went: whether all of its commands ended well, and what they wrote. */
export interface Went {
  readonly ok: boolean;
  readonly output: string;
}

/** A shell in which one block after the other is run, as by somebody who pastes them: what one sets, the next can use. */
export interface Shell {
  /** The first command that fails ends the block, and the shell. */
  readonly run: (block: Block) => Promise<Went>;
  readonly end: () => void;
}

export interface ShellOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
}

/** An answer of 400 and more is a failure (curl's 22), as people would take it for one. */
const PRELUDE = `set -euo pipefail
exec 2>&1
curl() { command curl --fail-with-body "$@"; }
`;
const REFUSED_BY_CURL = 22;

const MARK = '\u0001end of block\u0001';

export const openShell = ({ folder, env }: ShellOptions): Shell => {
  const child = spawn('bash', ['-s'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'inherit'] });
  let output = '';
  let told: ((went: Went) => void) | null = null;
  const tell = (ok: boolean): void => {
    told?.({ ok, output: output.trim() });
    told = null;
    output = '';
  };
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    output += part;
    if (!output.endsWith(MARK)) return;
    output = output.slice(0, -MARK.length);
    tell(true);
  });
  child.once('error', (error) => {
    output += String(error);
    tell(false);
  });
  child.once('close', () => tell(false));
  child.stdin.on('error', () => undefined).write(PRELUDE);
  return {
    run: (block) =>
      new Promise((done) => {
        told = done;
        child.stdin.write(scriptOf(block));
      }),
    end: () => child.stdin.end(),
  };
};

/** Runs a few commands by themselves. */
export const inShell = async (commands: string, options: ShellOptions): Promise<Went> => {
  const shell = openShell(options);
  try {
    return await shell.run({ kind: 'run', line: 0, commands });
  } finally {
    shell.end();
  }
};

/** In braces, so that bash reads the whole block before it runs: no command in it can read what comes after it as its input. */
const scriptOf = ({ kind, commands }: Block): string => {
  const refused = `set +e\n${commands}\n[ $? = ${REFUSED_BY_CURL} ] || exit 1\nset -e`;
  return `{\n${kind === 'refused' ? refused : commands}\n} < /dev/null\nprintf '${MARK}'\n`;
};
