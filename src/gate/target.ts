import { type CanonicalPath, canonicalPath, type PathParams } from '../model/path.ts';
import { METHODS, type Method } from '../model/policy.ts';
import { err, ok, type RefusalOf, type Result } from '../model/refusal.ts';

/** Longest path that is looked at, in bytes as sent. */
export const MAX_PATH_LENGTH = 4096;

/** Where a request is going, in the one spelling that policy and origin both see. */
export interface Target {
  /** The API host that was asked, lower-case, with its port if it has one. */
  readonly host: string;
  readonly protocol: 'http' | 'https';
  readonly method: Method;
  readonly path: CanonicalPath;
  /** As sent, with its `?`; empty when there is none. Never part of the path. */
  readonly query: string;
}

/** What the operator says about targets. */
export interface TargetRules {
  /** The API hosts, lower-case, exact. */
  readonly hosts: ReadonlySet<string>;
  readonly pathParams: PathParams;
  /** Whether another spelling of the canonical path is refused: somebody else forwards what was sent. */
  readonly asSent?: boolean;
}

export type TargetRefusal = RefusalOf<
  'host_unknown' | 'path_not_canonical' | 'target_too_long' | 'method_unknown'
>;

/** A URL cut into its parts by hand: a URL parser would resolve `%2e%2e` and `\` before anybody could refuse them. */
export interface SlicedUrl {
  /** Host and port as sent, in lower case when they are ASCII. */
  readonly host: string;
  /** Before the first `?`. */
  readonly path: string;
  readonly query: string;
}

const KNOWN_METHODS: ReadonlySet<string> = new Set(METHODS);
const METHOD_UNKNOWN = err({ reason: 'method_unknown', allow: METHODS } as const);
const HOST_UNKNOWN = err({ reason: 'host_unknown' } as const);
const TOO_LONG = err({ reason: 'target_too_long' } as const);

/**
 * Where a request is going, from `request.url` as it came; or 421, 400, 414, 405, in that order.
 * Costs one pass over the path.
 */
export const target = (url: string, method: string, rules: TargetRules): Result<Target, TargetRefusal> => {
  const { host, path: raw, query } = sliceUrl(url);
  if (!rules.hosts.has(host)) return HOST_UNKNOWN;
  const { path, problem } = canonicalPath(raw, rules.pathParams);
  if (problem !== undefined) return notCanonical(problem);
  if (rules.asSent === true && path !== raw)
    return notCanonical('the path has an escape that it can do without, or in lower case');
  if (!PLAIN_QUERY.test(query)) return notCanonical('the query has a character that RFC 3986 wants encoded');
  if (raw.length > MAX_PATH_LENGTH) return TOO_LONG;
  if (!isMethod(method)) return METHOD_UNKNOWN;
  const protocol = url.startsWith('https:') ? 'https' : 'http';
  return ok({ host, protocol, method, path, query });
};

/**
 * Whether `Host` names a host and nothing else. workerd writes it into the URL as it came: behind a slash, it would be a
 * path that nobody asked for.
 */
export const isHostAlone = (headers: Headers): boolean => !/[/?]/.test(headers.get('host') ?? '');

/** Host, path and query of an absolute URL, never decoded, never resolved. */
export const sliceUrl = (url: string): SlicedUrl => {
  const start = url.indexOf('://') + 3;
  const slash = url.indexOf('/', start);
  const mark = url.indexOf('?', start);
  const pathEnd = mark === -1 ? url.length : mark;
  const hostEnd = slash === -1 || slash > pathEnd ? pathEnd : slash;
  return {
    host: lowered(url.slice(start, hostEnd)),
    // RFC 3986 §6.2.3: an empty path is "/".
    path: hostEnd === pathEnd ? '/' : url.slice(hostEnd, pathEnd),
    query: url.slice(pathEnd),
  };
};

/**
 * What URL parsers leave alone in a query. They drop tabs and line ends wherever these stand, cut at `#`
 * and encode what is not ASCII: the origin would not be sent what was looked at here.
 */
const PLAIN_QUERY = /^[\x21\x22\x24-\x7E]*$/;

const UPPER_CASE_ASCII = /^[\x21-\x7E]*[A-Z][\x21-\x7E]*$/;

/** RFC 9110 §4.2.3: hosts are case-insensitive. Only ASCII is: a Kelvin sign must not become a `k`. */
const lowered = (host: string): string => (UPPER_CASE_ASCII.test(host) ? host.toLowerCase() : host);

const isMethod = (method: string): method is Method => KNOWN_METHODS.has(method);

const notCanonical = (detail: string): Result<never, RefusalOf<'path_not_canonical'>> =>
  err({ reason: 'path_not_canonical', detail });

/** What a query may not have. */
export interface QueryRules {
  /** Parameters that carry credentials, folded (`[a-z0-9_]`): they end in logs, histories and `Referer` (RFC 6750 §2.3). */
  readonly forbiddenQuery: ReadonlySet<string>;
}

const METHOD_OVERRIDE = '_method';
const METHOD_OVERRIDDEN = 'the query has a parameter that some origins take for the method';

/**
 * Why a query is refused, or null. Credentials in a query are refused on every route; `_method`, which makes
 * another method of the one that policy saw, where the origin is told an identity (`credentialed`). The
 * values are not looked at. Free when there is no query.
 */
export const queryRefusal = (
  query: string,
  { forbiddenQuery }: QueryRules,
  credentialed: boolean,
): RefusalOf<'credential_in_query' | 'path_not_canonical'> | null => {
  if (query === '') return null;
  let overrides = false;
  for (const parameter of query.slice(1).split(SEPARATORS)) {
    const name = foldName(nameOf(parameter));
    if (forbiddenQuery.has(name)) return { reason: 'credential_in_query' };
    overrides ||= name === METHOD_OVERRIDE;
  }
  return overrides && credentialed ? { reason: 'path_not_canonical', detail: METHOD_OVERRIDDEN } : null;
};

/** Old origins end a parameter at `;` as well. */
const SEPARATORS = /[&;]/;

const nameOf = (parameter: string): string => {
  const equals = parameter.indexOf('=');
  return equals === -1 ? parameter : parameter.slice(0, equals);
};

const FOLDED = /^[a-z0-9_]*$/;

/**
 * A parameter's name as the most lenient origin reads it: decoded, in lower case, leading spaces dropped, cut
 * at `[`, and everything but letters and digits an underscore (PHP reads `access.token` so).
 */
export const foldName = (name: string): string => {
  if (FOLDED.test(name)) return name;
  const decoded = name
    .replaceAll('+', ' ')
    .replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
  const [base = ''] = decoded.trimStart().split('[');
  return base.toLowerCase().replace(/[^a-z0-9]/g, '_');
};
