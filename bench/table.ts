/** One column of a table: what stands above it, and what of each row is in it. */
export interface Column<Row> {
  readonly heading: string;
  readonly of: (row: Row) => string;
  /** Text begins on the left, figures end on the right. */
  readonly isText?: boolean;
}

/** A table of Markdown, in columns as wide as what is in them. */
export const tableOf = <Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string => {
  const cells = columns.map(({ of }) => rows.map(of));
  const widths = columns.map(({ heading }, i) =>
    Math.max(heading.length, 3, ...(cells[i] ?? []).map(({ length }) => length)),
  );
  const line = (texts: readonly string[]): string =>
    `| ${columns
      .map(({ isText = false }, i) => {
        const [text = '', width = 0] = [texts[i], widths[i]];
        return isText ? text.padEnd(width) : text.padStart(width);
      })
      .join(' | ')} |`;
  const rule = columns.map(({ isText = false }, i) => {
    const dashes = '-'.repeat((widths[i] ?? 0) + 1);
    return isText ? `${dashes}-` : `${dashes}:`;
  });
  return [
    line(columns.map(({ heading }) => heading)),
    `|${rule.join('|')}|`,
    ...rows.map((_, row) => line(cells.map((column) => column[row] ?? ''))),
  ].join('\n');
};
