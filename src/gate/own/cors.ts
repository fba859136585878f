import { empty } from '../../http/answer.ts';
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
    request: Request,
    target: Target,
    requestId: string,
  ) => Result<Response, RefusalOf<'no_route' | 'method_not_allowed'>> | null;
  /**
   * Lets scripts of the configured origins read an answer, a refusal too. Costs one look-up without `Origin`; null
   * where there are no such origins.
   */
  readonly expose: ((request: Headers, answer: Headers) => void) | null;
}

/** Allowed without being asked for: what clients of an API send. */
const ALLOWED_HEADERS = ['authorization', 'x-api-key', 'content-type', 'idempotency-key'];

const EXPOSED_HEADERS = [
  ...['RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id', 'WWW-Authenticate', 'Server-Timing'],
  ...['Location', 'ETag', 'Link', 'Allow', 'Content-Disposition', 'Content-Range', 'Accept-Ranges'],
  ...['Deprecation', 'Sunset'],
];

/** Chromium forgets after two hours whatever it is told. */
const MAX_AGE_SECONDS = 7200;

export const createCors = ({ origins, policy, exposed }: CorsRules): Cors => ({
  preflight: (request, { path, method }, requestId) => {
    const preflight = method === 'OPTIONS' ? preflightOf(request.headers) : null;
    const reserved = isReserved(path);
    // Where nobody is let in, there is nothing to ask for: OPTIONS is then a method like any other.
    if (preflight === null || (origins.size === 0 && !reserved)) return null;
    const methods = reserved ? READ_ONLY : methodsOf(policy, path);
    if (methods === null) return err({ reason: 'no_route' });
    if (!methods.includes(preflight.method)) return err({ reason: 'method_not_allowed', allow: methods });
    // Metadata is for everybody; of the rest, a stranger's browser is told nothing, which keeps its scripts out.
    const allowed = reserved ? '*' : origins.has(preflight.origin) ? preflight.origin : null;
    return ok(
      empty(requestId, { vary: VARY, ...(allowed === null ? {} : permission(allowed, methods, preflight)) }),
    );
  },
  expose: origins.size === 0 ? null : exposing(origins, [...EXPOSED_HEADERS, ...exposed].join(', ')),
});

interface Preflight {
  readonly origin: string;
  readonly method: string;
  readonly headers: string | null;
}

/** Fetch, "CORS-preflight request": OPTIONS with `Origin` and the method that is to follow. */
const preflightOf = (headers: Headers): Preflight | null => {
  const origin = headers.get('origin');
  const method = headers.get('access-control-request-method');
  if (origin === null || method === null) return null;
  return { origin, method, headers: headers.get('access-control-request-headers') };
};

/** The methods of a path; null where there is no route. No path has the method without a name. */
const methodsOf = (policy: Policy, path: CanonicalPath): readonly string[] | null => {
  const match = policy.match(path, '');
  return match.refusal === 'method' ? match.allow : null;
};

const permission = (origin: string, methods: readonly string[], { headers }: Preflight) => ({
  'access-control-allow-origin': origin,
  'access-control-allow-methods': methods.join(', '),
  'access-control-allow-headers': allowedHeaders(headers),
  'access-control-max-age': String(MAX_AGE_SECONDS),
});

const exposing =
  (origins: ReadonlySet<string>, exposed: string): Cors['expose'] =>
  (request, answer) => {
    const origin = request.get('origin');
    if (origin === null || !origins.has(origin) || answer.has('access-control-allow-origin')) return;
    answer.set('Access-Control-Allow-Origin', origin);
    answer.set('Access-Control-Expose-Headers', exposed);
    if (!VARIES.test(answer.get('vary') ?? '')) answer.append('Vary', 'Origin');
  };

const VARIES = /(?:^|,)\s*(?:origin|\*)\s*(?:,|$)/i;

const READ_ONLY: readonly string[] = ['GET', 'HEAD'];

const VARY = 'Origin, Access-Control-Request-Method, Access-Control-Request-Headers';

const MAX_LIST_LENGTH = 2_048;

/** RFC 9110 §5.6.2, in lower case as browsers send it (Fetch, "CORS-unsafe request-header names"). */
const FIELD_NAME = /^[a-z0-9!#$%&'*+.^_`|~-]{1,64}$/;

/** What is asked for, as far as it is field names, and what is always allowed. */
const allowedHeaders = (asked: string | null): string => {
  const names = asked === null || asked.length > MAX_LIST_LENGTH ? [] : asked.toLowerCase().split(',');
  const valid = names.map((name) => name.trim()).filter((name) => FIELD_NAME.test(name) && name !== '*');
  return [...new Set([...ALLOWED_HEADERS, ...valid])].join(', ');
};
