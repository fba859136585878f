import { spawn } from 'node:child_process';
import { join } from 'node:path';

/** What `npm run dev` says when everything answers. */
const READY = 'Latchkey is ready.';

/** What every shell has, and nothing of whoever runs it. */
export const shellEnv = (): Readonly<Record<string, string>> => ({
  PATH: [join(process.execPath, '..'), process.env.PATH ?? ''].join(':'),
  HOME: process.env.HOME ?? '/',
});

/** Commands that go on; resolves when they say that they are ready, and rejects with what they wrote if they end before. */
export const serving = async (
  commands: string,
  folder: string,
): Promise<{ readonly stop: () => Promise<void> }> => {
  // A process group of its own: its end is the end of all that it started.
  const child = spawn('bash', ['-c', commands], {
    ...{ cwd: folder, env: shellEnv(), detached: true },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  let isReady = false;
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  const stop = async (): Promise<void> => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
    await ended;
  };
  await new Promise<void>((ready, never) => {
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (part: string) => {
        if (isReady) return; // Nobody reads the lines of its requests.
        output += part;
        isReady = output.includes(READY);
        if (isReady) ready();
      });
    ended.then(() => never(new Error(`it ended before it was ready:\n${output}`)));
  });
  return { stop };
};
