import { decodeJwt } from 'jose';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import type { Settings } from '../../src/config.ts';
import type { Reply, Seen } from '../origin.ts';
import settings from '../settings.ts';
import { API, DESK, type Isolate, isolate, issueKey, refusalOf, rooms, signIn } from '../world.ts';

let key: string;

beforeAll(async () => {
  ({ key } = await issueKey(await signIn(), ['items:read', 'items:write']));
});
beforeEach(() => rooms.ORIGIN.reset());

/** One isolate under the file of the tests with other origins in it. */
const under = (changed: Partial<Settings>): Isolate => isolate({}, latchkeyFor({ ...settings, ...changed }));

const BOUND = { binding: 'ORIGIN', id: 'bound' } as const;
const ZONE = { zone: true, id: 'zone' } as const;

const seen = async (): Promise<Seen> => {
  const last = (await rooms.ORIGIN.records()).at(-1);
  if (last === undefined) throw new Error('the origin was not called');
  return last;
};

const assertionOf = ({ headers }: Seen) => {
  const { 'x-latchkey-assertion': assertion = '' } = Object.fromEntries(headers);
  return decodeJwt(assertion);
};

const call = (here: Isolate, path: string, init: RequestInit = {}): Promise<Response> =>
  here.fetch(`${API}${path}`, { ...init, headers: { ...init.headers, 'x-api-key': key } });

const redirected = async (here: Isolate, location: string): Promise<string | null> => {
  const reply: Reply = { status: 302, headers: [['Location', location]] };
  await rooms.ORIGIN.next(reply);
  const answer = await call(here, '/v1/any/1');
  expect(answer.status).toBe(302);
  return answer.headers.get('location');
};

describe.each([
  ['a service binding', BOUND],
  ['the zone', ZONE],
])('an origin that is %s', (_, place) => {
  it('gets the request under the API’s own name, with identity and assertion for it', async () => {
    const here = under({ origin: place });
    const init = { method: 'PUT', body: 'hello', headers: { 'x-latchkey-user-id': 'mallory' } };
    expect((await call(here, '/v1/items/1?a=b', init)).status).toBe(200);
    const record = await seen();
    expect(record).toMatchObject({ method: 'PUT', url: `${API}/v1/items/1?a=b`, body: 'hello' });
    expect(assertionOf(record)).toMatchObject({ aud: place.id, iss: 'https://desk.test' });
    const names = record.headers.map(([name]) => name);
    expect(names).not.toContain('x-api-key');
    expect(Object.fromEntries(record.headers)).toMatchObject({
      'cdn-loop': 'desk.test',
      'x-forwarded-host': 'api.test',
      'x-latchkey-auth': 'api_key',
    });
    expect(Object.fromEntries(record.headers)['x-latchkey-user-id']).not.toBe('mallory');
  });

  it('has its redirects passed as they are', async () => {
    const here = under({ origin: place });
    expect(await redirected(here, '/elsewhere')).toBe('/elsewhere');
    expect(await redirected(here, `${API}/elsewhere`)).toBe(`${API}/elsewhere`);
    expect(await redirected(here, 'http://api.test/elsewhere')).toBe(`${API}/elsewhere`);
    expect(await redirected(here, 'https://other.test/a')).toBe('https://other.test/a');
  });

  it('that points back at the edge is 508, and is not called', async () => {
    const answer = await call(under({ origin: place }), '/v1/any/1', {
      headers: { 'cdn-loop': 'desk.test' },
    });
    expect(await refusalOf(answer)).toMatchObject({ status: 508, code: 'loop', challenge: null });
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('that fails is 502, that is silent 504', async () => {
    const here = under({ origin: { ...place, timeoutSeconds: 1 } });
    await rooms.ORIGIN.next({ fail: 'refuse' }, { fail: 'hang' });
    expect(await refusalOf(await call(here, '/v1/any/1'))).toMatchObject({
      status: 502,
      code: 'origin_failed',
    });
    expect(await refusalOf(await call(here, '/v1/any/1'))).toMatchObject({
      status: 504,
      code: 'origin_timed_out',
    });
  });
});

describe('a route with an origin of its own', () => {
  const routes = [
    { path: '/v1/main' },
    { path: '/v1/bound', origin: BOUND },
    { path: '/v1/bound/request', origin: BOUND, assertion: 'request' },
    { path: '/v1/zone', origin: { zone: true } },
  ] as const;

  it('sends there, and each origin is sent assertions for itself, kept apart', async () => {
    const here = under({ routes });
    const rounds = [];
    for (const path of ['/v1/main', '/v1/bound', '/v1/zone', '/v1/main', '/v1/bound', '/v1/zone']) {
      expect((await call(here, path)).status).toBe(200);
      const record = await seen();
      const { aud, jti } = assertionOf(record);
      rounds.push({ url: record.url, aud, jti });
    }
    expect(rounds.slice(0, 3).map(({ url, aud }) => [url, aud])).toEqual([
      ['https://origin.test/v1/main', 'acme-api'],
      ['https://api.test/v1/bound', 'bound'],
      ['https://api.test/v1/zone', 'acme-api'],
    ]);
    // One assertion serves an identity at one audience for a while.
    expect(rounds.slice(3)).toEqual(rounds.slice(0, 3));
    expect(new Set(rounds.map(({ jti }) => jti)).size).toBe(2);
  });

  it('binds an assertion to the URL that its origin is asked by', async () => {
    await call(under({ routes }), '/v1/bound/request?a=b');
    expect(assertionOf(await seen())).toMatchObject({
      aud: 'bound',
      htm: 'GET',
      htu: `${API}/v1/bound/request`,
    });
  });

  it('does not send it the cookies that the file’s origin is sent', async () => {
    const origin = { ...settings.origin, keepCookies: true };
    const here = under({ origin, routes });
    const cookies = [];
    for (const path of ['/v1/main', '/v1/bound']) {
      await call(here, path, { headers: { cookie: 'a=b' } });
      cookies.push(Object.fromEntries((await seen()).headers).cookie);
    }
    expect(cookies).toEqual(['a=b', undefined]);
  });
});

it('PATH-14 › what is reserved is never the origin’s, though a route covers every path', async () => {
  const here = under({ routes: [{ path: '/**', auth: 'none' }] });
  const reserved = `${API}/.well-known/oauth-protected-resource`;
  for (const [url, method, status] of [
    [`${reserved}/`, 'GET', 404],
    [`${reserved}/public/a`, 'GET', 404],
    [`${reserved.replace('w', '%77')}/public/a`, 'GET', 404],
    [reserved, 'POST', 405],
    [reserved, 'GET', 200],
  ] as const)
    expect([url, (await here.fetch(url, { method })).status]).toEqual([url, status]);
  expect(await rooms.ORIGIN.records()).toEqual([]);
  expect((await here.fetch(`${reserved}x`)).status).toBe(200);
  expect(await rooms.ORIGIN.records()).toHaveLength(1);
});

describe('what the file says of requests', () => {
  it('is what the Gate does: names of headers, prefixes, parameters and semicolons', async () => {
    const file = { headerPrefix: 'X-Acme', stripPrefixes: ['x-corp-'], forbiddenQuery: ['token'] };
    const here = under({ ...file, pathParams: 'allow' });
    const headers = {
      authorization: `Bearer ${key}`,
      ...{ 'x-acme-user-id': 'mallory', 'x-acme-tomorrow': 'x', 'x-corp-role': 'root', 'x-corpus': '1' },
    };
    expect((await here.fetch(`${API}/v1/any/a;v=1?api_key=x`, { headers })).status).toBe(200);
    const at = await seen();
    expect(at.url).toBe('https://origin.test/v1/any/a;v=1?api_key=x');
    expect(
      at.headers
        .map(([name]) => name)
        .filter((name) => /^x-(?:acme|corp|latchkey)/.test(name))
        .sort(),
    ).toEqual(
      ['assertion', 'auth', 'key-id', 'scopes', 'user-id'].map((name) => `x-acme-${name}`).concat('x-corpus'),
    );
    expect(at.headers).not.toContainEqual(['x-acme-user-id', 'mallory']);
    await rooms.ORIGIN.reset();
    for (const url of [`${API}/v1/any/1?token=x`, `${DESK}/v1/whoami?token=x`])
      expect(await refusalOf(await here.fetch(url, { headers }))).toMatchObject({
        status: 400,
        code: 'invalid_request',
      });
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});
