import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import type { Settings } from '../../src/config.ts';
import { logged } from '../secrets.ts';
import settings from '../settings.ts';
import {
  API,
  DESK,
  emulator,
  type Isolate,
  isolate,
  issueKey,
  rooms,
  signIn,
  stytchCalls,
} from '../world.ts';

const textOf = (name: string): string => String((env as unknown as Record<string, unknown>)[name]);
const jwk = (): Record<string, unknown> => JSON.parse(textOf('ASSERTION_JWKS')).keys[0];
const master = (): { id: string; key: string } => JSON.parse(textOf('LATCHKEY_MASTER_KEYS'))[0];
const json = (value: unknown): string => JSON.stringify(value);

/** Stands for a value that must not be told: each case puts it where the value would be. */
const PLANTED = 'planted-7f3a9c';

let session: string;
let key: string;

beforeEach(async () => {
  session ??= await signIn();
  key ??= (await issueKey(session)).key;
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});

/** That a Worker answers nothing but the 503 that names `names`, whatever it is asked and by whom. */
const servesNothing = async (here: Isolate, names: readonly string[]): Promise<void> => {
  const requests: readonly [url: string, init?: RequestInit][] = [
    [`${API}/public/1`],
    [`${API}/v1/items/1`, { headers: { authorization: `Bearer ${key}` } }],
    [`${API}/v1/items/1`, { method: 'POST', headers: { 'x-api-key': key }, body: 'x' }],
    [`${API}/v1/any/1`, { method: 'HEAD' }],
    [`${DESK}/healthz`],
    [`${DESK}/v1/keys`, { headers: { authorization: `Bearer ${session}` } }],
    [`${DESK}/.well-known/jwks.json`],
    ['https://other.test/anything'],
  ];
  for (const [url, init] of requests) {
    const answer = await here.fetch(url, init);
    const text = await answer.text();
    expect([
      url,
      answer.status,
      answer.headers.get('content-type'),
      answer.headers.get('cache-control'),
    ]).toEqual([...[url, 503, 'application/problem+json', 'no-store']]);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    const problem = JSON.parse(text) as { code: string; problems: readonly string[] };
    expect(problem.code).toBe('misconfigured');
    expect(problem.problems.map((each) => each.split(': ')[0])).toEqual(names);
    expect(text).not.toContain(PLANTED);
  }
  expect(here.calls).toEqual([]);
  expect(await stytchCalls()).toEqual({});
  expect(await rooms.ORIGIN.records()).toEqual([]);
};

describe('a Worker with', () => {
  it.each([
    ['no STYTCH_SECRET', 'STYTCH_SECRET', undefined],
    ['an empty STYTCH_SECRET', 'STYTCH_SECRET', ''],
    ['a STYTCH_SECRET with a line end', 'STYTCH_SECRET', `secret-test-${PLANTED}\n`],
    ['a STYTCH_SECRET of the live project', 'STYTCH_SECRET', `secret-live-${PLANTED}`],
    ['a STYTCH_SECRET that is no text', 'STYTCH_SECRET', { PLANTED }],
    ['no LATCHKEY_MASTER_KEYS', 'LATCHKEY_MASTER_KEYS', undefined],
    ['LATCHKEY_MASTER_KEYS that are no JSON', 'LATCHKEY_MASTER_KEYS', PLANTED],
    ['no key in LATCHKEY_MASTER_KEYS', 'LATCHKEY_MASTER_KEYS', '[]'],
    ['no ASSERTION_JWKS', 'ASSERTION_JWKS', undefined],
    ['ASSERTION_JWKS that are no JSON', 'ASSERTION_JWKS', `{"keys":[${PLANTED}`],
    ['an ORIGIN_URL without TLS', 'ORIGIN_URL', `http://${PLANTED}.test`],
    ['an ORIGIN_URL with a password', 'ORIGIN_URL', `https://user:${PLANTED}@origin.test`],
    ['an ORIGIN_URL with a path', 'ORIGIN_URL', `https://origin.test/${PLANTED}`],
    ['an ORIGIN_URL that is the Desk', 'ORIGIN_URL', 'https://desk.test'],
    ['an empty ORIGIN_URL', 'ORIGIN_URL', ''],
    ['a STYTCH_API_URL without TLS', 'STYTCH_API_URL', `http://${PLANTED}.test`],
    ['a STYTCH_API_URL that is none', 'STYTCH_API_URL', PLANTED],
    ['a STYTCH_PROJECT_ID that is none', 'STYTCH_PROJECT_ID', PLANTED],
    ['a DESK_HOST that is a URL', 'DESK_HOST', `https://${PLANTED}.test`],
  ])('%s serves nothing, and says which setting it is', async (_, name, value) => {
    await servesNothing(isolate({ [name]: value }), [name]);
  });

  it.each([
    ['a key that is too short', () => [{ ...master(), key: PLANTED }], '[0].key'],
    ['a key without a name', () => [{ key: master().key }], '[0].id'],
    ['two keys of one name', () => [master(), { ...master(), key: `${master().key.slice(0, -4)}AAAA` }], ''],
    ['one key twice', () => [master(), { ...master(), id: 'other' }], ''],
    ['a member that is not known', () => [{ ...master(), [PLANTED]: PLANTED }], '[0]'],
  ])('LATCHKEY_MASTER_KEYS with %s serves nothing', async (_, keys, member) => {
    await servesNothing(isolate({ LATCHKEY_MASTER_KEYS: json(keys()) }), [`LATCHKEY_MASTER_KEYS${member}`]);
  });

  it.each([
    ['no key', () => [], '.keys'],
    ['three keys', () => ['a', 'b', 'c'].map((kid) => ({ ...jwk(), kid })), '.keys'],
    ['two keys of one name', () => [jwk(), jwk()], '.keys'],
    ['a key of another kind', () => [{ ...jwk(), kty: 'RSA' }], '.keys[0].kty'],
    ['a public key', () => [{ ...jwk(), d: undefined }], '.keys[0].d'],
    ['half a key', () => [{ ...jwk(), d: PLANTED }], '.keys[0].d'],
    ['a key without a name', () => [{ ...jwk(), kid: '' }], '.keys[0].kid'],
  ])('ASSERTION_JWKS with %s serves nothing', async (_, keys, member) => {
    await servesNothing(isolate({ ASSERTION_JWKS: json({ keys: keys() }) }), [`ASSERTION_JWKS${member}`]);
  });

  it('a fetch that cannot keep caches out serves nothing', async () => {
    const Real = Request;
    class WithoutCache extends Real {
      constructor(input: RequestInfo, init?: RequestInit) {
        if (init?.cache !== undefined)
          throw new Error("The 'cache' field on 'RequestInitializerDict' is not implemented.");
        super(input, init);
      }
    }
    vi.stubGlobal('Request', WithoutCache);
    const here = isolate();
    vi.unstubAllGlobals();
    await servesNothing(here, ['compatibility_date']);
  });

  it.each(['VAULT', 'KEY_RING', 'LOBBY', 'STRANGERS'])(
    'no binding %s serves nothing, and says so',
    async (name) => {
      await servesNothing(isolate({ [name]: undefined }), [name]);
    },
  );

  it('API_HOSTS that share the Desk’s name serves nothing', async () => {
    await servesNothing(isolate({ API_HOSTS: 'api.test,desk.test:8443' }), ['API_HOSTS[1]']);
  });

  it.each([
    [
      'a scope that is Latchkey’s own',
      { scopes: { 'latchkey:admin': { title: 'x' } } },
      'scopes["latchkey:admin"]',
    ],
    ['a role that gives what nobody offers', { roles: { stytch_user: [PLANTED] } }, 'roles.stytch_user[0]'],
    ['an operator who is a user’s key', { operators: [`acme_test_${'0'.repeat(28)}`] }, 'operators[0]'],
    ['no route', { routes: [] }, 'routes'],
    [
      'a route for a scope that nobody offers',
      { routes: [{ path: '/**', scopes: ['x:y'] }] },
      'routes[0].scopes[0]',
    ],
    ['a route dearer than the limit', { routes: [{ path: '/**', cost: 601 }] }, 'routes[0].cost'],
    ['a service binding that is not bound', { origin: { binding: 'NOWHERE', id: 'o' } }, 'origin.binding'],
    [
      'a route’s service binding that is not bound',
      { routes: [{ path: '/**', auth: 'none', origin: { binding: 'VAULT' } }] },
      'routes[0].origin.binding',
    ],
    ['a setting that is none', { [`x${'y'.repeat(5)}`]: PLANTED }, 'xyyyyy'],
  ])('a file with %s serves nothing', async (_, changed, name) => {
    const file = { ...settings, ...changed } as unknown as Settings;
    const here = isolate({}, latchkeyFor(file));
    const answer = await here.fetch(`${API}/public/1`);
    const { problems } = (await answer.json()) as { problems: readonly string[] };
    expect([answer.status, problems.map((each) => each.split(': ')[0])]).toEqual([
      503,
      expect.arrayContaining([name]),
    ]);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('nothing set at all serves nothing, and says everything at once', async () => {
    const nothing = { STYTCH_SECRET: undefined, LATCHKEY_MASTER_KEYS: undefined, ASSERTION_JWKS: undefined };
    const names = ['ORIGIN_URL', 'STYTCH_API_URL', 'STYTCH_SECRET', 'LATCHKEY_MASTER_KEYS', 'ASSERTION_JWKS'];
    await servesNothing(isolate({ ...nothing, ORIGIN_URL: 'x', STYTCH_API_URL: 'y' }), names);
  });

  it('its problems writes them to the log, once, and no value', async () => {
    const before = logged().length;
    const here = isolate({ STYTCH_SECRET: undefined, ORIGIN_URL: `https://user:${PLANTED}@origin.test` });
    await here.fetch(`${API}/public/1`);
    await here.fetch(`${API}/public/1`);
    const lines = logged().slice(before);
    expect(lines).toMatchObject([
      { event: 'misconfigured', problems: expect.stringContaining('STYTCH_SECRET') },
      { event: 'request', decision: 'refused', reason: 'misconfigured', status: 503 },
      { event: 'request', decision: 'refused', reason: 'misconfigured', status: 503 },
    ]);
    expect(JSON.stringify(lines)).not.toContain(PLANTED);
  });
});
