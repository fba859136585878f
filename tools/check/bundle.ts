import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, posix, relative, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Metafile } from 'esbuild';
import { bundle } from '../serve/bundle.ts';
import { ROOT, read, tool } from './project.ts';
import type { Outcome } from './step.ts';
import { type Budget, kib, overweight, partsOf, strangersIn, type Weighed } from './weight.ts';

/**
 * Bundles the production Worker as `wrangler deploy` would, and what a request to an API host runs by itself: what is in
 * them, how large they are, how soon the Worker starts. With `write`, what their parts weigh is written down anew; what
 * they may weigh is for people to change.
 */
export const checkBundle = async (write = false): Promise<Outcome> => {
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
    const [whole, gate] = [weighWhole(folder), weighGate()];
    const budgets: Budgets = JSON.parse(read(BUDGETS));
    if (write) writeParts(budgets, whole, gate);
    const problems = [
      ...inputsOf(whole.metafile)
        .filter((path) => FOREIGN.test(path))
        .map((path) => `${path} is in the production bundle`),
      ...strangersIn(gate.metafile, GATE, budgets.gate.mayHave).map((line) => `What the Gate runs: ${line}`),
      ...overweight('The Worker', whole, budgets.whole),
      ...overweight('What the Gate runs', gate, budgets.gate),
    ];
    if (problems.length > 0) return { ok: false, text: [...problems, HINT].join('\n') };
    return {
      ok: true,
      summary: `${inKib(whole)}; the Gate alone ${inKib(gate)}; ${await startupOf(folder)}`,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

interface Budgets {
  readonly whole: Budget;
  readonly gate: Budget & { readonly mayHave: readonly string[] };
}

const BUDGETS = 'tools/check/budgets.json';

const GATE = 'tools/check/gate-alone.ts';

const HINT = `${BUDGETS} has what they may weigh, and may have. Its parts are written anew by: npx node tools/check/bundle.ts --write`;

const WRANGLER = ['wrangler', 'wrangler'] as const;

/** Nothing of these is for production. */
const FOREIGN = /^(cli|emulator|demo|bench|test|tools)\//;

/** The files of the project that are in a bundle, as paths from the root. */
const inputsOf = ({ inputs }: Metafile): readonly string[] =>
  Object.keys(inputs).map((path) =>
    posix.normalize(relative(ROOT, resolve(ROOT, path)).replaceAll('\\', '/')),
  );

const weighWhole = (folder: string): Weighed => {
  const code = readFileSync(join(folder, 'worker.js'));
  const metafile: Metafile = JSON.parse(readFileSync(join(folder, 'bundle-meta.json'), 'utf8'));
  return { raw: code.length, gzip: gzipSync(code).length, metafile };
};

const weighGate = (): Weighed => {
  const { script, metafile } = bundle(GATE, { minify: true });
  return { raw: Buffer.byteLength(script), gzip: gzipSync(script).length, metafile };
};

const writeParts = ({ whole, gate }: Budgets, wholeNow: Weighed, gateNow: Weighed): void => {
  const written: Budgets = {
    whole: { ...whole, parts: partsOf(wholeNow.metafile) },
    gate: { ...gate, parts: partsOf(gateNow.metafile) },
  };
  writeFileSync(resolve(ROOT, BUDGETS), `${JSON.stringify(written, null, 2)}\n`);
};

/** How often the start is measured: the median is told. */
const STARTS = 3;

/** How long the Worker takes to start, in the middle of several. Too coarse a number, and too much the machine's, to assert on. */
const startupOf = async (folder: string): Promise<string> => {
  const starts: number[] = [];
  for (let i = 0; i < STARTS; i++) starts.push(...(await startOnce(folder)));
  const median = starts.sort((one, other) => one - other)[starts.length >> 1];
  return median === undefined ? 'start-up not measured' : `start-up ${median} ms of CPU`;
};

/** Wrangler's own profile of the module's evaluation: milliseconds in which anything ran; none if it told none. */
const startOnce = async (folder: string): Promise<readonly number[]> => {
  const outfile = join(folder, 'startup.cpuprofile');
  const { code, output } = await tool(
    ...WRANGLER,
    'check',
    'startup',
    '--args=--minify',
    `--outfile=${outfile}`,
  );
  const [, active] = /Active: ([\d.]+) ms/.exec(output) ?? [];
  return code !== 0 || active === undefined ? [] : [Number(active)];
};

const inKib = ({ raw, gzip }: Weighed): string => `${kib(raw)} KiB, ${kib(gzip)} KiB gzip`;

if (import.meta.main) {
  const outcome = await checkBundle(process.argv.includes('--write'));
  console.log(outcome.ok ? outcome.summary : outcome.text);
  process.exitCode = outcome.ok ? 0 : 1;
}
