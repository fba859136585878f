/**
 * Puts `key = value` into a table of a TOML text ('' is its top), where the key stands or else after the table's last
 * line; whatever else there is, comments too, stays. Whoever changes a file so reads it again before it is kept: this
 * knows TOML as it is usually written, not all of it.
 */
export const setKey = (text: string, table: string, key: string, value: string): string => {
  const lines = text.split('\n');
  const [from, to] = rangeOf(lines, table);
  const line = `${key} = ${value}`;
  if (from === null) return `${text.trimEnd()}\n\n[${table}]\n${line}\n`;
  const at = lines.findIndex((each, i) => i >= from && i < to && startsKey(each, key));
  if (at >= 0) lines.splice(at, valueEnd(lines, at) - at + 1, line);
  else lines.splice(lastContent(lines, from, to) + 1, 0, line);
  return lines.join('\n');
};

/** The lines between a table's header and the next header; null where there is no such table. */
const rangeOf = (lines: readonly string[], table: string): readonly [number | null, number] => {
  const header = table === '' ? -1 : lines.findIndex((line) => headerOf(line) === `[${table}]`);
  if (table !== '' && header < 0) return [null, 0];
  const next = lines.findIndex((line, i) => i > header && headerOf(line) !== null);
  return [header + 1, next < 0 ? lines.length : next];
};

const headerOf = (line: string): string | null =>
  /^(\[\[?[\w."'-]+\]\]?)\s*(?:#.*)?$/.exec(line.trim())?.[1] ?? null;

const startsKey = (line: string, key: string): boolean =>
  line.trimStart().startsWith(key) && /^\s*=/.test(line.trimStart().slice(key.length));

/** The line in which the value ends that begins in this one: an array may go over many. */
const valueEnd = (lines: readonly string[], at: number): number => {
  let depth = 0;
  for (let i = at; i < lines.length; i++) {
    const bare = (lines[i] ?? '').replaceAll(/"(?:[^"\\]|\\.)*"|'[^']*'/g, '').replace(/#.*/, '');
    depth += (bare.match(/[[{]/g) ?? []).length - (bare.match(/[\]}]/g) ?? []).length;
    if (depth <= 0) return i;
  }
  return lines.length - 1;
};

/** The last line that says something: comments after it belong to what follows. */
const lastContent = (lines: readonly string[], from: number, to: number): number => {
  for (let i = to - 1; i >= from; i--) if (!/^\s*(?:#.*)?$/.test(lines[i] ?? '')) return i;
  return from - 1;
};

/** Texts that come of replacing one occurrence of a quoted value by another, in turn. */
export const replacements = (text: string, before: string, after: string): readonly string[] => {
  const quoted = JSON.stringify(before);
  return text
    .split(quoted)
    .slice(1)
    .map((_, i) => {
      const parts = text.split(quoted);
      return `${parts.slice(0, i + 1).join(quoted)}${JSON.stringify(after)}${parts.slice(i + 1).join(quoted)}`;
    });
};
