import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';

/** A server of Debian's, in a process of its own. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
}

const PATIENCE_MS = 10_000;

/** Starts one that listens on a port and does not go to the background; it ends with us. Rejects with its words when it ends before. */
export const startProgram = async (file: string, args: readonly string[], port: number): Promise<Program> => {
  const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  const words: Buffer[] = [];
  child.stderr.on('data', (piece: Buffer) => words.push(piece));
  const ended = once(child, 'close');
  const endWithUs = (): void => void child.kill('SIGTERM');
  process.once('exit', endWithUs);
  for (const until = Date.now() + PATIENCE_MS; !(await listens(port)); await wait(50)) {
    if (child.exitCode === null && Date.now() < until) continue;
    child.kill('SIGKILL');
    throw new Error(`${file} does not listen: ${Buffer.concat(words)}`);
  }
  return {
    pid: child.pid ?? -1,
    [Symbol.asyncDispose]: async () => {
      process.off('exit', endWithUs);
      child.kill('SIGTERM');
      await ended;
    },
  };
};

const listens = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
