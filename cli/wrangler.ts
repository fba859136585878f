import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';

/** How a call of wrangler's ended, and what it wrote. */
export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface WranglerOptions {
  /** What it reads from stdin: secrets come to it in no other way. */
  readonly input?: string;
  /** Gets each line as it comes, of a call that takes long. */
  readonly onLine?: (line: string) => void;
}

/** Calls wrangler, which alone knows the operator's Cloudflare account: `['kv', 'namespace', 'list']`. */
export type Wrangler = (args: readonly string[], options?: WranglerOptions) => Promise<Ran>;

/** The project's own wrangler, in the operator's folder. It asks nothing: whoever is asked is asked by us. */
export const processWrangler =
  (folder: string, env: Readonly<Record<string, string | undefined>>): Wrangler =>
  (args, { input, onLine } = {}) =>
    new Promise((done) => {
      const child = spawn(process.execPath, [wranglerPath(), ...args], {
        cwd: folder,
        env: { ...env, CI: '1', WRANGLER_SEND_METRICS: 'false', FORCE_COLOR: '0' },
        stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      });
      const written = { stdout: '', stderr: '' };
      for (const name of ['stdout', 'stderr'] as const) {
        let rest = '';
        child[name]?.setEncoding('utf8').on('data', (part: string) => {
          written[name] += part;
          const lines = (rest + part).split('\n');
          rest = lines.pop() ?? '';
          for (const line of lines) onLine?.(line);
        });
      }
      child.once('error', (error) => done({ code: -1, stdout: '', stderr: String(error) }));
      child.once('close', (code) => done({ code: code ?? -1, ...written }));
      child.stdin?.on('error', () => undefined).end(input);
    });

const wranglerPath = (): string => {
  const manifest = createRequire(import.meta.url).resolve('wrangler/package.json');
  return join(manifest, '..', 'bin', 'wrangler.js');
};
