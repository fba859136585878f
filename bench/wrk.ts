import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** As many as keep one workerd busy without a queue that would hide its latency. */
const CONNECTIONS = 16;

/** What to send, and for how long. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly seconds: number;
  /** A file of keys, one per line: each request takes the next. */
  readonly keysFile?: string | undefined;
}

/** What came of it. Latencies in microseconds, corrected for coordinated omission by wrk. */
export interface LoadResult {
  readonly micros: number;
  readonly requests: number;
  /** How many keys were taken. */
  readonly asked: number;
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly errors: Readonly<Record<'connect' | 'read' | 'write' | 'status' | 'timeout', number>>;
}

/** Sees to it that wrk is there: installs it where that is allowed, or says what to do. */
export const ensureWrk = (tell: (line: string) => void): void => {
  if (isInstalled()) return;
  const byHand = 'wrk is not installed. On Debian: apt-get install -y wrk';
  if (process.getuid?.() !== 0) throw new Error(byHand);
  tell('installing wrk');
  const { status } = spawnSync('apt-get', ['install', '-y', '--no-install-recommends', 'wrk'], {
    stdio: 'ignore',
  });
  if (status !== 0 || !isInstalled()) throw new Error(byHand);
};

const isInstalled = (): boolean => spawnSync('wrk', ['--version'], { stdio: 'ignore' }).error === undefined;

/** Sends requests over kept connections, each as soon as the one before it was answered. */
export const load = async ({ port, path, headers, seconds, keysFile }: Load): Promise<LoadResult> => {
  const { stdout } = await promisify(execFile)(
    'wrk',
    [
      ...['--threads', '1', '--connections', String(CONNECTIONS), '--duration', `${seconds}s`],
      ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      ...['--script', join(import.meta.dirname, 'load.lua')],
      `http://127.0.0.1:${port}${path}`,
    ],
    { env: { ...process.env, ...(keysFile === undefined ? {} : { LOAD_KEYS: keysFile }) } },
  );
  const line = stdout.split('\n').findLast((each) => each.startsWith('{'));
  if (line === undefined) throw new Error(`wrk said nothing to be understood:\n${stdout}`);
  return JSON.parse(line) as LoadResult;
};
