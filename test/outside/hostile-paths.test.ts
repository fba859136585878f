import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROBLEMS } from '../../src/model/path.ts';
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

const NOT_CANONICAL = refusal(400, 'path_not_canonical');
const NO_ROUTE = refusal(404, 'no_route');

/** What reached the origin, as request lines; everything else about it is as it must be. */
const forwarded = async (outcome: Outcome, caller: Caller | null = null): Promise<readonly string[]> => {
  for (const seen of outcome.arrived) await edge.inspect(seen, caller?.identity ?? ANONYMOUS);
  expect(outcome.statuses).toEqual([200]);
  return outcome.arrived.map(({ method, target }) => `${method} ${target}`);
};

describe('PATH-01 › what origins read in more than one way is refused, whoever asks', () => {
  test.each([
    ['/public/../v1/any/a', PROBLEMS.dotSegment],
    ['/public/..', PROBLEMS.dotSegment],
    ['/public/./a', PROBLEMS.dotSegment],
    ['/..', PROBLEMS.dotSegment],
    ['/public/%2e%2e/v1/any/a', PROBLEMS.dotSegment],
    ['/public/%2E./v1/any/a', PROBLEMS.dotSegment],
    ['/public/.%2e/v1/any/a', PROBLEMS.dotSegment],
    ['/public/%2e', PROBLEMS.dotSegment],
    ['/%2e/v1/any/a', PROBLEMS.dotSegment],
    ['/public/..%2fv1/any/a', PROBLEMS.encodedSlash],
    ['/public/..%2Fv1/any/a', PROBLEMS.encodedSlash],
    ['/public/%2e%2e%2fv1/any/a', PROBLEMS.encodedSlash],
    ['/public%2f..%2fv1/any/a', PROBLEMS.encodedSlash],
    ['/public/a%2fb', PROBLEMS.encodedSlash],
    ['/public/..%5cv1/any/a', PROBLEMS.encodedSlash],
    ['/public/..%5Cv1', PROBLEMS.encodedSlash],
    ['/public\\..\\v1\\any', PROBLEMS.backslash],
    ['/public/..\\v1/any/a', PROBLEMS.backslash],
    ['\\public\\a', null],
    ['//v1/any/a', PROBLEMS.emptySegment],
    ['///v1/any/a', PROBLEMS.emptySegment],
    ['/public//a', PROBLEMS.emptySegment],
    ['/public/a//', PROBLEMS.emptySegment],
    ['/public/a%00', PROBLEMS.encodedControl],
    ['/public/%00/../v1', PROBLEMS.encodedControl],
    ['/public/a%0a', PROBLEMS.encodedControl],
    ['/public/a%0d%0aX-Latchkey-User-Id:%20evil', PROBLEMS.encodedControl],
    ['/public/a%09', PROBLEMS.encodedControl],
    ['/public/a%1f', PROBLEMS.encodedControl],
    ['/public/a%7f', PROBLEMS.encodedControl],
    ['/public/%', PROBLEMS.badEscape],
    ['/public/%2', PROBLEMS.badEscape],
    ['/public/%zz', PROBLEMS.badEscape],
    ['/public/%u002e%u002e/v1', PROBLEMS.badEscape],
    ['/public/%25%zz', PROBLEMS.badEscape],
    ['/public/%252e%252e/v1/any/a', PROBLEMS.doubleEncoding],
    ['/public/..%252fv1', PROBLEMS.doubleEncoding],
    ['/public/%2525', PROBLEMS.doubleEncoding],
    ['/public/%25%32%65', PROBLEMS.doubleEncoding],
    ['/public/%25%32f', PROBLEMS.doubleEncoding],
    ['/public/..;/v1/any/a', PROBLEMS.pathParameter],
    ['/public/a;jsessionid=1', PROBLEMS.pathParameter],
    ['/v1/any;/a', PROBLEMS.pathParameter],
    ['/;/v1/any/a', PROBLEMS.pathParameter],
    ['/public/..%3bx/v1', PROBLEMS.dotSegment],
    ['/public/%3b/v1', PROBLEMS.emptySegment],
    ['/public/%ff', PROBLEMS.notUtf8],
    ['/public/%c0%ae%c0%ae/v1/any/a', PROBLEMS.notUtf8],
    ['/public/%c0%af', PROBLEMS.notUtf8],
    ['/public/%e0%80%ae', PROBLEMS.notUtf8],
    ['/public/%ed%a0%80', PROBLEMS.notUtf8],
    ['/public/%e2%82', PROBLEMS.notUtf8],
    ['/public/caf\xc3\xa9', PROBLEMS.notAscii],
    ['/public/\xef\xbc\x8e\xef\xbc\x8e/v1', PROBLEMS.notAscii],
    ['/public/"', PROBLEMS.rawCharacter],
    ['/public/<a>', null],
    ['/public/{a}', PROBLEMS.rawCharacter],
    ['/public/a|b', PROBLEMS.rawCharacter],
    // Behind the question mark too, because what is forwarded must be what was looked at.
    ['/public/a?\xc3\xa9', 'the query has a character that RFC 3986 wants encoded'],
  ])('%j', async (target, problem) => {
    for (const lines of [[], [bearer(me)]]) {
      const outcome = await edge.send(get(target, ...lines));
      if (problem === null) expectTurnedAway(outcome);
      else {
        expect(outcome).toMatchObject(NOT_CANONICAL);
        expect(JSON.parse(outcome.answers[0]?.text ?? '').detail).toContain(problem);
      }
    }
  });

  // workerd answers each of these with 400 "invalid URI" or "invalid HTTP version".
  test.each([
    '/public/\xff',
    '/public/a\x01',
    '/public/a\x7f',
    '/public/a\tb',
    '/public/a b',
    '/public/a\0',
    '/public/a^',
    '/public/`',
    '/public/a\rb',
    '/public/a\x0bb',
    '',
  ])('the runtime does not let %j in', async (target) => {
    expectTurnedAway(await edge.send(get(target, bearer(me))));
  });

  test.each([
    ['/public/%61', '/public/a'],
    ['/%70ublic/%61%2D%7e%5F%2E.a', '/public/a-~_..a'],
    ['/public/%c3%a9', '/public/%C3%A9'],
    ['/public/a%20b%2b', '/public/a%20b%2B'],
    ['/public/...', '/public/...'],
    ['/public/.well-known', '/public/.well-known'],
    ['/public/a%3fb', '/public/a%3Fb'],
    ['/public/a%23b', '/public/a%23b'],
    ['/public/a%25', '/public/a%25'],
    ["/public/!$&'()*+,=:@~", "/public/!$&'()*+,=:@~"],
  ])('the origin gets %j in its one spelling, %j', async (target, canonical) => {
    expect(await forwarded(await edge.send(get(target)))).toEqual([`GET ${canonical}`]);
  });

  test.each([
    ['/%76%31/any/%61', '/v1/any/a'],
    ['/v1/%61ny/a', '/v1/any/a'],
  ])('policy is that of the spelling which is forwarded: %j asks for a key', async (target, canonical) => {
    expect(await edge.send(get(target))).toMatchObject(refusal(401, 'credential_missing', challenge()));
    expect(await forwarded(await edge.send(get(target, bearer(me))), me)).toEqual([`GET ${canonical}`]);
  });

  test.each([
    [4_096, 200],
    [4_097, 414],
    [10_000, 414],
  ])('a path of %i bytes is %i', async (length, status) => {
    const target = `/public/${'a'.repeat(length - 8)}`;
    const outcome = await edge.send(get(target));
    if (status === 414) expect(outcome).toMatchObject(refusal(414, 'target_too_long'));
    else expect(await forwarded(outcome)).toEqual([`GET ${target}`]);
  });
});

describe('PATH-02 › a spelling that no route has is no route', () => {
  test.each([
    '/V1/any/a',
    '/v1/Any/a',
    '/Public/a',
    '/v1/pairs/',
    '/v1/pairs.',
    '/v1/pairs%20',
    '/v1/pairs.json',
    '/v1/pairs,',
    '/v1/heavy/',
    '/v1/heavy/a',
  ])('%s', async (target) => {
    for (const lines of [[], [bearer(me)]])
      expect(await edge.send(get(target, ...lines))).toMatchObject(NO_ROUTE);
  });
});

describe('PATH-03 › a prefix ends where a segment ends', () => {
  test.each([
    '/v1/anything/a',
    '/v1/itemsx',
    '/v1/itemsx/a',
    '/v1',
    '/v1/',
    '/',
    '/publicx',
    '/publi',
    '/public-/a',
  ])('%s is not covered', async (target) => {
    expect(await edge.send(get(target, bearer(me)))).toMatchObject(NO_ROUTE);
  });

  test.each(['/v1/any', '/v1/any/', '/v1/any/a/b'])('%s is covered', async (target) => {
    expect(await edge.send(get(target))).toMatchObject(refusal(401, 'credential_missing', challenge()));
    expect(await forwarded(await edge.send(get(target, bearer(me))), me)).toEqual([`GET ${target}`]);
  });
});

describe('PATH-04 › query and fragment decide nothing', () => {
  test.each([
    ['/v1/any/a?/public/a', '/v1/any/a?/public/a'],
    ['/v1/any/a?/../../public/a', '/v1/any/a?/../../public/a'],
    ['/v1/any/a??x', '/v1/any/a??x'],
    ['/v1/any/a?', '/v1/any/a?'],
    ['/v1/any/a?x\\y', '/v1/any/a?x\\y'],
    ['/v1/any/a?%2e%2e%2f%zz', '/v1/any/a?%2e%2e%2f%zz'],
    // workerd cuts fragments off: neither policy nor origin gets to see one.
    ['/v1/any/a#/../public', '/v1/any/a'],
    ['/v1/any/a?x#/public', '/v1/any/a?x'],
    ['/v1/any/a#?/public/a', '/v1/any/a'],
  ])('%j needs a key, and goes on as %j', async (target, sent) => {
    expect(await edge.send(get(target))).toMatchObject(refusal(401, 'credential_missing', challenge()));
    expect(await forwarded(await edge.send(get(target, bearer(me))), me)).toEqual([`GET ${sent}`]);
  });

  test('an encoded question mark is part of the path, and stays encoded', async () => {
    expect(await edge.send(get('/v1/pairs%3fx', bearer(me)))).toMatchObject(NO_ROUTE);
    expect(await forwarded(await edge.send(get('/v1/any/a%3f/public', bearer(me))), me)).toEqual([
      'GET /v1/any/a%3F/public',
    ]);
  });
});

describe('PATH-05 and PATH-06 › only the configured origin is asked, for the path that policy saw', () => {
  // workerd drops scheme and authority of an absolute target; Cloudflare's edge refuses it before.
  test.each([
    ['http://api.test/public/a', '/public/a'],
    ['http://elsewhere.test/public/a', '/public/a'],
    ['https://elsewhere.test:8443/public/a?b', '/public/a?b'],
    ['http://user:pass@elsewhere.test/public/a', '/public/a'],
    ['ftp://elsewhere.test/public/a', '/public/a'],
    ['http://[::1]/public/a', '/public/a'],
  ])('of %s, nothing but the path is taken', async (target, path) => {
    const outcome = await edge.send(get(target));
    expect(await forwarded(outcome)).toEqual([`GET ${path}`]);
    expect(outcome.wire).toContain(`\r\nHost: 127.0.0.1:${edge.originPort}\r\n`);
    expect(outcome.wire).not.toMatch(/elsewhere|user|pass|::1/);
  });

  test.each([
    ['http://elsewhere.test/public/../v1/any/a', 400, 'path_not_canonical'],
    ['http://elsewhere.test/v1/any/a', 401, 'credential_missing'],
    ['http://elsewhere.test//v1/any/a', 400, 'path_not_canonical'],
    ['http://elsewhere.test', 404, 'no_route'],
    ['http://elsewhere.test?/public/a', 404, 'no_route'],
    ['http://api.test\\@elsewhere.test/public/a', 0, ''],
    ['api.test:443', 404, 'no_route'],
    ['elsewhere.test:80', 404, 'no_route'],
    ['*', 421, 'host_unknown'],
    ['@elsewhere.test/public/a', 0, ''],
    ['.elsewhere.test/public/a', 0, ''],
    ['public/a', 0, ''],
    ['?/public/a', 0, ''],
    ['http:/public/a', 0, ''],
    ['http:///public/a', 0, ''],
    ['//elsewhere.test/public/a', 400, 'path_not_canonical'],
    ['/@elsewhere.test/public/a', 404, 'no_route'],
    ['/http://elsewhere.test/public/a', 400, 'path_not_canonical'],
  ])('%j is refused', async (target, status, code) => {
    const outcome = await edge.send(get(target));
    expectTurnedAway(outcome);
    // Without a status: workerd itself answers 400 "invalid URI".
    if (status !== 0) expect(outcome).toMatchObject({ statuses: [status], code });
  });
});

describe('PATH-07 › a host that is not exactly an API host is 421', () => {
  test.each([
    'api.test.',
    'api.test:80',
    'api.test:443',
    'api.test:8787',
    'api.test:',
    'api.test:080',
    'api2.test',
    'api2.test:08443',
    'xapi.test',
    'api.test.elsewhere.test',
    'elsewhere.test',
    '127.0.0.1',
    '[::1]',
    '2130706433',
    'localhost',
    'latchkey.workers.dev',
    'preview-latchkey.account.workers.dev',
    'xn--pi-fja.test',
    '\xe2\x84\xaa.test',
    'user@api.test',
    'api.test@elsewhere.test',
    'api.test,api.test',
    'api.test elsewhere.test',
    'api.test/public',
    'api.test/v1/any/..',
    'api.test/',
    'api.test?',
    'api.test?x=',
    'api.test#',
    'api.test\\',
    'api.test%2fpublic',
    'a'.repeat(300),
  ])('Host: %s', async (host) => {
    for (const target of ['/public/a', '/a', '/any/a'])
      expect(await edge.send(get(target, `Host: ${host}`, bearer(me)))).toMatchObject(
        refusal(421, 'host_unknown'),
      );
  });

  test.each([
    ['API.TEST', 'api.test'],
    ['Api.Test', 'api.test'],
    ['  api.test\t', 'api.test'],
  ])('Host: %j is %s', async (host) => {
    expect(await forwarded(await edge.send(get('/public/a', `Host:${host}`)))).toEqual(['GET /public/a']);
  });

  test('an API host with a port is that host alone', async () => {
    const outcome = await edge.send(get('/public/a', 'Host: api2.test:8443'));
    expect(outcome.arrived[0]?.lines).toContain('X-Forwarded-Host: api2.test:8443');
  });

  test.each([
    ['another and ours', 'Host: elsewhere.test', 'Host: api.test'],
    ['ours and another', 'Host: api.test', 'Host: elsewhere.test'],
    ['ours twice', 'Host: api.test', 'Host: api.test'],
    ['ours and the Desk', 'Host: api.test', 'host: desk.test'],
  ])('two Host lines are refused: %s', async (_, ...lines) => {
    expect(await edge.send(get('/public/a', ...lines))).toMatchObject(refusal(421, 'host_unknown'));
  });

  // workerd answers each with 400.
  test.each([
    ['no Host', 'GET /public/a HTTP/1.1\r\n\r\n'],
    ['an empty Host', 'GET /public/a HTTP/1.1\r\nHost:\r\n\r\n'],
    ['no Host in HTTP/1.0', 'GET /public/a HTTP/1.0\r\n\r\n'],
    ['an absolute target and no Host', 'GET http://api.test/public/a HTTP/1.1\r\n\r\n'],
    ['X-Forwarded-Host alone', 'GET /public/a HTTP/1.1\r\nX-Forwarded-Host: api.test\r\n\r\n'],
    ['a space before the colon', 'GET /public/a HTTP/1.1\r\nHost : api.test\r\n\r\n'],
  ])('%s is turned away', async (_, bytes) => {
    expectTurnedAway(await edge.send(bytes));
  });

  test.each([
    ['/v1/any/a', 404],
    ['/public/a', 404],
    ['/healthz', 200],
    ['/v1/whoami', 200],
    ['/v1/keys', 403],
  ])("the Desk's host is never the origin's: %s", async (target, status) => {
    const outcome = await edge.send(get(target, 'Host: desk.test', bearer(me)));
    expect(outcome).toMatchObject({ statuses: [status], arrived: [], wire: '' });
  });

  test.each([
    'desk.test/v1',
    'desk.test/',
    'desk.test?',
    'desk.test?x=',
    'desk.test#',
    'desk.test\\',
    'desk.test.',
    'u@desk.test',
  ])('Host: %s is not the Desk either', async (host) => {
    const session = `Authorization: Bearer ${me.session}`;
    for (const target of ['/keys', '/v1/keys', '/healthz', '/'])
      expect(await edge.send(get(target, `Host: ${host}`, session))).toMatchObject(
        refusal(421, 'host_unknown'),
      );
  });

  test('no other header can name the host', async () => {
    const lines = [
      'X-Forwarded-Host: api.test',
      'X-Host: api.test',
      'Forwarded: host=api.test',
      'X-Original-Host: api.test',
    ];
    expect(await edge.send(get('/public/a', 'Host: elsewhere.test', ...lines))).toMatchObject(
      refusal(421, 'host_unknown'),
    );
  });
});

describe('PATH-13 › parameters', () => {
  test('a repeated parameter of an API reaches the origin as it came: it is not ours to judge', async () => {
    const target = '/v1/any/a?id=1&id=2&id[]=3';
    expect(await forwarded(await edge.send(get(target, bearer(me))), me)).toEqual([`GET ${target}`]);
  });
});

describe("PATH-14 › the edge's own paths and the origin's are apart", () => {
  test.each(['/healthz', '/v1/keys', '/v1/whoami', '/.well-known/jwks.json', '/oauth2/token'])(
    '%s of an API host is neither the Desk nor, without a route, the origin',
    async (target) => {
      expect(await edge.send(get(target, bearer(me)))).toMatchObject(NO_ROUTE);
      const posted = request(
        'POST',
        target,
        [`Authorization: Bearer ${me.session}`, 'Content-Length: 2'],
        '{}',
      );
      expect(await edge.send(posted)).toMatchObject(NO_ROUTE);
    },
  );

  test('what is reserved is answered by the edge in its one spelling, and never by the origin', async () => {
    const reserved = '/.well-known/oauth-protected-resource';
    for (const target of [
      reserved,
      `${reserved}?x=1`,
      `${reserved}/v1/any/a`,
      reserved.replace('w', '%77'),
    ]) {
      const outcome = await edge.send(get(target, bearer(me)));
      expect(outcome).toMatchObject({ statuses: [200], arrived: [], wire: '' });
    }
    for (const target of [`${reserved}/`, `${reserved}/public/a`, `${reserved}x`, reserved.toUpperCase()])
      expect(await edge.send(get(target, bearer(me)))).toMatchObject(NO_ROUTE);
    const head = await edge.send(request('HEAD', reserved));
    expect([head.status, head.answers[0]?.text]).toEqual([200, '']);
  });
});

describe('SECURITY 4.4 › nothing that origins read in different ways gets to one', () => {
  test.each([
    '/public/..%2fadmin',
    '/public/%2e%2e%2fadmin',
    '//admin',
    '/%61dmin',
    '/admin%2fx',
    '/public/..%5cadmin',
    '/admin%00',
    '/admin%0a',
    '/admin%20',
  ])('%s', async (target) => {
    expectTurnedAway(await edge.send(get(target, bearer(me))));
  });
});
