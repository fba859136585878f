/** Whether `;` may stand in a path: origins disagree on whether it ends the segment (`/admin;x` may be `/admin`). */
export type PathParams = 'deny' | 'allow';

declare const canonical: unique symbol;

/**
 * The one spelling of a path. Policy is matched on it and exactly these bytes are forwarded, so that no two
 * readers of it can see two paths. Only `canonicalPath` makes one.
 */
export type CanonicalPath = string & { readonly [canonical]: true };

/** Why a path has no canonical form, in words that never repeat the path. */
export type PathProblem = (typeof PROBLEMS)[keyof typeof PROBLEMS];

/** A path's one spelling, or what is wrong with it. */
export type Canonicalised =
  | { readonly path: CanonicalPath; readonly problem?: never }
  | { readonly problem: PathProblem; readonly path?: never };

/** Of every problem, the sentence that the caller is told. */
export const PROBLEMS = {
  relative: 'the path does not begin with a slash',
  backslash: 'the path has a backslash',
  fragment: 'the target has a fragment',
  notAscii: 'the path has a character that is not printable ASCII',
  badEscape: 'the path has a percent sign without two hexadecimal digits',
  encodedSlash: 'the path has an encoded slash or backslash',
  encodedControl: 'the path has an encoded control character',
  pathParameter: 'the path has a semicolon',
  rawCharacter: 'the path has a character that RFC 3986 wants encoded',
  emptySegment: 'the path has an empty segment',
  doubleEncoding: 'the path is encoded twice',
  dotSegment: 'the path has a dot segment',
  notUtf8: 'the path has escapes that are not UTF-8',
} as const;

/**
 * A path that is canonical as it stands and has nothing to look at twice: no escape, no `;`, no segment that
 * begins with a dot. `/` cannot be taken for anything else in it, so a failure costs one pass too.
 */
const ORDINARY = /^(?:\/[A-Za-z0-9_~!$&'()*+,=:@-][A-Za-z0-9._~!$&'()*+,=:@-]*)*\/?$/;

/** What is wrong with a raw path, in the order in which it is told. Each is one pass. */
const WRONG_AS_SENT: readonly (readonly [RegExp, PathProblem])[] = [
  [/^(?!\/)/, PROBLEMS.relative],
  [/\\/, PROBLEMS.backslash],
  [/#/, PROBLEMS.fragment],
  [/[^\x21-\x7E]/, PROBLEMS.notAscii],
  [/%(?![0-9A-Fa-f]{2})/, PROBLEMS.badEscape],
  [/%(?:2[Ff]|5[Cc])/, PROBLEMS.encodedSlash],
  [/%(?:[01][0-9A-Fa-f]|7[Ff])/, PROBLEMS.encodedControl],
  [/[^A-Za-z0-9._~!$&'()*+,;=:@%/-]/, PROBLEMS.rawCharacter],
  [/\/\//, PROBLEMS.emptySegment],
];

/**
 * What decoding may bring to light: `%25%32%65` is `%252e`. Servlet containers drop `;` and what follows it
 * from a segment, others decode `%3B` before them: `..;x` is `..` in the end, and `/;x/` is `//`.
 */
const WRONG_AS_DECODED: readonly (readonly [RegExp, PathProblem])[] = [
  [/%25[0-9A-Fa-f]{2}/, PROBLEMS.doubleEncoding],
  [/\/\.{1,2}(?:\/|;|%3B|$)/, PROBLEMS.dotSegment],
  [/\/(?:;|%3B)/, PROBLEMS.emptySegment],
];

const ESCAPE = /%[0-9A-Fa-f]{2}/g;
/** Of one character. */
const UNRESERVED = /[A-Za-z0-9._~-]/;

/**
 * The canonical form of a raw path (RFC 3986 §6.2.2): escapes of unreserved characters decoded, the others in
 * upper case. What origins are known to read in more than one way is refused, never repaired (SECURITY: PATH-01).
 */
export const canonicalPath = (raw: string, pathParams: PathParams): Canonicalised => {
  if (raw !== '' && ORDINARY.test(raw)) return { path: raw as CanonicalPath };
  const problem =
    firstOf(WRONG_AS_SENT, raw) ??
    (pathParams === 'deny' && raw.includes(';') ? PROBLEMS.pathParameter : null);
  if (problem !== null) return { problem };
  const path = raw.replace(ESCAPE, respell);
  const hidden = firstOf(WRONG_AS_DECODED, path) ?? (isUtf8(path) ? null : PROBLEMS.notUtf8);
  return hidden === null ? { path: path as CanonicalPath } : { problem: hidden };
};

const firstOf = (wrongs: typeof WRONG_AS_SENT, path: string): PathProblem | null => {
  for (const [pattern, problem] of wrongs) if (pattern.test(path)) return problem;
  return null;
};

const respell = (triplet: string): string => {
  const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
  return UNRESERVED.test(character) ? character : triplet.toUpperCase();
};

/** `decodeURIComponent` refuses overlong forms, surrogates and cut-off sequences (ECMA-262 §19.2.6). */
const isUtf8 = (path: string): boolean => {
  try {
    decodeURIComponent(path);
    return true;
  } catch (error) {
    if (error instanceof URIError) return false;
    throw error;
  }
};
