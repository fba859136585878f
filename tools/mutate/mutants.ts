/** What became of a mutant. An `invalid` one never ran, and counts nowhere. */
export type Fate = 'killed' | 'timeout' | 'survived' | 'no coverage' | 'invalid';

/** A place in the code, and what was put there instead. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  /** The lines that it is in, as one. */
  readonly before: string;
  readonly after: string;
  readonly fate: Fate;
}

/** As much of Stryker's report as is read here (mutation-testing-report-schema). */
export interface Report {
  /** By path from the root. */
  readonly files: Readonly<
    Record<string, { readonly source: string; readonly mutants: readonly Reported[] }>
  >;
}

interface Reported {
  readonly status: string;
  /** Lines and columns begin with 1; `end` is the first place behind it. */
  readonly location: { readonly start: Place; readonly end: Place };
  readonly replacement: string;
}

interface Place {
  readonly line: number;
  readonly column: number;
}

/** Every mutant of a report, by file and place. */
export const mutantsOf = ({ files }: Report): readonly Mutant[] =>
  Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants
      .toSorted(({ location: a }, { location: b }) => order(a.start, b.start))
      .map((mutant) => ({
        ...{ file, line: mutant.location.start.line },
        ...textsOf(source.split('\n'), mutant),
        fate: FATES.get(mutant.status) ?? 'invalid',
      })),
  );

const FATES: ReadonlyMap<string, Fate> = new Map([
  ['Killed', 'killed'],
  ['Timeout', 'timeout'],
  ['Survived', 'survived'],
  ['NoCoverage', 'no coverage'],
]);

const order = (a: Place, b: Place): number => a.line - b.line || a.column - b.column;

/** Line numbers move, and half an expression may stand in many places: a mutant is known by the text of its lines. */
const textsOf = (lines: readonly string[], { location: { start, end }, replacement }: Reported) => {
  const [first = '', ...others] = lines.slice(start.line - 1, end.line);
  const last = others.at(-1) ?? first;
  const [head, tail] = [first.slice(0, start.column - 1), last.slice(end.column - 1)];
  const whole = [first, ...others].join('\n');
  const original = whole.slice(head.length, whole.length - tail.length);
  return { before: inOneLine(head, original, tail), after: inOneLine(head, replacement, tail) };
};

/** Of what is longer than two lines, the first and the last stand for all. */
const inOneLine = (head: string, text: string, tail: string): string => {
  const lines = text.split('\n').map((line) => line.trim());
  const shown = lines.length > 2 ? [lines[0], '…', lines.at(-1)] : lines;
  return `${head.trimStart()}${shown.join(' ')}${tail}`.trim();
};
