import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { brotliCompressSync, brotliDecompressSync } from 'node:zlib';
import { git, ROOT } from './check/project.ts';
import { bundle } from './serve/bundle.ts';

/**
 * The Worker of the version before, whole, as the tests serve it beside today's (test/outside/released.test.ts): what two
 * versions that run at a time make of each other is then seen and not told. A bundle, and not a commit to build: a clone
 * in CI may have no history, and what was installed for that commit may not be had any more. It needs workerd alone,
 * which runs what was made for an earlier compatibility date.
 */
const FOLDER = join(ROOT, 'test/fixtures/released');
const BUNDLE = join(FOLDER, 'worker.js.br');
const ABOUT = join(FOLDER, 'released.json');

/** The production code under the settings of the tests. */
const ENTRY = 'test/worker.ts';

/** What is known of a version besides its code. */
export interface Released {
  readonly version: string;
  readonly commit: string;
  readonly sha256: string;
}

/** The version before as it was kept. Throws where the bundle is not the one that was. */
export const readReleased = (): Released & { readonly script: string } => {
  const about = JSON.parse(readFileSync(ABOUT, 'utf8')) as Released;
  const script = brotliDecompressSync(readFileSync(BUNDLE)).toString('utf8');
  if (sha256Of(script) !== about.sha256) throw new Error('test/fixtures/released: not what was released');
  return { ...about, script };
};

const writeReleased = (version: string): Released => {
  const { script } = bundle(ENTRY, { minify: true });
  const about = { version, commit: git(['rev-parse', 'HEAD']).toString().trim(), sha256: sha256Of(script) };
  mkdirSync(FOLDER, { recursive: true });
  writeFileSync(BUNDLE, brotliCompressSync(script));
  writeFileSync(ABOUT, `${JSON.stringify(about, null, 2)}\n`);
  return about;
};

const sha256Of = (text: string): string => createHash('sha256').update(text).digest('hex');

const HELP = `Keeps the Worker of this commit as the version before, for the tests of two versions at a time.

  node tools/released.ts                 what is kept
  node tools/released.ts --keep 0.2.0    keeps this commit's; when a version is tagged, and nothing is changed since`;

const main = (): number => {
  const { values } = parseArgs({ options: { keep: { type: 'string' }, help: { type: 'boolean' } } });
  if (values.help === true) {
    console.log(HELP);
    return 0;
  }
  if (
    values.keep !== undefined &&
    git(['status', '--porcelain', '--', 'src', 'test/settings.ts']).length > 0
  ) {
    console.error('src has changes that no commit has: what is kept must be found again.');
    return 1;
  }
  const { version, commit } = values.keep === undefined ? readReleased() : writeReleased(values.keep);
  console.log(`the version before is ${version}, commit ${commit}`);
  return 0;
};

if (import.meta.main) process.exitCode = main();
