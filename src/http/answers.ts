import type { Reason, Refusal, RefusalOf, Scheme } from '../model/refusal.ts';

/** What a challenge names (RFC 9110 §11.5). */
export interface ProtectionSpace {
  /** What the credentials are for. */
  readonly realm: string;
  /** RFC 9728 §5.1: where the metadata of what was asked for is, if it has some. Asked only by a challenge. */
  readonly metadataUrl?: () => string | null;
}

/** How a reason is told: the one place where a status is chosen. `docs/refusals.md` is made from this table. */
export interface Answer<R extends Reason> {
  readonly status: number;
  /** Stable, for programs. Several reasons share one where the difference is nobody's business. */
  readonly code: string;
  readonly title: string;
  /** What the OAuth endpoints call it (RFC 6749 §5.2, §4.1.2.1), where that is not its code. */
  readonly oauthError?: string;
  /** A registered problem type (RFC 9457 §4.2); the Desk explains all others. */
  readonly type?: string;
  /** For the person who reads it: what is wrong and what to do. */
  readonly detail: (refusal: RefusalOf<R>) => string;
  readonly headers?: (refusal: RefusalOf<R>, space: ProtectionSpace) => Readonly<Record<string, string>>;
  /** Further members of the problem document. */
  readonly members?: (refusal: RefusalOf<R>) => Readonly<Record<string, unknown>>;
}

const retryAfter = ({ retryAfterSeconds }: { readonly retryAfterSeconds: number }) => ({
  'retry-after': String(retryAfterSeconds),
});

const allow = ({ allow: methods }: { readonly allow: readonly string[] }) => ({ allow: methods.join(', ') });

const detail = (text: string) => () => text;

/** RFC 6750 §3: the Bearer challenge; a Basic one only for who presented Basic (RFC 7617 §2). */
const challenge = (
  { realm, metadataUrl }: ProtectionSpace,
  scheme: Scheme | null,
  parameters: string,
): Readonly<Record<string, string>> => {
  const metadata = metadataUrl?.() ?? null;
  const whereMore = metadata === null ? '' : `, resource_metadata="${metadata}"`;
  const bearer = `Bearer realm="${realm}"${parameters}${whereMore}`;
  return {
    'www-authenticate': scheme === 'basic' ? `Basic realm="${realm}", charset="UTF-8", ${bearer}` : bearer,
  };
};

const DEPENDENCIES = {
  stytch: 'The identity provider does not answer, so the credential cannot be checked now.',
  ring: 'The owner of this credential cannot be looked up right now.',
  jwks: 'The keys that the credential is checked with cannot be had right now.',
} as const;

export const ANSWERS: { readonly [R in Reason]: Answer<R> } = {
  host_unknown: {
    status: 421,
    code: 'host_unknown',
    title: 'Misdirected request',
    detail: detail('No API is served under this host name.'),
  },
  path_not_canonical: {
    status: 400,
    code: 'path_not_canonical',
    title: 'Path not canonical',
    detail: (refusal) =>
      `The request target is refused because ${refusal.detail}. Send it in its one plain spelling.`,
  },
  target_too_long: {
    status: 414,
    code: 'target_too_long',
    title: 'Request target too long',
    detail: detail('The path is longer than 4096 bytes.'),
  },
  headers_too_long: {
    status: 431,
    code: 'headers_too_long',
    title: 'Header too long',
    detail: detail('A credential header is longer than any credential.'),
  },
  method_unknown: {
    status: 405,
    code: 'method_unknown',
    title: 'Method unknown',
    detail: detail('This method is served nowhere here.'),
    headers: allow,
  },
  no_route: {
    status: 404,
    code: 'no_route',
    title: 'No such route',
    detail: detail('Nothing is served under this path.'),
  },
  method_not_allowed: {
    status: 405,
    code: 'method_not_allowed',
    oauthError: 'invalid_request',
    title: 'Method not allowed',
    detail: (refusal) => `This path takes ${refusal.allow.join(', ')}.`,
    headers: allow,
  },
  upgrade_not_allowed: {
    status: 426,
    code: 'upgrade_not_allowed',
    title: 'Upgrade not allowed',
    detail: detail('No upgrade is made here of a request like this one. WebSockets: RFC 6455, by GET.'),
    // RFC 9110 §15.5.22: a 426 MUST name the protocol that is wanted.
    headers: () => ({ upgrade: 'HTTP/1.1', connection: 'Upgrade', 'sec-websocket-version': '13' }),
  },
  body_too_large: {
    status: 413,
    code: 'body_too_large',
    oauthError: 'invalid_request',
    title: 'Body too large',
    detail: (refusal) => `At most ${refusal.maxBytes} bytes are taken here.`,
  },
  early_data: {
    status: 425,
    code: 'early_data',
    oauthError: 'invalid_request',
    title: 'Too early',
    detail: detail(
      'The request came as TLS early data, which can be replayed. Send it again after the handshake.',
    ),
  },
  question_unclear: {
    status: 400,
    code: 'question_unclear',
    title: 'Question unclear',
    detail: (refusal) =>
      `The proxy in front of this API does not say what it asks about: ${refusal.detail}. Its configuration is to be mended.`,
  },
  header_not_allowed: {
    status: 400,
    code: 'header_not_allowed',
    title: 'Header not allowed',
    detail: detail(
      'The request has a header that says who calls, or another method or path: it is not for clients to send.',
    ),
  },
  credentials_ambiguous: {
    status: 400,
    code: 'invalid_request',
    title: 'Exactly one credential, please',
    detail: (refusal) => `${capitalised(refusal.detail)}. Send one credential, in one header.`,
    headers: (_refusal, space) => challenge(space, null, ', error="invalid_request"'),
  },
  credential_in_query: {
    status: 400,
    code: 'invalid_request',
    title: 'Credential in the query string',
    detail: detail(
      'Query strings end up in logs and histories: send the key in a header, and replace this one.',
    ),
    headers: (_refusal, space) => challenge(space, null, ', error="invalid_request"'),
  },
  credential_missing: {
    status: 401,
    code: 'credential_missing',
    title: 'Credential missing',
    detail: detail('Send an API key as "Authorization: Bearer …" or "X-API-Key: …".'),
    // RFC 6750 §3.1: without any credential the challenge carries no error.
    headers: (_refusal, space) => challenge(space, null, ''),
  },
  credential_invalid: {
    status: 401,
    code: 'invalid_token',
    title: 'Credential not valid',
    detail: detail('The credential is unknown, malformed, expired or revoked.'),
    headers: (refusal, space) => challenge(space, refusal.scheme, ', error="invalid_token"'),
  },
  insufficient_user_authentication: {
    status: 401,
    code: 'insufficient_user_authentication',
    title: 'Sign in again',
    detail: (refusal) =>
      `This needs a session whose user signed in at most ${refusal.maxAgeSeconds} s ago. Sign in again.`,
    // RFC 9470 §3. Only sessions have an age, and they come as Bearer alone.
    headers: (refusal, space) =>
      challenge(
        space,
        'bearer',
        `, error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="${refusal.maxAgeSeconds}"`,
      ),
    members: (refusal) => ({ max_age: refusal.maxAgeSeconds }),
  },
  insufficient_scope: {
    status: 403,
    code: 'insufficient_scope',
    title: 'Insufficient scope',
    detail: (refusal) => `This needs the scopes: ${refusal.scopes.join(' ')}.`,
    headers: (refusal, space) =>
      challenge(space, refusal.scheme, `, error="insufficient_scope", scope="${refusal.scopes.join(' ')}"`),
    members: (refusal) => ({ required_scopes: refusal.scopes }),
  },
  owner_suspended: {
    status: 403,
    code: 'owner_suspended',
    title: 'Account suspended',
    detail: detail('The owner of this credential is suspended.'),
  },
  address_not_allowed: {
    status: 403,
    code: 'address_not_allowed',
    title: 'Address not allowed',
    detail: detail('This credential may not be used from this address.'),
  },
  origin_not_allowed: {
    status: 403,
    code: 'origin_not_allowed',
    title: 'Origin not allowed',
    detail: detail('WebSockets are not opened here for pages of this origin.'),
  },
  credential_kind_not_allowed: {
    status: 403,
    code: 'credential_kind_not_allowed',
    title: 'Kind of credential not allowed',
    detail: (refusal) => `This takes: ${refusal.allowed.join(', ')}.`,
  },
  rate_limited: {
    status: 429,
    code: 'rate_limited',
    title: 'Rate limit reached',
    type: 'https://iana.org/assignments/http-problem-types#quota-exceeded',
    detail: (refusal) => `The limit of this account is used up. Try again in ${refusal.retryAfterSeconds} s.`,
    headers: retryAfter,
    members: (refusal) => ({ 'violated-policies': refusal.by }),
  },
  address_limited: {
    status: 429,
    code: 'address_limited',
    title: 'Too many requests from this address',
    detail: (refusal) =>
      `Requests without a credential are limited by address. Try again in ${refusal.retryAfterSeconds} s, or send one.`,
    headers: retryAfter,
  },
  too_many_attempts: {
    status: 429,
    code: 'too_many_attempts',
    title: 'Too many attempts',
    detail: (refusal) =>
      `Too many client credentials were tried that are not good. Try again in ${refusal.retryAfterSeconds} s.`,
    headers: retryAfter,
  },
  unavailable: {
    status: 503,
    code: 'unavailable',
    oauthError: 'temporarily_unavailable',
    title: 'Cannot tell right now',
    detail: (refusal) => `${DEPENDENCIES[refusal.what]} This says nothing about the credential: try again.`,
    headers: retryAfter,
  },
  misconfigured: {
    status: 503,
    code: 'misconfigured',
    oauthError: 'temporarily_unavailable',
    title: 'Not configured',
    detail: detail('This Latchkey serves nothing until its settings are complete.'),
    members: (refusal) => ({ problems: refusal.problems }),
  },
  origin_failed: {
    status: 502,
    code: 'origin_failed',
    title: 'Origin failed',
    detail: detail('The API behind this edge did not answer properly.'),
  },
  origin_timed_out: {
    status: 504,
    code: 'origin_timed_out',
    title: 'Origin timed out',
    detail: detail('The API behind this edge did not answer in time.'),
  },
  loop: {
    status: 508,
    code: 'loop',
    title: 'Loop detected',
    detail: detail('The request has passed through this edge before.'),
  },
  internal: {
    status: 500,
    code: 'internal',
    oauthError: 'server_error',
    title: 'Internal error',
    detail: detail('Something went wrong here. Nothing was forwarded.'),
  },
  request_invalid: {
    status: 400,
    code: 'request_invalid',
    title: 'Request not valid',
    detail: detail('The request does not have the form that is expected: see "errors".'),
    members: (refusal) => ({ errors: refusal.errors }),
  },
  media_type_unsupported: {
    status: 415,
    code: 'media_type_unsupported',
    title: 'Media type not supported',
    detail: (refusal) => `Send ${refusal.expected}.`,
  },
  not_found: {
    status: 404,
    code: 'not_found',
    oauthError: 'invalid_request',
    title: 'Not found',
    detail: detail('There is nothing here, or nothing of yours.'),
  },
  scope_not_grantable: {
    status: 403,
    code: 'scope_not_grantable',
    title: 'Scope not grantable',
    detail: (refusal) => `You may not grant: ${refusal.scopes.join(' ')}.`,
    members: (refusal) => ({ scopes: refusal.scopes }),
  },
  conflict: {
    status: 409,
    code: 'conflict',
    title: 'Conflict',
    detail: detail('Something else is being done to this key. Try again when it is done.'),
  },
  precondition_failed: {
    status: 412,
    code: 'precondition_failed',
    title: 'Changed meanwhile',
    detail: detail('The key is not what it was when you read it (If-Match). Read it again.'),
  },
  already_rotating: {
    status: 409,
    code: 'already_rotating',
    title: 'Rotation under way',
    detail: detail('This key is being rotated. Finish or cancel that rotation first.'),
  },
  not_rotating: {
    status: 409,
    code: 'not_rotating',
    title: 'No rotation under way',
    detail: detail('This key is not being rotated.'),
  },
  made_elsewhere: {
    status: 409,
    code: 'made_elsewhere',
    title: 'Client made elsewhere',
    detail: detail('This client was made at Stytch. Its secret is rotated there.'),
  },
  idempotency_key_reused: {
    status: 422,
    code: 'idempotency_key_reused',
    title: 'Idempotency-Key reused',
    detail: detail('This Idempotency-Key was sent with another request before. Use a new one.'),
  },
  idempotency_key_in_use: {
    status: 409,
    code: 'idempotency_key_in_use',
    title: 'Request under way',
    detail: detail('The first request with this Idempotency-Key is not done yet. Try again when it is.'),
  },
  client_owned: {
    status: 409,
    code: 'client_owned',
    title: 'Client has an owner',
    detail: detail('This client belongs to somebody already.'),
  },
  client_not_proven: {
    status: 403,
    code: 'client_not_proven',
    title: 'Client not proven',
    detail: detail('Stytch does not accept this client_id with this client_secret.'),
  },
  owner_known: {
    status: 409,
    code: 'owner_known',
    title: 'Not lost',
    detail: detail(
      'Something is kept of this owner, and nothing is restored over it: what was revoked since the export would live again.',
    ),
  },
  owner_deleted: {
    status: 410,
    code: 'owner_deleted',
    title: 'Data deleted',
    detail: detail('The data of this owner was deleted.'),
  },
  reconciliation_running: {
    status: 409,
    code: 'reconciliation_running',
    title: 'Reconciliation under way',
    detail: detail('A reconciliation is under way. GET /v1/reconciliation shows how far it is.'),
  },
  webhook_refused: {
    status: 400,
    code: 'webhook_refused',
    title: 'Webhook not accepted',
    detail: detail(
      'The message is not signed as it must be, is too old, is not for this project, or was delivered before.',
    ),
  },
  batch_too_large: {
    status: 413,
    code: 'batch_too_large',
    title: 'Batch too large',
    detail: (refusal) => `At most ${refusal.max} are taken at a time.`,
  },
  role_missing: {
    status: 403,
    code: 'role_missing',
    title: 'Role missing',
    detail: detail('Your roles do not let you manage the keys of your organisation.'),
  },
  not_configured: {
    status: 404,
    code: 'not_configured',
    title: 'Not served here',
    detail: (refusal) => `This needs "${refusal.setting}" to be configured.`,
  },
  key_limit_reached: {
    status: 409,
    code: 'key_limit_reached',
    title: 'Key limit reached',
    detail: (refusal) => `You have ${refusal.limit} keys already. Revoke one first.`,
  },
  client_refused: {
    status: 502,
    code: 'client_refused',
    title: 'The identity provider refused the key',
    detail: (refusal) => `Stytch did not create the key: ${refusal.detail}.`,
  },
  oauth_request_invalid: {
    status: 400,
    code: 'invalid_request',
    title: 'Request not valid',
    // It may begin with the name of a parameter.
    detail: (refusal) => `${refusal.detail}.`,
  },
  client_invalid: {
    status: 401,
    code: 'invalid_client',
    title: 'Client not authenticated',
    detail: detail(
      'Client and secret are not known, not good any more, or were not sent as this takes them.',
    ),
    // RFC 6749 §5.2: the challenge answers a client that tried in a header. Basic is all that would do there.
    headers: ({ scheme }, { realm }): Readonly<Record<string, string>> =>
      scheme === null ? {} : { 'www-authenticate': `Basic realm="${realm}", charset="UTF-8"` },
  },
  client_unauthorized: {
    status: 400,
    code: 'unauthorized_client',
    title: 'Client not allowed to',
    detail: (refusal) => `${capitalised(refusal.detail)}.`,
  },
  grant_type_unsupported: {
    status: 400,
    code: 'unsupported_grant_type',
    title: 'Grant type not supported',
    detail: detail(
      'Grant types here: client_credentials, and urn:ietf:params:oauth:grant-type:device_code where device clients are configured.',
    ),
  },
  grant_invalid: {
    status: 400,
    code: 'invalid_grant',
    title: 'Code not valid',
    detail: detail('The device code is not known, is of another client, or was redeemed. Begin anew.'),
  },
  scope_invalid: {
    status: 400,
    code: 'invalid_scope',
    title: 'Scope not valid',
    detail: (refusal) =>
      refusal.scopes.length === 0
        ? 'The scope is not a list of scope-tokens (RFC 6749 §3.3).'
        : `This client has no such scope: ${refusal.scopes.join(' ')}.`,
  },
  too_many_scope_sets: {
    status: 429,
    code: 'too_many_scope_sets',
    title: 'Too many sets of scopes',
    detail: (refusal) =>
      `This client has tokens for as many different sets of scopes as it can have at once. Ask for one of those, or try again in ${refusal.retryAfterSeconds} s.`,
    headers: retryAfter,
  },
  token_type_unsupported: {
    status: 400,
    code: 'unsupported_token_type',
    title: 'Token not revocable',
    detail: detail(
      'This ends by itself alone. A session is ended at Stytch, and so is the client of an operator.',
    ),
  },
  authorization_pending: {
    status: 400,
    code: 'authorization_pending',
    title: 'Not decided yet',
    detail: detail('The user has not decided yet. Ask again after the interval.'),
  },
  slow_down: {
    status: 400,
    code: 'slow_down',
    title: 'Asked too soon',
    detail: detail('Wait five seconds longer between requests from now on (RFC 8628 §3.5).'),
  },
  device_code_expired: {
    status: 400,
    code: 'expired_token',
    title: 'Code expired',
    detail: detail('The codes have expired. Begin anew.'),
  },
  device_denied: {
    status: 400,
    code: 'access_denied',
    title: 'Access denied',
    detail: (refusal) => `${capitalised(refusal.detail)}.`,
  },
  user_code_unknown: {
    status: 404,
    code: 'user_code_unknown',
    title: 'Code not known',
    detail: detail(
      'No device waits for you with this code. It may have expired, or was opened in another sign-in: ask the device for a new one.',
    ),
  },
  too_many_codes: {
    status: 429,
    code: 'too_many_codes',
    title: 'Too many wrong codes',
    detail: (refusal) =>
      `Too many codes were typed that are none. Try again in ${refusal.retryAfterSeconds} s.`,
    headers: retryAfter,
  },
  cross_site: {
    status: 403,
    code: 'cross_site',
    title: 'Not sent from this page',
    detail: detail('The form was not sent by a page of this site that belongs to this sign-in.'),
  },
  sign_in_unknown: {
    status: 400,
    code: 'sign_in_unknown',
    title: 'Sign-in not known',
    detail: detail('This sign-in did not begin in this browser, was used before, or took too long.'),
  },
};

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The answer for a refusal. */
export const answerFor = <R extends Reason>(refusal: RefusalOf<R> & Refusal): Answer<R> =>
  ANSWERS[refusal.reason as R] as Answer<R>;
