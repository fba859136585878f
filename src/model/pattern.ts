import { canonicalPath } from './path.ts';

/** Stands for one segment that is not empty. */
export const ONE = '*';
/** Stands, at the end, for none or more segments. */
export const REST = '**';

/** The segments of a pattern or a path; `/a/` has an empty one at its end. */
export const segmentsOf = (pattern: string): readonly string[] => pattern.slice(1).split('/');

/** What is wrong with a pattern, or null. A literal that no canonical path can have would never match. */
export const patternProblem = (pattern: string): string | null => {
  const { path, problem } = canonicalPath(pattern, 'allow');
  if (problem !== undefined) return problem;
  if (path !== pattern) return `the path is canonical as "${path}"`;
  const segments = segmentsOf(pattern);
  if (segments.some((segment) => segment.includes('*') && segment !== ONE && segment !== REST)) {
    return '"*" and "**" stand for whole segments';
  }
  return segments.slice(0, -1).includes(REST) ? '"**" stands at the end only' : null;
};

/** The pattern of exactly the paths that two patterns both cover; null when there are none. */
export const intersection = (one: string, other: string): string | null =>
  intersectionOf(shapeOf(one), shapeOf(other));

/** The same of patterns that were taken apart before. */
export const intersectionOf = (one: Shape, other: Shape): string | null => {
  const common = commonShape(one, other);
  return common === null ? null : spelt(common);
};

/** A pattern taken apart: its segments, and whether `**` follows them. */
export interface Shape {
  readonly fixed: readonly string[];
  readonly open: boolean;
}

export const shapeOf = (pattern: string): Shape => {
  const segments = segmentsOf(pattern);
  const open = segments.at(-1) === REST;
  return { fixed: open ? segments.slice(0, -1) : segments, open };
};

const spelt = ({ fixed, open }: Shape): string => `/${[...fixed, ...(open ? [REST] : [])].join('/')}`;

const commonShape = (one: Shape, other: Shape): Shape | null => {
  const [short, long] = one.fixed.length <= other.fixed.length ? [one, other] : [other, one];
  if (long.fixed.length > short.fixed.length && !short.open) return null;
  const fixed: string[] = [];
  for (const [i, segment] of long.fixed.entries()) {
    const common = commonSegment(short.fixed[i] ?? null, segment);
    if (common === null) return null;
    fixed.push(common);
  }
  return { fixed, open: short.open && long.open };
};

/** What two segments in one place both cover (null: under `**`). The empty segment of `/a/` is no `*`. */
const commonSegment = (short: string | null, long: string): string | null => {
  if (short === null || short === long) return long;
  if (short === ONE) return long === '' ? null : long;
  if (long === ONE) return short === '' ? null : short;
  return null;
};
