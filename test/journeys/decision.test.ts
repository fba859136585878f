import { createLocalJWKSet, jwtVerify } from 'jose';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type AskedOf, DECISION_SECRET, decisive, PROXIES } from '../decision.ts';
import { inUse, logged } from '../secrets.ts';
import {
  API,
  beginAfresh,
  cannotTell,
  DESK,
  desk,
  emulator,
  fault,
  type Isolate,
  issueKey,
  later,
  notGood,
  refusalOf,
  rooms,
  signIn,
} from '../world.ts';

vi.setConfig({ testTimeout: 120_000 });
beginAfresh();
beforeEach(() => rooms.ORIGIN.reset());

const NAMES = Object.keys(PROXIES);

/** What Latchkey tells a proxy, and that nobody told the origin anything. */
const asking = async (here: Isolate, name: string, asked: AskedOf, address?: string): Promise<Response> => {
  const [url, init] = PROXIES[name]?.(asked, address) ?? ['', {}];
  const answer = await here.fetch(url, init);
  expect(await rooms.ORIGIN.records()).toEqual([]);
  return answer;
};

const bearer = (key: string) => ({ authorization: `Bearer ${key}` });

const told = (answer: Response) =>
  Object.fromEntries([...answer.headers].filter(([name]) => name.startsWith('x-latchkey-')));

/** Envoy takes away what is not said; for all others, what is empty takes the place of what the client may have sent. */
const unsaid = (name: string, ...names: readonly string[]) =>
  Object.fromEntries(name === 'Envoy' ? [] : names.map((each) => [`x-latchkey-${each}`, '']));

describe.each(NAMES)('a proxy that asks as %s', (name) => {
  it('is told who it is, what to take away, and what is left of the limit', async () => {
    const { key, key_id, owner } = await issueKey(await signIn());
    const headers = { ...bearer(key), 'x-request-id': 'request-of-a-client' };
    const answer = await asking(decisive(), name, { headers });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    const strip = 'Authorization, X-API-Key, Cookie, X-Latchkey-Organization-Id';
    expect(told(answer)).toEqual({
      'x-latchkey-auth': 'api_key',
      'x-latchkey-assertion': expect.any(String),
      'x-latchkey-user-id': owner.id,
      'x-latchkey-key-id': key_id,
      'x-latchkey-scopes': 'items:read',
      'x-latchkey-strip': strip,
      ...unsaid(name, 'organization-id'),
    });
    expect(answer.headers.get('x-envoy-auth-headers-to-remove')).toBe(name === 'Envoy' ? strip : null);
    expect(answer.headers.get('x-request-id')).toBe('request-of-a-client');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('ratelimit')).toMatch(/^"owner";r=\d+;t=\d+$/);
    expect(answer.headers.get('ratelimit-policy')).toBe('"owner";q=600;w=60');
  });

  it('is given an assertion that the origin believes, bound to the request where the route says so', async () => {
    const { key, owner } = await issueKey(await signIn());
    const here = decisive();
    const keys = createLocalJWKSet(await (await here.fetch(`${DESK}/.well-known/jwks.json`)).json());
    const claimsOf = async (asked: AskedOf) => {
      const answer = await asking(here, name, { ...asked, headers: bearer(key) });
      const jwt = answer.headers.get('x-latchkey-assertion') ?? '';
      return (await jwtVerify(jwt, keys, { issuer: DESK, audience: 'acme-api' })).payload;
    };
    expect(await claimsOf({ path: '/v1/any/a?b=c' })).toMatchObject({ sub: owner.id, auth: 'api_key' });
    const bound = await claimsOf({ method: 'PUT', path: '/v1/strict/7?b=c' });
    expect(bound).toMatchObject({ htm: 'PUT', htu: 'https://origin.test/v1/strict/7', sub: owner.id });
  });

  it('hears each refusal as the Gate tells it', async () => {
    const { key } = await issueKey(await signIn());
    const here = decisive();
    const refused = async (asked: AskedOf) => refusalOf(await asking(here, name, asked));
    const realm = 'Bearer realm="acme-api"';
    expect(await refused({})).toMatchObject({ status: 401, code: 'credential_missing', challenge: realm });
    expect(await refused({ headers: { 'x-api-key': 'planted' } })).toEqual(notGood('acme-api'));
    const scope = { method: 'DELETE', headers: bearer(key) };
    expect(await refused(scope)).toEqual({
      ...{ status: 403, code: 'insufficient_scope', retryAfter: null, required_scopes: ['items:write'] },
      challenge: `${realm}, error="insufficient_scope", scope="items:write"`,
    });
    const cases: readonly (readonly [AskedOf, number, string])[] = [
      [{ host: 'elsewhere.test' }, 421, 'host_unknown'],
      [{ host: 'desk.test' }, 421, 'host_unknown'],
      [{ path: '/v1//items/1' }, 400, 'path_not_canonical'],
      [{ path: '/v1/%69tems/1' }, 400, 'path_not_canonical'],
      [{ path: '/v1/any/%e2%82%ac' }, 400, 'path_not_canonical'],
      [{ path: `/v1/any/${'a'.repeat(4100)}` }, 414, 'target_too_long'],
      [{ headers: { authorization: `Bearer ${'a'.repeat(9000)}` } }, 431, 'headers_too_long'],
      [{ path: '/v2' }, 404, 'no_route'],
      [{ method: 'OPTIONS' }, 405, 'method_not_allowed'],
      [{ headers: { ...bearer(key), 'early-data': '1' } }, 425, 'early_data'],
      [{ path: '/v1/items/1?api_key=a' }, 400, 'invalid_request'],
      [{ headers: { ...bearer(key), 'x-api-key': key } }, 400, 'invalid_request'],
      [{ path: '/v1/pairs', headers: bearer(key) }, 403, 'credential_kind_not_allowed'],
      [{ headers: { ...bearer(key), 'cdn-loop': 'desk.test' } }, 508, 'loop'],
    ];
    for (const [asked, status, code] of cases)
      expect({ asked, ...(await refused(asked)) }).toMatchObject({ asked, status, code });
  });

  it('spends the cost of the route from the very limit that the Gate spends from', async () => {
    const { key } = await issueKey(await signIn(), ['items:read'], {
      limit: { requests: 20, per_seconds: 60 },
    });
    const here = decisive();
    const heavy = { path: '/v1/heavy', headers: bearer(key) };
    expect((await asking(here, name, heavy)).status).toBe(200);
    expect((await here.call(key, '/v1/heavy')).status).toBe(200);
    await rooms.ORIGIN.reset();
    const over = await asking(here, name, heavy);
    expect([over.status, over.headers.get('www-authenticate')]).toEqual([429, null]);
    expect(Number(over.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await over.json()).toMatchObject({ status: 429, code: 'rate_limited' });
    await later(61);
    expect((await asking(here, name, heavy)).status).toBe(200);
  });

  it('tells where its client is: an allow-list is judged by that, and by nothing that the client says', async () => {
    const list = ['192.0.2.0/24'];
    const { key } = await issueKey(await signIn(), ['items:read'], { ip_allowlist: list });
    const here = decisive();
    const headers = { ...bearer(key), 'x-forwarded-for': '192.0.2.7', 'x-client-ip': '192.0.2.7' };
    expect((await asking(here, name, { headers })).status).toBe(200);
    for (const address of ['198.51.100.1', 'nowhere', '192.0.2.7, 198.51.100.1', ''])
      expect(await refusalOf(await asking(here, name, { headers }, address))).toMatchObject({
        ...{ status: 403, code: 'address_not_allowed' },
      });
  });

  it('is told 503 where nobody can tell, and yes again when somebody can', async () => {
    const { key } = await issueKey(await signIn());
    await fault('token', { kind: 'status', status: 503 });
    expect(await refusalOf(await asking(decisive(), name, { headers: bearer(key) }))).toEqual(cannotTell());
    await emulator('DELETE', '/faults');
    expect((await asking(decisive(), name, { headers: bearer(key) })).status).toBe(200);
  });

  it('lets a revoked key in no more', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const here = decisive();
    expect((await asking(here, name, { headers: bearer(key) })).status).toBe(200);
    expect((await desk(session, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
    await later(6);
    expect(await refusalOf(await asking(here, name, { headers: bearer(key) }))).toEqual(notGood('acme-api'));
  });

  it('hears of nobody where a route asks for no credential, whatever is presented there', async () => {
    const answer = await asking(decisive(), name, { path: '/public/a', headers: { 'x-api-key': 'planted' } });
    expect([answer.status, told(answer)]).toEqual([
      200,
      {
        'x-latchkey-auth': 'anonymous',
        'x-latchkey-assertion': expect.any(String),
        ...unsaid(name, 'user-id', 'organization-id', 'key-id', 'scopes'),
        'x-latchkey-strip':
          'Authorization, X-API-Key, Cookie, X-Latchkey-User-Id, X-Latchkey-Organization-Id, X-Latchkey-Key-Id, X-Latchkey-Scopes',
      },
    ]);
  });

  it('asks once for a WebSocket: only where there may be one, only by a handshake, only for pages of the list', async () => {
    const { key } = await issueKey(await signIn());
    const here = decisive();
    const handshake = {
      ...{ 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' },
      ...bearer(key),
    };
    const at = (path: string, more: Readonly<Record<string, string>> = {}, method = 'GET') =>
      asking(here, name, { path, method, headers: { ...handshake, ...more } });
    expect((await at('/v1/socket/a')).status).toBe(200);
    expect((await at('/v1/socket/a', { origin: 'https://app.test' })).status).toBe(200);
    for (const [answer, status, code] of [
      [await at('/v1/any/a'), 426, 'upgrade_not_allowed'],
      [await at('/v1/socket/a', { 'sec-websocket-version': '8' }), 426, 'upgrade_not_allowed'],
      [await at('/v1/socket/a', { origin: 'https://evil.test' }), 403, 'origin_not_allowed'],
    ] as const)
      expect(await refusalOf(answer)).toMatchObject({ status, code });
  });

  it('is one line of the log, which says that a proxy asked', async () => {
    const { key, key_id } = await issueKey(await signIn());
    const here = decisive();
    // What Cloudflare says of where the proxy is.
    const cloudflares = { 'cf-ipcountry': 'CH', 'cf-ray': '9bd1f0c1a2b3c4d5-ZRH' };
    const line = async (asked: AskedOf) => {
      const id = `decision-${crypto.randomUUID()}`;
      const headers = { ...cloudflares, ...asked.headers, 'x-request-id': id };
      await asking(here, name, { ...asked, headers });
      const lines = logged().filter(({ request_id }) => request_id === id);
      expect(lines).toHaveLength(1);
      return lines[0];
    };
    expect(await line({ headers: bearer(key) })).toMatchObject({
      ...{ event: 'request', route: '/v1/items/**', decision: 'decided', reason: null, status: 200 },
      ...{ credential: 'api_key', key_id, origin_ms: 0, asked_by: 'proxy', country: null, colo: 'ZRH' },
    });
    expect(await line({})).toMatchObject({
      ...{ event: 'request', decision: 'refused', reason: 'credential_missing', status: 401 },
      asked_by: 'proxy',
    });
  });
});

describe('the body of what is asked about', () => {
  it('is judged by the length that the proxy tells', async () => {
    const { key } = await issueKey(await signIn(), ['items:write']);
    const here = decisive();
    for (const name of NAMES) {
      const post = (length: string) => ({
        ...{ method: 'POST', path: '/v1/items/1' },
        headers: { ...bearer(key), 'x-original-content-length': length },
      });
      // Of a request without a body, Caddy tells an empty one.
      for (const length of ['1000', '']) expect((await asking(here, name, post(length))).status).toBe(200);
      expect(await refusalOf(await asking(here, name, post('1001')))).toMatchObject({ status: 413 });
    }
  });
});

describe('a proxy that knows no refusal but 403', () => {
  const forbidding = async (here: Isolate, asked: AskedOf): Promise<Response> => {
    const [url, init] = PROXIES.nginx?.(asked) ?? ['', {}];
    return here.fetch(`${url}?refusals=403`, init);
  };

  it('hears 403 of all of them, and in headers what to tell its client', async () => {
    const { key } = await issueKey(await signIn());
    const here = decisive();
    expect((await forbidding(here, { headers: bearer(key) })).status).toBe(200);
    await fault('token', { kind: 'status', status: 503 });
    const unknown = await issueKey(await signIn());
    const cases: readonly (readonly [AskedOf, number, string, Readonly<Record<string, unknown>>])[] = [
      [{}, 401, 'credential_missing', { 'www-authenticate': expect.stringMatching(/^Bearer realm/) }],
      [{ path: '/v1//a' }, 400, 'path_not_canonical', {}],
      [{ path: '/v2' }, 404, 'no_route', {}],
      [{ method: 'OPTIONS' }, 405, 'method_not_allowed', { allow: 'GET, HEAD, POST, PUT, PATCH, DELETE' }],
      [{ headers: bearer(unknown.key) }, 503, 'unavailable', { 'retry-after': '1' }],
      [{ headers: { x_latchkey_auth: 'api_key' } }, 400, 'header_not_allowed', {}],
    ];
    for (const [asked, status, code, more] of cases) {
      const answer = await forbidding(here, asked);
      const headers = Object.fromEntries(answer.headers);
      expect(answer.status).toBe(403);
      expect(headers).toMatchObject({
        'x-latchkey-status': String(status),
        'cache-control': 'no-store',
        ...more,
      });
      const body = headers['x-latchkey-body'] ?? '';
      expect(body).toMatch(/^[\x20-\x7E]+$/);
      expect(JSON.parse(body)).toEqual(await answer.json());
      expect(JSON.parse(body)).toMatchObject({ status, code, request_id: headers['x-request-id'] });
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

describe('what the Gate answers by itself', () => {
  const page = { origin: 'https://app.test', 'access-control-request-method': 'POST' };
  const preflight = { method: 'OPTIONS', path: '/v1/items/1', headers: page };
  const metadata = { path: '/.well-known/oauth-protected-resource/v1/items/1' };

  it('is no yes to nginx, Traefik and Caddy: a preflight is 403, with what to tell the page', async () => {
    for (const name of ['nginx', 'Traefik or Caddy']) {
      const answer = await asking(decisive(), name, preflight);
      expect([answer.status, Object.fromEntries(answer.headers)]).toEqual([
        403,
        expect.objectContaining({
          'x-latchkey-status': '204',
          'x-latchkey-body': '',
          'access-control-allow-origin': 'https://app.test',
          'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE',
        }),
      ]);
      const described = await asking(decisive(), name, metadata);
      expect([described.status, described.headers.get('x-latchkey-status')]).toEqual([403, '200']);
      expect(JSON.parse(described.headers.get('x-latchkey-body') ?? '')).toMatchObject({
        resource: `${API}/v1/items/1`,
      });
    }
  });

  it('goes through Envoy as it is, where it is no 200: that alone is a yes to it', async () => {
    const answer = await asking(decisive(), 'Envoy', preflight);
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([
      204,
      'https://app.test',
    ]);
    expect(await refusalOf(await asking(decisive(), 'Envoy', metadata))).toMatchObject({ status: 404 });
  });

  it('a page may read what a refusal says, and what a yes does', async () => {
    const { key } = await issueKey(await signIn());
    for (const name of NAMES)
      for (const headers of [
        { origin: 'https://app.test' },
        { origin: 'https://app.test', ...bearer(key) },
      ]) {
        const answer = await asking(decisive(), name, { headers });
        expect(answer.headers.get('access-control-allow-origin')).toBe('https://app.test');
      }
  });
});

describe('the secret', () => {
  it('may be one of two while it is changed', async () => {
    const next = 'next-decision-secret-of-these-tests-0123456789a';
    inUse(next);
    const here = decisive({ DECISION_SECRET: `${next} ${DECISION_SECRET}` });
    const [url, init] = PROXIES.nginx?.({ path: '/public/a' }) ?? ['', {}];
    for (const [secret, status] of [
      [next, 200],
      [DECISION_SECRET, 200],
      [`${next} ${DECISION_SECRET}`, 404],
    ] as const) {
      const headers = { ...(init.headers as Record<string, string>), 'x-latchkey-decision-secret': secret };
      expect((await here.fetch(url, { ...init, headers })).status).toBe(status);
    }
  });
});
