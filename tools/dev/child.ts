import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Writable } from 'node:stream';
import { setTimeout as wait } from 'node:timers/promises';
import { stripVTControlCharacters } from 'node:util';

/** What to run: a Node script with its arguments, under a name. */
export interface Command {
  readonly name: string;
  readonly args: readonly string[];
  /** Over our own environment; undefined takes a variable away. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** A running command and all that it has started: a process group of its own. */
export interface Child {
  readonly name: string;
  /** How it ended and the last it said. Never rejects. */
  readonly ended: Promise<string>;
  /** Ends the whole group, by force if it takes long. */
  readonly stop: () => Promise<void>;
}

/** What a command's lines are for, besides the log. */
export type OnLine = (line: string, from: 'stdout' | 'stderr') => void;

const LAST_LINES = 30;
const PATIENCE_MS = 5_000;
/** A dead process that nobody has buried still counts as one of its group, so that there is an end to waiting. */
const GONE_ROUNDS = 20;
const GONE_PAUSE_MS = 25;

/** Starts a command in a process group of its own, so that a Ctrl-C meant for us does not reach it first. */
export const startChild = (
  { name, args, env }: Command,
  log: Writable,
  leash: Leash,
  onLine: OnLine,
): Child => {
  const child = spawn(process.execPath, args, {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  leash.hold(child);
  const last = listen(child, name, log, onLine);
  const ended = new Promise<string>((done) => {
    child.once('error', (error) => done(`${name} could not be started: ${error.message}`));
    child.once('exit', (code, signal) =>
      done(`${name} ended (${signal ?? `exit code ${code}`}).\n${last.join('\n')}`),
    );
  });
  const stop = async (): Promise<void> => {
    signalGroup(child, 'SIGTERM');
    const impatience = setTimeout(() => signalGroup(child, 'SIGKILL'), PATIENCE_MS);
    await ended;
    clearTimeout(impatience);
    // The first of the group has gone; whoever of it has not goes now, and sets its port free.
    for (let round = 0; round < GONE_ROUNDS && signalGroup(child, 'SIGKILL'); round += 1)
      await wait(GONE_PAUSE_MS);
  };
  return { name, ended, stop };
};

/** Ends every group it holds when this process is gone, however that came about. */
export interface Leash {
  readonly hold: (child: Pick<ChildProcess, 'pid'>) => void;
  /** To be called when all groups have ended. */
  readonly release: () => void;
}

/** A shell that waits for the end of our pipe: the one signal that SIGKILL and a crash give as well. */
export const makeLeash = (): Leash => {
  const script = 'while read -r group; do set -- "$@" "-$group"; done; kill -s KILL -- "$@" 2>/dev/null';
  const shell = spawn('sh', ['-c', script, 'leash'], { stdio: ['pipe', 'ignore', 'ignore'], detached: true });
  shell.stdin.on('error', () => undefined);
  shell.unref();
  return {
    hold: ({ pid }) => pid !== undefined && shell.stdin.write(`${pid}\n`),
    release: () => {
      shell.kill('SIGKILL');
      shell.stdin.destroy();
    },
  };
};

const listen = (child: ChildProcess, name: string, log: Writable, onLine: OnLine): readonly string[] => {
  const last: string[] = [];
  for (const from of ['stdout', 'stderr'] as const) {
    const input = child[from];
    if (input === null) continue;
    createInterface({ input }).on('line', (painted) => {
      const line = stripVTControlCharacters(painted);
      // What is left in a pipe may come after the end of all.
      if (!log.writableEnded) log.write(`[${name}] ${line}\n`);
      last.push(line);
      if (last.length > LAST_LINES) last.shift();
      onLine(line, from);
    });
  }
  return last;
};

/** Whether there was anybody to signal. */
const signalGroup = ({ pid }: ChildProcess, signal: NodeJS.Signals): boolean => {
  if (pid === undefined) return false;
  try {
    return process.kill(-pid, signal);
  } catch (error) {
    // EPERM: macOS says so of a group in which only the dead are left.
    if (error instanceof Error && 'code' in error && (error.code === 'ESRCH' || error.code === 'EPERM'))
      return false;
    throw error;
  }
};
