import type { Broken } from '../../test/property.ts';

/** The file of what broke a property once, with one more input in it. Null if it has it already, or JSON cannot hold it. */
export const withOneMore = (text: string, { name, counterExample }: Broken): string | null => {
  if (counterExample === null) return null;
  const kept = JSON.parse(text) as Record<string, readonly unknown[]>;
  const before = kept[name] ?? [];
  if (before.some((each) => JSON.stringify(each) === JSON.stringify(counterExample))) return null;
  const names = [...new Set([...Object.keys(kept), name])].sort(byNumber);
  const more = names.map((each) => [each, each === name ? [...before, counterExample] : kept[each]]);
  return `${JSON.stringify(Object.fromEntries(more), null, 2)}\n`;
};

const byNumber = (one: string, other: string): number =>
  Number.parseInt(one, 10) - Number.parseInt(other, 10) || one.localeCompare(other);
