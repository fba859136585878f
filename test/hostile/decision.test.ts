import { beforeEach, describe, expect, it, vi } from 'vitest';
import { type AskedOf, DECISION_SECRET, decisive, PROXIES } from '../decision.ts';
import { lineCount, linesAfter } from '../secrets.ts';
import {
  API,
  beginAfresh,
  DESK,
  type Isolate,
  isolate,
  issueKey,
  refusalOf,
  rooms,
  signIn,
} from '../world.ts';

/** What somebody would do with an endpoint that tells identities, or to a proxy that asks there. */

vi.setConfig({ testTimeout: 120_000 });
beginAfresh();
beforeEach(() => rooms.ORIGIN.reset());

type Headers = Readonly<Record<string, string>>;

const NAMES = Object.keys(PROXIES);

/** A question with some of its headers changed; undefined leaves one out. */
const put = (
  here: Isolate,
  name: string,
  asked: AskedOf,
  changed: Readonly<Record<string, string | undefined>> = {},
): Promise<Response> => {
  const [url, init] = PROXIES[name]?.(asked) ?? ['', {}];
  const all = { ...(init.headers as Headers), ...changed };
  const headers = Object.entries(all).filter((each): each is [string, string] => each[1] !== undefined);
  return here.fetch(url, { ...init, headers });
};

/** Nothing was decided: no identity, no spending, and the origin heard nothing. */
const expectNothing = async (here: Isolate, answer: Response): Promise<void> => {
  expect([...answer.headers.keys()].filter((name) => name.startsWith('x-latchkey-'))).toEqual([]);
  expect(answer.headers.get('ratelimit')).toBeNull();
  expect(here.calls).toEqual([]);
  expect(await rooms.ORIGIN.records()).toEqual([]);
};

describe('who is no proxy of ours', () => {
  const SECRET = 'x-latchkey-decision-secret';
  const wrong: readonly (readonly [string, Readonly<Record<string, string | undefined>>])[] = [
    ['has no secret', { [SECRET]: undefined }],
    ['has an empty one', { [SECRET]: '' }],
    ['has another', { [SECRET]: DECISION_SECRET.replace(/.$/, '_') }],
    ['has a part of it', { [SECRET]: DECISION_SECRET.slice(0, -1) }],
    ['has it twice', { [SECRET]: `${DECISION_SECRET}, ${DECISION_SECRET}` }],
    [
      'has it in another spelling of the header',
      { [SECRET]: undefined, x_latchkey_decision_secret: DECISION_SECRET },
    ],
    ['has it as a credential', { [SECRET]: undefined, authorization: `Bearer ${DECISION_SECRET}` }],
  ];

  it.each(wrong)('and %s finds nothing there, as at any path that is none', async (_, changed) => {
    const { key } = await issueKey(await signIn());
    const here = decisive();
    for (const name of NAMES) {
      const headers = { authorization: `Bearer ${key}` };
      const answer = await put(here, name, { headers }, changed);
      await expectNothing(here, answer);
      expect(await refusalOf(answer)).toEqual({
        ...{ status: 404, code: 'not_found', challenge: null, retryAfter: null },
      });
    }
  });

  it('is told nothing where the operator has no such proxy, whatever he has', async () => {
    const here = isolate({ DECISION_SECRET });
    for (const name of NAMES) {
      const answer = await put(here, name, { path: '/public/a' });
      await expectNothing(here, answer);
      expect(await refusalOf(answer)).toMatchObject({ status: 404, code: 'not_found' });
    }
  });

  it('finds no such door at an API host: everything there is for the origin', async () => {
    const here = decisive();
    for (const name of NAMES) {
      const [url, init] = PROXIES[name]?.({ path: '/public/a' }) ?? ['', {}];
      const answer = await here.fetch(url.replace(DESK, API), init);
      await expectNothing(here, answer);
      expect(await refusalOf(answer)).toMatchObject({ status: 404, code: 'no_route' });
    }
  });

  it('is told of to the operator by the log, if it tries a secret, and its secret is not', async () => {
    const before = lineCount();
    await put(decisive(), 'nginx', {}, { [SECRET]: 'planted-secret' });
    const told = linesAfter(before).join('\n');
    expect(told).toContain('{"event":"decision","outcome":"not_proven"}');
    expect(told).not.toContain('planted');
  });
});

describe('a question that can be read in two ways', () => {
  const unclear: readonly (readonly [string, string, Readonly<Record<string, string | undefined>>])[] = [
    ['nginx', 'another path of the other family', { 'x-forwarded-uri': '/public/a' }],
    ['nginx', 'another method of the other family', { 'x-forwarded-method': 'GET' }],
    ['nginx', 'no path', { 'x-original-uri': undefined }],
    ['nginx', 'no method', { 'x-original-method': undefined }],
    ['nginx', 'no host', { 'x-original-host': undefined }],
    ['nginx', 'a host of the other family', { 'x-original-host': undefined, 'x-forwarded-host': 'api.test' }],
    ['nginx', 'a path twice', { 'x-original-uri': '/public/a, /v1/items/1' }],
    ['nginx', 'a method twice', { 'x-original-method': 'GET, GET' }],
    ['nginx', 'a host twice', { 'x-original-host': 'api.test, api.test' }],
    ['nginx', 'no path but a URL', { 'x-original-uri': 'https://api.test/public/a' }],
    ['nginx', 'a scheme that is none', { 'x-original-proto': 'https, http' }],
    ['Traefik or Caddy', 'another path of the other family', { 'x-original-uri': '/public/a' }],
    ['Traefik or Caddy', 'another method of the other family', { 'x-original-method': 'GET' }],
    ['Traefik or Caddy', 'no path', { 'x-forwarded-uri': undefined }],
    ['Traefik or Caddy', 'no host', { 'x-forwarded-host': undefined }],
    ['Envoy', 'another path of the other family', { 'x-original-uri': '/public/a' }],
    ['Envoy', 'another path in the header', { 'x-forwarded-uri': '/public/b' }],
    ['Envoy', 'another query in the header', { 'x-forwarded-uri': '/public/a?b=c' }],
    ['Envoy', 'no path in a header', { 'x-forwarded-uri': undefined }],
    ['Envoy', 'another method in the header', { 'x-forwarded-method': 'POST' }],
    ['Envoy', 'no method in a header', { 'x-forwarded-method': undefined }],
    ['Envoy', 'no host', { 'x-forwarded-host': undefined }],
  ];

  it.each(unclear)('%s, with %s, is 400, and nothing is decided', async (name, _, changed) => {
    const here = decisive();
    const answer = await put(here, name, { path: '/public/a' }, changed);
    await expectNothing(here, answer);
    expect(await refusalOf(answer)).toEqual({
      ...{ status: 400, code: 'question_unclear', challenge: null, retryAfter: null },
    });
  });

  it('is one with a query that is not known, which might mean something', async () => {
    const here = decisive();
    const [url, init] = PROXIES.nginx?.({ path: '/public/a' }) ?? ['', {}];
    for (const query of ['?refusals=200', '?refusals=403&a=b', '?uri=/public/a']) {
      const answer = await here.fetch(`${url}${query}`, init);
      expect(await refusalOf(answer)).toMatchObject({ status: 400, code: 'question_unclear' });
    }
  });

  it('asks for another host by what is no host: 421', async () => {
    const here = decisive();
    for (const host of [
      'api.test/public/a?',
      'api.test?',
      'api.test#',
      'user@api.test',
      'api.test:443',
      'API.test.',
    ])
      for (const name of NAMES) {
        const answer = await put(here, name, { host, path: '/v1/items/1' });
        await expectNothing(here, answer);
        expect(await refusalOf(answer)).toMatchObject({ status: 421, code: 'host_unknown' });
      }
  });
});

describe('a path of which the proxy sends the origin another spelling than policy saw', () => {
  it.each([
    '/%76%31/items/1',
    '/v1/%69tems/1',
    '/v1/any/%c3%a4',
    '/public/../v1/items/1',
    '/public/%2e%2e/v1/items/1',
    '/public/..%2fv1/items/1',
    '/public/..;/v1/items/1',
    '/public\\..\\v1/items/1',
    '//public/a',
    '/public/a%00',
    '/public/%252e%252e/v1/items/1',
  ])('%s is 400', async (path) => {
    const here = decisive();
    for (const name of ['nginx', 'Traefik or Caddy']) {
      const answer = await put(here, name, { path });
      await expectNothing(here, answer);
      expect(await refusalOf(answer)).toMatchObject({ status: 400, code: 'path_not_canonical' });
    }
    // `Request` normalises what stands behind our path, as Cloudflare does: it is no longer what Envoy forwards.
    const answer = await put(here, 'Envoy', { path });
    await expectNothing(here, answer);
    expect(await refusalOf(answer)).toMatchObject({
      status: 400,
      code: expect.stringMatching(/^(question_unclear|path_not_canonical)$/),
    });
  });
});

describe('what the client claims, which the proxy might hand on', () => {
  it.each([
    'X-Latchkey-User-Id',
    'x-latchkey-organization-id',
    'X_Latchkey_User_Id',
    'x-latchkey_auth',
    'X.Latchkey.Key-Id',
    'x-latchkey-assertion',
    'x-latchkey-strip',
    'x_latchkey_decision_secret',
    'x-latchkey-',
    'X-HTTP-Method-Override',
    'x_http_method',
    'X-Method-Override',
    'X-Original-URL',
    'X-Rewrite-URL',
  ])('by %s is 400, though the Gate takes such away from what it forwards', async (header) => {
    const { key } = await issueKey(await signIn());
    const here = decisive();
    for (const name of NAMES) {
      const headers = { authorization: `Bearer ${key}`, [header]: 'user-test-intruder' };
      const answer = await put(here, name, { headers });
      await expectNothing(here, answer);
      expect(await refusalOf(answer)).toEqual({
        ...{ status: 400, code: 'header_not_allowed', challenge: null, retryAfter: null },
      });
    }
  });

  it('by a header that the operator lets no client send is 400, in any spelling', async () => {
    const here = decisive({}, { stripPrefixes: ['x-acme-', 'x-original-', 'x-forwarded-'] });
    for (const header of ['X-Acme-Tenant', 'x_acme_tenant', 'X.Acme-Tenant'])
      for (const name of NAMES) {
        const answer = await put(here, name, { path: '/public/a', headers: { [header]: 'intruder' } });
        await expectNothing(here, answer);
        expect(await refusalOf(answer)).toMatchObject({ status: 400, code: 'header_not_allowed' });
      }
    // What the proxy says itself is under no prefix.
    for (const name of NAMES) expect((await put(here, name, { path: '/public/a' })).status).toBe(200);
  });

  it.each(['h2c', 'H2C', 'TLS/1.3', 'h2c, foo'])(
    'by an upgrade to %s is 426: what is said in it, nobody judges',
    async (protocol) => {
      const here = decisive();
      for (const name of NAMES) {
        const headers = { upgrade: protocol, connection: 'upgrade' };
        const answer = await put(here, name, { path: '/public/a', headers });
        await expectNothing(here, answer);
        expect(await refusalOf(answer)).toMatchObject({ status: 426, code: 'upgrade_not_allowed' });
      }
    },
  );

  it('or the proxy by mistake, in place of a method, is written nowhere', async () => {
    const before = lineCount();
    for (const method of ['/public/a?token=planted', 'planted', 'P'.repeat(5_000)]) {
      const answer = await put(decisive(), 'nginx', { path: '/public/a', method });
      expect(await refusalOf(answer)).toMatchObject({ status: 405 });
    }
    const told = linesAfter(before).join('\n');
    expect(told).toContain('"reason":"method_unknown"');
    expect(told).not.toMatch(/planted|PPPP/);
  });
});
