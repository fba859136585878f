import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import {
  CDN_LOOP,
  createHeaderRules,
  type Exchange,
  type HeaderEntry,
  type HeaderPolicy,
  type HeaderRules,
  hopHeaders,
  identityHeaders,
  inboundResponse,
  isLoop,
  outbound,
  requestId,
} from '../../../../src/gate/forward/headers.ts';

const PREFIX = 'X-Latchkey';
const CLIENT_IP = '203.0.113.7';
const HOP = { host: 'api.acme.com', protocol: 'https' } as const;
const EXCHANGE: Exchange = {
  status: 200,
  origin: 'https://origin.acme.com',
  api: 'https://api.acme.com',
  credentialed: true,
};
const KEY = {
  auth: 'api_key',
  userId: 'user-test-1',
  organizationId: 'organization-test-1',
  clientId: 'acme_test_k1',
  scopes: ['items:read', 'items:write'],
} as const;

const leaves = (
  headers: HeadersInit,
  rules: HeaderRules,
  entries: readonly HeaderEntry[] = [],
  clientIp: string | null = CLIENT_IP,
) => outbound(new Headers(headers), rules, [...hopHeaders(HOP), ...entries], clientIp);

const sent = (headers: [string, string][], policy: Partial<HeaderPolicy> = {}) =>
  Object.fromEntries(leaves(headers, createHeaderRules({ prefix: PREFIX, ...policy })));

const returned = (
  headers: [string, string][],
  exchange: Partial<Exchange> = {},
  policy: Partial<HeaderPolicy> = {},
) =>
  inboundResponse(new Headers(headers), createHeaderRules({ prefix: PREFIX, ...policy }), {
    ...EXCHANGE,
    ...exchange,
  });

const TRUE_HOP = {
  'x-forwarded-for': '203.0.113.7',
  'x-forwarded-host': 'api.acme.com',
  'x-forwarded-proto': 'https',
};

/** RFC 9110 §5.6.2. */
const TOKEN_CHARACTERS = [
  ..."!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
] as const;
const PUNCTUATION = TOKEN_CHARACTERS.filter((character) => !/[0-9A-Za-z]/.test(character));
const SUFFIXES = [
  '',
  '-User-Id',
  '-Organization-Id',
  '-Key-Id',
  '-Auth',
  '-Scopes',
  '-Assertion',
  '-Source',
  '-Admin',
];

/** The naive opinion of an origin that cannot tell signs apart. */
const alias = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '_');

/** A spelling of a reserved name: each letter in either case, each dash as any sign a token may have. */
const spelling = fc
  .tuple(
    fc.constantFrom(...SUFFIXES),
    fc.array(fc.boolean(), { minLength: 40, maxLength: 40 }),
    fc.array(fc.constantFrom(...PUNCTUATION), { minLength: 10, maxLength: 10 }),
    fc.constantFrom('', '', '', '-', '_', 'x'),
  )
  .map(([suffix, upper, signs, tail]) => {
    let sign = 0;
    return [...`${PREFIX}${suffix}${tail}`]
      .map((character, index) => {
        if (character === '-') return signs[sign++ % signs.length];
        return upper[index] ? character.toUpperCase() : character.toLowerCase();
      })
      .join('');
  });
const name = fc.oneof(
  { weight: 3, arbitrary: spelling },
  {
    weight: 1,
    arbitrary: fc
      .array(fc.constantFrom(...TOKEN_CHARACTERS), { minLength: 1, maxLength: 24 })
      .map((characters) => characters.join('')),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom('Connection', 'Accept', 'X-Forwarded-For', 'X-Request-Id', 'Cookie'),
  },
);
const value = fc.oneof(
  fc.constant('evil'),
  spelling,
  fc.constant('close, X-Latchkey-User-Id, x_latchkey_auth'),
);

describe('outbound and identityHeaders', () => {
  it('no header of a client reaches the reserved names in any spelling, and each of ours is there once', () => {
    const rules = createHeaderRules({ prefix: PREFIX });
    const ours = identityHeaders(KEY, PREFIX, 'a.b.c');
    fc.assert(
      fc.property(fc.array(fc.tuple(name, value), { maxLength: 20 }), (headers) => {
        const origin = leaves(headers, rules, ours);
        const reserved = [...origin].filter(([each]) => /^(x_latchkey|x_request_id)/.test(alias(each)));
        expect(reserved.sort()).toEqual(ours.map(([each, said]) => [each.toLowerCase(), said]).sort());
        for (const [each] of origin) expect(each).toMatch(/^[a-z0-9-]+$/);
      }),
      { numRuns: 2_000 },
    );
  });

  it('one strange character at any place of a reserved name, alone or in place of another, does not help', () => {
    const rules = createHeaderRules({ prefix: PREFIX });
    const target = `${PREFIX}-User-Id`;
    for (const character of TOKEN_CHARACTERS) {
      for (let place = 0; place <= target.length; place += 1) {
        for (const removed of [0, 1]) {
          const spelled = target.slice(0, place) + character + target.slice(place + removed);
          const origin = [...leaves([[spelled, 'evil']], rules).keys()];
          expect(origin.map(alias).filter((each) => each.startsWith('x_latchkey'))).toEqual([]);
        }
      }
    }
  });

  it('a configured prefix is reserved in the place of the default one', () => {
    expect(
      sent(
        [
          ['X-Acme-User-Id', 'evil'],
          ['x-acme', 'evil'],
        ],
        { prefix: 'X-Acme-' },
      ),
    ).toEqual(TRUE_HOP);
  });

  it('a prefix may have several words', () => {
    expect(sent([['X-Acme-Edge-User-Id', 'evil']], { prefix: 'X-Acme-Edge' })).toEqual(TRUE_HOP);
  });

  it.each(['', 'Acme', 'X-', 'X_Acme', 'X-Acme--Id', 'X-Acme--', 'My-X-Acme', 'X-Acmé'])(
    'a prefix %j is refused at start',
    (prefix) => {
      expect(() => createHeaderRules({ prefix })).toThrow(
        new TypeError('a header prefix is X- and words, as X-Latchkey'),
      );
    },
  );
});

describe('outbound', () => {
  it('ordinary headers pass unchanged', () => {
    const ordinary = {
      accept: 'application/json',
      'accept-encoding': 'gzip',
      'cdn-loop': 'cloudflare',
      'content-type': 'application/json',
      'if-none-match': '"1"',
      range: 'bytes=0-1',
      referer: 'https://app.acme.com/',
      'sec-websocket-protocol': 'chat',
      baggage: 'tenant=acme',
      'user-agent': 'curl/8.5.0',
      via: '1.1 somewhere',
      'x-acme-feature': 'on',
    };
    expect(sent(Object.entries(ordinary))).toEqual({ ...ordinary, ...TRUE_HOP });
  });

  it.each([
    ['HDR-01 identity', 'X-Latchkey-User-Id'],
    ['HDR-01 what is not used yet', 'X-Latchkey-Anything'],
    ['HDR-02 underscore', 'X_Latchkey_User_Id'],
    ['HDR-02 underscore, once', 'X-Latchkey_User-Id'],
    ['HDR-02 dot', 'X.Latchkey.User.Id'],
    ['HDR-02 tilde', 'X~Latchkey-User-Id'],
    ['HDR-02 any name with such a character', 'My_Header'],
    ['HDR-02 any name with such a character', 'My.Header'],
    ['HDR-03 hop', 'Keep-Alive'],
    ['HDR-03 hop', 'Proxy-Connection'],
    ['HDR-03 hop', 'TE'],
    ['HDR-03 hop', 'Trailer'],
    ['HDR-03 hop', 'Transfer-Encoding'],
    ['HDR-03 hop', 'Upgrade'],
    ['HDR-03 hop', 'HTTP2-Settings'],
    ['HDR-05 client', 'Forwarded'],
    ['HDR-05 client', 'X-Real-IP'],
    ['HDR-05 client', 'True-Client-IP'],
    ['HDR-05 client', 'X-Client-IP'],
    ['HDR-05 client', 'X-Cluster-Client-IP'],
    ['HDR-05 client', 'CF-Connecting-IP'],
    ['HDR-05 client', 'CF-Connecting-IPv6'],
    ['HDR-05 client', 'X-Forwarded-Port'],
    ['HDR-05 client', 'X-Forwarded'],
    ['HDR-05 client', 'X-Forwarded-Client-Cert'],
    ['HDR-06 path', 'X-Original-URL'],
    ['HDR-06 path', 'X-Rewrite-URL'],
    ['HDR-06 path', 'X-Forwarded-Prefix'],
    ['HDR-06 path', 'X-Forwarded-Uri'],
    ['HDR-06 path', 'X-Accel-Redirect'],
    ['HDR-06 path', 'X-Envoy-Original-Path'],
    ['HDR-06 path', 'X-MS-Endpoint-Absolute-Path'],
    ['HDR-06 path', 'X-Sendfile'],
    ['HDR-06 path', 'Request-URI'],
    ['HDR-07 method', 'X-HTTP-Method'],
    ['HDR-07 method', 'X-HTTP-Method-Override'],
    ['HDR-07 method', 'X-Method-Override'],
    ['HDR-08 framework', 'X-Middleware-Subrequest'],
    ['HDR-08 framework', 'X-NextJS-Data'],
    ['HDR-08 framework', 'X-Vercel-Proxy-Signature'],
    ['HDR-08 framework', 'X-Internal-Call'],
    ['HDR-08 framework', 'CF-Access-Jwt-Assertion'],
    ['HDR-08 framework', 'Remote-User'],
    ['HDR-09 credential', 'Authorization'],
    ['HDR-09 credential', 'Proxy-Authorization'],
    ['HDR-09 credential', 'Proxy-Authenticate'],
    ['HDR-09 credential', 'Cookie'],
    ['HDR-09 credential', 'X-API-Key'],
    ['HDR-09 credential, otherwise spelled', 'X_API_Key'],
    ['httpoxy', 'Proxy'],
    ['framing', 'Content-Length'],
    ['CACHE-01: no cache before the origin may answer', 'Cache-Control'],
    ['CACHE-01: no cache before the origin may answer', 'Pragma'],
    ['the request id is set, not passed', 'X-Request-Id'],
  ])('%s: %s is dropped', (_row, dropped) => {
    for (const spelled of [dropped, dropped.toLowerCase(), dropped.toUpperCase()]) {
      expect(
        sent([
          [spelled, '1'],
          ['Accept', '*/*'],
        ]),
      ).toEqual({ accept: '*/*', ...TRUE_HOP });
    }
  });

  it.each(['X-Latchkey-User-Id', 'x-latchkey-user-id', 'X_LATCHKEY_USER_ID'])(
    'HDR-03: Connection: close, %s costs nobody their identity',
    (named) => {
      const rules = createHeaderRules({ prefix: PREFIX });
      const origin = leaves({ Connection: `close, ${named}` }, rules, identityHeaders(KEY, PREFIX, 'a.b.c'));
      expect(origin.get('X-Latchkey-User-Id')).toBe('user-test-1');
      expect(origin.has('Connection')).toBe(false);
    },
  );

  it('HDR-03: what Connection names goes with it, but not what is true of the hop', () => {
    const headers: [string, string][] = [
      ['Connection', 'X-Mine ,x-forwarded-for'],
      ['X-Mine', '1'],
      ['X-Yours', '2'],
    ];
    expect(sent(headers)).toEqual({ 'x-yours': '2', ...TRUE_HOP });
  });

  it('HDR-05: without a known address none is claimed', () => {
    const rules = createHeaderRules({ prefix: PREFIX });
    const origin = leaves({ 'X-Forwarded-For': '10.0.0.1' }, rules, [], null);
    expect(origin.has('X-Forwarded-For')).toBe(false);
  });

  it('HDR-08: configured prefixes are dropped, in any spelling', () => {
    expect(
      sent(
        [
          ['X-Corp-Role', 'root'],
          ['x-corp', '1'],
        ],
        { stripPrefixes: ['X_Corp'] },
      ),
    ).toEqual(TRUE_HOP);
  });

  it('HDR-09: cookies pass where the operator says so, and nothing else does', () => {
    const headers: [string, string][] = [
      ['Cookie', 'a=1'],
      ['Authorization', 'Bearer x'],
      ['Cookie2', 'b'],
    ];
    expect(sent(headers, { forwardCookies: true })).toEqual({ cookie: 'a=1', ...TRUE_HOP });
  });

  it('RFC 8470 §5.1: early data is told in one way, however and how often it was said', () => {
    const said: [string, string][] = [
      ['Early-Data', 'yes'],
      ['Early-Data', '1'],
    ];
    expect(sent(said)).toEqual({ 'early-data': '1', ...TRUE_HOP });
    expect(sent([['Accept', '1']])).not.toHaveProperty('early-data');
  });

  it('a name is judged once, as long as no more than 512 of up to 64 characters come by', () => {
    const rules = createHeaderRules({ prefix: PREFIX });
    const remember = vi.spyOn(Map.prototype, 'set');
    const longest = 'x'.repeat(64);
    for (const each of [longest, longest, `${longest}x`]) rules.forwards(each);
    expect(remember.mock.calls).toEqual([[longest, true]]);
    const memory = remember.mock.contexts[0] as Map<string, boolean> | undefined;
    for (let each = 1; each < 512; each += 1) rules.forwards(`x-made-up-${each}`);
    expect(memory?.size).toBe(512);
    rules.forwards('x-one-more');
    remember.mockRestore();
    expect([...(memory ?? [])]).toEqual([['x-one-more', true]]);
  });

  it('ten thousand made-up names change no verdict, and are not remembered', () => {
    const rules = createHeaderRules({ prefix: PREFIX });
    const remember = vi.spyOn(Map.prototype, 'set');
    for (let each = 0; each < 10_000; each += 1) rules.forwards(`x-made-up-${each}`);
    rules.forwards(`x-${'a'.repeat(9_000)}`);
    const memory = remember.mock.contexts[0] as Map<string, boolean> | undefined;
    remember.mockRestore();
    expect(memory?.size).toBeLessThanOrEqual(512);
    expect([...(memory?.keys() ?? [])].filter((each) => each.length > 64)).toEqual([]);
    expect(rules.forwards('x-made-up-1')).toBe(true);
    expect(rules.forwards('x-latchkey-auth')).toBe(false);
    expect(rules.forwards(`x-latchkey-${'a'.repeat(9_000)}`)).toBe(false);
  });
});

describe('identityHeaders', () => {
  it('says who calls by which key', () => {
    expect(Object.fromEntries(identityHeaders(KEY, PREFIX, 'a.b.c'))).toEqual({
      'X-Latchkey-User-Id': 'user-test-1',
      'X-Latchkey-Organization-Id': 'organization-test-1',
      'X-Latchkey-Key-Id': 'acme_test_k1',
      'X-Latchkey-Auth': 'api_key',
      'X-Latchkey-Scopes': 'items:read items:write',
      'X-Latchkey-Assertion': 'a.b.c',
    });
  });

  it('HDR-04: an anonymous caller is announced, not left out', () => {
    const anonymous = {
      auth: 'anonymous',
      userId: null,
      organizationId: null,
      clientId: null,
      scopes: [],
    } as const;
    expect(Object.fromEntries(identityHeaders(anonymous, 'X-Acme', 'a.b.c'))).toEqual({
      'X-Acme-Auth': 'anonymous',
      'X-Acme-Assertion': 'a.b.c',
    });
  });

  it.each(['', ' user', 'user ', 'us\r\ner', 'us\0er', 'us\ter', 'usér', 'u'.repeat(257)])(
    'HDR-10, HDR-11: the id %j is never sent, and the error does not repeat it',
    (userId) => {
      const attempt = () => identityHeaders({ ...KEY, userId }, PREFIX, 'a.b.c');
      expect(attempt).toThrow(new TypeError('an identity value cannot be a header value'));
    },
  );

  it('an id of one character is sent', () => {
    expect(identityHeaders({ ...KEY, userId: 'u' }, PREFIX, 'a.b.c')).toContainEqual([
      `${PREFIX}-User-Id`,
      'u',
    ]);
  });

  it('an id of 256 characters and scopes of 4 KiB are sent', () => {
    const scopes = Array.from({ length: 100 }, (_, index) => `scope:${index}`.padEnd(40, 'x'));
    expect(identityHeaders({ ...KEY, userId: 'u'.repeat(256), scopes }, PREFIX, 'a.b.c')).toHaveLength(6);
  });
});

describe('RFC 8586: a request that has been here', () => {
  const passed = (value: string | null): boolean =>
    isLoop(new Headers(value === null ? [] : [['CDN-Loop', value]]), 'latchkey-1');

  it.each([
    'latchkey-1',
    'cloudflare, latchkey-1',
    'latchkey-1,cloudflare',
    'cloudflare;loops=1 , latchkey-1; pass=2',
  ])('is known by %j', (value) => {
    expect(passed(value)).toBe(true);
  });

  it.each([null, 'cloudflare', 'latchkey', 'latchkey-12', 'other;by=latchkey-1', 'not latchkey-1', ''])(
    'is not known by %j',
    (value) => {
      expect(passed(value)).toBe(false);
    },
  );

  it('says so in the field of the RFC', () => {
    expect(CDN_LOOP).toBe('cdn-loop');
  });
});

describe('requestId', () => {
  it.each(['12345678', 'a'.repeat(64), 'A-b_c-d_9'])("the client's own %j is kept", (own) => {
    expect(requestId(new Headers({ 'X-Request-Id': own }), () => 'made')).toBe(own);
  });

  it.each(['1234567', 'a'.repeat(65), 'has space', 'semi;colon', '12345678, 12345678', ''])(
    "the client's %j is replaced",
    (own) => {
      expect(requestId(new Headers({ 'X-Request-Id': own }), () => 'made')).toBe('made');
    },
  );

  it('one is made where the client has none', () => {
    expect(requestId(new Headers(), () => 'made')).toBe('made');
  });
});

describe('inboundResponse', () => {
  it.each([
    'X-Latchkey-Assertion',
    'X_Latchkey_User_Id',
    'WWW-Authenticate',
    'Proxy-Authenticate',
    'Set-Cookie',
    'Server',
    'X-Powered-By',
    'Access-Control-Allow-Origin',
    'Alt-Svc',
    'Strict-Transport-Security',
    'Clear-Site-Data',
    'Refresh',
    'NEL',
    'Report-To',
    'Service-Worker-Allowed',
    'RateLimit',
    'RateLimit-Policy',
    'X-RateLimit-Remaining',
    'Connection',
    'Keep-Alive',
    'Transfer-Encoding',
    'Upgrade',
    'X-Accel-Redirect',
    'X-Request-Id',
  ])('HDR-12: %s is dropped', (dropped) => {
    expect([
      ...returned(
        [
          [dropped, '1'],
          ['ETag', '"1"'],
        ],
        { credentialed: false },
      ),
    ]).toEqual([['etag', '"1"']]);
  });

  it('what Connection names is dropped with it', () => {
    expect(
      returned([
        ['Connection', 'X-Hop'],
        ['X-Hop', '1'],
      ]).has('X-Hop'),
    ).toBe(false);
  });

  it('HDR-12: cookies come back where the operator says so, each by itself', () => {
    const cookies: [string, string][] = [
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ];
    expect(returned(cookies, {}, { returnCookies: true }).getSetCookie()).toEqual(['a=1', 'b=2']);
  });

  it.each([401, 407])("HDR-13: the origin's %i is marked as its own", (status) => {
    const answer = returned(
      [
        ['WWW-Authenticate', 'Basic realm="internal"'],
        ['X-Latchkey-Source', 'edge'],
      ],
      { status },
    );
    expect(answer.get('X-Latchkey-Source')).toBe('origin');
    expect(answer.get('WWW-Authenticate')).toBe(status === 401 ? 'Bearer' : null);
  });

  it.each([
    ['https://origin.acme.com/a?b=c#d', 'https://api.acme.com/a?b=c#d'],
    ['http://origin.acme.com/a', 'https://api.acme.com/a'],
    ['https://origin.acme.com:8443/a', 'https://api.acme.com/a'],
    ['https://user:pass@ORIGIN.acme.com/a', 'https://api.acme.com/a'],
    ['//origin.acme.com/a', 'https://api.acme.com/a'],
    ['\\\\origin.acme.com/a', 'https://api.acme.com/a'],
    ['/a', '/a'],
    ['a?next=https://origin.acme.com/', 'a?next=https://origin.acme.com/'],
    ['https://api.acme.com/a', 'https://api.acme.com/a'],
    ['https://origin.acme.com.evil.example/a', 'https://origin.acme.com.evil.example/a'],
    ['mailto:someone@origin.acme.com', 'mailto:someone@origin.acme.com'],
    ['xhttps://origin.acme.com/a', 'xhttps://origin.acme.com/a'],
    ['https://[/', null],
  ])('Location %s becomes %s', (location, expected) => {
    const answer = returned(
      [
        ['Location', location],
        ['Content-Location', location],
      ],
      { status: 302 },
    );
    expect(answer.get('Location')).toBe(expected);
    expect(answer.get('Content-Location')).toBe(expected);
  });

  it.each([
    ['https', 'https://api.acme.com/a', 'https://api.acme.com/a'],
    ['https', 'http://api.acme.com/a', 'https://api.acme.com/a'],
    ['http', 'https://api.acme.com/a', 'https://api.acme.com/a'],
    ['http', 'http://api.acme.com/a', 'http://api.acme.com/a'],
    ['https', '/a', '/a'],
    ['https', 'https://other.acme.com/a', 'https://other.acme.com/a'],
  ])(
    'of an origin under the API’s own name, asked by %s, Location %s becomes %s',
    (protocol, location, expected) => {
      const own = `${protocol}://api.acme.com`;
      const answer = returned([['Location', location]], { status: 301, origin: own, api: own });
      expect(answer.get('Location')).toBe(expected);
    },
  );

  it('of a service binding, asked by https where the client came by http, Location stays by https', () => {
    const exchange = { status: 301, origin: 'https://api.acme.com', api: 'http://api.acme.com' };
    expect(returned([['Location', 'https://api.acme.com/a']], exchange).get('Location')).toBe(
      'https://api.acme.com/a',
    );
  });

  it('on one machine the two hosts are told apart by their ports', () => {
    const local = { origin: 'http://127.0.0.1:9000', api: 'http://127.0.0.1:8787' };
    expect(returned([['Location', 'http://127.0.0.1:9000/a']], local).get('Location')).toBe(
      'http://127.0.0.1:8787/a',
    );
    expect(returned([['Location', 'http://127.0.0.1:9001/a']], local).get('Location')).toBe(
      'http://127.0.0.1:9001/a',
    );
  });

  it.each([
    [null, 'private, no-store'],
    ['public, max-age=600', 'private, no-store'],
    ['max-age=600', 'private, no-store'],
    ['no-cache', 'private, no-store'],
    ['private="X-Name", max-age=600', 'private, no-store'],
    ['no-cache="a, private, b", max-age=600', 'private, no-store'],
    ['private, public', 'private, no-store'],
    ['private, s-maxage=60', 'private, no-store'],
    ['no-store, s-maxage=60', 'private, no-store'],
    ['private, max-age=60', 'private, max-age=60'],
    ['Private', 'Private'],
    ['no-store', 'no-store'],
  ])('CACHE-03: the Cache-Control %j of one caller becomes %j', (said, expected) => {
    const headers: [string, string][] = [
      ['CDN-Cache-Control', 'public'],
      ['Surrogate-Control', 'max-age=9'],
    ];
    const answer = returned(said === null ? headers : [['Cache-Control', said], ...headers]);
    expect(answer.get('Cache-Control')).toBe(expected);
    expect([answer.get('CDN-Cache-Control'), answer.get('Surrogate-Control')]).toEqual([null, null]);
  });

  it('CACHE-03: what was cacheable until a date is not any more', () => {
    const expires: [string, string] = ['Expires', 'Thu, 01 Jan 2099 00:00:00 GMT'];
    expect([...returned([expires, ['Age', '9']]).keys()].sort()).toEqual(['cache-control', 'vary']);
    expect(returned([['Cache-Control', 'private'], expires]).get('Expires')).toBe(expires[1]);
  });

  it('an answer for everybody stays cacheable', () => {
    const answer = returned([['Cache-Control', 'public, max-age=600']], { credentialed: false });
    expect([...answer]).toEqual([['cache-control', 'public, max-age=600']]);
  });

  it.each([
    [null, 'Authorization, X-API-Key, Cookie'],
    ['Accept-Encoding', 'Accept-Encoding, Authorization, X-API-Key, Cookie'],
    ['cookie, AUTHORIZATION', 'cookie, AUTHORIZATION, X-API-Key'],
    ['*', '*'],
  ])('Vary %j becomes %j', (said, expected) => {
    expect(returned(said === null ? [] : [['Vary', said]]).get('Vary')).toBe(expected);
  });

  it('with CORS, every answer varies by Origin, whoever it is for', () => {
    const cors = { variesByOrigin: true };
    expect(returned([], { credentialed: false }, cors).get('Vary')).toBe('Origin');
    expect(returned([], {}, cors).get('Vary')).toBe('Authorization, X-API-Key, Cookie, Origin');
    expect(returned([], { credentialed: false }, { variesByOrigin: false }).has('Vary')).toBe(false);
  });

  it('an anonymous answer varies too where a credential would have changed it', () => {
    const answer = returned([['Cache-Control', 'public']], { credentialed: false, varies: true });
    expect([answer.get('Vary'), answer.get('Cache-Control')]).toEqual([
      'Authorization, X-API-Key, Cookie',
      'public',
    ]);
  });
});
