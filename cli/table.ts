/** Rows below their heads, each column as wide as its widest cell, two spaces apart. */
export const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string => {
  const widths = heads.map((head, at) =>
    Math.max(...[head, ...rows.map((row) => row[at] ?? '')].map(widthOf)),
  );
  const lined = (row: readonly string[]): string =>
    row
      .map((cell, at) => cell + ' '.repeat(Math.max(0, (widths[at] ?? 0) - widthOf(cell))))
      .join('  ')
      .trimEnd();
  return [heads, ...rows].map(lined).join('\n');
};

/** What a terminal shows as one sign: an accent is no column of its own. */
const widthOf = (text: string): number => [...SIGNS.segment(text)].length;

const SIGNS = new Intl.Segmenter(undefined, { granularity: 'grapheme' });
