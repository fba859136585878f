import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');

/** What of the project runs. Its packages are the same for all. */
const PARTS = [
  ...['cli', 'src', 'tools', 'demo', 'emulator'],
  ...['package.json', 'tsconfig.json', 'biome.json', 'latchkey.config.ts', 'wrangler.toml', '.gitignore'],
];

/** A clone of the project in a folder of its own, as an operator has it before he does anything. */
export interface Clone {
  readonly folder: string;
  readonly read: (file: string) => string;
  readonly write: (file: string, text: string) => void;
  /** Runs one of its programs with Node, without anything of this process's environment but where programs are. */
  readonly node: (args: readonly string[], env?: Readonly<Record<string, string>>) => Promise<Ended>;
  readonly start: (args: readonly string[], env?: Readonly<Record<string, string>>) => ChildProcess;
  readonly remove: () => void;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export const cloneProject = (): Clone => {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-clone-'));
  for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const start = (args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess =>
    spawn(process.execPath, args, {
      ...{ cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] },
      env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
    });
  return {
    ...{ folder, start },
    read: (file) => readFileSync(join(folder, file), 'utf8'),
    write: (file, text) => writeFileSync(join(folder, file), text),
    node: (args, env) => ended(start(args, env)),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};

const ended = (child: ChildProcess): Promise<Ended> => {
  const written = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name]?.setEncoding('utf8').on('data', (part: string) => {
      written[name] += part;
    });
  return new Promise((done) => child.once('close', (code) => done({ code, ...written })));
};
