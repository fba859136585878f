import { spawn } from 'node:child_process';
import type { Block } from './blocks.ts';

/** How the blocks of a document went. */
export interface Went {
  readonly ok: boolean;
  /** How many came to their end. */
  readonly done: number;
  /** What they wrote, of the one that failed to the end. */
  readonly output: string;
}

export interface ShellOptions {
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** An answer of 400 and more is a failure (curl's 22), as people would take it for one. */
const CURL = 'curl() { command curl --fail-with-body "$@"; }';
const REFUSED_BY_CURL = 22;

/**
 * Runs blocks one after the other in one shell, as somebody would who pastes them: what one sets, the next can use. The
 * first command that fails ends it.
 */
export const inShell = (blocks: readonly Block[], { folder, env, signal }: ShellOptions): Promise<Went> => {
  const script = ['set -euo pipefail', CURL, ...blocks.map(scriptOf)].join('\n');
  return new Promise((done) => {
    const child = spawn('bash', ['-s'], { cwd: folder, env, stdio: 'pipe', ...(signal ? { signal } : {}) });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        output += part;
      });
    child.once('error', (error) => done({ ok: false, done: 0, output: String(error) }));
    child.once('close', (code) => {
      const parts = output.split(MARK);
      done({ ok: code === 0, done: parts.length - 1, output: parts.at(code === 0 ? 0 : -1)?.trim() ?? '' });
    });
    child.stdin.on('error', () => undefined).end(script);
  });
};

const MARK = '\u0001end of block\u0001';

/** In braces, so that bash reads the whole block before it runs: no command in it can read what is left as its input. */
const scriptOf = ({ kind, commands }: Block): string => {
  const body =
    kind === 'refused' ? `set +e\n${commands}\n[ $? = ${REFUSED_BY_CURL} ] || exit 1\nset -e` : commands;
  return `{\n${body}\n} < /dev/null\nprintf '${MARK}'`;
};
