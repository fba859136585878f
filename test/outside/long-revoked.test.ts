import type { IncomingMessage } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { get } from './edge.ts';
import { bearing, type Line, type LongEdge, listenTo, type Stream, startLong, textOf } from './long.ts';
import { exchange } from './socket.ts';

let edge: LongEdge;
/** The origin speaks all the time: silence would prove nothing. */
let talk: NodeJS.Timeout;

beforeAll(async () => {
  edge = await startLong();
  let spoken = 0;
  talk = setInterval(() => edge.origin.emit(`${spoken++}`), 20);
});
beforeEach(async () => {
  edge.origin.reset();
  // What the test before left open tells of its end a moment later.
  await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(0);
  edge.origin.reset();
});
afterAll(async () => {
  clearInterval(talk);
  await edge?.stop();
});

const listen = (path: string, headers: Readonly<Record<string, string>>): Promise<Stream> =>
  listenTo(edge, path, headers);

const opened = async (line: Line): Promise<Line> => {
  expect(await line.opened).toBe('open');
  await expect.poll(() => line.heard.length, { timeout: 10_000 }).toBeGreaterThan(0);
  return line;
};

const ENDED = '1008 the credential no longer holds';

/** Everything that lasts, of one caller. */
const everything = async (headers: Readonly<Record<string, string>>) => ({
  streams: await Promise.all(
    ['/v1/stream/events', '/v1/any/events', '/v1/strict/events', '/v1/bound/events', '/v1/zone/events'].map(
      (path) => listen(path, headers),
    ),
  ),
  lines: await Promise.all(
    ['/v1/stream/echo', '/v1/bound/echo'].map((path) => opened(edge.dial(path, headers))),
  ),
});

type Everything = Awaited<ReturnType<typeof everything>>;

/** That all is closed, as it must be closed, at both ends, and when the last byte came. */
const isOver = async ({ streams, lines }: Everything, others = 0): Promise<number> => {
  for (const { ending } of streams) expect(await ending).toBe('broken');
  for (const { closed } of lines) expect(await closed).toBe(ENDED);
  await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(others);
  expect(edge.origin.ends()).toEqual(lines.map(() => ENDED));
  return Math.max(...[...streams, ...lines].map(({ heardAt }) => heardAt()));
};

const isOpen = async ({ streams, lines }: Everything): Promise<boolean> => {
  const now = Date.now();
  await wait(200);
  return [...streams, ...lines].every(({ heardAt }) => heardAt() > now);
};

const refusedNow = async (headers: Readonly<Record<string, string>>): Promise<number | undefined> =>
  (await edge.send('/v1/any/item', { headers })).statusCode;

describe('while the credential holds', () => {
  test('what lasts longer than several leases stays open, and is the cost of one request', async () => {
    const me = await edge.newCaller();
    const all = await everything(bearing(me));
    const before = await edge.send('/v1/any/item', { headers: bearing(me) });
    await wait(4_000);
    expect(await isOpen(all)).toBe(true);
    const after = await edge.send('/v1/any/item', { headers: bearing(me) });
    expect(left(before) - left(after)).toBeLessThanOrEqual(1);
    await edge.revoke(me);
    await isOver(all);
  });
});

/** What is left of the limit, as an answer tells it. */
const left = ({ headers }: IncomingMessage): number => Number(/r=(\d+)/.exec(String(headers.ratelimit))?.[1]);

describe('promise 2 › revoked at the Desk', () => {
  test('event streams and WebSockets are closed within one lease, and nothing comes after that', async () => {
    const me = await edge.newCaller();
    const other = await edge.newCaller();
    const [mine, theirs] = [await everything(bearing(me)), await listen('/v1/stream/events', bearing(other))];
    const effectiveBy = await edge.revoke(me);
    const last = await isOver(mine, 1);
    expect(last).toBeLessThanOrEqual(effectiveBy);
    expect(await refusedNow(bearing(me))).toBe(401);
    expect(edge.logs()).toContain('"event":"closed"');
    // Nobody else's is.
    expect(await isOpen({ streams: [theirs], lines: [] })).toBe(true);
    await edge.revoke(other);
    expect(await theirs.ending).toBe('broken');
  });

  test('a long download is broken off, and its reader cannot take the part for the whole', async () => {
    const me = await edge.newCaller();
    const paths = ['/v1/any/download/2000000000', '/v1/any/chunks/2000000000'];
    const endings = paths.map(async (path) => {
      const answer = await edge.send(path, { headers: bearing(me) });
      const ending = new Promise((resolve) => {
        answer.on('error', () => resolve('broken'));
        answer.on('end', () => resolve('neat'));
      });
      // Slowly: it would be over before anybody could revoke the key.
      answer.on('data', () => {
        answer.pause();
        setTimeout(() => answer.resume(), 10);
      });
      return { ending };
    });
    const started = await Promise.all(endings);
    await edge.revoke(me);
    expect(await Promise.all(started.map(({ ending }) => ending))).toEqual(['broken', 'broken']);
  });
});

describe('at the end', () => {
  test('of a key that ends by itself, all is closed within a lease', async () => {
    const end = Math.ceil(Date.now() / 1000) * 1000 + 3_000;
    const me = await edge.newCaller({ expires_at: new Date(end).toISOString() });
    const all = await everything(bearing(me));
    const last = await isOver(all);
    expect(last).toBeLessThanOrEqual(end + 1_000);
    expect(await refusedNow(bearing(me))).toBe(401);
  });

  test('of a session’s token, all is closed within a lease', async () => {
    const session = await edge.briefSession(4);
    const end = Date.now() + 5_000;
    const headers = { authorization: `Bearer ${session}` };
    const all = await everything(headers);
    const last = await isOver(all);
    // Clocks of Stytch and ours may differ by five seconds (SECURITY JWT-14).
    expect(last).toBeLessThanOrEqual(end + 5_000 + 1_000);
    expect(await refusedNow(headers)).toBe(401);
  });

  test('of nothing: whoever needs no credential is not looked after', async () => {
    const stream = await listen('/public/events', {});
    const line = await opened(edge.dial('/open/echo'));
    await wait(3_000);
    expect(await isOpen({ streams: [stream], lines: [line] })).toBe(true);
    line.socket.close();
    expect(await line.closed).toMatch(/^1005/);
    edge.origin.endStreams();
    expect(await stream.ending).toBe('neat');
  });
});

describe('PATH-09 › a WebSocket', () => {
  test('carries text, bytes, a protocol and close codes both ways, with the identity on its handshake', async () => {
    const me = await edge.newCaller();
    const headers = {
      ...bearing(me),
      origin: 'https://app.test',
      'x-latchkey-user-id': 'mallory',
      cookie: 'a=b',
    };
    const line = edge.dial('/v1/stream/echo?a=b', headers, ['chat', 'other']);
    expect(await line.opened).toBe('open');
    expect(line.socket.protocol).toBe('chat');
    line.socket.send('héllo');
    line.socket.send(Buffer.from([0, 1, 254, 255]));
    await expect
      .poll(() => line.heard.filter((text) => !/^\d+$/.test(text)))
      .toEqual(['héllo', '0x0001feff']);
    const [head] = edge.origin.heads();
    expect(head?.line).toBe('GET /v1/stream/echo?a=b');
    expect(head?.headers).toMatchObject({
      upgrade: 'websocket',
      'x-latchkey-auth': 'api_key',
      'x-latchkey-user-id': me.identity.userId,
      'x-latchkey-key-id': me.keyId,
      'sec-websocket-protocol': 'chat,other',
    });
    expect(head?.headers['x-latchkey-assertion']).toMatch(/^ey/);
    for (const name of ['authorization', 'x-api-key', 'cookie']) expect(head?.headers[name]).toBeUndefined();
    line.socket.close(4002, 'enough');
    expect(await line.closed).toBe('4002 enough');
    await expect.poll(() => edge.origin.ends(), { timeout: 10_000 }).toEqual(['4002 enough']);
  });

  test('that the origin closes is closed with its code; one whose origin dies, with 1011', async () => {
    const me = await edge.newCaller();
    const closing = await opened(edge.dial('/v1/stream/echo', bearing(me)));
    closing.socket.send('close please');
    expect(await closing.closed).toBe('4001 as you wish');
    await expect.poll(() => edge.origin.ends(), { timeout: 10_000 }).toEqual(['4001 as you wish']);
    const dying = await opened(edge.dial('/v1/stream/echo', bearing(me)));
    dying.socket.send('die please');
    expect(await dying.closed).toMatch(/^1011 /);
  });

  test('that the origin refuses is an ordinary answer', async () => {
    const me = await edge.newCaller();
    const line = edge.dial('/v1/stream/refused', bearing(me));
    expect(await line.opened).toBe('403 full');
  });

  test('costs what its route costs, once', async () => {
    const me = await edge.newCaller();
    const before = left(await edge.send('/v1/any/item', { headers: bearing(me) }));
    const line = await opened(edge.dial('/v1/stream/echo', bearing(me)));
    for (let i = 0; i < 50; i++) line.socket.send('x');
    await expect.poll(() => line.heard.filter((text) => text === 'x').length, { timeout: 10_000 }).toBe(50);
    const after = left(await edge.send('/v1/any/item', { headers: bearing(me) }));
    expect(before - after).toBeLessThanOrEqual(2);
    line.socket.close();
    await line.closed;
  });

  test.each([
    ['without a credential', {}, '401 credential_missing'],
    ['with a bad one', { authorization: 'Bearer nonsense' }, '401 invalid_token'],
    ['from a foreign page, without a credential', { origin: 'https://evil.test' }, '401 credential_missing'],
    ['by cookie', { cookie: 'stytch_session=x', origin: 'https://app.test' }, '401 credential_missing'],
  ])('%s is refused, and the origin is not called', async (_, headers, expected) => {
    const answer = await edge.dial('/v1/stream/echo', headers).opened;
    const { status, code } = JSON.parse(answer.slice(4));
    expect([answer.slice(0, 3), `${status} ${code}`]).toEqual([expected.slice(0, 3), expected]);
    expect(edge.origin.heads()).toEqual([]);
  });

  test.each(['https://evil.test', 'null', 'https://app.test.evil.test', 'http://app.test'])(
    'from a page of %s is 403, costs nothing, and the origin is not called',
    async (origin) => {
      const me = await edge.newCaller();
      const before = left(await edge.send('/v1/any/item', { headers: bearing(me) }));
      edge.origin.reset();
      for (const path of ['/v1/stream/echo', '/open/echo']) {
        const answer = await edge.dial(path, { ...bearing(me), origin }).opened;
        expect([answer.slice(0, 3), JSON.parse(answer.slice(4)).code]).toEqual(['403', 'origin_not_allowed']);
      }
      expect(edge.origin.heads()).toEqual([]);
      const after = left(await edge.send('/v1/any/item', { headers: bearing(me) }));
      expect(before - after).toBeLessThanOrEqual(1);
    },
  );

  test.each([
    ['another version', ['Sec-WebSocket-Version: 8', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==']],
    ['no key', ['Sec-WebSocket-Version: 13']],
    [
      'two protocols',
      ['Upgrade: h2c', 'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=='],
    ],
  ])('RFC 6455 §4.2.1 › whose handshake has %s is 426, and the origin is not called', async (_, lines) => {
    const me = await edge.newCaller();
    const handshake = ['Connection: Upgrade', 'Upgrade: websocket', ...lines, `X-API-Key: ${me.key}`];
    const { responses } = await exchange(edge.port, [get('/v1/stream/echo', ...handshake)]);
    expect(responses.map(({ status }) => status)).toEqual([426]);
    expect(responses[0]?.header('sec-websocket-version')).toBe('13');
    expect(edge.origin.heads()).toEqual([]);
  });

  test('on a route that offers them, other requests are served as ever', async () => {
    const me = await edge.newCaller();
    const answer = await edge.send('/v1/stream/item', {
      headers: { ...bearing(me), origin: 'https://evil.test' },
    });
    expect([answer.statusCode, await textOf(answer)]).toEqual([200, 'hello world']);
  });
});
