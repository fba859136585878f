import { describe, expect, it } from 'vitest';
import { json, refuse, refuseOAuth } from '../../../src/http/answer.ts';
import { ANSWERS } from '../../../src/http/answers.ts';
import { problemPage } from '../../../src/http/problem-page.ts';
import type {
  ClientScheme,
  CredentialFault,
  Reason,
  Refusal,
  RefusalOf,
} from '../../../src/model/refusal.ts';

const CONTEXT = { requestId: 'request-1', deskUrl: 'https://keys.acme.test', realm: 'acme-api' };

/** One refusal of every reason. A new reason does not compile here. */
const ONE_OF_EACH: { readonly [R in Reason]: Omit<RefusalOf<R>, 'reason'> } = {
  host_unknown: {},
  path_not_canonical: { detail: 'the path has a backslash' },
  target_too_long: {},
  headers_too_long: {},
  method_unknown: { allow: ['GET', 'POST'] },
  no_route: {},
  method_not_allowed: { allow: ['GET', 'HEAD'] },
  upgrade_not_allowed: {},
  body_too_large: { maxBytes: 100 },
  early_data: {},
  question_unclear: { detail: 'method, path or host is missing' },
  header_not_allowed: {},
  credentials_ambiguous: { detail: 'both Authorization and X-API-Key are present' },
  credential_in_query: {},
  credential_missing: {},
  credential_invalid: { because: 'revoked', scheme: 'bearer' },
  insufficient_user_authentication: { maxAgeSeconds: 300 },
  insufficient_scope: { scopes: ['items:read', 'items:write'], scheme: 'bearer' },
  owner_suspended: {},
  address_not_allowed: {},
  origin_not_allowed: {},
  credential_kind_not_allowed: { allowed: ['session'] },
  rate_limited: { retryAfterSeconds: 17, by: ['owner'] },
  address_limited: { retryAfterSeconds: 60 },
  too_many_attempts: { retryAfterSeconds: 17 },
  unavailable: { what: 'ring', retryAfterSeconds: 3 },
  misconfigured: { problems: ['STYTCH_SECRET is not set'] },
  origin_failed: {},
  origin_timed_out: {},
  loop: {},
  internal: {},
  request_invalid: { errors: [{ pointer: '/name', detail: 'must not be empty' }] },
  media_type_unsupported: { expected: 'application/json' },
  not_found: {},
  scope_not_grantable: { scopes: ['admin:all'] },
  conflict: {},
  precondition_failed: {},
  already_rotating: {},
  not_rotating: {},
  made_elsewhere: {},
  idempotency_key_reused: {},
  idempotency_key_in_use: {},
  client_owned: {},
  client_not_proven: {},
  owner_deleted: {},
  owner_known: {},
  reconciliation_running: {},
  webhook_refused: { because: 'signature' },
  batch_too_large: { max: 1000 },
  role_missing: {},
  not_configured: { setting: 'events.url' },
  key_limit_reached: { limit: 20 },
  client_refused: { detail: 'too_many_m2m_clients_for_billing_tier' },
  oauth_request_invalid: { detail: 'grant_type is there twice' },
  client_invalid: { because: 'revoked', scheme: null },
  client_unauthorized: { detail: 'the owner of this client is suspended' },
  grant_type_unsupported: {},
  grant_invalid: {},
  scope_invalid: { scopes: ['items:delete'] },
  token_type_unsupported: {},
  authorization_pending: {},
  slow_down: {},
  device_code_expired: {},
  device_denied: { detail: 'the user said no' },
  user_code_unknown: {},
  cross_site: {},
  sign_in_unknown: {},
  too_many_scope_sets: { retryAfterSeconds: 1800 },
  too_many_codes: { retryAfterSeconds: 480 },
};

const REASONS = Object.keys(ONE_OF_EACH) as Reason[];
const refusalOf = (reason: Reason): Refusal => ({ reason, ...ONE_OF_EACH[reason] }) as Refusal;

interface Told {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Readonly<Record<string, unknown>>;
}

const told = async (refusal: Refusal): Promise<Told> => {
  const response = refuse(refusal, CONTEXT);
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: (await response.json()) as Record<string, unknown>,
  };
};

const challengeOf = async (refusal: Refusal) => (await told(refusal)).headers['www-authenticate'] ?? null;

describe('every refusal', () => {
  it('has an answer, and there is no answer without a refusal', () => {
    expect(Object.keys(ANSWERS).sort()).toEqual([...REASONS].sort());
  });

  it.each(REASONS)("%s is a problem document that is nobody else's to keep (RFC 9457)", async (reason) => {
    const { status, headers, body } = await told(refusalOf(reason));
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'x-request-id': 'request-1',
    });
    expect(body).toMatchObject({
      type:
        reason === 'rate_limited'
          ? 'https://iana.org/assignments/http-problem-types#quota-exceeded'
          : `https://keys.acme.test/problems/${String(body.code)}`,
      title: expect.stringMatching(/./),
      status,
      detail: expect.stringMatching(/\.$/),
      code: expect.stringMatching(/^[a-z_]+$/),
      request_id: 'request-1',
    });
  });

  it.each(REASONS)(
    '%s is an error of RFC 6749 §5.2 at the OAuth endpoints, of the same status',
    async (reason) => {
      const response = refuseOAuth(refusalOf(reason), CONTEXT);
      const { status, headers } = await told(refusalOf(reason));
      expect(response.status).toBe(status);
      expect(Object.fromEntries(response.headers)).toEqual({
        ...headers,
        'content-type': 'application/json',
        pragma: 'no-cache',
      });
      const body = (await response.json()) as Record<string, string>;
      expect(Object.keys(body)).toEqual(['error', 'error_description', 'error_uri']);
      expect(body.error).toMatch(/^[a-z_]+$/);
      // RFC 6749 §A.8: printable ASCII but for quotation marks and backslashes.
      expect(body.error_description).toMatch(/^[\x20-\x21\x23-\x5B\x5D-\x7E]+$/);
      // That is what stands for a character that has no other spelling: of ours, each has one.
      expect(body.error_description).not.toContain('?');
      expect(body.error_uri).toBe(`https://keys.acme.test/problems/${ANSWERS[reason].code}`);
    },
  );

  it.each(REASONS)('%s says what it is at its type', async (reason) => {
    const page = problemPage(ANSWERS[reason].code, 'request-1');
    if (!page.ok) throw new Error('no page');
    expect(await page.value.text()).toContain(String(ANSWERS[reason].title));
  });

  it.each([
    ['host_unknown', 421],
    ['path_not_canonical', 400],
    ['target_too_long', 414],
    ['headers_too_long', 431],
    ['method_unknown', 405],
    ['no_route', 404],
    ['method_not_allowed', 405],
    ['upgrade_not_allowed', 426],
    ['body_too_large', 413],
    ['early_data', 425],
    ['credentials_ambiguous', 400],
    ['credential_in_query', 400],
    ['credential_missing', 401],
    ['credential_invalid', 401],
    ['insufficient_user_authentication', 401],
    ['insufficient_scope', 403],
    ['owner_suspended', 403],
    ['address_not_allowed', 403],
    ['origin_not_allowed', 403],
    ['credential_kind_not_allowed', 403],
    ['rate_limited', 429],
    ['address_limited', 429],
    ['unavailable', 503],
    ['origin_failed', 502],
    ['origin_timed_out', 504],
    ['loop', 508],
    ['internal', 500],
  ] as const)('%s is %i', async (reason, status) => {
    expect((await told(refusalOf(reason))).status).toBe(status);
  });
});

describe('a 401', () => {
  const FAULTS = {
    grammar: true,
    tag: true,
    scheme: true,
    foreign: true,
    unknown: true,
    revoked: true,
    expired: true,
    token: true,
    owner: true,
    refused_by_stytch: true,
  } satisfies Record<CredentialFault, true>;

  it('is one and the same for every fault of a credential', async () => {
    for (const scheme of ['bearer', 'basic', 'x-api-key'] as const) {
      const all = await Promise.all(
        (Object.keys(FAULTS) as CredentialFault[]).map((because) =>
          told({ reason: 'credential_invalid', because, scheme }),
        ),
      );
      for (const each of all) expect(each).toEqual(all[0]);
      expect(all[0]).toMatchObject({ status: 401, body: { code: 'invalid_token' } });
    }
  });

  it('RFC 6750 §3.1 › no credential: a challenge without an error code', async () => {
    expect(await challengeOf({ reason: 'credential_missing' })).toBe('Bearer realm="acme-api"');
  });

  it.each([
    ['bearer', 'Bearer realm="acme-api", error="invalid_token"'],
    ['x-api-key', 'Bearer realm="acme-api", error="invalid_token"'],
    ['basic', 'Basic realm="acme-api", charset="UTF-8", Bearer realm="acme-api", error="invalid_token"'],
  ] as const)('for what came as %s: %s', async (scheme, challenge) => {
    expect(await challengeOf({ reason: 'credential_invalid', because: 'tag', scheme })).toBe(challenge);
  });

  it('RFC 9110 §11.6.1 › is never without a challenge', async () => {
    // What a form has said has no challenge: see below.
    for (const reason of REASONS.filter((each) => each !== 'client_invalid')) {
      const { status, headers } = await told(refusalOf(reason));
      if (status === 401) expect(headers['www-authenticate']).toMatch(/Bearer realm=/);
    }
  });
});

describe('challenges elsewhere', () => {
  it('RFC 9470 §3 › insufficient_user_authentication names the age that is allowed', async () => {
    const refusal = refusalOf('insufficient_user_authentication');
    expect(await challengeOf(refusal)).toBe(
      'Bearer realm="acme-api", error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="300"',
    );
    expect((await told(refusal)).body).toMatchObject({
      code: 'insufficient_user_authentication',
      max_age: 300,
    });
  });

  it('RFC 6750 §3.1 › insufficient_scope is 403 and names the scopes', async () => {
    const refusal = refusalOf('insufficient_scope');
    expect(await challengeOf(refusal)).toBe(
      'Bearer realm="acme-api", error="insufficient_scope", scope="items:read items:write"',
    );
    expect((await told(refusal)).body.required_scopes).toEqual(['items:read', 'items:write']);
  });

  it('RFC 6750 §3.1 › invalid_request is 400', async () => {
    for (const reason of ['credentials_ambiguous', 'credential_in_query'] as const) {
      expect(await challengeOf(refusalOf(reason))).toBe('Bearer realm="acme-api", error="invalid_request"');
    }
  });

  it('there is a Basic challenge only where Basic was presented', async () => {
    for (const reason of REASONS)
      expect([reason, await challengeOf(refusalOf(reason))]).not.toEqual([
        reason,
        expect.stringMatching(/Basic/),
      ]);
  });

  it('RFC 6749 §5.2 › a client that tried in a header is challenged for Basic, and one that did not is not', async () => {
    const of = (scheme: ClientScheme | null) =>
      challengeOf({ reason: 'client_invalid', because: 'tag', scheme });
    expect(await of('basic')).toBe('Basic realm="acme-api", charset="UTF-8"');
    expect(await of('other')).toBe('Basic realm="acme-api", charset="UTF-8"');
    expect(await of(null)).toBeNull();
  });

  it('who is not let through for what he did or for our sake gets none', async () => {
    for (const reason of [
      'owner_suspended',
      'address_not_allowed',
      'rate_limited',
      'address_limited',
      'unavailable',
      'origin_failed',
      'internal',
      'not_found',
    ] as const) {
      expect([reason, await challengeOf(refusalOf(reason))]).toEqual([reason, null]);
    }
  });
});

describe('RFC 9728 §5.1 › resource_metadata', () => {
  const metadataUrl = 'https://api.acme.test/.well-known/oauth-protected-resource/v1';
  const challengeAt = (refusal: Refusal, url: string | null) =>
    refuse(refusal, { ...CONTEXT, metadataUrl: () => url }).headers.get('www-authenticate');

  it('is in every challenge of a resource that has metadata, once, and of Bearer', () => {
    for (const reason of REASONS) {
      const challenge = refuse(refusalOf(reason), CONTEXT).headers.get('www-authenticate');
      const more = challengeAt(refusalOf(reason), metadataUrl);
      expect(more).toBe(challenge === null ? null : `${challenge}, resource_metadata="${metadataUrl}"`);
    }
    const basic: Refusal = { reason: 'credential_invalid', because: 'tag', scheme: 'basic' };
    expect(challengeAt(basic, metadataUrl)).toBe(
      `Basic realm="acme-api", charset="UTF-8", Bearer realm="acme-api", error="invalid_token", resource_metadata="${metadataUrl}"`,
    );
  });

  it('is not looked for where there is no challenge', () => {
    const metadataUrl = () => {
      throw new Error('nobody asked');
    };
    expect(refuse({ reason: 'no_route' }, { ...CONTEXT, metadataUrl }).status).toBe(404);
  });

  it('is left out where there is none', () => {
    expect(challengeAt({ reason: 'credential_missing' }, null)).toBe('Bearer realm="acme-api"');
  });
});

describe('headers', () => {
  it.each([
    ['rate_limited', '17'],
    ['address_limited', '60'],
    ['unavailable', '3'],
  ] as const)('%s says when to come again', async (reason, seconds) => {
    expect((await told(refusalOf(reason))).headers['retry-after']).toBe(seconds);
  });

  it.each([
    ['method_unknown', 'GET, POST'],
    ['method_not_allowed', 'GET, HEAD'],
  ] as const)('RFC 9110 §15.5.6 › %s names the methods', async (reason, methods) => {
    expect((await told(refusalOf(reason))).headers.allow).toBe(methods);
  });

  it('RFC 9110 §15.5.22 › a 426 names the protocol', async () => {
    expect((await told(refusalOf('upgrade_not_allowed'))).headers.upgrade).toBe('HTTP/1.1');
  });
});

describe('json', () => {
  it('is for its caller alone', async () => {
    const response = json({ a: 1 }, 201, 'request-1', { location: '/v1/keys/x' });
    expect([response.status, await response.json()]).toEqual([201, { a: 1 }]);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-request-id': 'request-1',
      location: '/v1/keys/x',
    });
  });
});
