import { err, ok, type Result } from '../../src/model/refusal.ts';

type Line = Readonly<Record<string, unknown>> & { readonly type: string };

/** One request of a restore. */
export interface Step {
  readonly step: 'begin' | 'lines' | 'end';
  readonly lines: readonly Line[];
}

/** An export that a Ring can be restored from. */
export interface Restorable {
  readonly owner: string;
  readonly steps: readonly Step[];
}

/** What a request holds at the most: the Desk takes 200 lines, and 64 KiB with all around them. */
const MAX_LINES = 200;
const MAX_BYTES = 50_000;

/** Of living keys fewer: for each of them the Ring asks Stytch before it answers. */
const MAX_LIVING = 5;

/**
 * Reads an export and puts it in the order in which a Ring takes it: the trail, then what has ended, then what lives. So a
 * restore that is cut off has rather too many tombstones than too few. Use is left out: it is not what anybody lives by.
 */
export const readSteps = (text: string): Result<Restorable, string> => {
  const lines: Line[] = [];
  for (const [i, each] of text.trimEnd().split('\n').entries()) {
    const line = parse(each);
    if (line === null) return err(`line ${i + 1}: is no line of an export`);
    lines.push(line);
  }
  const [owner] = lines;
  const end = lines.at(-1);
  const id = (owner?.owner as { readonly id?: unknown } | undefined)?.id;
  if (owner?.type !== 'owner' || typeof id !== 'string')
    return err('line 1: names no owner, as an export does');
  if (end?.type !== 'end' || end.lines !== lines.length)
    return err('it is not whole: the end is missing, or a line');
  const of = (isSo: (line: Line) => boolean) => lines.filter(isSo);
  const living = of((line) => line.type === 'key' && !hasEnded(line));
  return ok({
    owner: id,
    steps: [
      { step: 'begin', lines: [owner] },
      ...packed(
        of(({ type }) => type === 'audit_anchor' || type === 'audit'),
        MAX_LINES,
      ),
      ...packed(
        of((line) => line.type === 'key' && hasEnded(line)),
        MAX_LINES,
      ),
      ...packed(living, MAX_LIVING),
      { step: 'end', lines: [owner, end] },
    ],
  });
};

const hasEnded = ({ status }: Line): boolean => status === 'revoked' || status === 'expired';

/** As many lines in each step as a request holds. */
const packed = (lines: readonly Line[], max: number): readonly Step[] => {
  const steps: Line[][] = [];
  let bytes = 0;
  for (const line of lines) {
    const size = Buffer.byteLength(JSON.stringify(line)) + 1;
    const last = steps.at(-1);
    if (last === undefined || last.length >= max || bytes + size > MAX_BYTES) {
      steps.push([line]);
      bytes = size;
    } else {
      last.push(line);
      bytes += size;
    }
  }
  return steps.map((each) => ({ step: 'lines', lines: each }));
};

const parse = (text: string): Line | null => {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'
      ? (value as Line)
      : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
};
