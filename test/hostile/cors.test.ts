import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { APP, corsOf, OTHER_APP, STRANGERS, variesByOrigin } from '../cors.ts';
import settings from '../settings.ts';
import { API, DESK, type Isolate, isolate, issueKey, rooms, signIn } from '../world.ts';

/** The routes of the tests, some limits besides, for two pages. */
const latchkey = latchkeyFor({
  ...settings,
  cors: { origins: [APP, OTHER_APP] },
  routes: [...settings.routes, { path: '/v1/options/**', methods: ['GET', 'OPTIONS'] }],
});

let edge: Isolate;
let session: string;
let key: string;

beforeAll(async () => {
  session = await signIn();
  ({ key } = await issueKey(session));
});

beforeEach(async () => {
  edge = isolate({}, latchkey);
  await rooms.ORIGIN.reset();
});

const preflight = (path: string, origin: string, method: string, asked?: string): Promise<Response> =>
  edge.fetch(API + path, {
    method: 'OPTIONS',
    headers: {
      ...{ origin, 'access-control-request-method': method },
      ...(asked === undefined ? {} : { 'access-control-request-headers': asked }),
    },
  });

describe('WEB-06 › a preflight', () => {
  it.each([
    ['/v1/items/1', 'PATCH', 'GET, HEAD, POST, PUT, PATCH, DELETE'],
    ['/v1/items/1', 'GET', 'GET, HEAD, POST, PUT, PATCH, DELETE'],
    ['/v1/options/1', 'GET', 'GET, HEAD, OPTIONS'],
    ['/public/1', 'DELETE', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
    ['/optional/1', 'OPTIONS', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
    ['/v1/payouts/1', 'POST', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS'],
  ])('for %s and %s is answered here, without a credential', async (path, method, methods) => {
    for (const origin of [APP, OTHER_APP]) {
      const response = await preflight(path, origin, method);
      expect([response.status, await response.text()]).toEqual([204, '']);
      expect(corsOf(response)).toEqual({
        'access-control-allow-origin': origin,
        'access-control-allow-methods': methods,
        'access-control-allow-headers': 'authorization, x-api-key, content-type, idempotency-key',
        'access-control-max-age': '7200',
      });
      expect(variesByOrigin(response)).toBe(true);
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect(edge.calls).toEqual([]);
  });

  it('may ask for more headers, as far as they are field names', async () => {
    const allowed = async (asked: string) =>
      (await preflight('/v1/items/1', APP, 'GET', asked)).headers
        .get('access-control-allow-headers')
        ?.split(', ')
        .slice(4);
    expect(await allowed('x-trace,if-match')).toEqual(['x-trace', 'if-match']);
    expect(await allowed('X-Trace, authorization,  x-trace')).toEqual(['x-trace']);
    expect(await allowed('*')).toEqual([]);
    expect(await allowed('x-a: b, x y, "x", x(y), <x>, ,x-good')).toEqual(['x-good']);
    expect(await allowed(`x-${'a'.repeat(63)}`)).toEqual([]);
    expect(await allowed(Array(1_000).fill('x-long').join(','))).toEqual([]);
  });

  it.each(STRANGERS)('of %j is told nothing, and never the origin', async (origin) => {
    for (const path of ['/v1/items/1', '/public/1', '/optional/1', '/v1/any/1']) {
      const response = await preflight(path, origin, 'GET', 'authorization');
      expect(response.status).toBe(204);
      expect(corsOf(response)).toEqual({});
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('for a method that the path does not take is 405, for a path without a route 404', async () => {
    for (const method of ['OPTIONS', 'TRACE', 'get', 'PURGE', 'GET, POST', '*', '']) {
      const response = await preflight('/v1/items/1', APP, method);
      expect([method, response.status]).toEqual([method, 405]);
      expect(response.headers.get('allow')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
    }
    expect((await preflight('/v2', APP, 'GET')).status).toBe(404);
    expect((await edge.fetch('https://other.test/v1/items/1', { method: 'OPTIONS' })).status).toBe(421);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('does not look at the credential that it should not have', async () => {
    const headers = { origin: APP, 'access-control-request-method': 'GET', authorization: `Bearer ${key}` };
    const response = await edge.fetch(`${API}/v1/items/1`, { method: 'OPTIONS', headers });
    expect(response.status).toBe(204);
    expect(response.headers.get('ratelimit')).toBeNull();
    expect(edge.calls).toEqual([]);
  });
});

describe('PATH-08 › an OPTIONS that is no preflight', () => {
  it.each([
    ['without a method to follow', { origin: APP }],
    ['without an origin', { 'access-control-request-method': 'GET' }],
    ['with neither', {}],
  ])('%s needs a route and a credential like any method', async (_, headers: Record<string, string>) => {
    const options = (path: string, more: Record<string, string> = {}) =>
      edge.fetch(API + path, { method: 'OPTIONS', headers: { ...headers, ...more } });
    expect((await options('/v1/items/1')).status).toBe(405);
    expect((await options('/v2')).status).toBe(404);
    expect((await options('/v1/options/1')).status).toBe(401);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect((await options('/v1/options/1', { authorization: `Bearer ${key}` })).status).toBe(200);
    expect(await rooms.ORIGIN.records()).toHaveLength(1);
  });
});

describe('WEB-06 › an answer', () => {
  const get = (path: string, origin?: string, more: Record<string, string> = {}) =>
    edge.fetch(API + path, { headers: { ...(origin === undefined ? {} : { origin }), ...more } });

  it('may be read by the page that asked, with what the Gate says in its headers, and by no cookie', async () => {
    const response = await get('/v1/items/1', APP, { authorization: `Bearer ${key}` });
    expect(response.status).toBe(200);
    expect(corsOf(response)).toEqual({
      'access-control-allow-origin': APP,
      'access-control-expose-headers': expect.stringMatching(/^[A-Za-z, -]+$/),
    });
    const exposed = response.headers.get('access-control-expose-headers')?.split(', ') ?? [];
    const needed = ['RateLimit', 'RateLimit-Policy', 'Retry-After', 'X-Request-Id', 'WWW-Authenticate'];
    expect(exposed).toEqual(expect.arrayContaining([...needed, 'Server-Timing', 'Location', 'ETag']));
    expect(exposed).toContain('X-Latchkey-Source');
    expect(response.headers.get('vary')).toBe('Authorization, X-API-Key, Cookie, Origin');
  });

  it('that refuses may be read as well', async () => {
    const readable = { 'access-control-allow-origin': APP };
    for (const [path, status, more] of [
      ['/v1/items/1', 401, {}],
      ['/v1/items/1', 401, { authorization: 'Bearer nonsense' }],
      ['/v1/payouts/1', 403, { authorization: `Bearer ${key}` }],
      ['/v2', 404, {}],
      ['/v1/items/1?api_key=x', 400, {}],
    ] as const) {
      const response = await get(path, APP, more);
      expect([path, response.status]).toEqual([path, status]);
      expect(corsOf(response)).toMatchObject(readable);
      expect(response.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
      expect(variesByOrigin(response)).toBe(true);
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it.each(STRANGERS)('for %j has no CORS header at all', async (origin) => {
    for (const path of ['/v1/items/1', '/public/1', '/v2']) {
      expect(corsOf(await get(path, origin))).toEqual({});
      expect(corsOf(await get(path, origin, { authorization: `Bearer ${key}` }))).toEqual({});
    }
  });

  it('varies by origin whoever asks, so that a cache does not give one page the answer of another', async () => {
    for (const origin of [undefined, APP, 'https://evil.test'])
      for (const path of ['/public/1', '/optional/1', '/v1/any/1'])
        expect(variesByOrigin(await get(path, origin, { authorization: `Bearer ${key}` }))).toBe(true);
  });

  it('HDR-12 › has nothing of what the origin says about CORS', async () => {
    await rooms.ORIGIN.always('*', {
      headers: [
        ['Access-Control-Allow-Origin', '*'],
        ['Access-Control-Allow-Credentials', 'true'],
        ['Access-Control-Expose-Headers', 'X-Secret'],
        ['Access-Control-Allow-Private-Network', 'true'],
        ['Vary', 'Accept'],
      ],
    });
    for (const path of ['/public/1', '/v1/any/1']) {
      const headers = { authorization: `Bearer ${key}` };
      expect(corsOf(await get(path, 'https://evil.test', headers))).toEqual({});
      expect(corsOf(await get(path, undefined, headers))).toEqual({});
      const ours = await get(path, APP, headers);
      expect(Object.keys(corsOf(ours))).toEqual([
        'access-control-allow-origin',
        'access-control-expose-headers',
      ]);
      expect(ours.headers.get('access-control-expose-headers')).not.toContain('X-Secret');
      expect(ours.headers.get('vary')).toMatch(/^Accept, (?:.*, )?Origin$/);
    }
  });

  it('of the Desk is for no page but its own', async () => {
    for (const path of ['/v1/keys', '/v1/whoami', '/healthz', '/.well-known/jwks.json']) {
      const headers = { origin: APP, authorization: `Bearer ${session}` };
      expect(corsOf(await edge.fetch(DESK + path, { headers }))).toEqual({});
      const asked = { origin: APP, 'access-control-request-method': 'POST' };
      expect(corsOf(await edge.fetch(DESK + path, { method: 'OPTIONS', headers: asked }))).toEqual({});
    }
  });
});

describe('without cors.origins', () => {
  it('there is no CORS header on anything', async () => {
    const here = isolate();
    for (const path of ['/v1/items/1', '/public/1']) {
      const headers = { origin: APP, authorization: `Bearer ${key}` };
      const response = await here.fetch(API + path, { headers });
      expect(corsOf(response)).toEqual({});
      expect(variesByOrigin(response)).toBe(false);
      const asked = { origin: APP, 'access-control-request-method': 'GET' };
      expect(corsOf(await here.fetch(API + path, { method: 'OPTIONS', headers: asked }))).toEqual({});
    }
  });
});
