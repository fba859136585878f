import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ROOT, read } from './project.ts';
import { type Outcome, outcomeOf } from './step.ts';

/** What every module of tools/docs exports: a page of docs and the function that writes it from the code. */
interface Generator {
  /** From the project's root. */
  readonly path: string;
  readonly generate: () => string | Promise<string>;
}

/** Compares every generated page with the committed one; with `write`, rewrites it instead. */
export const checkDocs = async (write = false): Promise<Outcome> => {
  const generators = await load();
  const problems: string[] = [];
  for (const { path, generate } of generators) {
    const wanted = await generate();
    const found = existsSync(resolve(ROOT, path)) ? read(path) : undefined;
    if (found === wanted) continue;
    if (write) writeFileSync(resolve(ROOT, path), wanted);
    else problems.push(`${path} ${found === undefined ? 'is missing' : difference(found, wanted)}`);
  }
  if (problems.length > 0) problems.push('Run: npx node tools/check/docs.ts --write');
  return outcomeOf(problems, `${generators.length} generated`);
};

const FOLDER = resolve(ROOT, 'tools/docs');

const load = (): Promise<readonly Generator[]> => {
  const files = existsSync(FOLDER) ? readdirSync(FOLDER).filter((name) => name.endsWith('.ts')) : [];
  return Promise.all(files.sort().map(loadOne));
};

const loadOne = async (file: string): Promise<Generator> => {
  const module = (await import(pathToFileURL(resolve(FOLDER, file)).href)) as Partial<Generator>;
  const { path, generate } = module;
  if (typeof path === 'string' && typeof generate === 'function') return { path, generate };
  throw new Error(`tools/docs/${file} must export path and generate`);
};

/** The first line that differs. */
const difference = (found: string, wanted: string): string => {
  const [have, want] = [found.split('\n'), wanted.split('\n')];
  const index = want.findIndex((line, at) => line !== have[at]);
  const at = index < 0 ? want.length : index;
  return `is out of date at line ${at + 1}:\n  - ${have[at] ?? '(no line)'}\n  + ${want[at] ?? '(no line)'}`;
};

if (import.meta.main) {
  const outcome = await checkDocs(process.argv.includes('--write'));
  console.log(outcome.ok ? `docs: ${outcome.summary}` : outcome.text);
  process.exitCode = outcome.ok ? 0 : 1;
}
