import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { inUse } from '../secrets.ts';
import {
  API,
  accessToken,
  DESK,
  desk,
  emulator,
  type Isolate,
  isolate,
  issueKey,
  later,
  notGood,
  now,
  ownerOf,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
} from '../world.ts';

const HOME = '192.0.2.7';
const AWAY = '198.51.100.1';
const LIST = ['192.0.2.0/24', '2001:db8:7::/48', '203.0.113.9'];
const ELSEWHERE = { status: 403, code: 'address_not_allowed', challenge: null, retryAfter: null };

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(now);

type Headers = Readonly<Record<string, string>>;

/** A key with an allow-list, and all the ways to present it. */
const setting = async (ipAllowlist: readonly string[] | null = LIST) => {
  const session = await signIn();
  const issued = await issueKey(session, ['items:read'], { ip_allowlist: ipAllowlist });
  const { key, key_id } = issued;
  const pair = btoa(`${key_id}:${key.slice(key_id.length + 1)}`);
  inUse(pair);
  const ways: readonly Headers[] = [
    { authorization: `Bearer ${key}` },
    { 'x-api-key': key },
    { authorization: `Basic ${pair}` },
    { authorization: `Bearer ${await accessToken(key)}` },
  ];
  const narrow = async (list: readonly string[] | null): Promise<void> => {
    const answer = await desk(session, 'PATCH', `/v1/keys/${key_id}`, { ip_allowlist: list });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ ip_allowlist: list });
  };
  return { ...issued, session, ways, narrow };
};

/** A request with a credential from an address; null where nobody says it. */
const from = (
  here: Isolate,
  address: string | null,
  headers: Headers,
  path = '/v1/items/1',
): Promise<Response> =>
  here.fetch(path.startsWith('http') ? path : `${API}${path}`, {
    headers: { ...headers, ...(address === null ? {} : { 'CF-Connecting-IP': address }) },
  });

const expectElsewhere = async (answer: Response): Promise<void> =>
  expect(await refusalOf(answer)).toEqual(ELSEWHERE);

const originCalls = async (): Promise<number> => (await rooms.ORIGIN.records()).length;

describe('a key with an allow-list', () => {
  it('is good from there in every kind, and refused from elsewhere, cold and warm, in every isolate', async () => {
    const { ways } = await setting();
    for (const here of [isolate(), isolate()]) {
      for (const headers of ways) {
        await expectElsewhere(await from(here, AWAY, headers));
        await expectElsewhere(await from(here, null, headers));
        expect((await from(here, HOME, headers)).status).toBe(200);
        await expectElsewhere(await from(here, AWAY, headers));
        expect((await from(here, HOME, headers)).status).toBe(200);
      }
    }
    expect(await originCalls()).toBe(2 * 2 * ways.length);
    expect((await stytchCalls()).token).toBe(2);
  });

  it.each([
    ['an address of its IPv4 block', '192.0.2.255'],
    ['the same, IPv4-mapped', '::ffff:192.0.2.255'],
    ['the same, in hexadecimal', '::FFFF:C000:2FF'],
    ['an address of its IPv6 block', '2001:db8:7::1'],
    ['the same, written out', '2001:0DB8:0007:0000:0000:0000:0000:0001'],
    ['the single address', '203.0.113.9'],
  ])('lets in %s', async (_, address) => {
    const { ways } = await setting();
    for (const headers of ways) expect((await from(isolate(), address, headers)).status).toBe(200);
  });

  it.each([
    ['a neighbour of its IPv4 block', '192.0.3.0'],
    ['a neighbour of its IPv6 block', '2001:db8:8::1'],
    ['an address with a port', '192.0.2.7:443'],
    ['two addresses, one of them listed', '192.0.2.7, 198.51.100.1'],
    ['nonsense', 'localhost'],
    ['an empty one', ''],
  ])('does not let in %s', async (_, address) => {
    const { ways } = await setting();
    for (const headers of ways) await expectElsewhere(await from(isolate(), address, headers));
    expect(await originCalls()).toBe(0);
  });

  it('tells a thief one and the same on every route, of its owner’s scopes and limit nothing', async () => {
    const { ways } = await setting();
    const here = isolate();
    const routes = ['/v1/items/1', '/v1/any/1', '/v1/payouts/1', '/v1/pairs', '/v1/fresh/1', '/v1/strict/1'];
    for (const headers of ways)
      for (const path of routes) {
        const answer = await from(here, AWAY, headers, path);
        for (const name of ['ratelimit', 'ratelimit-policy', 'www-authenticate'])
          expect(answer.headers.get(name)).toBeNull();
        await expectElsewhere(answer);
      }
    expect(await originCalls()).toBe(0);
  });

  it('costs nothing where it is refused, and is counted as refused', async () => {
    const { key, key_id, ways, session } = await setting();
    const here = isolate();
    for (let i = 0; i < 3; i++)
      for (const headers of ways) await expectElsewhere(await from(here, AWAY, headers));
    const answer = await from(here, HOME, { 'x-api-key': key }, '/v1/strict/1');
    expect(answer.headers.get('ratelimit')).toMatch(/^"owner";r=599;/);
    await later(6);
    for (const headers of ways) await expectElsewhere(await from(here, AWAY, headers));
    const ring = (await ringStub(session)) as unknown as Ring;
    const from0 = Date.now() - 3_600_000;
    const uses = await ring.usage({
      ...{ owner: ownerOf(session), keyId: key_id, from: from0, to: Date.now() + 3_600_000, by: 'hour' },
    });
    expect(uses.reduce((sum, { refused }) => sum + refused, 0)).toBeGreaterThanOrEqual(3 * ways.length);
  });

  it('warm, is refused without a word to anybody', async () => {
    const { ways } = await setting();
    const here = isolate();
    for (const headers of ways) await expectElsewhere(await from(here, AWAY, headers));
    here.calls.length = 0;
    await emulator('DELETE', '/counters');
    for (let i = 0; i < 5; i++)
      for (const headers of ways) await expectElsewhere(await from(here, AWAY, headers));
    expect([here.calls, await stytchCalls()]).toEqual([[], {}]);
  });

  it('is refused at the Desk as well', async () => {
    const { ways } = await setting();
    const here = isolate();
    for (const headers of ways) {
      await expectElsewhere(await from(here, AWAY, headers, `${DESK}/v1/whoami`));
      await expectElsewhere(await from(here, null, headers, `${DESK}/v1/whoami`));
      expect((await from(here, HOME, headers, `${DESK}/v1/whoami`)).status).toBe(200);
    }
  });

  it('that is revoked is revoked, wherever that is asked', async () => {
    const { ways, session, key_id } = await setting();
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    for (const headers of ways.slice(0, 2))
      expect(await refusalOf(await from(isolate(), AWAY, headers))).toEqual(notGood('acme-api'));
  });
});

describe('a list that changes', () => {
  it('is in force within one lease on all isolates, whether it narrows, widens or goes', async () => {
    const { ways, narrow } = await setting(null);
    const isolates = [isolate(), isolate()];
    const expectAll = async (isHome: boolean, isAway: boolean): Promise<void> => {
      for (const here of [...isolates, isolate()])
        for (const headers of ways)
          for (const [address, isGood] of [
            [HOME, isHome],
            [AWAY, isAway],
          ] as const) {
            const answer = await from(here, address, headers);
            if (isGood) expect(answer.status).toBe(200);
            else await expectElsewhere(answer);
          }
    };
    await expectAll(true, true);
    for (const [list, isHome, isAway] of [
      [LIST, true, false],
      [[AWAY], false, true],
      [[...LIST, AWAY], true, true],
      [LIST, true, false],
      [null, true, true],
    ] as const) {
      await narrow(list);
      await later(5);
      await expectAll(isHome, isAway);
    }
    // No secret and no scope has changed: not one more token is asked for.
    expect((await stytchCalls()).token).toBe(2);
  });

  it('is in force at once on a route that asks for each request', async () => {
    const { key, narrow } = await setting(null);
    const here = isolate();
    const ask = () => from(here, AWAY, { 'x-api-key': key }, '/v1/strict/1');
    expect((await ask()).status).toBe(200);
    await later(1);
    await narrow(LIST);
    await expectElsewhere(await ask());
    await later(1);
    await narrow(null);
    expect((await ask()).status).toBe(200);
  });
});

describe('other credentials of the same owner', () => {
  it('are good from everywhere: his session and his other keys', async () => {
    const { session } = await setting();
    const other = await issueKey(session, ['items:read']);
    const here = isolate();
    for (const headers of [{ authorization: `Bearer ${session}` }, { 'x-api-key': other.key }])
      for (const address of [AWAY, HOME, null]) expect((await from(here, address, headers)).status).toBe(200);
  });

  it('are managed from everywhere too: a list that shuts its owner out can be opened again', async () => {
    const { session, key_id } = await setting(['203.0.113.1']);
    const answer = await isolate().fetch(`${DESK}/v1/keys/${key_id}`, {
      method: 'PATCH',
      headers: {
        ...{ authorization: `Bearer ${session}`, 'content-type': 'application/json' },
        'cf-connecting-ip': AWAY,
      },
      body: JSON.stringify({ ip_allowlist: null }),
    });
    expect(answer.status).toBe(200);
  });
});
