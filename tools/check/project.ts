import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';

/** The project's folder. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** What a tool wrote, both streams, and how it ended. */
export interface Ended {
  readonly code: number;
  readonly output: string;
}

/** Long past any honest run: a test in an endless loop must not hold CI, and should show how far it came. */
const LIMIT_MINUTES = 15;

/** Runs a package's command with this very Node: the machine's own may be too old for the shims in `.bin`. */
export const tool = (packageName: string, command: string, ...args: readonly string[]): Promise<Ended> =>
  new Promise((done, failed) => {
    const child = spawn(process.execPath, [binOf(packageName, command), ...args], {
      cwd: ROOT,
      env: environment(),
    });
    const pieces: Buffer[] = [];
    const output = (): string => Buffer.concat(pieces).toString();
    const limit = setTimeout(() => {
      child.kill('SIGKILL');
      done({ code: 1, output: `${output()}\n${command} did not end within ${LIMIT_MINUTES} minutes` });
    }, LIMIT_MINUTES * 60_000);
    child.stdout.on('data', (piece: Buffer) => pieces.push(piece));
    child.stderr.on('data', (piece: Buffer) => pieces.push(piece));
    child.once('error', failed);
    child.once('close', (code) => {
      clearTimeout(limit);
      done({ code: code ?? 1, output: output() });
    });
  });

/** Every file that is committed or about to be: tracked or untracked, not ignored, present; paths from the root. */
export const committedFiles = (): readonly string[] => {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const listed = git(args).toString().split('\0');
  const deleted = new Set(git(['ls-files', '-z', '--deleted']).toString().split('\0'));
  return listed.filter((path) => path !== '' && !deleted.has(path)).sort();
};

/** The text of a file, by its path from the root. */
export const read = (path: string): string => readFileSync(resolve(ROOT, path), 'utf8');

/** What git says to these words in a folder, given `input` to read; throws what it complains of. */
export const git = (args: readonly string[], cwd = ROOT, input = ''): Buffer => {
  const { status, stdout, stderr, error } = spawnSync('git', args, { cwd, input, maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`git ${args[0]}: ${error ?? stderr}`);
  return stdout;
};

const binOf = (packageName: string, command: string): string => {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as {
    readonly bin: Record<string, string> | string;
  };
  const path = typeof bin === 'string' ? bin : bin[command];
  if (path === undefined) throw new Error(`${packageName} has no command ${command}`);
  return resolve(dirname(manifest), path);
};

/** Nothing that wrangler does here needs the network; without these it would ask, and wait where DNS is dead. */
const environment = (): NodeJS.ProcessEnv => ({
  ...process.env,
  WRANGLER_SEND_METRICS: 'false',
  CLOUDFLARE_CF_FETCH_ENABLED: 'false',
  WRANGLER_HIDE_BANNER: 'true',
  ...(process.stdout.isTTY && { FORCE_COLOR: '1' }),
});
