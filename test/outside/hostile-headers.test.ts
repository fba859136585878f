import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Identity } from '../../src/origin/index.ts';
import {
  ANONYMOUS,
  base64,
  bearer,
  type Caller,
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

/** One way of coming in for each kind of route, and as whom the origin must see it. */
const WAYS = [
  { name: 'none', target: '/public/a', lines: () => [], identity: () => ANONYMOUS },
  { name: 'optional, anonymous', target: '/optional/a', lines: () => [], identity: () => ANONYMOUS },
  {
    name: 'optional, with a key',
    target: '/optional/a',
    lines: () => [bearer(me)],
    identity: () => me.identity,
  },
  {
    name: 'required',
    target: '/v1/any/a',
    lines: () => [`X-API-Key: ${me.key}`],
    identity: () => me.identity,
  },
] as const;

/** The client's own lines of the one request that reached the origin, everything else being as it must be. */
const arrivedAs = async (identity: Identity, outcome: Outcome): Promise<readonly string[]> => {
  expect(outcome.statuses).toEqual([200]);
  const [seen, ...more] = outcome.arrived;
  if (seen === undefined || more.length > 0) throw new Error(`${outcome.arrived.length} requests arrived`);
  return edge.inspect(seen, identity);
};

const words = (text: string): readonly string[] => text.trim().split(/\s+/);
const evil = (names: readonly string[]): readonly string[] => names.map((name) => `${name}: evil-intruder`);

const FORGED = evil(
  words(`X-Latchkey-User-Id X-Latchkey-Organization-Id X-Latchkey-Key-Id X-Latchkey-Auth X-Latchkey-Scopes
    X-Latchkey-Assertion X-Latchkey-Source X-Latchkey-Tomorrow X-Latchkey X-LATCHKEY-USER-ID x-latchkey-user-id
    X_Latchkey_User_Id X-Latchkey_User-Id X.Latchkey.User.Id x~latchkey~user~id X-Latchkey-Auth X-Latchkey-User-Id`),
);

describe.each(WAYS)('HDR-01 and HDR-02 › $name', ({ target, lines, identity }) => {
  test('HDR-01 › a forged identity is deleted, and each of ours is there once with its true value', async () => {
    const outcome = await edge.send(get(target, ...FORGED, ...lines(), ...FORGED, 'X-Odd: 1'));
    expect(await arrivedAs(identity(), outcome)).toEqual(['X-Odd: 1']);
  });

  test.each(['HEAD', 'POST', 'OPTIONS', 'DELETE'])(
    'HDR-01 › a forged identity is deleted from %s',
    async (method) => {
      const outcome = await edge.send(request(method, target, [...FORGED, ...lines(), 'X-Odd: 1']));
      expect(await arrivedAs(identity(), outcome)).toEqual(['X-Odd: 1']);
    },
  );

  test('HDR-02 › no token character makes another spelling of an identity header, wherever it stands', async () => {
    const names = [...replaced('X-Latchkey-User-Id'), ...inserted('X-Latchkey-User-Id')];
    expect(names.length).toBeGreaterThan(77 * 18 * 2);
    // What is not an alias in the eyes of any origin: another word in the prefix, of letters, digits and dashes alone.
    const others = names.filter((name) => /^[A-Za-z0-9-]+$/.test(name) && !/^x-latchkey/i.test(name));
    const came: string[] = [];
    for (let i = 0; i < names.length; i += 500) {
      const outcome = await edge.send(get(target, ...lines(), ...evil(names.slice(i, i + 500))));
      came.push(...(await arrivedAs(identity(), outcome)));
    }
    // Of two cases of one name, workerd writes the first.
    expect(came.map((line) => line.toLowerCase()).sort()).toEqual(
      evil(others)
        .map((line) => line.toLowerCase())
        .sort(),
    );
  });
});

/** RFC 9110 §5.6.2: the 77 characters of a token. */
const TOKEN = [
  ..."!#$%&'*+-.^_`|~",
  ...'0123456789',
  ...'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
  ...'abcdefghijklmnopqrstuvwxyz',
];

const replaced = (name: string): readonly string[] =>
  [...name].flatMap((_, at) => TOKEN.map((sign) => name.slice(0, at) + sign + name.slice(at + 1)));

const inserted = (name: string): readonly string[] =>
  [...name, ''].flatMap((_, at) => TOKEN.map((sign) => name.slice(0, at) + sign + name.slice(at)));

describe('HDR-01 › where nothing is forwarded', () => {
  test.each([
    ['a refusal', get('/v1/any/a', ...FORGED), 401, 'credential_missing'],
    ['an unknown path', get('/nowhere', ...FORGED), 404, 'no_route'],
    ['OPTIONS of a route without it', request('OPTIONS', '/v1/items/1', FORGED), 405, 'method_not_allowed'],
    [
      'a WebSocket',
      get('/public/a', 'Upgrade: websocket', 'Connection: Upgrade', ...FORGED),
      426,
      'upgrade_not_allowed',
    ],
  ])('a forged identity comes back from %s nowhere', async (_, bytes, status, code) => {
    const outcome = await edge.send(bytes);
    expect(outcome).toMatchObject({ statuses: [status], code, arrived: [], wire: '' });
    const [answer] = outcome.answers;
    expect(`${JSON.stringify(answer?.headers)}${answer?.text}`).not.toMatch(/evil-intruder/);
  });
});

describe('HDR-02 › a credential header in another spelling', () => {
  test.each(words('X_API_Key X.API.Key X_Api-Key x~api~key'))(
    '%s is no credential and does not go on',
    async (name) => {
      const line = `${name}: ${me.key}`;
      expect(await edge.send(get('/v1/any/a', line))).toMatchObject({
        statuses: [401],
        code: 'credential_missing',
        wire: '',
      });
      expect(await arrivedAs(ANONYMOUS, await edge.send(get('/public/a', line)))).toEqual([]);
    },
  );
});

describe.each(WAYS)('HDR-03 › $name', ({ target, lines, identity }) => {
  const NAMES =
    words(`X-Latchkey-User-Id X-Latchkey-Auth X-Latchkey-Assertion X-Latchkey-Key-Id X-Latchkey-Scopes
    X-Request-Id X-Forwarded-Host X-Forwarded-Proto X-Forwarded-For CDN-Loop Host Content-Length Transfer-Encoding
    Authorization X-API-Key Cache-Control traceparent tracestate`);

  test.each([
    ['in one line', `Connection: close, ${NAMES.join(', ')}, X-Odd`],
    ['in lower case', `connection: keep-alive,${NAMES.join(',').toLowerCase()},x-odd`],
    ['with tabs and empty entries', `Connection: ,\t${NAMES.join('\t,,\t')} , X-Odd\t,`],
    ['in many lines', [...NAMES, 'X-Odd'].map((name) => `Connection: ${name}`).join('\r\n')],
  ])('HDR-03 › Connection takes nothing of ours away when it names it %s', async (_, line) => {
    const outcome = await edge.send(get(target, line, ...lines(), 'X-Odd: 1', 'X-Even: 2'));
    expect(await arrivedAs(identity(), outcome)).toEqual(['X-Even: 2']);
  });

  test('HDR-03 › no hop-by-hop header goes on', async () => {
    const hops = [
      'Keep-Alive: timeout=5',
      'Proxy-Connection: keep-alive',
      'TE: trailers',
      'Trailer: X-Odd',
      'Upgrade: h2c',
    ];
    const outcome = await edge.send(get(target, 'Connection: Upgrade', ...hops, ...lines(), 'X-Even: 2'));
    expect(await arrivedAs(identity(), outcome)).toEqual(['X-Even: 2']);
    expect(outcome.wire).not.toMatch(/^(?:connection|keep-alive|proxy-connection|te|trailer|upgrade):/im);
  });
});

describe('HDR-04 › the origin is always told how somebody came in', () => {
  test.each(WAYS)('$name', async ({ target, lines, identity }) => {
    const outcome = await edge.send(get(target, ...lines()));
    await arrivedAs(identity(), outcome);
    expect(outcome.arrived[0]?.lines).toContain(`X-Latchkey-Auth: ${identity().auth}`);
  });

  test('session', async () => {
    const outcome = await edge.send(get('/v1/any/a', `Authorization: Bearer ${me.session}`));
    const scopes = ['items:read', 'items:write', 'admin:all'];
    await arrivedAs({ ...me.identity, auth: 'session', clientId: null, scopes }, outcome);
  });

  test('client_credentials', async () => {
    const pair = base64(`${me.keyId}:${me.key.slice(me.keyId.length + 1)}`);
    const outcome = await edge.send(get('/v1/pairs', `Authorization: Basic ${pair}`));
    await arrivedAs({ ...me.identity, auth: 'client_credentials' }, outcome);
  });
});

/** Each list with the names in a spelling that PHP, WSGI or CGI would take for them. */
const underscored = (names: readonly string[]) => names.map((name) => name.replaceAll('-', '_'));

const STRIPPED = {
  'HDR-05 › no claim about who or where the client is':
    words(`X-Forwarded-For X-Forwarded-Host X-Forwarded-Proto
    X-Forwarded-Port X-Forwarded-Server X-Forwarded-By X-Forwarded X-Forwarder-For X-Forward-For Forwarded X-Real-IP
    True-Client-IP X-True-IP Client-IP X-Client-IP X-Cluster-Client-IP Cluster-Client-IP Fastly-Client-IP
    Fly-Client-IP Ali-CDN-Real-IP Cdn-Src-IP Incap-Client-IP X-Real-Client-IP Remote-Addr WL-Proxy-Client-IP
    X-Originating-IP X-Remote-IP X-Remote-Addr X-ProxyUser-IP X-AppEngine-User-IP X-Azure-ClientIP X-Azure-SocketIP
    X-Custom-IP-Authorization X-Host X-HTTP-Host-Override X-Original-Host X-Original-Forwarded-For CF-IPCountry CF-Ray
    CF-Visitor CF-Worker CF-Connecting-IPv6`),
  // The 39 names of bypass-url-parser, less `Referer`, which has a meaning of its own.
  'HDR-06 › no other way to name what is asked for': words(`Base-URL Http-URL Original-Path Original-URL Path
    Proxy-Request-FullURI Proxy-URL Request-URI URI URL X-Accel-Redirect X-Cf-URL X-Envoy-Original-Path
    X-Flx-Redirect-URL X-Forwarded-Path X-Forwarded-Prefix X-Forwarded-URI X-Forwarded-URL X-HTTP-DestinationURL
    X-HTTP-Path-Override X-MS-Endpoint-Absolute-Path X-Ning-Request-URI X-Original-Path X-Original-URI X-Original-URL
    X-Override-URL X-Path X-Proxy-Request X-Proxy-URL X-Referer X-Referrer X-Rewrite-URI X-Rewrite-URL X-Route-Request
    X-Sendfile X-URI X-URL X-Wap-Profile X-Waws-Unencoded-URL`),
  'HDR-07 › no other way to name the method':
    words(`X-HTTP-Method X-HTTP-Method-Override X-Method-Override X-Method
    X-HTTP-MethodOverride`),
  'HDR-08 › no header that a framework trusts a proxy for':
    words(`X-Middleware-Subrequest X-Middleware-Rewrite
    X-Nextjs-Data X-Vercel-IP-Country X-Internal-User CF-Access-Jwt-Assertion CF-Access-Authenticated-User-Email
    X-Auth-Request-User X-Authenticated-User X-Authentik-Username X-WebAuth-User X-MS-Client-Principal
    X-Amzn-Oidc-Data X-Goog-Iap-Jwt-Assertion X-Consumer-Username X-Credential-Identifier X-Endpoint-API-UserInfo
    Remote-User X-Remote-User X-Forwarded-User SSL-Client-Verify X-SSL-Client-Cert X-Client-Cert X-ARR-ClientCert`),
};

describe.each(Object.entries(STRIPPED))('%s', (row, names) => {
  test.each(WAYS)(`${row.slice(0, 6)} › $name`, async ({ target, lines, identity }) => {
    const sent = evil([...names, ...underscored(names), ...names.map((name) => name.toLowerCase())]);
    const outcome = await edge.send(get(target, ...sent, ...lines(), 'X-Odd: 1', 'Referer: https://a.test/'));
    expect(await arrivedAs(identity(), outcome)).toEqual(['Referer: https://a.test/', 'X-Odd: 1']);
  });
});

test("HDR-05 › X-Forwarded-For is the runtime's word alone, once", async () => {
  // workerd by itself has no such word, and what a client writes there is what arrives.
  const lines = ['CF-Connecting-IP: 203.0.113.9', 'X-Forwarded-For: 192.0.2.1', 'x-forwarded-for: 192.0.2.2'];
  const outcome = await edge.send(get('/v1/any/a', bearer(me), ...lines, 'X_Forwarded_For: 192.0.2.3'));
  expect(await arrivedAs(me.identity, outcome)).toEqual(['X-Forwarded-For: 203.0.113.9']);
});

describe('HDR-07 › _method in the query', () => {
  const SPELLINGS = words(
    '_method=DELETE a=b&_method=DELETE _Method=PUT %5fmethod=PUT _method _method[]=PUT .method=PUT ;_method=X',
  );

  test.each(SPELLINGS)('HDR-07 › %s is refused where an identity is told', async (query) => {
    for (const target of ['/v1/any/a', '/optional/a']) {
      const outcome = await edge.send(request('POST', `${target}?${query}`, [bearer(me)]));
      expect(outcome).toMatchObject(refusal(400, 'path_not_canonical'));
    }
  });
});

const CREDENTIAL_LINE = /^(?:(?:proxy-)?authorization|x.api.key|cookie2?):/im;

describe('HDR-09 › no credential goes on', () => {
  const OTHERS = ['Cookie: session=1', 'Cookie2: x', 'Proxy-Authorization: Basic eDp5'];

  test.each(WAYS)('$name', async ({ target, lines, identity }) => {
    const outcome = await edge.send(get(target, ...lines(), ...OTHERS, 'X-Odd: 1'));
    expect(await arrivedAs(identity(), outcome)).toEqual(['X-Odd: 1']);
    expect(outcome.wire).not.toMatch(CREDENTIAL_LINE);
  });

  test('where credentials are not read, any number of them is removed', async () => {
    const lines = [
      bearer(me),
      bearer(me),
      `X-API-Key: ${me.key}`,
      'X-API-Key:',
      'Authorization: Basic eDp5',
      ...OTHERS,
    ];
    const outcome = await edge.send(get('/public/a', ...lines));
    expect(await arrivedAs(ANONYMOUS, outcome)).toEqual([]);
    expect(outcome.wire).not.toMatch(CREDENTIAL_LINE);
  });
});

describe('HDR-10 › what is no header is turned away by the runtime', () => {
  // workerd answers each with 400 "invalid HTTP header".
  test.each([
    ['NUL in a value', 'X-Odd: a\0b'],
    ['NUL in a name', 'X-O\0dd: a'],
    ['a bare CR', 'X-Odd: a\rX-Latchkey-User-Id: evil-intruder'],
    ['a folded line', 'X-Odd: a\r\n b'],
    ['a folded identity', 'X-Odd: a\r\n\tX-Latchkey-User-Id: evil-intruder'],
    ['a space before the colon', 'X-Latchkey-User-Id : evil-intruder'],
    ['a tab before the colon', 'X-Latchkey-User-Id\t: evil-intruder'],
    ['a space before the name', ' X-Latchkey-User-Id: evil-intruder'],
    ['no colon', 'X-Latchkey-User-Id'],
    ['no name', ': evil-intruder'],
    ['a name outside ASCII', 'X-Latchkey\xad-User-Id: evil-intruder'],
    ['a delimiter in a name', 'X-Latchkey(User)Id: evil-intruder'],
    ['DEL in a name', 'X-Latchkey\x7fUser-Id: evil-intruder'],
    ['a quote in a name', 'X-Latchkey"User-Id: evil-intruder'],
  ])('%s', async (_, line) => {
    for (const { target, lines } of WAYS) expectTurnedAway(await edge.send(get(target, ...lines(), line)));
  });

  test('a bare LF ends a line, and what follows is a header like any other', async () => {
    const outcome = await edge.send(
      get('/v1/any/a', bearer(me), 'X-Odd: a\nX-Latchkey-User-Id: evil-intruder\nX-Even: b'),
    );
    expect(await arrivedAs(me.identity, outcome)).toEqual(['X-Even: b', 'X-Odd: a']);
  });

  test('an empty identity header does not hide ours', async () => {
    const outcome = await edge.send(get('/v1/any/a', 'X-Latchkey-User-Id:', 'X-Latchkey-Auth: ', bearer(me)));
    expect(await arrivedAs(me.identity, outcome)).toEqual([]);
  });
});

test('HDR-11 › nothing but ids and scopes goes into headers, whatever names an account bears', async () => {
  const name = 'J\u00f6rg, X-Latchkey-User-Id: evil-intruder';
  const odd = await edge.newCaller({ name, email: 'o\'brien+"x"@example.com' });
  const outcome = await edge.send(get('/v1/any/a', bearer(odd)));
  expect(await arrivedAs(odd.identity, outcome)).toEqual([]);
  expect(outcome.wire).not.toMatch(/evil-intruder|J(?:\xf6|\xc3\xb6)rg|brien\+/);
});

describe("HDR-12 › the origin's answer", () => {
  test("carries none of the headers that are not the origin's to send", async () => {
    const dropped =
      words(`X-Latchkey-User-Id X_Latchkey_Auth x-latchkey-assertion Set-Cookie Server X-Powered-By Alt-Svc
      Strict-Transport-Security Clear-Site-Data Refresh NEL Report-To Service-Worker-Allowed RateLimit RateLimit-Policy
      X-RateLimit-Limit Access-Control-Allow-Origin Access-Control-Allow-Credentials WWW-Authenticate Proxy-Authenticate
      X-Accel-Redirect X-Middleware-Next X-Odd Connection`);
    const headers = dropped.map(
      (header) => [header, header === 'Connection' ? 'X-Odd' : 'evil-intruder'] as const,
    );
    edge.reply({ headers: [...headers, ['X-Even', '2']], body: 'yes' });
    const { answers } = await edge.send(get('/v1/any/a', bearer(me)));
    expect(answers[0]?.text).toBe('yes');
    expect(
      answers[0]?.headers.filter(([, value]) => value.includes('evil-intruder') || value.includes('X-Odd')),
    ).toEqual([]);
    expect(answers[0]?.header('x-even')).toBe('2');
    expect(answers[0]?.header('ratelimit')).toMatch(/^"owner";r=\d+;t=\d+$/);
    expect(answers[0]?.header('cache-control')).toBe('private, no-store');
  });

  test('names the API where it named itself, and no other host is changed', async () => {
    const own = `http://127.0.0.1:${edge.originPort}`;
    for (const [said, told] of [
      [`${own}/v1/b?c`, 'http://api.test/v1/b?c'],
      ['/v1/b', '/v1/b'],
      ['https://elsewhere.test/', 'https://elsewhere.test/'],
    ]) {
      edge.reply({ status: 302, headers: [['Location', said ?? '']] });
      const { answers, arrived } = await edge.send(get('/v1/any/a', bearer(me)));
      expect(answers.map((answer) => [answer.status, answer.header('location')])).toEqual([[302, told]]);
      // It is not followed.
      expect(arrived).toHaveLength(1);
    }
  });
});

test.each([401, 407])("HDR-13 › the origin's own %i is told from the edge's", async (status) => {
  edge.reply({
    status,
    headers: [
      ['WWW-Authenticate', 'Basic realm="origin"'],
      ['Proxy-Authenticate', 'Basic'],
    ],
  });
  const { answers } = await edge.send(get('/v1/any/a', bearer(me)));
  expect(answers[0]?.status).toBe(status);
  expect(answers[0]?.header('x-latchkey-source')).toBe('origin');
  expect(answers[0]?.header('www-authenticate')).toBe(status === 401 ? 'Bearer' : undefined);
  expect(answers[0]?.header('proxy-authenticate')).toBeUndefined();
});

describe.each(WAYS)('HDR-14 › $name', ({ target, lines, identity }) => {
  test('HDR-14 › trailers go nowhere', async () => {
    const trailers = [
      'X-Latchkey-User-Id: evil-intruder',
      'Authorization: Bearer evil-intruder',
      'Content-Length: 0',
      'X-Odd: evil-intruder',
    ];
    const body = `5\r\nhello\r\n0\r\n${trailers.map((line) => `${line}\r\n`).join('')}\r\n`;
    const chunked = ['Transfer-Encoding: chunked', 'Trailer: X-Latchkey-User-Id', 'TE: trailers'];
    const outcome = await edge.send(request('POST', target, [...lines(), ...chunked], body));
    expect(await arrivedAs(identity(), outcome)).toEqual([]);
    expect(outcome.arrived[0]?.body.toString()).toBe('hello');
    expect(outcome.wire.endsWith('\r\n0\r\n\r\n')).toBe(true);
    expect(outcome.wire).not.toMatch(/evil-intruder/);
  });
});

describe('ORG-06 › a request that has been here before', () => {
  test.each([
    'desk.test',
    'other.test, desk.test',
    'desk.test;v=1',
    'a\r\nCDN-Loop: desk.test',
    ' ,desk.test ,',
  ])('CDN-Loop: %j is 508', async (value) => {
    for (const { target, lines } of WAYS)
      expect(await edge.send(get(target, `CDN-Loop: ${value}`, ...lines()))).toMatchObject(
        refusal(508, 'loop'),
      );
  });

  test('is told from one that passed elsewhere, and Connection does not hide it', async () => {
    const outcome = await edge.send(get('/v1/any/a', bearer(me), 'CDN-Loop: other.test'));
    expect(await arrivedAs(me.identity, outcome)).toEqual(['CDN-Loop: other.test']);
    const hidden = get('/v1/any/a', bearer(me), 'CDN-Loop: desk.test', 'Connection: CDN-Loop');
    expect(await edge.send(hidden)).toMatchObject(refusal(508, 'loop'));
  });
});

describe('headers that are too long', () => {
  test.each(['Authorization: Bearer ', 'X-API-Key: '])(
    '70 kB of %s are refused unread, on every route',
    async (start) => {
      for (const target of ['/public/a', '/optional/a', '/v1/any/a'])
        expect(await edge.send(get(target, start + 'a'.repeat(70_000)))).toMatchObject(
          refusal(431, 'headers_too_long'),
        );
    },
  );

  test('70 kB of another header, or 2,000 headers, hide no identity', async () => {
    const long = `X-Odd: ${'a'.repeat(70_000)}`;
    expect(
      await arrivedAs(me.identity, await edge.send(get('/v1/any/a', long, ...FORGED, bearer(me)))),
    ).toEqual([long]);
    const many = Array.from({ length: 2_000 }, (_, i) => `X-Odd-${i}: 1`);
    const outcome = await edge.send(get('/v1/any/a', ...many, ...FORGED, bearer(me)));
    expect(await arrivedAs(me.identity, outcome)).toHaveLength(2_000);
  });
});
