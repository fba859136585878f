/**
 * Why a request is not served. A refusal is a value; `http/answer.ts` alone turns one into a status, a
 * challenge and a body, and a new reason without an answer there does not compile.
 *
 * `because` and `detail` of a 401 are for the log only: whoever presents an unknown, wrong, expired or revoked
 * credential gets one and the same body.
 */
export type Refusal =
  // What was asked, in the order in which the Gate looks at it.
  | { readonly reason: 'host_unknown' }
  | { readonly reason: 'path_not_canonical'; readonly detail: string }
  | { readonly reason: 'target_too_long' }
  | { readonly reason: 'headers_too_long' }
  | { readonly reason: 'method_unknown'; readonly allow: readonly string[] }
  | { readonly reason: 'no_route' }
  | { readonly reason: 'method_not_allowed'; readonly allow: readonly string[] }
  | { readonly reason: 'upgrade_not_allowed' }
  | { readonly reason: 'body_too_large'; readonly maxBytes: number }
  | { readonly reason: 'early_data' }
  /** A proxy asks for a decision, and does not say of which request. */
  | { readonly reason: 'question_unclear'; readonly detail: string }
  /** What it asks about has a header that no client may send: the proxy might hand it on. */
  | { readonly reason: 'header_not_allowed' }
  // What was presented.
  | { readonly reason: 'credentials_ambiguous'; readonly detail: string }
  | { readonly reason: 'credential_in_query' }
  | { readonly reason: 'credential_missing' }
  | { readonly reason: 'credential_invalid'; readonly because: CredentialFault; readonly scheme: Scheme }
  // Who it is, and what that may do.
  /** RFC 9470 §3: it is long since the user of a session signed in. */
  | { readonly reason: 'insufficient_user_authentication'; readonly maxAgeSeconds: number }
  | { readonly reason: 'insufficient_scope'; readonly scopes: readonly string[]; readonly scheme: Scheme }
  | { readonly reason: 'owner_suspended' }
  | { readonly reason: 'address_not_allowed' }
  /** The page of another browser origin asks for a WebSocket. */
  | { readonly reason: 'origin_not_allowed' }
  | { readonly reason: 'credential_kind_not_allowed'; readonly allowed: readonly string[] }
  | {
      readonly reason: 'rate_limited';
      readonly retryAfterSeconds: number;
      /** The limits that stood in the way, as RateLimit-Policy names them. */
      readonly by: readonly string[];
    }
  /** Too many requests of one address that nobody stands for. */
  | { readonly reason: 'address_limited'; readonly retryAfterSeconds: number }
  /** Too many wrong pairs, from one address or of one client. Says nothing of the pair that was presented. */
  | { readonly reason: 'too_many_attempts'; readonly retryAfterSeconds: number }
  // What we cannot know, or cannot reach.
  | { readonly reason: 'unavailable'; readonly what: Dependency; readonly retryAfterSeconds: number }
  | { readonly reason: 'misconfigured'; readonly problems: readonly string[] }
  | { readonly reason: 'origin_failed' }
  | { readonly reason: 'origin_timed_out' }
  | { readonly reason: 'loop' }
  | { readonly reason: 'internal' }
  // The Desk's own.
  | { readonly reason: 'request_invalid'; readonly errors: readonly FieldError[] }
  | { readonly reason: 'media_type_unsupported'; readonly expected: string }
  | { readonly reason: 'not_found' }
  | { readonly reason: 'scope_not_grantable'; readonly scopes: readonly string[] }
  /** Something else is being done to the same key. */
  | { readonly reason: 'conflict' }
  /** RFC 9110 §15.5.13: it was changed since. */
  | { readonly reason: 'precondition_failed' }
  /** A rotation of this key is under way. */
  | { readonly reason: 'already_rotating' }
  | { readonly reason: 'not_rotating' }
  /** The client was made at Stytch, and so is its next secret. */
  | { readonly reason: 'made_elsewhere' }
  /** The same Idempotency-Key came with another request, or its first request is not done yet. */
  | { readonly reason: 'idempotency_key_reused' }
  | { readonly reason: 'idempotency_key_in_use' }
  /** An import: somebody has that client, or the secret that was shown is not its own. */
  | { readonly reason: 'client_owned' }
  | { readonly reason: 'client_not_proven' }
  /** All of the owner's data was deleted. */
  | { readonly reason: 'owner_deleted' }
  /** There is a Ring: nothing is restored over it, or nothing is being restored. */
  | { readonly reason: 'owner_known' }
  /** One reconciliation at a time. */
  | { readonly reason: 'reconciliation_running' }
  /** A webhook that is not the sender's own, or not for us. */
  | { readonly reason: 'webhook_refused'; readonly because: WebhookFault }
  /** More things in one message than are dealt with at a time. */
  | { readonly reason: 'batch_too_large'; readonly max: number }
  /** A member whose roles do not let him manage the keys of his organisation. */
  | { readonly reason: 'role_missing' }
  /** It is served only where the operator's file says so. */
  | { readonly reason: 'not_configured'; readonly setting: string }
  | { readonly reason: 'key_limit_reached'; readonly limit: number }
  | { readonly reason: 'client_refused'; readonly detail: string }
  // The OAuth endpoints' own (RFC 6749 §5.2, RFC 7009 §2.2.1, RFC 8628 §3.5).
  /** A parameter is missing, malformed or there twice; or the client authenticates in two ways. */
  | { readonly reason: 'oauth_request_invalid'; readonly detail: string }
  /** The client is not who it says it is, or does not say. */
  | { readonly reason: 'client_invalid'; readonly because: ClientFault; readonly scheme: ClientScheme | null }
  /** A client that is known, and may not do this. */
  | { readonly reason: 'client_unauthorized'; readonly detail: string }
  | { readonly reason: 'grant_type_unsupported' }
  /** The device code is none of this client's, or was redeemed. */
  | { readonly reason: 'grant_invalid' }
  | { readonly reason: 'scope_invalid'; readonly scopes: readonly string[] }
  /** A client has as many tokens for parts of its scopes as it can have at once. */
  | { readonly reason: 'too_many_scope_sets'; readonly retryAfterSeconds: number }
  /** A token that ends by itself alone. */
  | { readonly reason: 'token_type_unsupported' }
  | { readonly reason: 'authorization_pending' }
  | { readonly reason: 'slow_down' }
  | { readonly reason: 'device_code_expired' }
  /** The user said no, or what he may grant is not enough. */
  | { readonly reason: 'device_denied'; readonly detail: string }
  /** A code that somebody typed is none, has ended, or another session has it. */
  | { readonly reason: 'user_code_unknown' }
  /** Too many wrong codes, of this user or from his address. */
  | { readonly reason: 'too_many_codes'; readonly retryAfterSeconds: number }
  // The portal's own.
  /** A form that no page of ours sent, or not one of this session. */
  | { readonly reason: 'cross_site' }
  /** Somebody comes back from a sign-in that did not begin in this browser, or is long over. */
  | { readonly reason: 'sign_in_unknown' };

export type Reason = Refusal['reason'];

/** A refusal of one reason. */
export type RefusalOf<R extends Reason> = Extract<Refusal, { readonly reason: R }>;

/** What was wrong with a credential. For the log: the caller is told none of it. */
export type CredentialFault =
  | 'grammar'
  | 'tag'
  | 'scheme'
  | 'foreign'
  | 'unknown'
  | 'revoked'
  | 'expired'
  | 'token'
  | 'owner'
  | 'refused_by_stytch';

/** What was wrong with a client's authentication. For the log: the client is told none of it. */
export type ClientFault = CredentialFault | 'missing' | 'method';

/** How a client tried to authenticate in a header: its 401 carries the challenge for it (RFC 6749 §5.2). */
export type ClientScheme = 'basic' | 'other';

/** What was wrong with a webhook. For the log: the sender is told none of it. */
export type WebhookFault = 'headers' | 'timestamp' | 'signature' | 'replay' | 'project';

/** What we depend on to know an answer. */
export type Dependency = 'stytch' | 'ring' | 'jwks';

/** How the credential was presented: a Basic challenge is made only where Basic was presented (RFC 9110 §11.6.1). */
export type Scheme = 'bearer' | 'basic' | 'x-api-key';

/** One thing wrong with a Desk request: a JSON Pointer (RFC 6901) to the member, and what is expected there. */
export interface FieldError {
  readonly pointer: string;
  readonly detail: string;
}

/** A value, or the reason why there is none. */
export type Result<T, E = Refusal> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly refusal: E };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

/** Named after Rust's and Go's habit: the short form of "refuse with". */
export const err = <E>(refusal: E): { readonly ok: false; readonly refusal: E } => ({ ok: false, refusal });

/** Why somebody was refused, where the reason does not say it all: for the log alone. */
export const whyRefused = (refusal: Refusal | null): string | null => {
  if (refusal === null) return null;
  if (refusal.reason === 'unavailable') return refusal.what;
  return 'because' in refusal ? refusal.because : null;
};
