import * as fc from 'fast-check';
import { decodeJwt } from 'jose';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Seen } from '../origin.ts';
import { inUse } from '../secrets.ts';
import {
  API,
  call,
  DESK,
  type Isolate,
  isolate,
  issueKey,
  refusalOf,
  rooms,
  send,
  signIn,
  subjectOf,
} from '../world.ts';

interface User {
  readonly id: string;
  readonly session: string;
  readonly key: string;
  readonly keyId: string;
}

const newUser = async (): Promise<User> => {
  const session = await signIn();
  const { key, key_id } = await issueKey(session, ['items:read', 'items:write']);
  return { id: subjectOf(session), session, key, keyId: key_id };
};

let ada: User;
let bob: User;

beforeAll(async () => {
  [ada, bob] = [await newUser(), await newUser()];
});

beforeEach(() => rooms.ORIGIN.reset());

/** Names that Cloudflare keeps whatever their headers say, and two that it does not. */
const SUFFIXES = ['csv', 'css', 'js', 'pdf', 'zip', 'jpg', 'woff2', 'html', 'json', ''].map((suffix) =>
  suffix === '' ? '/v1/any/me' : `/v1/any/me/x.${suffix}`,
);

const asKey = ({ key }: User) => ({ 'x-api-key': key });

/** Whom the origin saw, by its own account. */
const seenBy = async (response: Response): Promise<string | undefined> =>
  new Map(((await response.json()) as Seen).headers).get('x-latchkey-user-id');

/**
 * What may stand between the Worker and the origin: it keeps everything by URL, as Cloudflare keeps a file by its suffix,
 * and lets nobody pass who does not insist.
 */
const cacheBeforeOrigin = () => {
  // Not a spy: the eavesdropper's is one already, and goes on listening behind this.
  const real = globalThis.fetch;
  const kept = new Map<string, Response>();
  let hits = 0;
  globalThis.fetch = async (input: RequestInfo | URL, init?: RequestInit) => {
    const url = String(input);
    if (!url.startsWith('https://origin.test/')) return real(input as string, init);
    // workerd says no-cache for `no-store`, unless the request has a Cache-Control of its own.
    const said =
      new Headers(init?.headers).get('cache-control') ?? (init?.cache === 'no-store' ? 'no-cache' : '');
    const copy = /no-cache|no-store/.test(said) ? undefined : kept.get(url);
    if (copy !== undefined) hits++;
    const answer = copy ?? (await real(url, init));
    kept.set(url, answer.clone());
    return answer.clone();
  };
  return {
    hits: () => hits,
    stop: () => {
      globalThis.fetch = real;
    },
  };
};

describe('CACHE-01, CACHE-02 › a cache before the origin', () => {
  let cache: ReturnType<typeof cacheBeforeOrigin>;

  beforeEach(() => {
    cache = cacheBeforeOrigin();
  });
  afterEach(() => cache.stop());

  it('would give one user’s file to another, if it were asked as usual', async () => {
    const ask = async (user: string) =>
      seenBy(await fetch('https://origin.test/me/x.csv', { headers: { 'x-latchkey-user-id': user } }));
    expect([await ask('ada'), await ask('bob')]).toEqual(['ada', 'ada']);
    expect(cache.hits()).toBe(1);
  });

  it.each(SUFFIXES)('never gives one user what belongs to another: %s', async (path) => {
    const here = isolate();
    for (const user of [ada, bob, ada, bob])
      for (const headers of [asKey(user), { authorization: `Bearer ${user.key}` }])
        expect(await seenBy(await here.fetch(API + path, { headers }))).toBe(user.id);
    expect(await seenBy(await here.fetch(`${API}${path.replace('/v1/any', '/optional')}`))).toBeUndefined();
    expect(cache.hits()).toBe(0);
    expect(await rooms.ORIGIN.records()).toHaveLength(9);
  });

  it.each(['max-age=3600', 'max-stale', 'only-if-cached', 'immutable'])(
    'is not let in by a client that says %s',
    async (cacheControl) => {
      const here = isolate();
      for (const user of [ada, bob]) {
        const headers = { ...asKey(user), 'cache-control': cacheControl, pragma: 'cache' };
        expect(await seenBy(await here.fetch(`${API}/v1/any/x.css`, { headers }))).toBe(user.id);
      }
      expect(cache.hits()).toBe(0);
    },
  );

  it('a file that no route has is 404, whatever its suffix', async () => {
    for (const path of ['/v1/me/x.css', '/v1/heavy/x.css', '/x.js'])
      expect((await refusalOf(await call(ada.key, path))).status).toBe(404);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

/** What an origin may say about caching, right or wrong. */
const DIRECTIVES = [
  ...['public', 'private', 'no-store', 'no-cache', 'max-age=600', 's-maxage=600', 'must-revalidate'],
  ...['proxy-revalidate', 'immutable', 'stale-while-revalidate=60', 'S-MaxAge=600', 'PUBLIC', 'Private'],
  ...['private="set-cookie"', 'no-cache="a, private, b"', 'foo="private"', 'x="no-store', 'must-understand'],
];
const FIELDS: readonly (readonly [string, readonly string[]])[] = [
  ['CDN-Cache-Control', ['max-age=600', 'public, max-age=600']],
  ['Cloudflare-CDN-Cache-Control', ['max-age=600']],
  ['Vercel-CDN-Cache-Control', ['max-age=600']],
  ['Akamai-Cache-Control', ['max-age=600']],
  ['Surrogate-Control', ['max-age=600']],
  ['Edge-Control', ['cache-maxage=1d']],
  ['Expires', ['Thu, 31 Dec 2099 23:59:59 GMT']],
  ['Age', ['0', '30']],
  ['Pragma', ['public']],
  ['Vary', ['*', 'Accept', 'Accept-Encoding, Origin', 'authorization']],
  ['ETag', ['"1"']],
  ['Last-Modified', ['Thu, 01 Jan 2026 00:00:00 GMT']],
  ['Cache-Tag', ['all']],
  ['Surrogate-Key', ['all']],
];

/** Splits at commas outside quotes (RFC 9110 §5.6.6). */
const directivesOf = (value: string): readonly string[] =>
  (value.toLowerCase().match(/(?:[^,"]|"[^"]*(?:"|$))+/g) ?? []).map((each) => each.trim());

/**
 * Whether a shared cache may keep an answer to a request that had no `Authorization`: RFC 9111 §3 with RFC 9213 and
 * what CDNs had before it, each taken in the way that keeps most.
 */
const mayBeKept = ({ headers }: Response): boolean => {
  const targeted = [...headers.keys()].some(
    (name) => name !== 'cache-control' && /(?:^|-)cache-control$|^(?:surrogate|edge)-control$/.test(name),
  );
  const said = directivesOf(headers.get('cache-control') ?? '');
  return targeted || !(said.includes('private') || said.includes('no-store'));
};

describe('CACHE-03 › a shared cache before the Gate', () => {
  const arbitraryHeaders = fc.record({
    cacheControl: fc.option(fc.subarray(DIRECTIVES, { maxLength: 4 }), { nil: null }),
    fields: fc.subarray(FIELDS.flatMap(([name, values]) => values.map((value) => [name, value] as const))),
    status: fc.constantFrom(200, 203, 206, 301, 404, 410),
  });

  it('may keep nothing that belongs to one caller, whatever the origin says', async () => {
    const here = isolate();
    await fc.assert(
      fc.asyncProperty(arbitraryHeaders, async ({ cacheControl, fields, status }) => {
        const own = cacheControl?.join(', ');
        const said = own === undefined ? [] : [['Cache-Control', own] as const];
        await rooms.ORIGIN.reset();
        await rooms.ORIGIN.next({ status, headers: [...said, ...fields], body: 'hers' });
        const response = await here.fetch(`${API}/v1/any/x.css`, { headers: asKey(ada) });
        expect([response.status, await response.text()]).toEqual([status, 'hers']);
        expect(mayBeKept(response)).toBe(false);
        // Who keeps it all the same must at least tell callers apart.
        const varies = directivesOf(response.headers.get('vary') ?? '');
        expect(
          varies.includes('*') ||
            ['authorization', 'x-api-key', 'cookie'].every((name) => varies.includes(name)),
        ).toBe(true);
        // And does not think it fresh: what was overruled leaves no date behind.
        const told = response.headers.get('cache-control');
        if (told !== own)
          expect([response.headers.get('expires'), response.headers.get('age')]).toEqual([null, null]);
      }),
      { numRuns: 150 },
    );
  });

  it('the model finds what it should', () => {
    const kept = (headers: Record<string, string>) => mayBeKept(new Response(null, { headers }));
    expect(kept({})).toBe(true);
    expect(kept({ 'cache-control': 'max-age=1, no-cache="a, private, b"' })).toBe(true);
    expect(kept({ 'cache-control': 'private="set-cookie"' })).toBe(true);
    expect(kept({ 'cache-control': 'private', 'cdn-cache-control': 'max-age=1' })).toBe(true);
    expect(kept({ 'cache-control': 'private, max-age=1' })).toBe(false);
  });

  it('what an origin says for the caller’s own cache stays', async () => {
    for (const said of ['private, max-age=600', 'no-store', 'private, no-cache, must-revalidate']) {
      await rooms.ORIGIN.next({
        headers: [
          ['Cache-Control', said],
          ['Age', '3'],
          ['ETag', '"1"'],
        ],
      });
      const { headers } = await call(ada.key, '/v1/any/1');
      expect([headers.get('cache-control'), headers.get('age'), headers.get('etag')]).toEqual([
        said,
        '3',
        '"1"',
      ]);
    }
  });

  it('may keep what is for everybody: on an open route all that the origin says stays', async () => {
    const headers = [
      ['Cache-Control', 'public, s-maxage=600'],
      ['CDN-Cache-Control', 'max-age=600'],
      ['Age', '30'],
      ['Cache-Tag', 'all'],
    ] as const;
    await rooms.ORIGIN.next({ headers });
    const response = await send(`${API}/public/x.css`, { headers: asKey(ada) });
    for (const [name, value] of headers) expect(response.headers.get(name)).toBe(value);
    expect(response.headers.get('vary')).toBeNull();
  });

  it('where a credential is optional, tells nobody’s answer from somebody’s', async () => {
    await rooms.ORIGIN.always('*', { headers: [['Cache-Control', 'public, max-age=600']] });
    const nobodys = await send(`${API}/optional/1`);
    expect(nobodys.headers.get('vary')).toBe('Authorization, X-API-Key, Cookie');
    const hers = await send(`${API}/optional/1`, { headers: asKey(ada) });
    expect(mayBeKept(hers)).toBe(false);
  });

  it('may keep no refusal', async () => {
    for (const [path, headers] of [
      ['/v1/items/1', {}],
      ['/v1/items/1.css', { 'x-api-key': 'nonsense' }],
      ['/v1/payouts/1', asKey(ada)],
      ['/nothing.css', {}],
    ] as const)
      expect((await send(API + path, { headers })).headers.get('cache-control')).toBe('no-store');
  });
});

describe('CACHE-04 › conditional requests and ranges', () => {
  const CONDITIONS = {
    'if-none-match': 'W/"1", "2"',
    'if-match': '*',
    'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT',
    'if-unmodified-since': 'Thu, 01 Jan 2026 00:00:00 GMT',
    'if-range': '"1"',
    range: 'bytes=0-99,200-',
  };

  it.each(['GET', 'HEAD'])(
    'of %s are the origin’s to judge: they pass as they are, for each caller',
    async (method) => {
      for (const user of [ada, bob])
        await send(`${API}/v1/any/x.pdf`, { method, headers: { ...asKey(user), ...CONDITIONS } });
      const seen = await rooms.ORIGIN.records();
      expect(seen.map((each) => each.method)).toEqual([method, method]);
      for (const [i, user] of [ada, bob].entries())
        expect(Object.fromEntries(seen[i]?.headers ?? [])).toMatchObject({
          ...CONDITIONS,
          'x-latchkey-user-id': user.id,
        });
    },
  );

  it.each([
    [206, [['Content-Range', 'bytes 0-3/9']]],
    [304, [['ETag', '"1"']]],
    [412, []],
    [416, [['Content-Range', 'bytes */9']]],
  ] as const)('a %i comes back as it is, and is as private as a 200', async (status, more) => {
    const headers = [...more, ['Cache-Control', 'public, max-age=600'], ['Accept-Ranges', 'bytes']] as const;
    await rooms.ORIGIN.next({ status, headers, ...(status === 304 ? {} : { body: 'part' }) });
    const response = await call(ada.key, '/v1/any/x.pdf', { headers: { range: 'bytes=0-3' } });
    expect([response.status, response.headers.get('cache-control')]).toEqual([status, 'private, no-store']);
    for (const [name, value] of more) expect(response.headers.get(name)).toBe(value);
  });

  it('a HEAD tells what its GET tells', async () => {
    await rooms.ORIGIN.always('/v1/any/x', {
      headers: [
        ['Cache-Control', 's-maxage=9'],
        ['ETag', '"1"'],
      ],
      body: 'x',
    });
    const [get, head] = [
      await call(ada.key, '/v1/any/x'),
      await call(ada.key, '/v1/any/x', { method: 'HEAD' }),
    ];
    for (const name of ['cache-control', 'etag', 'vary'])
      expect(head.headers.get(name)).toBe(get.headers.get(name));
    expect(await head.text()).toBe('');
  });
});

describe('CACHE-05 › the Desk', () => {
  it('says the same at each OAuth endpoint, of what is told and of what is refused (RFC 6749 §5.1)', async () => {
    const basic = { authorization: `Basic ${btoa(`${ada.keyId}:${ada.key.slice(ada.keyId.length + 1)}`)}` };
    const ask = (path: string, form: Record<string, string>, headers: Record<string, string> = {}) =>
      send(`${DESK}/oauth2/${path}`, { method: 'POST', headers, body: new URLSearchParams(form) });
    const answers = await Promise.all([
      ask('token', { grant_type: 'client_credentials' }, basic),
      ask('introspect', { token: ada.key }, basic),
      ask('introspect', { token: 'nothing' }, basic),
      ask('revoke', { token: 'nothing' }, basic),
      ask('device_authorization', { client_id: 'acme-cli' }),
      ...['token', 'introspect', 'revoke', 'device_authorization'].map((path) => ask(path, {})),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 400, 401, 401, 401]);
    for (const { url, headers } of answers)
      expect([url, headers.get('cache-control'), headers.get('pragma')]).toEqual([
        url,
        'no-store',
        'no-cache',
      ]);
  });

  it('says of a key that is shown what old caches understand too', async () => {
    const headers = { authorization: `Bearer ${ada.session}`, 'content-type': 'application/json' };
    const ask = (path: string, body: object) =>
      send(`${DESK}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    const made = await ask('/v1/keys', { name: 'mine', scopes: ['items:read'] });
    const { key, key_id } = (await made.json()) as { key: string; key_id: string };
    const rotated = await ask(`/v1/keys/${key_id}/rotate`, { overlap_seconds: 60 });
    const next = ((await rotated.json()) as { key: string }).key;
    for (const secret of [key, next]) inUse(secret);
    for (const answer of [made, rotated])
      expect([answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual([
        'no-store',
        'no-cache',
      ]);
  });

  it('lets nothing be kept but its public keys', async () => {
    const headers = { authorization: `Bearer ${ada.session}` };
    for (const path of [
      '/v1/keys',
      `/v1/keys/${ada.keyId}`,
      '/v1/whoami',
      '/healthz',
      '/readyz',
      '/nothing.css',
    ])
      expect([path, (await send(DESK + path, { headers })).headers.get('cache-control')]).toEqual([
        path,
        'no-store',
      ]);
    expect((await send(`${DESK}/.well-known/jwks.json`)).headers.get('cache-control')).toBe(
      'public, max-age=300',
    );
  });
});

describe('CACHE-06 › many callers in one isolate at the same time', () => {
  /** Somebody, or nobody, in one of the ways in which one may come. */
  interface Visit {
    readonly user: number;
    readonly way: 'bearer' | 'x-api-key' | 'basic' | 'session' | 'nobody' | 'made up';
    readonly path: string;
    readonly delayMs: number;
  }

  const visits = fc.array(
    fc.record<Visit>({
      user: fc.nat(2),
      way: fc.constantFrom('bearer', 'x-api-key', 'basic', 'session', 'nobody', 'made up'),
      path: fc.constantFrom('/optional/x.css', '/optional/1', '/optional/2'),
      delayMs: fc.nat(3),
    }),
    { minLength: 4, maxLength: 16 },
  );

  const credential = ({ key, session }: User, way: Visit['way']): Record<string, string> => {
    if (way === 'nobody') return {};
    if (way === 'session') return { authorization: `Bearer ${session}` };
    if (way === 'basic') return { authorization: `Basic ${btoa(`${key.slice(0, 38)}:${key.slice(39)}`)}` };
    return way === 'bearer'
      ? { authorization: `Bearer ${key}` }
      : { 'x-api-key': way === 'made up' ? `${key}x` : key };
  };

  const AUTH = {
    bearer: 'api_key',
    'x-api-key': 'api_key',
    basic: 'client_credentials',
    session: 'session',
    nobody: 'anonymous',
  };

  const visit = async (here: Isolate, users: readonly User[], { user, way, path, delayMs }: Visit) => {
    const who = users[user] as User;
    const reply = { 'x-origin-reply': JSON.stringify({ delayMs }) };
    const response = await here.fetch(API + path, { headers: { ...credential(who, way), ...reply } });
    if (way === 'made up') {
      expect(response.status).toBe(401);
      return;
    }
    expect(response.status).toBe(200);
    const said = new Map(((await response.json()) as Seen).headers);
    const assertion = decodeJwt(said.get('x-latchkey-assertion') ?? '');
    const id = way === 'nobody' ? undefined : who.id;
    expect([said.get('x-latchkey-user-id'), said.get('x-latchkey-auth')]).toEqual([id, AUTH[way]]);
    expect([assertion.sub, assertion.auth]).toEqual([id, AUTH[way]]);
    const keyId = way === 'nobody' || way === 'session' ? undefined : who.keyId;
    expect([said.get('x-latchkey-key-id'), assertion.client_id]).toEqual([keyId, keyId]);
  };

  it('each is answered as who he is, in every order and however they overlap', async () => {
    await fc.assert(
      fc.asyncProperty(visits, fc.boolean(), async (all, isWarm) => {
        const here = isolate();
        // New ones: each isolate that goes away keeps its leases, and the limit is not what is tried here.
        const users = await Promise.all([newUser(), newUser(), newUser()]);
        if (isWarm) for (const { key } of users) await here.call(key, '/optional/0');
        await Promise.all(all.map((each) => visit(here, users, each)));
      }),
      { numRuns: 15, endOnFailure: true },
    );
  });
});
