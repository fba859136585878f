import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { RateLimiter } from '../../src/store/throttle.ts';
import { logged } from '../secrets.ts';
import { API, DESK, type Isolate, isolate, issueKey, refusalOf, rooms, signIn } from '../world.ts';

let session: string;
let key: string;

beforeAll(async () => {
  session = await signIn();
  ({ key } = await issueKey(session));
});

beforeEach(() => rooms.ORIGIN.reset());

/** A binding that lets each key through so many times; `asked` has every key, in order. */
const strangersOf = (limit: number): RateLimiter & { readonly asked: string[] } => {
  const asked: string[] = [];
  return {
    asked,
    limit: async ({ key: name }) => {
      asked.push(name);
      return { success: asked.filter((each) => each === name).length <= limit };
    },
  };
};

const limited = {
  ...{ status: 429, code: 'address_limited', challenge: null, retryAfter: '60' },
};

const get = (here: Isolate, path: string, address: string | null, headers: Record<string, string> = {}) =>
  here.fetch(path.startsWith('/') ? API + path : path, {
    headers: { ...(address === null ? {} : { 'cf-connecting-ip': address }), ...headers },
  });

describe('RL-07 › requests that nobody stands for', () => {
  it('are limited by address, on open routes and where a credential is optional; the origin is not called', async () => {
    const STRANGERS = strangersOf(2);
    const here = isolate({ STRANGERS });
    expect((await get(here, '/public/1', '203.0.113.7')).status).toBe(200);
    expect((await get(here, '/optional/1', '203.0.113.7')).status).toBe(200);
    for (const path of ['/public/1', '/optional/1', '/public/2'])
      expect(await refusalOf(await get(here, path, '203.0.113.7'))).toEqual(limited);
    expect(await rooms.ORIGIN.records()).toHaveLength(2);
    // Nobody else pays for it.
    expect((await get(here, '/public/1', '203.0.113.8')).status).toBe(200);
    expect(STRANGERS.asked.slice(-2)).toEqual(['api 203.0.113.7', 'api 203.0.113.8']);
    expect(here.calls).toEqual([]);
  });

  it('of a /64, and of all whose address is not known, share one limit', async () => {
    const here = isolate({ STRANGERS: strangersOf(1) });
    const statuses = [];
    for (const address of ['2001:db8::1', '2001:db8::2', '2001:db8:0:1::1', null, null, 'nonsense'])
      statuses.push((await get(here, '/public/1', address)).status);
    expect(statuses).toEqual([200, 429, 200, 200, 429, 429]);
  });

  it('on open routes are limited whatever they carry: it is not read', async () => {
    const here = isolate({ STRANGERS: strangersOf(0) });
    expect((await get(here, '/public/1', null, { authorization: `Bearer ${key}` })).status).toBe(429);
  });

  it('are refused for what is wrong with them first, and take nothing from the limit', async () => {
    const STRANGERS = strangersOf(0);
    const here = isolate({ STRANGERS });
    const cases = [
      ['https://other.test/', 421],
      [`${API}/v2`, 404],
      [`${API}/v1/items/1`, 401],
      [`${API}/public/1?api_key=x`, 400],
      [`${API}/.well-known/oauth-protected-resource`, 200],
    ] as const;
    for (const [url, status] of cases) expect((await get(here, url, null)).status).toBe(status);
    expect(STRANGERS.asked).toEqual([]);
  });
});

describe('DOS-01 › a credential', () => {
  it('that is good, cold or warm, as key or as pair, is never limited by its address', async () => {
    const STRANGERS = strangersOf(0);
    const here = isolate({ STRANGERS });
    const pair = btoa(`${key.slice(0, 38)}:${key.slice(39)}`);
    for (let i = 0; i < 3; i++) {
      expect((await get(here, '/optional/1', null, { authorization: `Bearer ${key}` })).status).toBe(200);
      expect((await get(here, '/v1/any/1', null, { 'x-api-key': key })).status).toBe(200);
      expect((await get(here, '/v1/pairs', null, { authorization: `Basic ${pair}` })).status).toBe(200);
    }
    expect((await get(here, `${DESK}/v1/whoami`, null, { authorization: `Bearer ${key}` })).status).toBe(200);
    expect((await here.desk(session, 'GET', '/v1/keys')).status).toBe(200);
    expect(STRANGERS.asked).toEqual([]);
  });

  it('that is made up costs its address nothing, and is told what it is', async () => {
    const STRANGERS = strangersOf(0);
    const here = isolate({ STRANGERS });
    for (const path of ['/optional/1', '/v1/any/1'])
      expect((await get(here, path, null, { 'x-api-key': `${key.slice(0, -1)}x` })).status).toBe(401);
    expect(STRANGERS.asked).toEqual([]);
  });
});

describe('the Desk', () => {
  it('limits by address what is open and costs something, apart from the API hosts', async () => {
    const STRANGERS = strangersOf(1);
    const here = isolate({ STRANGERS });
    expect((await get(here, '/public/1', '203.0.113.7')).status).toBe(200);
    const open = ['/readyz', '/problems/no_route', '/readyz', '/problems/no_route'];
    const statuses = [];
    for (const path of open) statuses.push((await get(here, DESK + path, '203.0.113.7')).status);
    expect(statuses).toEqual([200, 429, 429, 429]);
    expect(await refusalOf(await get(here, `${DESK}/readyz`, '203.0.113.7'))).toEqual(limited);
    expect(new Set(STRANGERS.asked)).toEqual(new Set(['api 203.0.113.7', 'desk 203.0.113.7']));
  });

  it('never limits whether it lives, nor the keys that origins trust it by', async () => {
    const STRANGERS = strangersOf(0);
    const here = isolate({ STRANGERS });
    for (const path of ['/healthz', '/.well-known/jwks.json'])
      expect((await get(here, DESK + path, null)).status).toBe(200);
    expect(STRANGERS.asked).toEqual([]);
  });

  it('PATH-12 › takes nothing that came as early data', async () => {
    for (const path of ['/v1/keys', '/v1/whoami', '/healthz', '/nothing'])
      expect(
        await refusalOf(
          await get(isolate(), DESK + path, null, { 'early-data': '1', authorization: `Bearer ${session}` }),
        ),
      ).toMatchObject({ status: 425, code: 'early_data' });
  });
});

describe('a binding', () => {
  it('that fails lets through, and is logged once for each request', async () => {
    const before = logged().length;
    const here = isolate({ STRANGERS: { limit: () => Promise.reject(new Error('down')) } });
    expect((await get(here, '/public/1', '203.0.113.7')).status).toBe(200);
    const lines = logged().slice(before);
    expect(lines.filter(({ event }) => event === 'throttle')).toEqual([
      { event: 'throttle', outcome: 'failed', because: 'Error' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('203.0.113.7');
  });

  it('that is not there keeps the Worker from serving anything', async () => {
    const here = isolate({ STRANGERS: undefined });
    const refused = await get(here, '/public/1', null);
    expect([refused.status, await refused.json()]).toMatchObject([
      503,
      { code: 'misconfigured', problems: ['STRANGERS: the rate limit is not bound'] },
    ]);
  });

  it('of the platform is asked as it wants to be asked', async () => {
    expect((await get(isolate(), '/public/1', '203.0.113.7')).status).toBe(200);
    expect(logged().filter(({ event, because }) => event === 'throttle' && because !== 'Error')).toEqual([]);
  });
});
