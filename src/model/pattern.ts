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
export const intersection = (one: string, other: string): string | null => {
  const a = shapeOf(one);
  const b = shapeOf(other);
  const [short, long] = a.fixed.length <= b.fixed.length ? [a, b] : [b, a];
  if (long.fixed.length > short.fixed.length && !short.open) return null;
  const fixed = long.fixed.map((segment, i) => commonSegment(short.fixed[i] ?? null, segment));
  if (fixed.includes(null)) return null;
  return `/${[...fixed, ...(short.open && long.open ? [REST] : [])].join('/')}`;
};

/**
 * The pattern that two share where neither is the narrower: in one segment the one is, in another the other.
 * Null where they share nothing, or segment for segment one of them is as narrow as both.
 */
export const crossing = (one: string, other: string): string | null => {
  const common = intersection(one, other);
  if (common === null) return null;
  const fixed = fixedOf(common);
  return fixed === fixedOf(one) || fixed === fixedOf(other) ? null : common;
};

/** A pattern without the `**` at its end. That `/a/**` covers `/a` too does not make it narrower or wider there. */
const fixedOf = (pattern: string): string => (pattern.endsWith(`/${REST}`) ? pattern.slice(0, -REST.length - 1) : pattern);

/** A pattern as its segments and whether `**` follows them. */
interface Shape {
  readonly fixed: readonly string[];
  readonly open: boolean;
}

const shapeOf = (pattern: string): Shape => {
  const segments = segmentsOf(pattern);
  const open = segments.at(-1) === REST;
  return { fixed: open ? segments.slice(0, -1) : segments, open };
};

/** What two segments in one place both cover (null: under `**`). The empty segment of `/a/` is no `*`. */
const commonSegment = (short: string | null, long: string): string | null => {
  if (short === null || short === long) return long;
  if (short === ONE) return long === '' ? null : long;
  if (long === ONE) return short === '' ? null : short;
  return null;
};
