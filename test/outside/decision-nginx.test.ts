import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { missingPackages, whySkipped } from '../packages.ts';
import { ANONYMOUS, base64, bearer, type Caller, request } from './edge.ts';
import { type Proxied, startProxied } from './proxied.ts';
import { nginx } from './proxies.ts';
import type { Seen } from './recording-origin.ts';
import { exchange, pipelined, type RawResponse, raw } from './socket.ts';

/**
 * Debian's nginx under the very files of examples/proxies/nginx, between raw sockets and an origin that writes down every
 * byte: what Latchkey decides must be what nginx does.
 */
const missing = missingPackages('origins');

describe.skipIf(missing.length > 0)(`nginx, which asks Latchkey${whySkipped('origins')}`, () => {
  let proxied: Proxied;
  let me: Caller;
  beforeAll(async () => {
    proxied = await startProxied('nginx', nginx);
    me = await proxied.newCaller();
  });
  afterAll(() => proxied?.stop());
  beforeEach(() => proxied.origin.reset());

  const send = (method: string, target: string, lines: readonly string[] = [], body = '') =>
    raw(proxied.port, request(method, target, lines, body));

  const headersOf = ({ headers }: Seen, pattern: RegExp) => headers.filter(([name]) => pattern.test(name));

  /** Asserts that exactly one request reached the origin, as this caller's and nobody else's. */
  const expectArrived = async (who: Caller | null, method: string, target: string): Promise<Seen> => {
    const [seen, another] = proxied.origin.records();
    if (seen === undefined) throw new Error('nothing arrived');
    expect([another, seen.method, seen.target]).toEqual([undefined, method, target]);
    const careless = headersOf(seen, /^x[^a-z0-9]latchkey/i);
    expect(new Set(careless.map(([name]) => name.toLowerCase())).size).toBe(careless.length);
    expect(headersOf(seen, /^(authorization|x-api-key|cookie)$/i)).toEqual([]);
    const lowered = Object.fromEntries(careless.map(([name, value]) => [name.toLowerCase(), value]));
    const identity = who?.identity ?? ANONYMOUS;
    expect(await proxied.verify(lowered, { method, url: target })).toEqual({ ok: true, identity });
    return seen;
  };

  /** Asserts a refusal in Latchkey's words, whole, and that the origin got nothing. */
  const expectRefused = (answer: RawResponse, status: number, code: string): void => {
    expect(proxied.origin.records()).toEqual([]);
    const { type, ...problem } = JSON.parse(answer.text);
    expect({ status: answer.status, ...problem }).toMatchObject({ status, code });
    expect([type, problem.status]).toEqual([`https://desk.test/problems/${code}`, status]);
    expect(answer.header('content-type')).toBe('application/problem+json');
    expect(answer.header('cache-control')).toBe('no-store');
    expect(answer.header('x-request-id')).toBe(problem.request_id);
    expect(answer.headers.filter(([name]) => /^x-latchkey/i.test(name))).toEqual([]);
  };

  test('hands on who calls, and tells the client what is left of the limit', async () => {
    const id = 'X-Request-Id: id-of-the-client';
    const answer = await send('GET', '/v1/items/1?a=b&c=%20', [bearer(me), id, 'Cookie: a=b']);
    expect(answer.status).toBe(200);
    const seen = await expectArrived(me, 'GET', '/v1/items/1?a=b&c=%20');
    expect(headersOf(seen, /^(host|x-request-id|x-forwarded-(for|host|proto))$/i)).toEqual([
      ['X-Request-Id', 'id-of-the-client'],
      ['Host', 'api.test'],
      ['X-Forwarded-Host', 'api.test'],
      ['X-Forwarded-Proto', 'http'],
      ['X-Forwarded-For', '127.0.0.1'],
    ]);
    expect(answer.header('x-request-id')).toBe('id-of-the-client');
    expect(answer.header('ratelimit')).toMatch(/^"owner";r=\d+;t=\d+$/);
    expect(answer.header('ratelimit-policy')).toBe('"owner";q=600;w=60');
    expect(answer.headers.filter(([name]) => /^x-latchkey/i.test(name))).toEqual([]);
  });

  test.each([
    ['X-API-Key', () => [`X-API-Key: ${me.key}`]],
    ['Basic', () => [`Authorization: Basic ${base64(`${me.keyId}:${me.key.slice(me.keyId.length + 1)}`)}`]],
  ] as const)('takes a key by %s', async (_, lines) => {
    expect((await send('GET', '/v1/any/a', lines())).status).toBe(200);
    const { records } = proxied.origin;
    expect(records().map(({ headers }) => Object.fromEntries(headers)['X-Latchkey-Key-Id'])).toEqual([
      me.keyId,
    ]);
  });

  test('hands a body on, which it keeps from Latchkey, up to the route’s limit', async () => {
    const post = (length: number) =>
      send('POST', '/v1/items/1', [bearer(me), `Content-Length: ${length}`], 'a'.repeat(length));
    expect((await post(1000)).status).toBe(200);
    expect((await expectArrived(me, 'POST', '/v1/items/1')).body.toString()).toBe('a'.repeat(1000));
    proxied.origin.reset();
    expectRefused(await post(1001), 413, 'body_too_large');
  });

  test('lets everybody through to what is open, as nobody', async () => {
    expect((await send('GET', '/public/a', [bearer(me)])).status).toBe(200);
    await expectArrived(null, 'GET', '/public/a');
  });

  test('hands on what the origin refuses, 403 and 500 among it, as it is', async () => {
    for (const status of [401, 403, 404, 500, 503]) {
      proxied.origin.reset();
      proxied.origin.next({ status, body: 'from the origin' });
      const answer = await send('GET', '/v1/items/1', [bearer(me)]);
      expect([answer.status, answer.text]).toEqual([status, 'from the origin']);
    }
  });

  test('keeps connections, and each request on one is asked about by itself', async () => {
    const get = (target: string, ...lines: string[]) => request('GET', target, lines);
    const answers = await pipelined(proxied.port, [
      get('/v1/items/1', bearer(me)),
      get('/v1/items/1'),
      get('/public/a'),
      get('/v1/items/2', bearer(me)),
      get('/v1/payouts/1', bearer(me)),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 401, 200, 200, 403]);
    expect(proxied.origin.records().map(({ target }) => target)).toEqual([
      '/v1/items/1',
      '/public/a',
      '/v1/items/2',
    ]);
  });

  describe('tells the client a refusal as Latchkey does, though it knows 401 and 403 alone:', () => {
    const realm = 'Bearer realm="acme-api"';

    test('401, with the challenge', async () => {
      const none = await send('GET', '/v1/items/1');
      expectRefused(none, 401, 'credential_missing');
      const metadata = `resource_metadata="https://api.test/.well-known/oauth-protected-resource/v1/items/1"`;
      expect(none.header('www-authenticate')).toBe(`${realm}, ${metadata}`);
      const bad = await send('GET', '/v1/items/1', [`Authorization: Bearer ${me.key.slice(0, -1)}_`]);
      expectRefused(bad, 401, 'invalid_token');
      expect(bad.header('www-authenticate')).toBe(`${realm}, error="invalid_token", ${metadata}`);
    });

    test('403, with the scopes that are missing', async () => {
      const answer = await send('GET', '/v1/payouts/1', [bearer(me)]);
      expectRefused(answer, 403, 'insufficient_scope');
      expect(answer.header('www-authenticate')).toContain('error="insufficient_scope", scope="admin:all"');
    });

    test.each([
      ['GET', '/v1//items/1', [], 400, 'path_not_canonical'],
      ['GET', '/v1/items/1?api_key=a', [], 400, 'invalid_request'],
      ['GET', '/v2', [], 404, 'no_route'],
      ['OPTIONS', '/v1/items/1', [], 405, 'method_not_allowed'],
      ['PURGE', '/v1/items/1', [], 405, 'method_unknown'],
      ['GET', `/public/${'a'.repeat(4100)}`, [], 414, 'target_too_long'],
      ['GET', '/v1/items/1', ['Host: elsewhere.test'], 421, 'host_unknown'],
      ['GET', '/v1/any/a', ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='], 426, 'upgrade_not_allowed'],
      ['GET', '/v1/any/a', ['X-HTTP-Method-Override: DELETE'], 400, 'header_not_allowed'],
    ] as const)('%s %s: %s', async (method, target, lines, status, code) => {
      expectRefused(await send(method, target, lines), status, code);
    });

    test('405, with the methods that are served', async () => {
      const answer = await send('OPTIONS', '/v1/items/1');
      expect(answer.header('allow')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
    });

    test('429, with when to come back, and nothing is spent twice', async () => {
      const limit = { limit: { requests: 20, per_seconds: 3600 } };
      const limited = await proxied.newCaller(['items:read'], limit);
      const heavy = () => send('GET', '/v1/heavy', [bearer(limited)]);
      expect([(await heavy()).status, (await heavy()).status]).toEqual([200, 200]);
      proxied.origin.reset();
      const answer = await heavy();
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([429, 'rate_limited']);
      expect(Number(answer.header('retry-after'))).toBeGreaterThan(0);
      expect(proxied.origin.records()).toEqual([]);
    });

    test('nothing at all to HEAD, but status and headers', async () => {
      const { responses } = await exchange(proxied.port, [request('HEAD', '/v1/items/1')]);
      expect(responses.map(({ status, text }) => [status, text])).toEqual([[401, '']]);
    });
  });

  describe('what Latchkey answers by itself', () => {
    test('a preflight never reaches the origin, and a page of the list may call', async () => {
      const ask = (origin: string) =>
        send('OPTIONS', '/v1/items/1', [`Origin: ${origin}`, 'Access-Control-Request-Method: DELETE']);
      const answer = await ask('https://app.test');
      expect([answer.status, answer.text]).toEqual([204, '']);
      expect(answer.header('access-control-allow-origin')).toBe('https://app.test');
      expect(answer.header('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
      expect((await ask('https://evil.test')).header('access-control-allow-origin')).toBeUndefined();
      expect(proxied.origin.records()).toEqual([]);
    });

    test('a page of the list may read answers and refusals', async () => {
      for (const lines of [[bearer(me)], []]) {
        const answer = await send('GET', '/v1/items/1', ['Origin: https://app.test', ...lines]);
        expect(answer.header('access-control-allow-origin')).toBe('https://app.test');
        expect(answer.header('access-control-expose-headers')).toContain('RateLimit');
        expect(answer.header('vary')).toBe('Origin');
      }
    });

    test('what clients are told of the API (RFC 9728)', async () => {
      const answer = await send('GET', '/.well-known/oauth-protected-resource/v1/items/1');
      expect([answer.status, answer.header('content-type')]).toEqual([200, 'application/json']);
      expect(JSON.parse(answer.text)).toMatchObject({ resource: 'https://api.test/v1/items/1' });
      expect(proxied.origin.records()).toEqual([]);
    });
  });

  describe('an identity that the client claims', () => {
    test.each([
      'X-Latchkey-User-Id',
      'X-Latchkey-Organization-Id',
      'x-latchkey-assertion',
      'X-Latchkey-Decision-Secret',
      'X-Latchkey-Status',
    ])('by %s never reaches the origin', async (name) => {
      const answer = await send('GET', '/v1/items/1', [`${name}: evil-intruder`, bearer(me)]);
      // nginx overwrites the secret; of all the others Latchkey hears.
      if (name === 'X-Latchkey-Decision-Secret') {
        expect(answer.status).toBe(200);
        await expectArrived(me, 'GET', '/v1/items/1');
      } else expectRefused(answer, 400, 'header_not_allowed');
    });

    test.each(['X_Latchkey_User_Id', 'X.Latchkey.User.Id', 'X-Latchkey_User-Id'])(
      'by %s is dropped by nginx, and reaches nobody',
      async (name) => {
        expect((await send('GET', '/v1/items/1', [`${name}: evil-intruder`, bearer(me)])).status).toBe(200);
        await expectArrived(me, 'GET', '/v1/items/1');
      },
    );

    test('and a client that speaks as the proxy does is asked about by what it sent itself', async () => {
      const lies = [
        ...['X-Original-URI: /public/a', 'X-Original-Method: GET', 'X-Original-Host: api.test'],
        ...['X-Forwarded-Uri: /public/a', 'X-Forwarded-Method: GET', 'X-Original-Address: 192.0.2.7'],
      ];
      expectRefused(await send('GET', '/v1/items/1', lies), 401, 'credential_missing');
    });

    test('and an address is none: an allow-list is judged by where the connection comes from', async () => {
      const home = await proxied.newCaller(['items:read'], { ip_allowlist: ['192.0.2.0/24'] });
      const lies = [
        'X-Original-Address: 192.0.2.7',
        'X-Real-IP: 192.0.2.7',
        'X-Forwarded-For: 192.0.2.7',
        'CF-Connecting-IP: 192.0.2.7',
      ];
      expectRefused(await send('GET', '/v1/items/1', [...lies, bearer(home)]), 403, 'address_not_allowed');
      const here = await proxied.newCaller(['items:read'], { ip_allowlist: ['127.0.0.1'] });
      expect((await send('GET', '/v1/items/1', [bearer(here)])).status).toBe(200);
    });
  });

  describe('a path that nginx, Latchkey and the origin might read in different ways', () => {
    test.each([
      '/public/../v1/items/1',
      '/public/%2e%2e/v1/items/1',
      '/public/..%2fv1/items/1',
      '/public/%2e%2e%2fv1/items/1',
      '/public/..;/v1/items/1',
      '//v1/items/1',
      '/%76%31/items/1',
      '/v1/%69tems/1',
      '/public/%252e%252e/v1/items/1',
      '/public\\..\\v1/items/1',
      '/public/a%0a',
      '/public/./a',
      '/_latchkey/../v1/items/1',
      '/public/%',
    ])('%s never reaches it', async (target) => {
      for (const lines of [[], [bearer(me)]]) {
        const answer = await send('GET', target, lines);
        expect([answer.status, proxied.origin.records()]).toEqual([400, []]);
      }
    });

    test.each(['/_latchkey', '/_latchkey?refusals=403', '/%5flatchkey', '/public/../_latchkey'])(
      '%s, where nginx asks, is nothing that a client can ask',
      async (target) => {
        const answer = await send('GET', target, [bearer(me)]);
        expect([answer.status, proxied.origin.records()]).toEqual([404, []]);
        expect(answer.headers.filter(([name]) => /^x-latchkey/i.test(name))).toEqual([]);
      },
    );

    test('an absolute target is judged and sent as the path that it names', async () => {
      expectRefused(await send('GET', 'http://api.test/v1/items/1'), 401, 'credential_missing');
      expectRefused(await send('GET', 'http://elsewhere.test/public/a'), 421, 'host_unknown');
      expect((await send('GET', 'http://api.test/v1/items/1', [bearer(me)])).status).toBe(200);
      await expectArrived(me, 'GET', '/v1/items/1');
    });
  });

  test('a WebSocket is asked about once, and goes through', async () => {
    const handshake = [
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    expectRefused(await send('GET', '/v1/socket/a', handshake), 401, 'credential_missing');
    await send('GET', '/v1/socket/a', [...handshake, bearer(me)]);
    const seen = await expectArrived(me, 'GET', '/v1/socket/a');
    expect(headersOf(seen, /^(upgrade|connection)$/i)).toEqual([
      ['Upgrade', 'websocket'],
      ['Connection', 'upgrade'],
    ]);
    proxied.origin.reset();
    const foreign = ['Origin: https://evil.test', ...handshake, bearer(me)];
    expectRefused(await send('GET', '/v1/socket/a', foreign), 403, 'origin_not_allowed');
  });

  test.each([
    ['h2c', ['Upgrade: h2c', 'HTTP2-Settings: AAMAAABkAAQAAP__']],
    ['h2c, beside a WebSocket', ['Upgrade: websocket, h2c', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']],
    ['a WebSocket without a key, which Latchkey is not asked about', ['Upgrade: websocket']],
  ])('an upgrade to %s does not go on', async (_, lines) => {
    const answer = await send('GET', '/v1/any/a', ['Connection: Upgrade', ...lines, bearer(me)]);
    const seen = proxied.origin.records().flatMap((each) => headersOf(each, /^(upgrade|connection)$/i));
    expect([200, 426]).toContain(answer.status);
    expect(seen).toEqual([]);
  });

  describe('Latchkey itself, asked over raw sockets as Envoy asks', () => {
    const ask = (method: string, target: string, lines: readonly string[] = []) =>
      raw(
        proxied.latchkeyPort,
        request(method, `/decision${target}`, [
          ...[
            'Host: desk.test',
            'X-Forwarded-Host: api.test',
            'Content-Length: 0',
            'X-Original-Address: 127.0.0.1',
          ],
          ...[`X-Forwarded-Method: ${method}`, `X-Forwarded-Uri: ${target}`],
          ...[`X-Latchkey-Decision-Secret: ${proxied.secret}`, ...lines],
        ]),
      );

    test('says yes with 200 and with nothing but headers', async () => {
      for (const method of ['GET', 'POST', 'DELETE']) {
        const answer = await ask(method, '/v1/items/1?a=b', [bearer(me)]);
        expect([answer.status, answer.text]).toEqual([200, '']);
        expect(answer.header('x-latchkey-key-id')).toBe(me.keyId);
      }
    });

    test.each([
      '/public/../v1/items/1',
      '/../v1/items/1',
      '/public/%2e%2e/v1/items/1',
      '//public/a',
      '/%70ublic/a',
      '/public/..%2fv1',
      '/public\\a',
    ])('says no to %s', async (target) => {
      const answer = await ask('GET', target, [bearer(me)]);
      expect([answer.status, JSON.parse(answer.text).code]).toEqual([400, 'path_not_canonical']);
    });
  });

  test('with Latchkey gone, nobody is let in: 503, with when to come back', async () => {
    await proxied.stopLatchkey();
    for (const [target, lines] of [
      ['/v1/items/1', [bearer(me)]],
      ['/public/a', []],
      ['/.well-known/oauth-protected-resource', []],
    ] as const) {
      const answer = await send('GET', target, lines);
      expect([answer.status, answer.header('retry-after')]).toEqual([503, '1']);
      expect(JSON.parse(answer.text)).toMatchObject({ status: 503, code: 'unavailable' });
    }
    expect(proxied.origin.records()).toEqual([]);
  });
});
