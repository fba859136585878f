import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ROOT, tool } from './project.ts';
import type { Outcome } from './step.ts';

/** Bundles the production Worker as `wrangler deploy` would: what is in it, how large it is, how soon it starts. */
export const checkBundle = async (): Promise<Outcome> => {
  if (!existsSync(resolve(ROOT, 'src/worker.ts'))) return { ok: false, text: 'src/worker.ts does not exist' };
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bundle-'));
  try {
    const built = await tool(
      ...WRANGLER,
      'deploy',
      '--dry-run',
      '--minify',
      '--metafile',
      '--outdir',
      folder,
    );
    if (built.code !== 0) return { ok: false, text: built.output };
    const strangers = inputsOf(folder).filter((path) => FOREIGN.test(path));
    if (strangers.length > 0)
      return { ok: false, text: `In the production bundle:\n${strangers.join('\n')}` };
    const startup = await startupOf(folder);
    const { raw, gzip } = sizeOf(folder);
    return { ok: true, summary: `${kib(raw)} KiB, ${kib(gzip)} KiB gzip; ${startup}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

const WRANGLER = ['wrangler', 'wrangler'] as const;

/** Nothing of these is for production. */
const FOREIGN = /^(emulator|demo|bench|test|tools)\//;

/** The files of the project that are in the bundle, as paths from the root. */
const inputsOf = (folder: string): readonly string[] => {
  const meta = JSON.parse(readFileSync(join(folder, 'bundle-meta.json'), 'utf8')) as {
    readonly inputs: object;
  };
  return Object.keys(meta.inputs).map((path) =>
    posix.normalize(relative(ROOT, resolve(ROOT, path)).replaceAll('\\', '/')),
  );
};

const sizeOf = (folder: string): { readonly raw: number; readonly gzip: number } => {
  const code = readFileSync(join(folder, 'worker.js'));
  return { raw: code.length, gzip: gzipSync(code).length };
};

/** Wrangler's own profile of the module's evaluation, on this machine: too coarse a number to assert on. */
const startupOf = async (folder: string): Promise<string> => {
  const outfile = join(folder, 'startup.cpuprofile');
  const { code, output } = await tool(
    ...WRANGLER,
    'check',
    'startup',
    '--args=--minify',
    `--outfile=${outfile}`,
  );
  const [, window] = /Profile window: ([\d.]+ ms)/.exec(output) ?? [];
  const [, active] = /Active: ([\d.]+ ms)/.exec(output) ?? [];
  if (code !== 0 || window === undefined) return 'start-up not measured';
  return `start-up ${active} active within ${window}`;
};

const kib = (bytes: number): string => (bytes / 1024).toFixed(1);
