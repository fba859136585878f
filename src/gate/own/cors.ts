import { type Expose, exposing, preflightAnswer, preflightOf } from '../../http/cors.ts';
import type { CanonicalPath } from '../../model/path.ts';
import type { Policy } from '../../model/policy.ts';
import { err, ok, type RefusalOf, type Result } from '../../model/refusal.ts';
import { isReserved } from '../../model/resource.ts';
import type { Target } from '../target.ts';

/** Which browser origins may read what the Gate answers, by the CORS protocol of the Fetch standard. */
export interface CorsRules {
  /** Exact, as browsers write them; never `null`, never a pattern. None: only metadata is for browsers. */
  readonly origins: ReadonlySet<string>;
  readonly policy: Policy;
  /** Answers' own headers that scripts may read, besides those of every deployment. */
  readonly exposed: readonly string[];
}

export interface Cors {
  /** The answer to a CORS-preflight request: without credential or identity, never the origin's. Null for all others. */
  readonly preflight: (
    request: Pick<Request, 'headers'>,
    target: Target,
    requestId: string,
  ) => Result<Response, RefusalOf<'no_route' | 'method_not_allowed'>> | null;
  /** Null where there are no such origins. */
  readonly expose: Expose | null;
}

/** Allowed without being asked for: what clients of an API send. */
const ALLOWED_HEADERS = ['authorization', 'x-api-key', 'content-type', 'idempotency-key'];

const EXPOSED_HEADERS = [
  ...['RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id', 'WWW-Authenticate', 'Server-Timing'],
  ...['Location', 'ETag', 'Link', 'Allow', 'Content-Disposition', 'Content-Range', 'Accept-Ranges'],
  ...['Deprecation', 'Sunset'],
];

export const createCors = ({ origins, policy, exposed }: CorsRules): Cors => ({
  preflight: (request, { path, method }, requestId) => {
    const preflight = preflightOf(method, request.headers);
    const reserved = isReserved(path);
    // Where nobody is let in, there is nothing to ask for: OPTIONS is then a method like any other.
    if (preflight === null || (origins.size === 0 && !reserved)) return null;
    const methods = reserved ? READ_ONLY : methodsOf(policy, path);
    if (methods === null) return err({ reason: 'no_route' });
    if (!methods.includes(preflight.method)) return err({ reason: 'method_not_allowed', allow: methods });
    // Metadata is for everybody.
    const origin = reserved ? '*' : origins.has(preflight.origin) ? preflight.origin : null;
    return ok(preflightAnswer(requestId, { origin, methods, headers: allowedHeaders(preflight.headers) }));
  },
  expose: origins.size === 0 ? null : exposing(origins, [...EXPOSED_HEADERS, ...exposed]),
});

/** The methods of a path; null where there is no route. No path has the method without a name. */
const methodsOf = (policy: Policy, path: CanonicalPath): readonly string[] | null => {
  const match = policy.match(path, '');
  return match.refusal === 'method' ? match.allow : null;
};

const READ_ONLY: readonly string[] = ['GET', 'HEAD'];

const MAX_LIST_LENGTH = 2_048;

/** RFC 9110 §5.6.2, in lower case as browsers send it (Fetch, "CORS-unsafe request-header names"). */
const FIELD_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/;

/** What is asked for, as far as it is field names, and what is always allowed. */
const allowedHeaders = (asked: string | null): readonly string[] => {
  const names = asked === null || asked.length > MAX_LIST_LENGTH ? [] : asked.toLowerCase().split(',');
  const valid = names.map((name) => name.trim()).filter((name) => FIELD_NAME.test(name) && name !== '*');
  return [...new Set([...ALLOWED_HEADERS, ...valid])];
};
