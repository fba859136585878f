import { KINDS } from './kinds.ts';
import type { Failed, Measured, Seen } from './play.ts';

/** What was measured as it is committed, and as docs/faults.md is made of it: by case and call, kinds that come to the same together. */
export const written = (measured: readonly Measured[]): string => {
  const cases = measured.map(({ one, good, failed }) => {
    const calls = [...Map.groupBy(failed, ({ call }) => call.name)].sort(([a], [b]) => (a < b ? -1 : 1));
    return [
      one.name,
      { good: textOf(good), ...Object.fromEntries(calls.map(([name, of]) => [name, byKind(of)])) },
    ];
  });
  return `${JSON.stringify(Object.fromEntries(cases), null, 2)}\n`;
};

const byKind = (failed: readonly Failed[]): Readonly<Record<string, string>> => {
  const inOrder = [...failed].sort((a, b) => KINDS.indexOf(a.kind) - KINDS.indexOf(b.kind));
  const alike = [...Map.groupBy(inOrder, textOf)];
  return Object.fromEntries(alike.map(([text, of]) => [of.map(({ kind }) => kind).join(', '), text]));
};

const textOf = ({ answer, after }: Seen): string => `${answer} → ${after}`;
