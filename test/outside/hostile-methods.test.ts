import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ANONYMOUS,
  bearer,
  type Caller,
  challenge,
  type Edge,
  expectTurnedAway,
  get,
  type Outcome,
  refusal,
  request,
  startEdge,
} from './edge.ts';

let edge: Edge;
let me: Caller;
beforeAll(async () => {
  edge = await startEdge();
  me = await edge.newCaller();
});
afterAll(() => edge.stop());

/** What reached the origin, as method, target and body; everything else about it is as it must be. */
const forwarded = async (outcome: Outcome, caller: Caller | null = null): Promise<readonly string[]> => {
  for (const seen of outcome.arrived) await edge.inspect(seen, caller?.identity ?? ANONYMOUS);
  return outcome.arrived.map(({ method, target, body }) => `${method} ${target} ${body}`.trimEnd());
};

const KNOWN = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

describe('PATH-08 › methods', () => {
  test.each(KNOWN)(
    '%s reaches the origin as itself, with an identity only where policy gave one',
    async (method) => {
      const lines = method === 'GET' || method === 'HEAD' ? [] : ['Content-Length: 0'];
      const outcome = await edge.send(request(method, '/v1/any/a', [...lines, bearer(me)]));
      expect(await forwarded(outcome, me)).toEqual([`${method} /v1/any/a`]);
      expect(await forwarded(await edge.send(request(method, '/public/a', lines)))).toEqual([
        `${method} /public/a`,
      ]);
    },
  );

  test.each([
    'TRACE',
    'PURGE',
    'PROPFIND',
    'PROPPATCH',
    'MKCOL',
    'COPY',
    'MOVE',
    'LOCK',
    'UNLOCK',
    'SEARCH',
    'REPORT',
    'QUERY',
    'SUBSCRIBE',
    'MERGE',
    'CHECKOUT',
  ])('%s is 405 everywhere, with what is known', async (method) => {
    for (const target of ['/public/a', '/v1/any/a', '/nowhere']) {
      const outcome = await edge.send(request(method, target, [bearer(me)]));
      expect(outcome).toMatchObject(refusal(405, 'method_unknown'));
      expect(outcome.answers[0]?.header('allow')).toBe(KNOWN.join(', '));
    }
  });

  // workerd answers 501 to what it does not know, 400 to what is no token, 500 to CONNECT, and closes on a preface of HTTP/2.
  test.each([
    ...[
      'get',
      'Get',
      'geT',
      'post',
      'head',
      'options',
      'FOO',
      'TRACK',
      'DEBUG',
      'LINK',
      'GETS',
      'GE',
      'X'.repeat(5_000),
    ],
    ...['', 'G\tET', 'GET\0', 'GET,POST', 'G\xc9T', '"GET"'],
  ])('%j is turned away', async (method) => {
    for (const target of ['/public/a', '/v1/any/a'])
      expectTurnedAway(await edge.send(request(method, target, [bearer(me)])));
  });

  test.each([
    ['CONNECT', 'CONNECT elsewhere.test:443 HTTP/1.1\r\nHost: api.test\r\n\r\n'],
    ['CONNECT with a path', 'CONNECT /public/a HTTP/1.1\r\nHost: api.test\r\n\r\n'],
    ['a preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
    ['HTTP/0.9', 'GET /public/a\r\n\r\n'],
    ['HTTP/1.2', 'GET /public/a HTTP/1.2\r\nHost: api.test\r\n\r\n'],
    ['HTTP/2.0', 'GET /public/a HTTP/2.0\r\nHost: api.test\r\n\r\n'],
    ['no version', 'GET /public/a \r\nHost: api.test\r\n\r\n'],
    ['two spaces', 'GET  /public/a HTTP/1.1\r\nHost: api.test\r\n\r\n'],
    ['a tab', 'GET\t/public/a\tHTTP/1.1\r\nHost: api.test\r\n\r\n'],
  ])('%s is turned away', async (_, bytes) => {
    expectTurnedAway(await edge.send(bytes));
  });

  test('HTTP/1.0 gets the same policy and the same strictness', async () => {
    const old = (bytes: string) => bytes.replace('HTTP/1.1', 'HTTP/1.0');
    expect(await edge.send(old(get('/v1/any/a')))).toMatchObject(
      refusal(401, 'credential_missing', challenge()),
    );
    expect(
      await forwarded(await edge.send(old(get('/v1/any/a', bearer(me), 'X-Latchkey-User-Id: x'))), me),
    ).toEqual(['GET /v1/any/a']);
  });

  test("HEAD falls under GET's policy, and nothing else of it", async () => {
    expect(await edge.send(request('HEAD', '/v1/items/1'))).toMatchObject({
      statuses: [401],
      challenge: challenge(),
      wire: '',
    });
    const reader = await edge.newCaller({ scopes: ['items:write'] });
    const scopes = challenge('error="insufficient_scope", scope="items:read"');
    expect(await edge.send(request('HEAD', '/v1/items/1', [bearer(reader)]))).toMatchObject({
      statuses: [403],
      challenge: scopes,
      wire: '',
    });
    expect(await forwarded(await edge.send(request('HEAD', '/v1/items/1', [bearer(me)])), me)).toEqual([
      'HEAD /v1/items/1',
    ]);
  });

  test('a method that a path does not take is 405 with what it takes, before any credential', async () => {
    for (const lines of [[], [bearer(me)]]) {
      const outcome = await edge.send(
        request('OPTIONS', '/v1/items/1', [
          ...lines,
          'Origin: https://a.test',
          'Access-Control-Request-Method: GET',
        ]),
      );
      expect(outcome).toMatchObject(refusal(405, 'method_not_allowed'));
      expect(outcome.answers[0]?.header('allow')).toBe('GET, HEAD, POST, PUT, PATCH, DELETE');
    }
  });

  test('no header and no query makes another method of the one that policy saw', async () => {
    const lines = [
      'X-HTTP-Method-Override: DELETE',
      'X-Method-Override: DELETE',
      'X-HTTP-Method: DELETE',
      'Method: DELETE',
    ];
    const reader = await edge.newCaller({ scopes: ['items:read'] });
    const outcome = await edge.send(get('/v1/items/1', bearer(reader), ...lines));
    expect(await forwarded(outcome, reader)).toEqual(['GET /v1/items/1']);
    expect(outcome.wire).not.toMatch(/override|x-http-method/i);
    expect(await edge.send(get('/v1/items/1?_method=DELETE', bearer(reader)))).toMatchObject(
      refusal(400, 'path_not_canonical'),
    );
  });
});

describe('PATH-09 › a WebSocket is refused where the route does not offer one', () => {
  const HANDSHAKE = [
    'Connection: Upgrade',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Version: 13',
  ];

  test.each([
    'Upgrade: websocket',
    'Upgrade: WebSocket',
    'upgrade: h2c, websocket',
    'Upgrade: websocket/13',
    'Upgrade: h2c\r\nUpgrade: websocket',
  ])('%j', async (line) => {
    for (const target of ['/public/a', '/optional/a', '/v1/any/a'])
      for (const connection of [HANDSHAKE, ['Connection: keep-alive, Upgrade'], []]) {
        const outcome = await edge.send(
          get(target, line, ...connection, bearer(me), 'Origin: https://elsewhere.test'),
        );
        expect(outcome).toMatchObject(refusal(426, 'upgrade_not_allowed'));
      }
  });

  test.each(['POST', 'PUT', 'DELETE', 'HEAD', 'OPTIONS'])(
    '%s with an upgrade never becomes a GET',
    async (method) => {
      const outcome = await edge.send(
        request(method, '/public/a', ['Upgrade: websocket', ...HANDSHAKE, 'Content-Length: 2'], 'hi'),
      );
      expect(outcome).toMatchObject({ arrived: [], wire: '' });
      expect(outcome.status).toBe(426);
    },
  );
});

describe('PATH-10 › no other upgrade is offered to the origin', () => {
  test.each(['h2c', 'TLS/1.0', 'HTTP/2.0, h2c', 'connect-udp'])('Upgrade: %s', async (protocol) => {
    const lines = [
      'Connection: Upgrade, HTTP2-Settings',
      `Upgrade: ${protocol}`,
      'HTTP2-Settings: AAMAAABkAAQAAP__',
    ];
    const outcome = await edge.send(get('/v1/any/a', bearer(me), ...lines));
    expect(outcome.statuses).toEqual([200]);
    expect(await forwarded(outcome, me)).toEqual(['GET /v1/any/a']);
    expect(outcome.wire).not.toMatch(/^(?:upgrade|http2-settings|connection):/im);
  });
});

describe('PATH-11 › the length of a message has one reading', () => {
  const SMUGGLED = 'GET /public/smuggled HTTP/1.1\r\nHost: api.test\r\nX-Latchkey-User-Id: x\r\n\r\n';
  const chunked = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;

  test.each([
    ['a length and chunks', ['Content-Length: 5', 'Transfer-Encoding: chunked'], chunked('hello')],
    ['chunks and a length', ['Transfer-Encoding: chunked', 'Content-Length: 5'], chunked('hello')],
    ['a short length and chunks', ['Content-Length: 0', 'Transfer-Encoding: chunked'], chunked(SMUGGLED)],
    ['a long length and chunks', ['Content-Length: 900', 'Transfer-Encoding: chunked'], chunked('hello')],
    ['the same length twice', ['Content-Length: 5', 'Content-Length: 5'], 'hello'],
    ['chunks in capitals', ['Transfer-Encoding: CHUNKED'], chunked('hello')],
    ['chunks twice', ['Transfer-Encoding: chunked, chunked'], chunked('hello')],
    ['an unknown coding, then chunks', ['Transfer-Encoding: gzip, chunked'], chunked('hello')],
    ['extensions of chunks', ['Transfer-Encoding: chunked'], '5;a="\r\n0"\r\nhello\r\n0\r\n\r\n'],
    ['a body in the length of another request', [`Content-Length: ${SMUGGLED.length}`], SMUGGLED],
  ])('%s: one request or none', async (_, lines, body) => {
    for (const [target, caller] of [
      ['/public/a', null],
      ['/v1/any/a', me],
      ['/v1/items/a', me],
    ] as const) {
      const auth = caller === null ? [] : [bearer(caller)];
      const outcome = await edge.send(request('POST', target, [...auth, ...lines], body));
      const arrived = await forwarded(outcome, caller);
      expect(arrived.length).toBeLessThan(2);
      for (const line of arrived) expect(line.startsWith(`POST ${target} `)).toBe(true);
      // What came back is as much as went on: nothing is left over for somebody else's answer.
      expect(outcome.statuses.filter((status) => status < 300)).toHaveLength(arrived.length);
    }
  });

  // workerd answers each with 400 "invalid content-length", "invalid transfer-encoding" or "invalid HTTP header".
  test.each([
    ['two lengths', ['Content-Length: 5', 'Content-Length: 0']],
    ['a list of lengths', ['Content-Length: 5, 5']],
    ['a signed length', ['Content-Length: +5']],
    ['a negative length', ['Content-Length: -5']],
    ['a hexadecimal length', ['Content-Length: 0x5']],
    ['a length with an exponent', ['Content-Length: 5e0']],
    ['an empty length', ['Content-Length:']],
    ['a length beyond 64 bits', ['Content-Length: 99999999999999999999']],
    ['a length and a vertical tab', ['Content-Length: 5\x0b']],
    ['a space before the colon of a length', ['Content-Length : 5']],
    ['an unknown coding', ['Transfer-Encoding: xchunked']],
    ['identity', ['Transfer-Encoding: identity']],
    ['chunks not last', ['Transfer-Encoding: chunked, identity']],
    ['parameters of chunks', ['Transfer-Encoding: chunked;q=1']],
    ['a vertical tab before chunks', ['Transfer-Encoding: \x0bchunked']],
    ['chunks outside ASCII', ['Transfer-Encoding: chunke\xe4']],
    ['two codings in two lines', ['Transfer-Encoding: chunked', 'Transfer-Encoding: x']],
    ['a space before the colon of a coding', ['Transfer-Encoding : chunked']],
    ['a folded coding', ['Transfer-Encoding:\r\n chunked']],
    ['chunks in HTTP/1.0', ['Transfer-Encoding: chunked'], 'HTTP/1.0'],
  ])('%s: turned away', async (_, lines, version = 'HTTP/1.1') => {
    const bytes = request('POST', '/public/a', lines, `5\r\nhello\r\n0\r\n\r\n${SMUGGLED}`);
    expectTurnedAway(await edge.send(bytes.replace('HTTP/1.1', version)));
  });

  test.each([
    ['no size', 'zz\r\nhello\r\n0\r\n\r\n'],
    ['a negative size', '-5\r\nhello\r\n0\r\n\r\n'],
    ['a size beyond 64 bits', '10000000000000005\r\nhello\r\n0\r\n\r\n'],
    ['too few bytes', '8\r\nhello\r\n0\r\n\r\n'],
    ['too many bytes', '3\r\nhello\r\n0\r\n\r\n'],
    ['no end', '5\r\nhello\r\n'],
    ['a second chunk that is none', '5\r\nhello\r\nzz\r\n\r\n'],
  ])('%s in chunks: the origin is never told that the body is whole', async (_, body) => {
    for (const target of ['/v1/any/a', '/v1/items/a']) {
      const outcome = await edge.send(
        request('POST', target, [bearer(me), 'Transfer-Encoding: chunked'], body),
      );
      expect(outcome.arrived).toEqual([]);
      expect(outcome.statuses.filter((status) => status < 400)).toEqual([]);
    }
  });

  test.each(['GET', 'HEAD'])(
    '%s never carries a body on, and what stood there is not a request',
    async (method) => {
      for (const [line, body] of [
        [`Content-Length: ${SMUGGLED.length}`, SMUGGLED],
        ['Transfer-Encoding: chunked', chunked(SMUGGLED)],
      ] as const) {
        const outcome = await edge.send(request(method, '/v1/any/a', [bearer(me), line], body));
        expect(await forwarded(outcome, me)).toEqual([`${method} /v1/any/a`]);
      }
    },
  );

  test('requests in one connection are each judged by themselves', async () => {
    const outcome = await edge.send(
      get('/v1/any/1', bearer(me)),
      get('/v1/any/2'),
      get('/public/3'),
      get('/v1/any/4', bearer(me)),
    );
    expect(outcome.statuses).toEqual([200, 401, 200, 200]);
    const [first, third, fourth] = outcome.arrived;
    if (first === undefined || third === undefined || fourth === undefined)
      throw new Error('three must arrive');
    await edge.inspect(first, me.identity);
    await edge.inspect(third, ANONYMOUS);
    await edge.inspect(fourth, me.identity);
    expect(outcome.arrived.map(({ target }) => target)).toEqual(['/v1/any/1', '/public/3', '/v1/any/4']);
  });
});

describe('PATH-12 › early data', () => {
  // RFC 8470 §5.1: several or invalid ones are as good as one `1`.
  test.each([
    'Early-Data: 1',
    'early-data: 1',
    'Early-Data:  1 ',
    'Early-Data: 1\r\nEarly-Data: 1',
    'Early-Data: 0',
    'Early-Data: 0\r\nEarly-Data: 1',
    'Early-Data: true',
    'Early-Data:',
  ])('%j is 425', async (line) => {
    for (const target of ['/public/a', '/optional/a', '/v1/any/a'])
      expect(await edge.send(get(target, line, bearer(me)))).toMatchObject(refusal(425, 'early_data'));
  });
});

describe('PATH-12 › early data on a route that may be replayed', () => {
  test.each(['1', '0', 'true', '1\r\nEarly-Data: 1'])(
    'Early-Data: %j goes on to the origin',
    async (value) => {
      for (const method of ['GET', 'HEAD']) {
        const outcome = await edge.send(request(method, '/v1/early/a', [`Early-Data: ${value}`, bearer(me)]));
        expect(outcome.statuses).toEqual([200]);
        // RFC 8470 §5.1: what is not exactly one `1` counts as one, at the origin as here.
        expect(outcome.arrived[0]?.lines.filter((line) => /^early-data:/i.test(line))).toEqual([
          'Early-Data: 1',
        ]);
      }
    },
  );

  test('RFC 8470 §5.2: an origin that does not want it says so, and is heard', async () => {
    edge.reply({ status: 425 });
    const outcome = await edge.send(get('/v1/early/a', 'Early-Data: 1', bearer(me)));
    expect([outcome.status, outcome.code]).toEqual([425, null]);
  });

  test('nobody is spared his credential by it, nor another method let in', async () => {
    expect(await edge.send(get('/v1/early/a', 'Early-Data: 1'))).toMatchObject(
      refusal(401, 'credential_missing', challenge()),
    );
    expect(await edge.send(request('DELETE', '/v1/early/a', ['Early-Data: 1', bearer(me)]))).toMatchObject(
      refusal(405, 'method_not_allowed'),
    );
  });

  test('without it the route is as any other', async () => {
    const { arrived } = await edge.send(get('/v1/early/a', bearer(me)));
    expect(arrived[0]?.lines.filter((line) => /^early-data:/i.test(line))).toEqual([]);
  });
});

describe('DOS-06 › bodies over the limit of their route', () => {
  const over = 'a'.repeat(1_001);
  const post = (lines: readonly string[], body: string) =>
    request('POST', '/v1/items/a', [bearer(me), ...lines], body);
  const TOO_LARGE = { statuses: [413], code: 'body_too_large', arrived: [] };

  test('announced: refused before the origin hears of it, and before the credential is read', async () => {
    expect(await edge.send(post(['Content-Length: 1001'], over))).toMatchObject(
      refusal(413, 'body_too_large'),
    );
    const anonymous = request('POST', '/v1/items/a', ['Content-Length: 1001'], over);
    expect(await edge.send(anonymous)).toMatchObject(refusal(413, 'body_too_large'));
  });

  test.each([
    ['in one chunk', `3e9\r\n${over}\r\n0\r\n\r\n`],
    ['after a first chunk', `5\r\nhello\r\n3e8\r\n${over.slice(1)}\r\n0\r\n\r\n`],
    ['byte by byte', `${'1\r\na\r\n'.repeat(1_001)}0\r\n\r\n`],
    ['without an end', `3e9\r\n${over}\r\n`],
  ])('in chunks, %s: broken off, and the origin is not told that it was whole', async (_, body) => {
    const outcome = await edge.send(post(['Transfer-Encoding: chunked'], body));
    expect(outcome).toMatchObject(TOO_LARGE);
    expect(outcome.wire).not.toMatch(/\r\n0\r\n\r\n$/);
  });

  test.each(['0', '5', '1001', '9999999'])(
    'in chunks with a Content-Length of %s: counted all the same',
    async (length) => {
      for (const lines of [
        [`Content-Length: ${length}`, 'Transfer-Encoding: chunked'],
        ['Transfer-Encoding: chunked', `Content-Length: ${length}`],
      ])
        expect(await edge.send(post(lines, `3e9\r\n${over}\r\n0\r\n\r\n`))).toMatchObject(TOO_LARGE);
    },
  );

  test.each([
    ['announced', ['Content-Length: 1000'], over.slice(1)],
    ['in chunks', ['Transfer-Encoding: chunked'], `3e8\r\n${over.slice(1)}\r\n0\r\n\r\n`],
  ])('a body of exactly the limit goes through, %s', async (_, lines, body) => {
    const outcome = await edge.send(post(lines, body));
    expect(outcome.statuses).toEqual([200]);
    expect(await forwarded(outcome, me)).toEqual([`POST /v1/items/a ${over.slice(1)}`]);
  });
});
