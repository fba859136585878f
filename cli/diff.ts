/** A line that stands in the old text, in the new one, or in both. */
interface Line {
  readonly mark: '-' | '+' | ' ';
  readonly text: string;
}

/** Lines around a change that are shown with it. */
const CONTEXT = 2;

/** What changes from one text to another, as `diff` shows it; empty where nothing does. */
export const diff = (before: string, after: string): readonly string[] => {
  const lines = compare(before.split('\n'), after.split('\n'));
  const isShown = lines.map((_, i) =>
    lines.slice(Math.max(0, i - CONTEXT), i + CONTEXT + 1).some(({ mark }) => mark !== ' '),
  );
  return lines.flatMap(({ mark, text }, i) => {
    if (!isShown[i]) return [];
    const isGap = i > 0 && !isShown[i - 1];
    return [...(isGap ? ['  …'] : []), `${mark} ${text}`.trimEnd()];
  });
};

/** By the longest common subsequence: the files are some hundred lines. */
const compare = (before: readonly string[], after: readonly string[]): readonly Line[] => {
  const common = lengths(before, after);
  const lines: Line[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [old = '', now = ''] = [before[i], after[j]];
    if (i < before.length && j < after.length && old === now) {
      lines.push({ mark: ' ', text: old });
      i++;
      j++;
    } else if (j >= after.length || (i < before.length && at(common, i + 1, j) >= at(common, i, j + 1))) {
      lines.push({ mark: '-', text: old });
      i++;
    } else {
      lines.push({ mark: '+', text: now });
      j++;
    }
  }
  return lines;
};

const at = (table: readonly (readonly number[])[], i: number, j: number): number => table[i]?.[j] ?? 0;

/** Of each pair of rests, how many lines they have in common. */
const lengths = (before: readonly string[], after: readonly string[]): readonly (readonly number[])[] => {
  const table: number[][] = Array.from({ length: before.length + 1 }, () => []);
  for (let i = before.length - 1; i >= 0; i--)
    for (let j = after.length - 1; j >= 0; j--) {
      const row = table[i] ?? [];
      row[j] =
        before[i] === after[j]
          ? at(table, i + 1, j + 1) + 1
          : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  return table;
};
