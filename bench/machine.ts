import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { cpus, loadavg, release, totalmem } from 'node:os';

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memory_gb: number;
  readonly kernel: string;
  readonly node: string;
  readonly workerd: string;
}

export const machine = (): Machine => ({
  cpu: cpus()[0]?.model ?? 'unknown',
  cores: cpus().length,
  memory_gb: Math.round(totalmem() / 2 ** 30),
  kernel: release(),
  node: process.version,
  workerd: workerdVersion(),
});

/** Runnable processes of the last minute, on average. */
export const loadAverage = (): number => loadavg()[0] ?? 0;

const workerdVersion = (): string => {
  const wrangler = createRequire(import.meta.url).resolve('wrangler/package.json');
  const manifest = createRequire(wrangler).resolve('workerd/package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string }).version;
};
