import { ANSWERS, type Answer } from '../../src/http/answers.ts';
import type { Reason, RefusalOf } from '../../src/model/refusal.ts';

/** docs/refusals.md, from the table that answers are made from. */
export const path = 'docs/refusals.md';

/** One of each, to show what a caller reads. */
const SAMPLES: { readonly [R in Reason]: RefusalOf<R> } = {
  host_unknown: { reason: 'host_unknown' },
  path_not_canonical: { reason: 'path_not_canonical', detail: 'it has an empty segment' },
  target_too_long: { reason: 'target_too_long' },
  headers_too_long: { reason: 'headers_too_long' },
  method_unknown: { reason: 'method_unknown', allow: ['GET', 'POST'] },
  no_route: { reason: 'no_route' },
  method_not_allowed: { reason: 'method_not_allowed', allow: ['GET', 'HEAD'] },
  upgrade_not_allowed: { reason: 'upgrade_not_allowed' },
  body_too_large: { reason: 'body_too_large', maxBytes: 1_000_000 },
  early_data: { reason: 'early_data' },
  question_unclear: { reason: 'question_unclear', detail: 'method, path or host is missing' },
  header_not_allowed: { reason: 'header_not_allowed' },
  credentials_ambiguous: {
    reason: 'credentials_ambiguous',
    detail: 'both Authorization and X-API-Key are present',
  },
  credential_in_query: { reason: 'credential_in_query' },
  credential_missing: { reason: 'credential_missing' },
  credential_invalid: { reason: 'credential_invalid', because: 'revoked', scheme: 'bearer' },
  insufficient_user_authentication: { reason: 'insufficient_user_authentication', maxAgeSeconds: 300 },
  insufficient_scope: { reason: 'insufficient_scope', scopes: ['items:write'], scheme: 'bearer' },
  owner_suspended: { reason: 'owner_suspended' },
  address_not_allowed: { reason: 'address_not_allowed' },
  origin_not_allowed: { reason: 'origin_not_allowed' },
  credential_kind_not_allowed: { reason: 'credential_kind_not_allowed', allowed: ['session'] },
  rate_limited: { reason: 'rate_limited', retryAfterSeconds: 12, by: ['owner'] },
  address_limited: { reason: 'address_limited', retryAfterSeconds: 60 },
  too_many_attempts: { reason: 'too_many_attempts', retryAfterSeconds: 60 },
  unavailable: { reason: 'unavailable', what: 'stytch', retryAfterSeconds: 1 },
  misconfigured: { reason: 'misconfigured', problems: ['STYTCH_SECRET: is missing'] },
  origin_failed: { reason: 'origin_failed' },
  origin_timed_out: { reason: 'origin_timed_out' },
  loop: { reason: 'loop' },
  internal: { reason: 'internal' },
  request_invalid: { reason: 'request_invalid', errors: [{ pointer: '/name', detail: 'must not be empty' }] },
  media_type_unsupported: { reason: 'media_type_unsupported', expected: 'application/json' },
  not_found: { reason: 'not_found' },
  scope_not_grantable: { reason: 'scope_not_grantable', scopes: ['admin:all'] },
  conflict: { reason: 'conflict' },
  precondition_failed: { reason: 'precondition_failed' },
  already_rotating: { reason: 'already_rotating' },
  not_rotating: { reason: 'not_rotating' },
  made_elsewhere: { reason: 'made_elsewhere' },
  idempotency_key_reused: { reason: 'idempotency_key_reused' },
  idempotency_key_in_use: { reason: 'idempotency_key_in_use' },
  client_owned: { reason: 'client_owned' },
  client_not_proven: { reason: 'client_not_proven' },
  owner_deleted: { reason: 'owner_deleted' },
  owner_known: { reason: 'owner_known' },
  reconciliation_running: { reason: 'reconciliation_running' },
  webhook_refused: { reason: 'webhook_refused', because: 'signature' },
  batch_too_large: { reason: 'batch_too_large', max: 1000 },
  role_missing: { reason: 'role_missing' },
  not_configured: { reason: 'not_configured', setting: 'events.url' },
  key_limit_reached: { reason: 'key_limit_reached', limit: 20 },
  client_refused: { reason: 'client_refused', detail: 'too_many_m2m_clients_for_billing_tier' },
  oauth_request_invalid: { reason: 'oauth_request_invalid', detail: 'grant_type is there twice' },
  client_invalid: { reason: 'client_invalid', because: 'revoked', scheme: 'basic' },
  client_unauthorized: { reason: 'client_unauthorized', detail: 'the owner of this client is suspended' },
  grant_type_unsupported: { reason: 'grant_type_unsupported' },
  grant_invalid: { reason: 'grant_invalid' },
  scope_invalid: { reason: 'scope_invalid', scopes: ['items:delete'] },
  token_type_unsupported: { reason: 'token_type_unsupported' },
  authorization_pending: { reason: 'authorization_pending' },
  slow_down: { reason: 'slow_down' },
  device_code_expired: { reason: 'device_code_expired' },
  device_denied: { reason: 'device_denied', detail: 'the user said no' },
  user_code_unknown: { reason: 'user_code_unknown' },
  too_many_scope_sets: { reason: 'too_many_scope_sets', retryAfterSeconds: 1800 },
  too_many_codes: { reason: 'too_many_codes', retryAfterSeconds: 480 },
  cross_site: { reason: 'cross_site' },
  sign_in_unknown: { reason: 'sign_in_unknown' },
};

const SPACE = {
  realm: 'acme-api',
  metadataUrl: () => 'https://api.acme.com/.well-known/oauth-protected-resource/v1/items',
};

export const generate = (): string => {
  const rows = (Object.keys(ANSWERS) as Reason[]).map((reason) => row(reason));
  return `# Refusals

Made from \`src/http/answers.ts\` by \`node tools/check/docs.ts --write\`; do not edit.

Every refusal is \`application/problem+json\` (RFC 9457) with \`type\`, \`title\`, \`status\`, \`detail\`, \`code\`,
\`request_id\` and \`Cache-Control: no-store\`. Programs read \`status\` and \`code\`; the log has the reason. Where one
code stands for several reasons, the caller is not told which: an unknown, a wrong, an expired and a revoked
credential are answered alike.

Two places say the same in other words. The endpoints under \`/oauth2/\` answer in JSON as RFC 6749 §5.2 has it
(docs/oauth.md): \`error\` is the code, but ${SAID_OTHERWISE.join('; ')}. The pages at \`/device\`, \`/sign-in\` and \`/signed-in\` answer with a page for people.

| Status | Code | Reason in the log | Says | Headers and members besides |
|---|---|---|---|---|
${rows.join('\n')}
`;
};

/** What RFC 6749 has another word for: that word, and our codes. */
const SAID_OTHERWISE = [...Map.groupBy(Object.values(ANSWERS), ({ oauthError }) => oauthError ?? '')].flatMap(
  ([word, answers]) =>
    word === '' ? [] : [`\`${word}\` for ${answers.map(({ code }) => `\`${code}\``).join(', ')}`],
);

const row = <R extends Reason>(reason: R): string => {
  const answer = ANSWERS[reason] as unknown as Answer<Reason>;
  const sample = SAMPLES[reason];
  const headers = Object.entries(answer.headers?.(sample, SPACE) ?? {}).map(
    ([name, value]) => `\`${name}: ${value}\``,
  );
  const members = Object.entries(answer.members?.(sample) ?? {}).map(
    ([name, value]) => `\`"${name}": ${JSON.stringify(value)}\``,
  );
  const besides = [...headers, ...members].join('<br>');
  return `| ${answer.status} | \`${answer.code}\` | \`${reason}\` | ${answer.title}. ${answer.detail(sample)} | ${besides} |`;
};
