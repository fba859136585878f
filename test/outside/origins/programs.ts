import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A program and what it is told, one word each. */
export type Program = readonly [file: string, ...args: string[]];

export interface RunningPrograms {
  /** What they wrote to stderr: the last 100,000 characters of each. */
  readonly said: () => string;
  readonly end: () => Promise<void>;
}

/** Starts each when the one before it listens; of the ports the first is the first program's. */
export const startPrograms = async (
  name: string,
  programs: readonly Program[],
  ports: readonly number[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<RunningPrograms> => {
  const running: { readonly child: ChildProcess; readonly said: () => string }[] = [];
  const end = async (): Promise<void> => {
    await Promise.all(running.map(({ child }) => ended(child)));
  };
  try {
    for (const [i, [program, ...args]] of programs.entries()) {
      // In a group of its own: when Apache ends, it ends its whole group.
      const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env });
      const said = listenTo(child);
      running.push({ child, said });
      await listening(name, ports[i] ?? 0, child, said);
    }
    return { said: () => running.map(({ said }) => said()).join(''), end };
  } catch (error) {
    await end();
    throw error;
  }
};

const ended = async (child: ChildProcess): Promise<void> => {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exit = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await exit;
};

const listenTo = (child: ChildProcess): (() => string) => {
  let said = '';
  child.stderr?.on('data', (piece: Buffer) => {
    said = `${said}${piece}`.slice(-100_000);
  });
  return () => said;
};

const START_MS = 20_000;

const listening = async (
  name: string,
  port: number,
  child: ChildProcess,
  said: () => string,
): Promise<void> => {
  for (const endsAt = performance.now() + START_MS; performance.now() < endsAt; await wait(20)) {
    if (child.exitCode !== null) break;
    if (await answers(port)) return;
  }
  throw new Error(`${name} does not start: ${said()}`);
};

const answers = (port: number): Promise<boolean> =>
  new Promise((told) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      told(true);
    });
    socket.on('error', () => told(false));
  });
