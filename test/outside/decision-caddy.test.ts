import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { missingPackages, whySkipped } from '../packages.ts';
import { ANONYMOUS, bearer, type Caller, request } from './edge.ts';
import { type Proxied, startProxied } from './proxied.ts';
import { caddy } from './proxies.ts';
import { raw } from './socket.ts';

/** Debian's Caddy under the very file of examples/proxies/caddy, between raw sockets and an origin that writes down every byte. */
const missing = missingPackages('caddy');

test.runIf(process.env.RECIPES === 'required')('Caddy is installed', () => {
  expect(missing).toEqual([]);
});

describe.skipIf(missing.length > 0)(`Caddy, which asks Latchkey${whySkipped('caddy')}`, () => {
  let proxied: Proxied;
  let me: Caller;
  beforeAll(async () => {
    proxied = await startProxied('Caddy', caddy);
    me = await proxied.newCaller();
  });
  afterAll(() => proxied?.stop());
  beforeEach(() => proxied.origin.reset());

  const send = (method: string, target: string, lines: readonly string[] = [], body = '') =>
    raw(proxied.port, request(method, target, lines, body));

  /** Asserts that exactly one request reached the origin, as this caller's and nobody else's. */
  const expectArrived = async (who: Caller | null, method: string, target: string): Promise<void> => {
    const [seen, another] = proxied.origin.records();
    if (seen === undefined) throw new Error('nothing arrived');
    expect([another, seen.method, seen.target]).toEqual([undefined, method, target]);
    const names = seen.headers.map(([name]) => name.toLowerCase());
    expect(names.filter((name) => /^(authorization|x-api-key|cookie)$/.test(name))).toEqual([]);
    const careless = seen.headers.filter(([name]) => /^x[^a-z0-9]latchkey/i.test(name));
    const lowered = Object.fromEntries(careless.map(([name, value]) => [name.toLowerCase(), value]));
    expect(Object.keys(lowered)).toHaveLength(careless.length);
    const identity = who?.identity ?? ANONYMOUS;
    expect(await proxied.verify(lowered, { method, url: target })).toEqual({ ok: true, identity });
  };

  test('hands on who calls, and nothing of the credential', async () => {
    const target = '/v1/any/~!$&()*+,=:@-/%C3%A4?a=b&c=%zz|^';
    const answer = await send('GET', target, [bearer(me), 'Cookie: a=b']);
    expect(answer.status).toBe(200);
    await expectArrived(me, 'GET', target);
    expect(answer.headers.filter(([name]) => /^x-latchkey/i.test(name))).toEqual([]);
  });

  test('hands a body on, up to the route’s limit', async () => {
    const post = (length: number) =>
      send('POST', '/v1/items/1', [bearer(me), `Content-Length: ${length}`], 'a'.repeat(length));
    expect((await post(1000)).status).toBe(200);
    await expectArrived(me, 'POST', '/v1/items/1');
    proxied.origin.reset();
    expect([(await post(1001)).status, proxied.origin.records()]).toEqual([413, []]);
  });

  test('lets everybody through to what is open, as nobody', async () => {
    expect((await send('GET', '/public/a', [bearer(me)])).status).toBe(200);
    await expectArrived(null, 'GET', '/public/a');
  });

  test.each([
    ['GET', '/v1/items/1', [], 401, 'credential_missing'],
    ['GET', '/v1/items/1', ['X-API-Key: planted'], 401, 'invalid_token'],
    ['GET', '/v2', [], 404, 'no_route'],
    ['OPTIONS', '/v1/items/1', [], 405, 'method_not_allowed'],
    ['GET', '/public/a?api_key=a', [], 400, 'invalid_request'],
    ['GET', '/public/a', ['X_Latchkey_User_Id: evil-intruder'], 400, 'header_not_allowed'],
    ['GET', '/public/a', ['X-Latchkey-Organization-Id: evil-intruder'], 400, 'header_not_allowed'],
    ['GET', '/public/a', ['X-Original-URI: /public/a'], 400, 'question_unclear'],
    [
      'GET',
      '/v1/items/1',
      ['X-Forwarded-Uri: /public/a', 'X-Forwarded-Method: GET'],
      401,
      'credential_missing',
    ],
    ['GET', '/v1/any/a', ['Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='], 426, 'upgrade_not_allowed'],
    ['GET', '/public/../v1/items/1', [], 400, 'path_not_canonical'],
    ['GET', '/public/%2e%2e/v1/items/1', [], 400, 'path_not_canonical'],
    ['GET', '//public/a', [], 400, 'path_not_canonical'],
    ['GET', '/%70ublic/a', [], 400, 'path_not_canonical'],
    ['GET', '/public/a%2fb', [], 400, 'path_not_canonical'],
    ['GET', '/public\\..\\v1/items/1', [], 400, 'path_not_canonical'],
  ] as const)(
    'tells the client what Latchkey says: %s %s %s is %s',
    async (method, target, lines, status, code) => {
      const answer = await send(method, target, lines);
      expect([answer.status, JSON.parse(answer.text).code, proxied.origin.records()]).toEqual([
        status,
        code,
        [],
      ]);
      expect(answer.header('content-type')).toBe('application/problem+json');
      if (status === 401) expect(answer.header('www-authenticate')).toMatch(/^Bearer realm="acme-api"/);
    },
  );

  test('429, with when to come back', async () => {
    const limited = await proxied.newCaller(['items:read'], { limit: { requests: 10, per_seconds: 3600 } });
    expect((await send('GET', '/v1/heavy', [bearer(limited)])).status).toBe(200);
    proxied.origin.reset();
    const answer = await send('GET', '/v1/heavy', [bearer(limited)]);
    expect([answer.status, proxied.origin.records()]).toEqual([429, []]);
    expect(Number(answer.header('retry-after'))).toBeGreaterThan(0);
  });

  test('a preflight never reaches the origin, and a page of the list may call', async () => {
    const lines = ['Origin: https://app.test', 'Access-Control-Request-Method: DELETE'];
    const answer = await send('OPTIONS', '/v1/items/1', lines);
    expect([answer.status, answer.text, proxied.origin.records()]).toEqual([204, '', []]);
    expect(answer.header('access-control-allow-origin')).toBe('https://app.test');
    expect(answer.header('access-control-allow-methods')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
  });

  test('a client cannot have Caddy take away what is said of it', async () => {
    const names = ['X-Latchkey-Assertion', 'X-Latchkey-Auth', 'X-Latchkey-User-Id', 'X-Forwarded-Uri'];
    const lines = [
      `Connection: ${[...names, 'X-Latchkey-Decision-Secret', 'X-Original-Address'].join(', ')}`,
      bearer(me),
    ];
    expect((await send('GET', '/v1/items/1', lines)).status).toBe(200);
    await expectArrived(me, 'GET', '/v1/items/1');
  });

  test.each(['h2c', 'H2C', 'TLS/1.3', 'websocket, h2c'])(
    'an upgrade to %s does not go on',
    async (protocol) => {
      const lines = ['Connection: Upgrade, HTTP2-Settings', `Upgrade: ${protocol}`, bearer(me)];
      const answer = await send('GET', '/v1/any/a', [...lines, 'HTTP2-Settings: AAMAAABkAAQAAP__']);
      expect(answer.status).toBe(200);
      const names = proxied.origin
        .records()
        .flatMap(({ headers }) => headers.map(([name]) => name.toLowerCase()));
      expect(names).toContain('x-latchkey-auth');
      expect(names.filter((name) => /^(upgrade|connection)$/.test(name))).toEqual([]);
    },
  );

  test('a WebSocket is asked about once, and goes through', async () => {
    const handshake = [
      ...['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13'],
      'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    ];
    await send('GET', '/v1/socket/a', [...handshake, bearer(me)]);
    const [seen] = proxied.origin.records();
    expect(seen?.headers).toContainEqual(['Upgrade', 'websocket']);
    proxied.origin.reset();
    expect((await send('GET', '/v1/any/a', [...handshake, bearer(me)])).status).toBe(426);
    expect(proxied.origin.records()).toEqual([]);
  });

  test('an allow-list is judged by where the connection comes from', async () => {
    const home = await proxied.newCaller(['items:read'], { ip_allowlist: ['192.0.2.0/24'] });
    const lies = [
      'X-Original-Address: 192.0.2.7',
      'X-Real-IP: 192.0.2.7',
      'X-Forwarded-For: 192.0.2.7',
      'CF-Connecting-IP: 192.0.2.7',
    ];
    const answer = await send('GET', '/v1/items/1', [...lies, bearer(home)]);
    expect([answer.status, proxied.origin.records()]).toEqual([403, []]);
    const here = await proxied.newCaller(['items:read'], { ip_allowlist: ['127.0.0.1'] });
    expect((await send('GET', '/v1/items/1', [bearer(here)])).status).toBe(200);
  });

  test('with Latchkey gone, nobody is let in', async () => {
    await proxied.stopLatchkey();
    for (const [target, lines] of [
      ['/v1/items/1', [bearer(me)]],
      ['/public/a', []],
    ] as const)
      expect((await send('GET', target, lines)).status).toBe(502);
    expect(proxied.origin.records()).toEqual([]);
  });
});
