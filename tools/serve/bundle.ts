import { resolve } from 'node:path';
import { type BuildOptions, buildSync, type Metafile } from 'esbuild';

/** One Worker as a single ES module, with esbuild's account of what went into it. */
export interface Bundle {
  readonly script: string;
  readonly metafile: Metafile;
}

/**
 * Bundles a Worker entry, given by its path from the project's root, as `wrangler deploy` does. `minify` makes what goes to
 * production; without it names are kept, which is for reading what went wrong, and costs each request some percent.
 */
export const bundle = (
  entry: string,
  { minify = false, keepNames = !minify }: { readonly minify?: boolean; readonly keepNames?: boolean } = {},
): Bundle => {
  const result = buildSync({ ...SETTINGS, entryPoints: [entry], minify, keepNames });
  const script = result.outputFiles[0]?.text;
  if (script === undefined) throw new Error(`esbuild made nothing of ${entry}`);
  return { script, metafile: result.metafile };
};

const SETTINGS = {
  absWorkingDir: resolve(import.meta.dirname, '../..'),
  bundle: true,
  write: false,
  metafile: true,
  format: 'esm',
  target: 'es2024',
  platform: 'neutral',
  mainFields: ['workerd', 'browser', 'module', 'main'],
  conditions: ['workerd', 'worker', 'browser'],
  external: ['cloudflare:*', 'node:*'],
  jsx: 'automatic',
  jsxImportSource: 'hono/jsx',
  logLevel: 'silent',
} as const satisfies BuildOptions;
