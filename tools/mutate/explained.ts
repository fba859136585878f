import type { Mutant } from './mutants.ts';

/** One mutant that may survive, as docs/mutants.md tells of it. */
export interface Explanation {
  readonly file: string;
  readonly before: string;
  readonly after: string;
  /** Where it stands in the page. */
  readonly line: number;
}

/** What a page explains, and what is wrong with the page itself. */
export interface Explanations {
  readonly all: readonly Explanation[];
  readonly problems: readonly string[];
}

/**
 * Reads docs/mutants.md: under a heading that is a file's path, blocks of `diff` with pairs of `- ` and `+ ` lines, each block
 * followed by why.
 */
export const readExplanations = (text: string): Explanations => {
  const all: Explanation[] = [];
  const problems: string[] = [];
  let file = '';
  const lines = text.split('\n');
  for (const [index, line] of lines.entries()) {
    file = HEADING.exec(line)?.[1] ?? (line.startsWith('#') ? '' : file);
    if (line !== '```diff') continue;
    const end = lines.indexOf('```', index);
    const pairs = lines.slice(index + 1, end);
    if (file === '') problems.push(`line ${index + 1}: no file's heading is above it`);
    if (!hasReason(lines.slice(end + 1))) problems.push(`line ${index + 1}: nothing says why`);
    for (let at = 0; at < pairs.length; at += 2) {
      const [before = '', after = ''] = pairs.slice(at, at + 2);
      if (before.startsWith('- ') && after.startsWith('+ '))
        all.push({ file, before: before.slice(2), after: after.slice(2), line: index + at + 2 });
      else problems.push(`line ${index + at + 2}: not a line with "- " and one with "+ "`);
    }
  }
  return { all, problems };
};

const HEADING = /^#+ `([^`]+)`$/;

/** The next thing that is written must be a sentence. */
const hasReason = (rest: readonly string[]): boolean =>
  /^(?!#|```)\S/.test(rest.find((line) => line !== '') ?? '');

/** How survivors and explanations fit. */
export interface Compared {
  readonly explained: readonly Mutant[];
  readonly unexplained: readonly Mutant[];
  /** Explanations of mutants that do not survive, or that are not made any more. */
  readonly stale: readonly Explanation[];
}

/**
 * Each explanation stands for one survivor. One whose mutant timed out is not stale: on a busy machine a survivor may look so.
 * `ran`: the files of this run; of others nothing is known.
 */
export const compare = (
  mutants: readonly Mutant[],
  explanations: readonly Explanation[],
  ran: ReadonlySet<string>,
): Compared => {
  const left = new Set(explanations);
  const take = (mutant: Mutant): boolean => {
    const found = [...left].find(
      ({ file, before, after }) => file === mutant.file && before === mutant.before && after === mutant.after,
    );
    return found !== undefined && left.delete(found);
  };
  const alive = Map.groupBy(mutants.filter(isAlive), (mutant) => take(mutant));
  for (const mutant of mutants) if (mutant.fate === 'timeout') take(mutant);
  return {
    explained: alive.get(true) ?? [],
    unexplained: alive.get(false) ?? [],
    stale: [...left].filter(({ file }) => ran.has(file)),
  };
};

/** No test noticed it, be it that none came by. */
export const isAlive = ({ fate }: Mutant): boolean => fate === 'survived' || fate === 'no coverage';
