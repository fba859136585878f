import { LOCKS } from './lockfile.ts';
import { committedFiles, read } from './project.ts';
import { secretsIn } from './secrets.ts';
import { type Outcome, outcomeOf } from './step.ts';

const MACHINE_PATH = /(?<![\w.~*@:-])(?:\/(?:work|root)\/(?=[\w.])|\/(?:home|Users)\/[a-z][\w-]*\/)/;

/** Hashes alone; nobody writes in them by hand. */
const SKIPPED: ReadonlySet<string> = new Set(LOCKS.map((folder) => `${folder}package-lock.json`));

/** Looks for secrets and for traces of one machine in every committed file. */
export const checkCommitted = (): Outcome => {
  const paths = committedFiles().filter((path) => !SKIPPED.has(path));
  return outcomeOf(
    paths.flatMap((path) => traces(path, read(path))),
    `${paths.length} files`,
  );
};

/** What the text holds that it must not, one line each. */
export const traces = (path: string, text: string): readonly string[] => {
  if (text.includes('\0')) return [];
  const place = MACHINE_PATH.exec(text);
  const found = [
    ...(place === null ? [] : [{ what: 'a path of one machine', index: place.index }]),
    ...secretsIn(text),
  ];
  return found.map(({ what, index }) => `${path}:${text.slice(0, index).split('\n').length} holds ${what}`);
};
