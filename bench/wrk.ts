import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** As many as keep one workerd busy without a queue that would hide its latency. */
const CONNECTIONS = 16;

/** As many as a paced load needs so that one is free at each tick, even for answers that take 60 ms at 1,000 a second. */
const PACED_CONNECTIONS = 64;

/** What to send, and for how long. */
export interface Load {
  readonly port: number;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly seconds: number;
  /** A file of keys, one per line: each request takes the next. */
  readonly keysFile?: string | undefined;
  /** Whether the first key follows the last. */
  readonly again?: boolean | undefined;
  /** How many requests are sent in a second; as many as are answered, if not said. */
  readonly perSecond?: number | undefined;
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

/** Sends requests over kept connections, each as soon as the one before it was answered, or at a pace. */
export const load = async ({ port, path, headers, seconds, ...rest }: Load): Promise<LoadResult> => {
  const connections = rest.perSecond === undefined ? CONNECTIONS : PACED_CONNECTIONS;
  const { stdout } = await promisify(execFile)(
    'wrk',
    [
      ...['--threads', '1', '--connections', String(connections), '--duration', `${seconds}s`],
      ...Object.entries(headers).flatMap(([name, value]) => ['--header', `${name}: ${value}`]),
      ...['--script', join(import.meta.dirname, 'load.lua')],
      `http://127.0.0.1:${port}${path}`,
    ],
    { env: { ...process.env, ...orders(rest) } },
  );
  const line = stdout.split('\n').findLast((each) => each.startsWith('{'));
  if (line === undefined) throw new Error(`wrk said nothing to be understood:\n${stdout}`);
  return JSON.parse(line) as LoadResult;
};

/** What load.lua reads. */
const orders = ({ keysFile, again = false, perSecond }: Partial<Load>): Readonly<Record<string, string>> => ({
  ...(keysFile === undefined ? {} : { LOAD_KEYS: keysFile }),
  ...(again ? { LOAD_AGAIN: '1' } : {}),
  ...(perSecond === undefined ? {} : { LOAD_PER_SECOND: String(perSecond) }),
});
