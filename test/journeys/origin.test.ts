import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { createVerifier, type VerifierOptions } from '../../src/origin/index.ts';
import type { Reply, Seen } from '../origin.ts';
import { inUse } from '../secrets.ts';
import {
  API,
  call,
  DESK,
  emulator,
  isolate,
  issueKey,
  later,
  notGood,
  now,
  refusalOf,
  rooms,
  send,
  signIn,
  subjectOf,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };

let session: string;
let key: string;
let keyId: string;

beforeAll(async () => {
  await emulator('DELETE', '/faults');
  session = await signIn();
  ({ key, key_id: keyId } = await issueKey(session, ['items:read', 'items:write']));
});
beforeEach(() => rooms.ORIGIN.reset());
afterEach(now);

/** What the origin saw last. */
const seen = async (): Promise<Seen> => {
  const last = (await rooms.ORIGIN.records()).at(-1);
  if (last === undefined) throw new Error('the origin was not called');
  return last;
};

const seenHeaders = async (): Promise<Record<string, string>> => Object.fromEntries((await seen()).headers);

const replied = async (reply: Reply, path = '/v1/items/1', init: RequestInit = {}): Promise<Response> => {
  await rooms.ORIGIN.next(reply);
  return call(key, path, init);
};

/** Puts an origin in the place of the other that sends back each chunk as it comes, in the very isolate of the test. */
const whileEchoing = async (work: () => Promise<void>): Promise<void> => {
  const fetch = vi.mocked(globalThis.fetch);
  const before = fetch.getMockImplementation() ?? fetch;
  fetch.mockImplementation(async (input, init) =>
    String(input).startsWith('https://origin.test/') ? new Response(init?.body ?? null) : before(input, init),
  );
  await work().finally(() => fetch.mockImplementation(before));
};

describe('a body', () => {
  it('reaches the origin, and the answer the client, chunk by chunk, before either has ended', () =>
    whileEchoing(async () => {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const writer = writable.getWriter();
      const headers = { 'x-api-key': key };
      const sending = isolate().fetch(`${API}/v1/any/stream`, { method: 'POST', headers, body: readable });
      void writer.write(new TextEncoder().encode('one'));
      const reader = (await sending).body?.pipeThrough(new TextDecoderStream()).getReader();
      expect(await reader?.read()).toEqual({ done: false, value: 'one' });
      void writer.write(new TextEncoder().encode('two'));
      expect(await reader?.read()).toEqual({ done: false, value: 'two' });
      await writer.close();
      expect((await reader?.read())?.done).toBe(true);
    }));

  it('of an answer that never ends is there from its first chunk on', async () => {
    const answer = await replied({ chunks: ['first', 'never'], chunkDelayMs: 3_600_000 });
    const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
    expect(await reader?.read()).toEqual({ done: false, value: 'first' });
    await reader?.cancel();
  });

  it('passes as it is, bytes, type and length', async () => {
    const body = JSON.stringify({ a: 'ä', b: 'x'.repeat(500) });
    const init = { method: 'PUT', headers: { 'content-type': 'application/vnd.acme+json' }, body };
    expect((await call(key, '/v1/items/1?a=%20b&a=c', init)).status).toBe(200);
    expect(await seen()).toMatchObject({
      method: 'PUT',
      url: 'https://origin.test/v1/items/1?a=%20b&a=c',
      body,
    });
    expect(await seenHeaders()).toMatchObject({ 'content-type': 'application/vnd.acme+json' });
  });

  it('of a megabyte comes back whole', async () => {
    const answer = await replied({ bodyBytes: 1_000_000 });
    expect((await answer.arrayBuffer()).byteLength).toBe(1_000_000);
  });

  it('over the limit of its route is 413, announced or not; at the limit it passes', async () => {
    const tooLarge = { status: 413, code: 'body_too_large', ...NONE };
    const announced = { method: 'POST', body: 'x'.repeat(1_001) };
    expect(await refusalOf(await call(key, '/v1/items/1', announced))).toEqual(tooLarge);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect((await call(key, '/v1/items/1', { method: 'POST', body: 'x'.repeat(1_000) })).status).toBe(200);
    expect((await seen()).body.length).toBe(1_000);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const writing = writer
      .write(new Uint8Array(1_001))
      .then(() => writer.close())
      .catch(() => undefined);
    const chunked = { method: 'POST', headers: { 'x-api-key': key }, body: readable };
    expect(await refusalOf(await isolate().fetch(`${API}/v1/items/1`, chunked))).toEqual(tooLarge);
    await writing;
    expect((await seen()).body.length).toBe(1_000);
  });
});

describe('a request', () => {
  it('carries who calls, and nothing of what the client said about that', async () => {
    const claims = {
      'x-latchkey-user-id': 'mallory',
      'x-latchkey-auth': 'session',
      'x-latchkey-assertion': 'x',
    };
    const others = {
      'x-latchkey-organization-id': 'o',
      x_latchkey_user_id: 'm',
      'x-forwarded-for': '6.6.6.6',
    };
    const kept = { 'x-request-id': 'client-made-1', 'if-none-match': '"1"', 'accept-language': 'de' };
    const headers = { ...claims, ...others, ...kept, cookie: 'a=b', 'proxy-authorization': 'x' };
    const answer = await call(key, '/v1/items/1', { headers });
    expect([answer.status, answer.headers.get('x-request-id')]).toEqual([200, 'client-made-1']);
    const at = await seenHeaders();
    expect(at).toMatchObject({
      ...kept,
      'x-latchkey-user-id': subjectOf(session),
      'x-latchkey-key-id': keyId,
      'x-latchkey-auth': 'api_key',
      'x-latchkey-scopes': 'items:read items:write',
      'x-latchkey-assertion': expect.stringMatching(/^eyJ/),
      'x-forwarded-host': 'api.test',
      'x-forwarded-proto': 'https',
      'cdn-loop': 'desk.test',
    });
    for (const name of ['authorization', 'x-api-key', 'cookie', 'proxy-authorization', 'x_latchkey_user_id'])
      expect(at).not.toHaveProperty([name]);
    expect(at['x-latchkey-organization-id']).toBeUndefined();
    expect(at['x-forwarded-for']).toBeUndefined();
    expect(JSON.stringify(at)).not.toContain(key.slice(39, 83));
  });

  it('gets an id of ours where its own is none', async () => {
    for (const bad of ['short', 'a b c d e f g', 'x'.repeat(65), 'ünïcode-id']) {
      const answer = await call(key, '/v1/items/1', { headers: { 'x-request-id': bad } });
      const id = answer.headers.get('x-request-id');
      expect(id).toMatch(/^[A-Za-z0-9_-]{22}$/);
      expect((await seenHeaders())['x-request-id']).toBe(id);
    }
  });

  it('of method HEAD is HEAD at the origin, and has no body', async () => {
    const answer = await replied({ headers: [['x-count', '7']] }, '/v1/items/1', { method: 'HEAD' });
    expect([answer.status, answer.headers.get('x-count'), await answer.text()]).toEqual([200, '7', '']);
    expect((await seen()).method).toBe('HEAD');
  });

  it('that has been here before is 508', async () => {
    const here = { headers: { 'cdn-loop': 'cdn.example, desk.test; v=1' } };
    expect(await refusalOf(await call(key, '/v1/items/1', here))).toEqual({
      status: 508,
      code: 'loop',
      ...NONE,
    });
    expect(await rooms.ORIGIN.records()).toEqual([]);
    const elsewhere = { headers: { 'cdn-loop': 'desk.test.example' } };
    expect((await call(key, '/v1/items/1', elsewhere)).status).toBe(200);
    expect((await seenHeaders())['cdn-loop']).toBe('desk.test.example, desk.test');
  });
});

describe('an answer', () => {
  it.each([301, 302, 303, 307, 308])('of %i is passed and not followed', async (status) => {
    const answer = await replied({ status, headers: [['location', 'https://elsewhere.test/x']] });
    expect([answer.status, answer.headers.get('location')]).toEqual([status, 'https://elsewhere.test/x']);
    expect(await rooms.ORIGIN.records()).toHaveLength(1);
  });

  it.each([
    ['https://origin.test/next?a=b#c', `${API}/next?a=b#c`],
    ['//origin.test/next', `${API}/next`],
    ['http://origin.test:8080/next', `${API}/next`],
    ['/next', '/next'],
    ['next', 'next'],
    ['https://origin.test.evil/next', 'https://origin.test.evil/next'],
  ])('that points to %s points to %s', async (location, told) => {
    expect((await replied({ status: 302, headers: [['location', location]] })).headers.get('location')).toBe(
      told,
    );
  });

  it('of 401 is passed, marked as the origin’s, and challenges with nothing of the origin’s', async () => {
    const headers = [['www-authenticate', 'Basic realm="inside"']] as const;
    const answer = await replied({ status: 401, headers, body: 'the origin says no' });
    expect([answer.status, await answer.text()]).toEqual([401, 'the origin says no']);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(answer.headers.get('x-latchkey-source')).toBe('origin');
  });

  it.each([200, 201, 403, 404, 422, 429, 500, 503])('of %i is passed as it is', async (status) => {
    const answer = await replied({
      status,
      body: 'said',
      headers: [
        ['retry-after', '9'],
        ['x-own', 'yes'],
      ],
    });
    expect([answer.status, await answer.text()]).toEqual([status, 'said']);
    expect(answer.headers.get('retry-after')).toBe('9');
    expect(answer.headers.get('x-own')).toBe('yes');
  });

  it.each([204, 304])('of %i has no body', async (status) => {
    const answer = await replied({ status, headers: [['etag', '"1"']] });
    expect([answer.status, answer.headers.get('etag'), await answer.text()]).toEqual([status, '"1"', '']);
  });

  it('says nothing of what only the origin and the edge should know', async () => {
    const inside = [
      ...[
        'x-latchkey-user-id',
        'x-latchkey-assertion',
        'x_latchkey_auth',
        'set-cookie',
        'server',
        'x-powered-by',
      ],
      ...['alt-svc', 'strict-transport-security', 'clear-site-data', 'refresh', 'nel', 'report-to'],
      ...[
        'service-worker-allowed',
        'ratelimit-limit',
        'x-ratelimit-remaining',
        'access-control-allow-origin',
      ],
      ...['proxy-authenticate', 'x-accel-redirect', 'x-sendfile', 'x-middleware-next'],
    ];
    const headers = [...inside, 'x-kept'].map((name) => [name, 'from-inside'] as const);
    const answer = await replied({ headers, body: 'ok' });
    const told = Object.fromEntries(answer.headers);
    for (const name of inside) expect([name, told[name]]).toEqual([name, undefined]);
    expect(told['x-kept']).toBe('from-inside');
  });

  it('tells what is left of the limit, in our words and not in the origin’s', async () => {
    const headers = [
      ['ratelimit', '"theirs";r=1'],
      ['ratelimit-policy', '"theirs";q=1'],
      ['x-request-id', 'theirs-12'],
    ];
    const answer = await replied({ headers: headers as [string, string][], body: 'ok' });
    expect(answer.headers.get('ratelimit')).toMatch(/^"owner";r=\d+;t=\d+$/);
    expect(answer.headers.get('ratelimit-policy')).toBe('"owner";q=600;w=60');
    expect(answer.headers.get('server-timing')).toMatch(/^gate;dur=\d+$/);
    expect(answer.headers.get('x-request-id')).toMatch(/^[A-Za-z0-9_-]{22}$/);
  });

  it.each([
    [undefined, 'private, no-store'],
    ['public, max-age=600', 'private, no-store'],
    ['max-age=600', 'private, no-store'],
    ['s-maxage=600, private', 'private, no-store'],
    ['private="x-name", max-age=600', 'private, no-store'],
    ['private, max-age=60', 'private, max-age=60'],
    ['no-store', 'no-store'],
  ])('for one caller with Cache-Control %s says %s to caches', async (said, told) => {
    const own = said === undefined ? [] : [['cache-control', said] as const];
    const headers = [...own, ['cdn-cache-control', 'max-age=600'] as const, ['vary', 'Accept'] as const];
    const answer = await replied({ headers, body: 'mine' });
    expect(answer.headers.get('cache-control')).toBe(told);
    expect(answer.headers.get('cdn-cache-control')).toBeNull();
    expect(answer.headers.get('vary')).toBe('Accept, Authorization, X-API-Key, Cookie');
  });

  it('for anybody may be kept, and varies where a credential would have changed it', async () => {
    const reply = { headers: [['cache-control', 'public, max-age=600']] as const, body: 'everybody’s' };
    await rooms.ORIGIN.next(reply, reply);
    const free = await send(`${API}/public/1`);
    expect([free.headers.get('cache-control'), free.headers.get('vary')]).toEqual([
      'public, max-age=600',
      null,
    ]);
    const optional = await send(`${API}/optional/1`);
    expect(optional.headers.get('cache-control')).toBe('public, max-age=600');
    expect(optional.headers.get('vary')).toBe('Authorization, X-API-Key, Cookie');
  });
});

describe('an origin', () => {
  it('that refuses the connection is 502', async () => {
    expect(await refusalOf(await replied({ fail: 'refuse' }))).toEqual({
      status: 502,
      code: 'origin_failed',
      ...NONE,
    });
  });

  it('that does not answer in time is 504', async () => {
    const refused = await refusalOf(await replied({ fail: 'hang' }));
    expect(refused).toEqual({ status: 504, code: 'origin_timed_out', ...NONE });
  });

  it('that breaks off in the middle breaks off the client’s answer: a part is not taken for the whole', async () => {
    await rooms.ORIGIN.next({ chunks: ['half'], fail: 'break' });
    const answer = await isolate().call(key);
    expect(answer.status).toBe(200);
    await expect(answer.text()).rejects.toThrow();
  });

  it('has its answers kept by no cache of ours: two callers of one path are two requests', async () => {
    const other = await issueKey(await signIn());
    const reply = (body: string) => ({ body, headers: [['cache-control', 'public, max-age=600']] as const });
    await rooms.ORIGIN.next(reply('ada’s'), reply('grace’s'));
    expect(await (await call(key, '/v1/items/report.csv')).text()).toBe('ada’s');
    expect(await (await call(other.key, '/v1/items/report.csv')).text()).toBe('grace’s');
    expect(await rooms.ORIGIN.records()).toHaveLength(2);
  });
});

describe('the assertion', () => {
  const options: VerifierOptions = {
    jwksUrl: `${DESK}/.well-known/jwks.json`,
    issuer: DESK,
    audience: 'acme-api',
    fetch: (url) => send(String(url)),
  };

  const headersSeen = async (): Promise<Headers> =>
    new Headers((await seen()).headers.map(([n, v]) => [n, v]));

  it('proves to an origin who calls, by keys that it gets from the Desk', async () => {
    await call(key);
    expect(await createVerifier(options)(await headersSeen())).toEqual({
      ok: true,
      identity: {
        auth: 'api_key',
        userId: subjectOf(session),
        organizationId: null,
        clientId: keyId,
        scopes: ['items:read', 'items:write'],
      },
    });
  });

  it('is good for this origin, this edge and a minute only', async () => {
    await call(key);
    const headers = await headersSeen();
    const reason = async (changed: Partial<VerifierOptions>) => {
      const verified = await createVerifier({ ...options, ...changed })(headers);
      return verified.ok ? 'ok' : verified.reason;
    };
    expect(await reason({ audience: 'other-api' })).toBe('audience_refused');
    expect(await reason({ issuer: 'https://desk.other' })).toBe('issuer_refused');
    expect(await reason({ nowMs: () => Date.now() + 66_000 })).toBe('expired');
    headers.set('x-latchkey-user-id', 'user-test-mallory');
    expect(await reason({})).toBe('headers_disagree');
    headers.delete('x-latchkey-assertion');
    expect(await reason({})).toBe('assertion_missing');
  });

  it('serves an identity for half a minute, then there is a new one', async () => {
    const here = isolate();
    const tokens: (string | undefined)[] = [];
    for (const seconds of [0, 29, 2]) {
      await later(seconds);
      await here.call(key);
      tokens.push((await seenHeaders())['x-latchkey-assertion']);
    }
    expect(tokens[1]).toBe(tokens[0]);
    expect(tokens[2]).not.toBe(tokens[0]);
  });

  it('is another one for the pair of a key than for the key', async () => {
    const here = isolate();
    const pair = btoa(`${key.slice(0, 38)}:${key.slice(39)}`);
    inUse(pair);
    const url = `${API}/v1/items/1`;
    for (const [headers, auth] of [
      [{ authorization: `Bearer ${key}` }, 'api_key'],
      [{ authorization: `Basic ${pair}` }, 'client_credentials'],
      [{ 'x-api-key': key }, 'api_key'],
    ] as const) {
      expect((await here.fetch(url, { headers })).status).toBe(200);
      const verified = await createVerifier(options)(await headersSeen());
      expect(verified).toMatchObject({ ok: true, identity: { auth } });
    }
  });

  it('of a route that asks for it is bound to method and path, and new for each request', async () => {
    const ids: string[] = [];
    const isNew = async (id: string) => !ids.includes(id) && ids.push(id) > 0;
    const verify = createVerifier({ ...options, requireRequestBinding: true, isNew });
    await call(key, '/v1/strict/a?b=c');
    const first = await headersSeen();
    const request = { method: 'GET', url: 'https://origin.test/v1/strict/a?b=c' };
    expect(await verify(first, { ...request, method: 'POST' })).toMatchObject({ reason: 'request_mismatch' });
    expect(await verify(first, { ...request, url: 'https://origin.test/v1/strict/b' })).toMatchObject({
      reason: 'request_mismatch',
    });
    expect(await verify(first, request)).toMatchObject({ ok: true });
    expect(await verify(first, request)).toMatchObject({ reason: 'replayed' });
    await call(key, '/v1/strict/a?b=c');
    expect(await verify(await headersSeen(), request)).toMatchObject({ ok: true });
    await call(key);
    expect(await verify(await headersSeen(), request)).toMatchObject({ reason: 'request_unbound' });
  });

  it('says of a session whose it is, and that it is one', async () => {
    expect((await call(session, '/v1/any/1')).status).toBe(200);
    expect(await createVerifier(options)(await headersSeen())).toMatchObject({
      ok: true,
      identity: { auth: 'session', userId: subjectOf(session), clientId: null },
    });
  });

  it('says of nobody that it is nobody', async () => {
    for (const path of ['/public/1', '/optional/1']) {
      expect((await send(`${API}${path}`)).status).toBe(200);
      expect(await createVerifier(options)(await headersSeen())).toEqual({
        ok: true,
        identity: { auth: 'anonymous', userId: null, organizationId: null, clientId: null, scopes: [] },
      });
    }
  });
});

describe('a route', () => {
  const BAD = `acme_test_${'0'.repeat(28)}_${'0'.repeat(61)}`;
  const missing = {
    status: 401,
    code: 'credential_missing',
    challenge: 'Bearer realm="acme-api"',
    retryAfter: null,
  };

  it('with optional authentication lets nobody in as nobody, and a bad key not at all', async () => {
    expect((await send(`${API}/optional/1`)).status).toBe(200);
    expect((await seenHeaders())['x-latchkey-auth']).toBe('anonymous');
    expect((await call(key, '/optional/1')).status).toBe(200);
    expect((await seenHeaders())['x-latchkey-auth']).toBe('api_key');
    await rooms.ORIGIN.reset();
    expect(await refusalOf(await call(BAD, '/optional/1'))).toEqual(notGood('acme-api'));
    const spoken = { headers: { authorization: 'Token x' } };
    expect(await refusalOf(await send(`${API}/optional/1`, spoken))).toEqual(missing);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('without authentication does not look at credentials, and does not pass them on', async () => {
    for (const each of [BAD, key]) {
      expect((await call(each, '/public/1', { headers: { 'x-api-key': each } })).status).toBe(200);
      const at = await seenHeaders();
      expect(at).toMatchObject({ 'x-latchkey-auth': 'anonymous' });
      expect(at).not.toHaveProperty(['authorization']);
      expect(at).not.toHaveProperty(['x-api-key']);
    }
  });

  it('tells everybody what he lacks, and calls the origin for none of them', async () => {
    const pair = btoa(`${key.slice(0, 38)}:${key.slice(39)}`);
    inUse(pair);
    const basic = { authorization: `Basic ${pair}` };
    const reader = await issueKey(session);
    const scoped = (scheme: string) => ({
      ...{ status: 403, code: 'insufficient_scope', retryAfter: null, required_scopes: ['admin:all'] },
      challenge: `${scheme}Bearer realm="acme-api", error="insufficient_scope", scope="admin:all"`,
    });
    const cases = [
      [{}, 'GET', '/v1/items/1', missing],
      [{ authorization: `Bearer ${BAD}` }, 'GET', '/v1/items/1', notGood('acme-api')],
      [{ 'x-api-key': BAD }, 'GET', '/v1/items/1', notGood('acme-api')],
      [{ authorization: `Bearer ${key}` }, 'GET', '/v1/payouts/1', scoped('')],
      [basic, 'GET', '/v1/payouts/1', scoped('Basic realm="acme-api", charset="UTF-8", ')],
      [
        { authorization: `Bearer ${key}` },
        'GET',
        '/v1/pairs',
        { status: 403, code: 'credential_kind_not_allowed', ...NONE },
      ],
      [
        { authorization: `Bearer ${key}`, 'x-api-key': key },
        'GET',
        '/v1/items/1',
        {
          ...{ status: 400, code: 'invalid_request', retryAfter: null },
          challenge: 'Bearer realm="acme-api", error="invalid_request"',
        },
      ],
      [
        { authorization: `Bearer ${key}` },
        'OPTIONS',
        '/v1/items/1',
        { status: 405, code: 'method_not_allowed', ...NONE },
      ],
      [{ authorization: `Bearer ${key}` }, 'GET', '/v2', { status: 404, code: 'no_route', ...NONE }],
      [
        { authorization: `Bearer ${reader.key}` },
        'DELETE',
        '/v1/items/1',
        {
          ...{ status: 403, code: 'insufficient_scope', retryAfter: null, required_scopes: ['items:write'] },
          challenge: 'Bearer realm="acme-api", error="insufficient_scope", scope="items:write"',
        },
      ],
    ] as const;
    for (const [headers, method, path, refusal] of cases) {
      expect(await refusalOf(await send(`${API}${path}`, { method, headers }))).toEqual(refusal);
    }
    expect((await send(`${API}/v1/pairs`, { headers: basic })).status).toBe(200);
    expect(await rooms.ORIGIN.records()).toHaveLength(1);
  });
});
