import fc from 'fast-check';
import { base64url, SignJWT, UnsecuredJWT } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AssertionJwk, Signer } from '../../../src/gate/forward/assertion.ts';
import { answer, createVerifier, type Verify } from '../../../src/origin/index.ts';
import {
  ANONYMOUS,
  CLAIMS,
  edge,
  forge,
  headersOf,
  KEY,
  makeKey,
  NOW,
  NOW_SECONDS,
  origin,
} from './setting.ts';

const PAYOUT = { method: 'POST', url: 'https://origin.acme.com/v1/payouts?to=1' };

let key: AssertionJwk;
let stranger: AssertionJwk;
let signer: Signer;
let verify: Verify;
let token: string;
let bound: string;

beforeAll(async () => {
  key = await makeKey('key-1');
  stranger = await makeKey('key-1');
  signer = edge([key]);
  verify = createVerifier(origin(signer));
  token = await signer.sign(KEY, NOW);
  bound = await signer.sign(KEY, NOW, PAYOUT);
});

const refusal = (reason: string) => ({ ok: false, reason });

describe('a request from the edge', () => {
  it.each([
    ['Headers', (headers: Record<string, string>) => new Headers(headers)],
    ["Node's headers", (headers: Record<string, string>) => headers],
    [
      "Node's headersDistinct",
      (headers: Record<string, string>) =>
        Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value]])),
    ],
  ])('is believed, read from %s', async (_what, of) => {
    const headers = { ...headersOf(token), accept: '*/*', host: 'origin.acme.com' };
    expect(await verify(of(headers))).toEqual({ ok: true, identity: KEY });
  });

  it('is believed when anonymous', async () => {
    const anonymous = headersOf(await signer.sign(ANONYMOUS, NOW), ANONYMOUS);
    expect(await verify(anonymous)).toEqual({ ok: true, identity: ANONYMOUS });
  });

  it('is believed under a configured prefix, and not under the default one', async () => {
    const acme = createVerifier({ ...origin(signer), prefix: 'X-Acme' });
    const headers = Object.fromEntries(
      Object.entries(headersOf(token)).map(([name, value]) => [name.replace('latchkey', 'acme'), value]),
    );
    expect(await acme(headers)).toEqual({ ok: true, identity: KEY });
    expect(await acme(headersOf(token))).toEqual(refusal('assertion_missing'));
  });
});

describe('a request that did not come through the edge', () => {
  it.each([
    ['no assertion', {}, 'assertion_missing'],
    [
      'identity headers alone',
      { 'x-latchkey-user-id': 'user-test-1', 'x-latchkey-auth': 'session' },
      'assertion_missing',
    ],
    ['an empty assertion', { 'x-latchkey-assertion': '' }, 'assertion_missing'],
    ['an endless one', { 'x-latchkey-assertion': 'a'.repeat(16_385) }, 'assertion_too_large'],
    ['a word', { 'x-latchkey-assertion': 'trust-me' }, 'assertion_malformed'],
    ['two parts', { 'x-latchkey-assertion': 'a.b' }, 'assertion_malformed'],
    ['five parts', { 'x-latchkey-assertion': 'a.b.c.d.e' }, 'assertion_malformed'],
    ['garbage in three parts', { 'x-latchkey-assertion': 'e30.e30.e30' }, 'algorithm_refused'],
    ['a header that is no object', { 'x-latchkey-assertion': 'MQ.e30.e30' }, 'assertion_malformed'],
  ])('%s is refused', async (_what, headers, reason) => {
    expect(await verify(headers)).toEqual(refusal(reason));
  });

  it('nothing made up is believed, and nothing made up throws', async () => {
    const part = fc.oneof(
      fc.string(),
      fc.json().map((json) => base64url.encode(json)),
      fc.constantFrom(...token.split('.')),
    );
    const attempt = fc
      .tuple(part, part, part)
      .map((parts) => parts.join('.'))
      .filter((made) => made !== token);
    await fc.assert(
      fc.asyncProperty(attempt, async (made) => {
        expect((await verify({ ...headersOf(token), 'x-latchkey-assertion': made })).ok).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('duplicates and aliases', () => {
  it.each([
    ['two assertions in one line', (own: string) => `${own}, ${own}`, 'assertion_duplicated'],
    ['two assertions in a list', (own: string) => [own, own], 'assertion_duplicated'],
    ['an empty list', (_own: string) => [] as string[], 'assertion_duplicated'],
  ])('%s are refused', async (_what, twice, reason) => {
    expect(await verify({ ...headersOf(token), 'x-latchkey-assertion': twice(token) })).toEqual(
      refusal(reason),
    );
  });

  it('the same name in two cases is refused', async () => {
    expect(await verify({ ...headersOf(token), 'X-Latchkey-Assertion': token })).toEqual(
      refusal('assertion_duplicated'),
    );
  });

  it.each(['x_latchkey_user_id', 'X-Latchkey_User-Id', 'x.latchkey.auth', 'X~Latchkey-Assertion'])(
    'HDR-02: %s beside the true headers is refused',
    async (alias) => {
      expect(await verify({ ...headersOf(token), [alias]: 'admin' })).toEqual(refusal('header_alias'));
    },
  );
});

describe('ORG-03: headers that disagree with the assertion', () => {
  it.each([
    ['another user', { 'x-latchkey-user-id': 'user-test-2' }],
    ['two users', { 'x-latchkey-user-id': 'user-test-1, user-test-2' }],
    ['no user', { 'x-latchkey-user-id': undefined }],
    ['another key', { 'x-latchkey-key-id': 'acme_test_k2' }],
    ['another organisation', { 'x-latchkey-organization-id': 'organization-test-2' }],
    ['more scopes', { 'x-latchkey-scopes': 'items:read items:write admin:all' }],
    ['no scopes', { 'x-latchkey-scopes': undefined }],
    ['another way of proving', { 'x-latchkey-auth': 'session' }],
    ['no word of the way', { 'x-latchkey-auth': undefined }],
  ])('%s: refused', async (_what, changed) => {
    expect(await verify({ ...headersOf(token), ...changed })).toEqual(refusal('headers_disagree'));
  });

  it('an empty one says what no header says: so do proxies that copy the decision by name', async () => {
    const anonymous = headersOf(await signer.sign(ANONYMOUS, NOW), ANONYMOUS);
    const names = ['user-id', 'organization-id', 'key-id', 'scopes'];
    const empty = Object.fromEntries(names.map((name) => [`x-latchkey-${name}`, '']));
    expect(await verify({ ...empty, ...anonymous })).toEqual({ ok: true, identity: ANONYMOUS });
    for (const name of ['user-id', 'key-id', 'scopes', 'auth'])
      expect(await verify({ ...headersOf(token), [`x-latchkey-${name}`]: '' })).toEqual(
        refusal('headers_disagree'),
      );
  });

  it('an anonymous assertion does not carry a user header', async () => {
    const anonymous = headersOf(await signer.sign(ANONYMOUS, NOW), ANONYMOUS);
    expect(await verify({ ...anonymous, 'x-latchkey-user-id': 'user-test-1' })).toEqual(
      refusal('headers_disagree'),
    );
  });
});

describe('the signature', () => {
  it("a stranger's key under our kid is refused", async () => {
    expect(await verify(headersOf(await forge(stranger, CLAIMS)))).toEqual(refusal('signature_invalid'));
  });

  it('a kid that is not published is refused', async () => {
    expect(await verify(headersOf(await forge(key, CLAIMS, { kid: 'key-9' })))).toEqual(
      refusal('key_unknown'),
    );
  });

  it.each([
    ['none', () => new UnsecuredJWT(CLAIMS).encode().concat('AA')],
    ['HS256 with the public key', () => hmac('HS256', JSON.stringify(signer.publicJwks.keys[0]))],
  ])('alg %s is refused', async (_what, made) => {
    expect(await verify(headersOf(await made()))).toEqual(refusal('algorithm_refused'));
  });

  it.each([
    ['another typ', { typ: 'JWT' }, 'type_refused'],
    ['no typ', { typ: undefined }, 'type_refused'],
    ['no kid', { kid: undefined }, 'assertion_malformed'],
    ['a strange kid', { kid: '../../etc/passwd' }, 'assertion_malformed'],
    ['jku', { jku: 'https://evil.example/jwks.json' }, 'assertion_malformed'],
    ['jwk', { jwk: { kty: 'EC' } }, 'assertion_malformed'],
    ['cty', { cty: 'JWT' }, 'assertion_malformed'],
  ])('%s in the header is refused', async (_what, header, reason) => {
    const made = await forge(key, CLAIMS, header as object);
    expect(await verify(headersOf(made))).toEqual(refusal(reason));
  });

  it('one changed bit anywhere is refused', async () => {
    for (let place = 0; place < token.length; place += 7) {
      const changed = `${token.slice(0, place)}${token[place] === 'A' ? 'B' : 'A'}${token.slice(place + 1)}`;
      expect((await verify({ ...headersOf(token), 'x-latchkey-assertion': changed })).ok).toBe(false);
    }
  });
});

const hmac = (alg: string, secret: string) =>
  new SignJWT(CLAIMS)
    .setProtectedHeader({ alg, typ: 'latchkey-assertion+jwt', kid: 'key-1' })
    .sign(new TextEncoder().encode(secret));

describe('what a well-signed assertion says', () => {
  it.each([
    ['another issuer', { iss: 'https://keys.evil.example' }, 'issuer_refused'],
    ['the issuer with a slash', { iss: 'https://keys.acme.com/' }, 'issuer_refused'],
    ['no issuer', { iss: undefined }, 'issuer_refused'],
    ['another origin', { aud: 'other-api' }, 'audience_refused'],
    ['a list of origins', { aud: ['acme-api', 'other-api'] }, 'audience_refused'],
    ['no origin', { aud: undefined }, 'audience_refused'],
    ['a life over', { iat: NOW_SECONDS - 65, exp: NOW_SECONDS - 5 }, 'expired'],
    ['a life of an hour', { exp: NOW_SECONDS + 3600 }, 'lifetime_too_long'],
    ['a life of 61 seconds', { exp: NOW_SECONDS + 61 }, 'lifetime_too_long'],
    ['a life of nothing', { exp: NOW_SECONDS }, 'lifetime_too_long'],
    ['a birth to come', { iat: NOW_SECONDS + 6, exp: NOW_SECONDS + 66 }, 'issued_in_future'],
    ['no exp', { exp: undefined }, 'claims_malformed'],
    ['an exp that is text', { exp: `${NOW_SECONDS + 60}` }, 'claims_malformed'],
    ['an exp of 1e300', { exp: 1e300 }, 'claims_malformed'],
    ['no iat', { iat: undefined }, 'claims_malformed'],
    ['half a second', { iat: NOW_SECONDS + 0.5 }, 'claims_malformed'],
    ['no jti', { jti: undefined }, 'claims_malformed'],
    ['no auth', { auth: undefined }, 'claims_malformed'],
    ['an unknown auth', { auth: 'trust' }, 'claims_malformed'],
    ['somebody anonymous', { auth: 'anonymous' }, 'claims_malformed'],
    ['a nobody with a key', { sub: undefined, org: undefined, client_id: undefined }, 'claims_malformed'],
    ['a sub that is a number', { sub: 1 }, 'claims_malformed'],
    ['a sub that is null', { sub: null }, 'claims_malformed'],
    ['an empty sub', { sub: '' }, 'claims_malformed'],
    ['a sub with a line end', { sub: 'user\r\nX-Admin: 1' }, 'claims_malformed'],
    ['scopes in a list', { scope: ['items:read'] }, 'claims_malformed'],
    ['two spaces', { scope: 'items:read  items:write' }, 'claims_malformed'],
    ['a quote in a scope', { scope: 'items:"read"' }, 'claims_malformed'],
    ['htm without htu', { htm: 'GET' }, 'claims_malformed'],
    ['htu without htm', { htu: 'https://origin.acme.com/' }, 'claims_malformed'],
    ['htu that is a list', { htm: 'GET', htu: ['https://origin.acme.com/'] }, 'claims_malformed'],
  ])('%s: refused', async (_what, changed, reason) => {
    expect(await verify(headersOf(await forge(key, { ...CLAIMS, ...changed })))).toEqual(refusal(reason));
  });

  it.each(['null', '[]', '1', '{', '"text"', ''])('the payload %j is refused', async (payload) => {
    expect((await verify(headersOf(await forge(key, payload)))).ok).toBe(false);
  });

  it('bytes that are no UTF-8 are refused', async () => {
    const good = new TextEncoder().encode(JSON.stringify({ ...CLAIMS, more: '~' }));
    const bad = good.map((byte) => (byte === 0x7e ? 0xff : byte));
    expect((await verify(headersOf(await forge(key, good)))).ok).toBe(true);
    expect(await verify(headersOf(await forge(key, bad)))).toEqual(refusal('assertion_malformed'));
  });

  it.each([
    [NOW_SECONDS - 5, true],
    [NOW_SECONDS - 6, false],
    [NOW_SECONDS + 64, true],
    [NOW_SECONDS + 65, false],
  ])('with 5 seconds of tolerance a clock at %i believes it: %s', async (second, expected) => {
    const clocked = createVerifier({ ...origin(signer), nowMs: () => second * 1000 });
    expect((await clocked(headersOf(token))).ok).toBe(expected);
  });
});

describe('RFC 9449 §4.3: an assertion bound to a request', () => {
  it.each([
    ['that request', PAYOUT, 'ok'],
    ['as Node sees it', { method: 'POST', url: '/v1/payouts?to=1' }, 'ok'],
    ['another query', { ...PAYOUT, url: 'https://origin.acme.com/v1/payouts' }, 'ok'],
    ['another method', { ...PAYOUT, method: 'PUT' }, 'request_mismatch'],
    ['another path', { method: 'POST', url: '/v1/payouts/1' }, 'request_mismatch'],
    ['another host', { ...PAYOUT, url: 'https://other.acme.com/v1/payouts' }, 'request_mismatch'],
    ['another scheme', { ...PAYOUT, url: 'http://origin.acme.com/v1/payouts' }, 'request_mismatch'],
    ['another spelling', { method: 'POST', url: '/v1/%70ayouts' }, 'request_mismatch'],
    ['an unknown request', undefined, 'request_unknown'],
  ])('%s: %s', async (_what, request, expected) => {
    const verdict = await verify(headersOf(bound), request);
    expect(verdict.ok ? 'ok' : verdict.reason).toBe(expected);
  });

  it('behind a terminator of TLS the configured origin decides', async () => {
    const seen = { method: 'POST', url: 'http://10.0.0.8:3000/v1/payouts?to=1' };
    const knowing = createVerifier({ ...origin(signer), origin: 'https://origin.acme.com/' });
    const other = createVerifier({ ...origin(signer), origin: 'https://other.acme.com' });
    expect(await knowing(headersOf(bound), seen)).toEqual({ ok: true, identity: KEY });
    expect(await other(headersOf(bound), seen)).toEqual(refusal('request_mismatch'));
  });

  it('where it is required, an assertion for any request is refused', async () => {
    const strict = createVerifier({ ...origin(signer), requireRequestBinding: true });
    expect(await strict(headersOf(token), PAYOUT)).toEqual(refusal('request_unbound'));
    expect(await strict(headersOf(bound), PAYOUT)).toEqual({ ok: true, identity: KEY });
    expect(await strict(headersOf(bound))).toEqual(refusal('request_unknown'));
  });

  it('it can be required of some requests, and then also of an unknown one', async () => {
    const requireRequestBinding = ({ url }: { url: string }) => url.startsWith('/v1/payouts');
    const some = createVerifier({ ...origin(signer), requireRequestBinding });
    expect((await some(headersOf(token), { method: 'GET', url: '/v1/items' })).ok).toBe(true);
    expect(await some(headersOf(token), { method: 'POST', url: '/v1/payouts' })).toEqual(
      refusal('request_unbound'),
    );
    expect(await some(headersOf(token))).toEqual(refusal('request_unbound'));
  });

  it('it is taken once where ids are remembered; one for many requests is not asked about', async () => {
    const seen = new Map<string, number>();
    const isNew = async (id: string, expiresAt: number) => !seen.has(id) && seen.set(id, expiresAt).has(id);
    const once = createVerifier({ ...origin(signer), isNew });
    expect((await once(headersOf(bound), PAYOUT)).ok).toBe(true);
    expect(await once(headersOf(bound), PAYOUT)).toEqual(refusal('replayed'));
    expect([...seen.values()]).toEqual([NOW_SECONDS + 65]);
    expect((await once(headersOf(token), PAYOUT)).ok).toBe(true);
    expect((await once(headersOf(token), PAYOUT)).ok).toBe(true);
  });

  it('a forged or mismatched one does not use up an id', async () => {
    const asked: string[] = [];
    const isNew = async (id: string) => asked.push(id) > 0;
    const once = createVerifier({ ...origin(signer), isNew });
    await once(headersOf(await forge(stranger, { ...CLAIMS, htm: 'POST', htu: PAYOUT.url })), PAYOUT);
    await once(headersOf(bound), { ...PAYOUT, method: 'GET' });
    expect(asked).toEqual([]);
  });

  it('a memory of ids that fails is a refusal that says nothing about the caller', async () => {
    const broken = createVerifier({ ...origin(signer), isNew: () => Promise.reject(new Error('down')) });
    const verdict = await broken(headersOf(bound), PAYOUT);
    expect(verdict).toEqual(refusal('replay_unknown'));
    expect(verdict.ok || answer(verdict).status).toBe(503);
  });
});

describe('options that cannot be safe', () => {
  it.each([
    ['no keys', { jwks: undefined }, 'jwks or jwksUrl, one of them'],
    ['keys twice', { jwksUrl: 'https://keys.acme.com/jwks' }, 'jwks or jwksUrl, one of them'],
    ['keys over http', { jwks: undefined, jwksUrl: 'http://keys.acme.com/jwks' }, 'jwksUrl must be https'],
    ['keys from a file', { jwks: undefined, jwksUrl: 'file:///etc/jwks' }, 'jwksUrl must be https'],
    ['no issuer', { issuer: '' }, 'issuer and audience are required'],
    ['no audience', { audience: '' }, 'issuer and audience are required'],
    ['an hour of tolerance', { clockToleranceSeconds: 3600 }, 'clockToleranceSeconds is 0 to 60'],
    [
      'a tolerance that is no number',
      { clockToleranceSeconds: Number.NaN },
      'clockToleranceSeconds is 0 to 60',
    ],
  ])('%s: refused at start', (_what, changed, message) => {
    const options = { ...origin(signer), ...changed } as Parameters<typeof createVerifier>[0];
    expect(() => createVerifier(options)).toThrow(new TypeError(message));
  });
});

describe('answer', () => {
  it('tells the client nothing of the reason', async () => {
    const bodies = [
      {},
      headersOf(await forge(stranger, CLAIMS)),
      headersOf(await forge(key, { ...CLAIMS, aud: 'x' })),
    ].map(async (headers) => {
      const verdict = await verify(headers);
      return verdict.ok ? null : answer(verdict);
    });
    const [first, ...others] = await Promise.all(bodies);
    expect(first).toEqual({
      status: 401,
      headers: {
        'Content-Type': 'application/problem+json',
        'Cache-Control': 'no-store',
        'WWW-Authenticate': 'Latchkey-Assertion',
      },
      body: JSON.stringify({
        type: 'about:blank',
        status: 401,
        title: 'Unauthorized',
        code: 'assertion_required',
        detail: 'This origin answers the edge only.',
      }),
    });
    for (const other of others) expect(other).toEqual(first);
  });

  it.each([
    ['headers_disagree', 403, undefined],
    ['request_mismatch', 403, undefined],
    ['keys_unavailable', 503, '1'],
  ] as const)('%s is %i', (reason, status, retry) => {
    const made = answer({ ok: false, reason });
    expect([made.status, made.headers['Retry-After']]).toEqual([status, retry]);
    expect(new Response(made.body, made).status).toBe(status);
  });
});
