/** Why a request is not taken for one of the edge's. For logs: the answer to the client does not tell them apart. */
export type Reason = keyof typeof STATUS;

/** A refusal with its reason. */
export interface Refused<R extends Reason = Reason> {
  readonly ok: false;
  readonly reason: R;
  /** Which scopes are needed, where that is the reason. */
  readonly scopes?: readonly string[];
}

/** What any server can answer: `new Response(it.body, it)`, or `writeHead(it.status, it.headers).end(it.body)`. */
export interface Answer {
  readonly status: 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** 401: nothing proves that the edge sent this. 403: the proof is about something else. 503: we cannot tell. */
const STATUS = {
  assertion_missing: 401,
  assertion_duplicated: 401,
  assertion_too_large: 401,
  assertion_malformed: 401,
  type_refused: 401,
  algorithm_refused: 401,
  key_unknown: 401,
  signature_invalid: 401,
  issuer_refused: 401,
  audience_refused: 401,
  claims_malformed: 401,
  issued_in_future: 401,
  expired: 401,
  lifetime_too_long: 401,
  header_alias: 403,
  headers_disagree: 403,
  request_unbound: 403,
  request_unknown: 403,
  request_mismatch: 403,
  replayed: 403,
  anonymous_refused: 403,
  scopes_missing: 403,
  keys_unavailable: 503,
  replay_unknown: 503,
  verification_broken: 503,
} as const;

interface Problem {
  readonly title: string;
  readonly code: string;
  readonly detail: string;
}

const PROBLEM: Readonly<Record<Answer['status'], Problem>> = {
  401: { title: 'Unauthorized', code: 'assertion_required', detail: 'This origin answers the edge only.' },
  403: { title: 'Forbidden', code: 'assertion_refused', detail: 'The assertion is not for this request.' },
  503: {
    title: 'Service Unavailable',
    code: 'assertion_unverifiable',
    detail: 'The caller cannot be verified now.',
  },
};

/** What a caller whom the edge vouches for may know. */
const ALLOWED_TO_KNOW: { readonly [R in Reason]?: Problem } = {
  anonymous_refused: {
    title: 'Forbidden',
    code: 'anonymous_refused',
    detail: 'This needs a credential.',
  },
  scopes_missing: {
    title: 'Forbidden',
    code: 'insufficient_scope',
    detail: 'The credential lacks a scope that this needs.',
  },
};

export const refused = <R extends Reason>(reason: R): Refused<R> => ({ ok: false, reason });

/** Turns a refusal into an answer (RFC 9457); the reason stays inside, where it says how to get in. */
export const answer = ({ reason, scopes }: Refused): Answer => {
  const status = STATUS[reason];
  const problem = ALLOWED_TO_KNOW[reason] ?? PROBLEM[status];
  return {
    status,
    headers: {
      'Content-Type': 'application/problem+json',
      'Cache-Control': 'no-store',
      ...(status === 401 ? { 'WWW-Authenticate': 'Latchkey-Assertion' } : {}),
      ...(status === 503 ? { 'Retry-After': '1' } : {}),
    },
    body: JSON.stringify({ type: 'about:blank', status, ...problem, ...(scopes && { scopes }) }),
  };
};
