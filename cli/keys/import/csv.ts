/** One record of a CSV file, and the line of the file that it begins on. */
export interface CsvRecord {
  readonly line: number;
  readonly fields: readonly string[];
}

/** A field, between quotes or not, and what it ends with: a comma, the end of the record, the end of the text. */
const FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/**
 * Reads CSV as RFC 4180 §2 has it: commas, CRLF or LF, double quotes around what has one of these, a quote within doubled.
 * Null for a text that is none: a quote that stands elsewhere, or is never closed. Empty lines are passed over.
 */
export const readCsv = (text: string): readonly CsvRecord[] | null => {
  const records: CsvRecord[] = [];
  let fields: string[] = [];
  let line = 1;
  let beganOn = line;
  FIELD.lastIndex = text.startsWith('\uFEFF') ? 1 : 0;
  while (FIELD.lastIndex < text.length || fields.length > 0) {
    const found = FIELD.exec(text);
    if (found === null) return null;
    const [whole, quoted, plain = '', end] = found;
    fields.push(quoted?.replaceAll('""', '"') ?? plain);
    line += whole.split('\n').length - 1;
    if (end === ',') continue;
    if (fields.length > 1 || whole.trim() !== '') records.push({ line: beganOn, fields });
    fields = [];
    beganOn = line;
  }
  return records;
};
