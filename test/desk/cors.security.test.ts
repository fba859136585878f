import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Env, latchkeyFor } from '../../src/assemble.ts';
import { PATHS, pathsAt } from '../../src/portal/paths.ts';
import { contract } from '../contract.ts';
import { APP, corsOf, STRANGERS, variesByOrigin } from '../cors.ts';
import { operatorToken } from '../operators.ts';
import { newUserOfApp } from '../person.ts';
import settings from '../settings.ts';
import { DESK, type Isolate, isolate, refusalOf, rooms, signIn } from '../world.ts';

const latchkey = latchkeyFor({
  ...settings,
  cors: { origins: ['https://of-the-api.acme.test'] },
  desk: { origins: [APP] },
});

let here: Isolate;
let session: string;
let operator: string;

beforeAll(async () => {
  session = await signIn();
  operator = await operatorToken();
});

beforeEach(() => {
  here = isolate({}, latchkey);
});

const preflight = (path: string, origin: string, method: string): Promise<Response> =>
  here.fetch(DESK + path, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': method,
      'access-control-request-headers': 'authorization',
    },
  });

/** Past the notary, who knows operations, in the usual spelling of their paths alone. */
const bare = (path: string, init: RequestInit): Promise<Response> =>
  latchkey(rooms as unknown as Env).fetch(new Request(DESK + path, { redirect: 'manual', ...init }));

/** Everything that is served, as OpenAPI tells of it; whether a session opens it. */
const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  Object.entries(item).map(([method, { security }]) => ({
    method: method.toUpperCase(),
    path: path
      .replace('{key_id}', 'acme_test_00000000000000000000000000000')
      .replace('{user_id}', 'user-test-00000000-0000-4000-8000-00000000c0c0')
      .replace('{code}', 'not_found'),
    // Its JWT is one of the kinds where an API key is another: at `whoami`.
    isOfSessions: security.some((each) => 'session' in each || 'apiKey' in each),
  })),
);

describe('WEB-06 › of all that is served', () => {
  it('a session opens some, and most is for others', () => {
    expect(operations.filter(({ isOfSessions }) => isOfSessions).length).toBeGreaterThanOrEqual(25);
    expect(operations.filter(({ isOfSessions }) => !isOfSessions).length).toBeGreaterThanOrEqual(30);
  });

  it.each(operations)(
    '$method $path: pages may ask for it, and read it, if a session may: $isOfSessions',
    async ({ method, path, isOfSessions }) => {
      const asked = await preflight(path, APP, method);
      expect([asked.status, 'access-control-allow-origin' in corsOf(asked)]).toEqual(
        isOfSessions ? [204, true] : [405, false],
      );
      for (const credential of [session, operator, null]) {
        const answer = await here.fetch(DESK + path, {
          method: method === 'DELETE' && !isOfSessions ? 'GET' : method,
          headers: { origin: APP, ...(credential === null ? {} : { authorization: `Bearer ${credential}` }) },
        });
        const readable = isOfSessions ? APP : OF_EVERYBODY.includes(path) ? '*' : undefined;
        expect(corsOf(answer)['access-control-allow-origin']).toBe(readable);
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
        expect(variesByOrigin(answer)).toBe(isOfSessions);
      }
    },
  );

  const pages = ['', '/organization', '/operators/users/user-test-1'].map(pathsAt);

  it.each([
    ...new Set([
      ...[
        ...Object.values(PATHS),
        ...pages.flatMap(({ keys, create, usage, audit }) => [keys, create, usage, audit]),
      ],
      ...pages.flatMap(({ key, change, rotate, revoke }) =>
        [key, change, rotate, revoke].map((at) => at('x')),
      ),
      ...['/v1', '/v2/keys', '/V1/keys', '/v1/keys/', '//v1/keys', '/nowhere'],
    ]),
  ])('a page of the portal, and what is nowhere, is for no page of others: %s', async (path) => {
    for (const method of ['GET', 'POST']) {
      const asked = await bare(path, {
        method: 'OPTIONS',
        headers: { origin: APP, 'access-control-request-method': method },
      });
      expect([asked.status >= 400, corsOf(asked)]).toEqual([true, {}]);
      const headers = { origin: APP, authorization: `Bearer ${session}` };
      expect(corsOf(await bare(path, { method, headers }))).toEqual({});
    }
  });
});

describe('WEB-06 › a stranger', () => {
  it.each(STRANGERS)('%j is told nothing by a preflight, and reads no answer', async (origin) => {
    const paths = ['/v1/keys', '/v1/audit', '/v1/organization/keys', '/v1/whoami'];
    for (const path of paths) {
      const asked = await preflight(path, origin, 'GET');
      expect([asked.status, corsOf(asked), variesByOrigin(asked)]).toEqual([204, {}, true]);
    }
    expect(here.calls).toEqual([]);
    for (const path of paths)
      for (const authorization of [`Bearer ${session}`, 'Bearer nonsense']) {
        const answer = await here.fetch(DESK + path, { headers: { origin, authorization } });
        expect([corsOf(answer), variesByOrigin(answer)]).toEqual([{}, true]);
      }
  });

  it('is a page that may call the API', async () => {
    const asked = await preflight('/v1/keys', 'https://of-the-api.acme.test', 'GET');
    expect(corsOf(asked)).toEqual({});
  });

  it('is, at the API, a page that may call the Desk', async () => {
    const headers = { origin: APP, 'access-control-request-method': 'GET' };
    const asked = await here.fetch('https://api.test/v1/items/1', { method: 'OPTIONS', headers });
    expect(corsOf(asked)).toEqual({});
  });
});

describe('WEB-06 › a preflight', () => {
  it.each(['PUT', 'OPTIONS', 'TRACE', 'CONNECT', 'get', 'GET, POST', '*', ''])(
    'for %j, which no operation has, is 405',
    async (method) => {
      const asked = await preflight('/v1/keys', APP, method);
      expect((await refusalOf(asked)).code).toBe('method_not_allowed');
      expect(asked.headers.get('allow')).toBe('GET, POST');
      expect(asked.headers.get('access-control-allow-methods')).toBeNull();
    },
  );

  it('allows no header that the operation does not read, whatever is asked for', async () => {
    const headers = {
      ...{ origin: APP, 'access-control-request-method': 'GET' },
      'access-control-request-headers': 'authorization,cookie,x-api-key,x-request-id,*',
    };
    const asked = await here.fetch(`${DESK}/v1/keys`, { method: 'OPTIONS', headers });
    expect(asked.headers.get('access-control-allow-headers')).toBe('authorization');
  });

  it.each([
    ['without a method to follow', { origin: APP }],
    ['without an origin', { 'access-control-request-method': 'GET' }],
  ])('is none %s, and 405 like any OPTIONS', async (_, headers) => {
    const asked = await here.fetch(`${DESK}/v1/keys`, {
      method: 'OPTIONS',
      headers: headers as Record<string, string>,
    });
    expect(asked.status).toBe(405);
  });

  it.each([
    ...['/v1/%6beys', '/v1/keys%2f', '/v1/users/..%2fkeys', '/v1/users/%2e%2e/keys', '/v1/keys/a%2fb'],
    ...['/v1/keys/%2e%2e', '/v1/keys;a=b', '/v1/keys?a=/oauth2/token', '/oauth2/../v1/keys', '/v1/keys/%'],
  ])('and the request that follows are of one mind on what %s is', async (path) => {
    const isOpen = async (init: RequestInit): Promise<boolean> => {
      const answer = await bare(path, init);
      return 'access-control-allow-origin' in corsOf(answer);
    };
    const asked = { origin: APP, 'access-control-request-method': 'GET' };
    expect(await isOpen({ method: 'OPTIONS', headers: asked })).toBe(
      await isOpen({ headers: { origin: APP, authorization: `Bearer ${session}` } }),
    );
  });
});

describe('WEB-01 › cookies', () => {
  it('authenticate nobody at the JSON API, whichever they are and wherever they come from', async () => {
    const person = await newUserOfApp();
    await person.get('/device');
    const cookie = [...person.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    expect(cookie).toContain('stytch_session=');
    expect(cookie).toContain('__Host-');
    for (const origin of [APP, DESK, 'https://evil.test'])
      for (const [method, path] of [
        ['GET', '/v1/keys'],
        ['POST', '/v1/keys'],
        ['GET', '/v1/whoami'],
      ] as const) {
        const headers = { origin, cookie: `${cookie}; stytch_session_jwt=${session}` };
        const answer = await here.fetch(DESK + path, { method, headers });
        expect((await refusalOf(answer)).code).toBe('credential_missing');
        expect(answer.headers.get('set-cookie')).toBeNull();
        expect(answer.headers.get('access-control-allow-credentials')).toBeNull();
      }
  });
});

/** RFC 8414 metadata names nobody and needs nobody: every page may read it, as before. */
const OF_EVERYBODY = ['/.well-known/oauth-authorization-server'];
