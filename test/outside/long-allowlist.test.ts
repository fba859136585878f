import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { get } from './edge.ts';
import { bearing, type Line, type LongEdge, listenTo, type Stream, startLong } from './long.ts';
import { raw } from './socket.ts';

const HOME = '192.0.2.7';
const AWAY = '198.51.100.1';

let edge: LongEdge;
/** The origin speaks all the time: silence would prove nothing. */
let talk: NodeJS.Timeout;

beforeAll(async () => {
  edge = await startLong();
  let spoken = 0;
  talk = setInterval(() => edge.origin.emit(`${spoken++}`), 20);
});
beforeEach(async () => {
  await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(0);
  edge.origin.reset();
});
afterAll(async () => {
  clearInterval(talk);
  await edge?.stop();
});

type Caller = Awaited<ReturnType<LongEdge['newCaller']>>;

/** Everything that lasts, of one key at one address. */
interface Everything {
  readonly streams: readonly Stream[];
  readonly lines: readonly Line[];
}

const everything = async (me: Caller, address: string): Promise<Everything> => {
  const headers = { ...bearing(me), 'cf-connecting-ip': address };
  const streams = ['/v1/stream/events', '/v1/any/events', '/v1/strict/events', '/v1/bound/events'];
  const lines = ['/v1/stream/echo', '/v1/bound/echo'].map((path) => edge.dial(path, headers));
  for (const line of lines) {
    expect(await line.opened).toBe('open');
    await expect.poll(() => line.heard.length, { timeout: 10_000 }).toBeGreaterThan(0);
  }
  return { streams: await Promise.all(streams.map((path) => listenTo(edge, path, headers))), lines };
};

/** That all is closed as it must be; when the last byte came. */
const isOver = async ({ streams, lines }: Everything): Promise<number> => {
  for (const { ending } of streams) expect(await ending).toBe('broken');
  for (const { closed } of lines) expect(await closed).toBe('1008 the credential no longer holds');
  return Math.max(...[...streams, ...lines].map(({ heardAt }) => heardAt()));
};

const isOpen = async ({ streams, lines }: Everything): Promise<boolean> => {
  const now = Date.now();
  await wait(200);
  return [...streams, ...lines].every(({ heardAt }) => heardAt() > now);
};

describe('promise 2 › a key whose allow-list is narrowed', () => {
  test('is cut off within one lease where it no longer may be, and stays where it may', async () => {
    const me = await edge.newCaller();
    const [home, away] = [await everything(me, HOME), await everything(me, AWAY)];
    const effectiveBy = await edge.change(me, { ip_allowlist: ['192.0.2.0/24'] });
    expect(await isOver(away)).toBeLessThanOrEqual(effectiveBy);
    expect(edge.logs()).toContain('"reason":"address_not_allowed"');
    await wait(2_500);
    expect(await isOpen(home)).toBe(true);
    await edge.change(me, { ip_allowlist: [AWAY] });
    await isOver(home);
    await expect.poll(() => edge.origin.open(), { timeout: 10_000 }).toBe(0);
  });

  test('is not cut off by a list that has it, in whatever spelling, nor when the list goes', async () => {
    const me = await edge.newCaller({ ip_allowlist: ['192.0.2.0/24', '2001:db8::/32'] });
    const all = [await everything(me, '::ffff:192.0.2.9'), await everything(me, '2001:DB8:0::1')];
    for (const list of [['192.0.2.9', '2001:db8::1'], null, ['0.0.0.0/0', '::/0']]) {
      await edge.change(me, { ip_allowlist: list });
      await wait(1_500);
      for (const each of all) expect(await isOpen(each)).toBe(true);
    }
    await edge.revoke(me);
    for (const each of all) await isOver(each);
  });
});

describe('where a request comes from', () => {
  const refused = async (me: Caller, ...lines: readonly string[]) => {
    const answer = await raw(edge.port, get('/v1/any/item', `X-API-Key: ${me.key}`, ...lines));
    return { status: answer.status, code: answer.status === 200 ? null : JSON.parse(answer.text).code };
  };
  const ELSEWHERE = { status: 403, code: 'address_not_allowed' };

  test.each([
    ['X-Forwarded-For', HOME],
    ['X-Forwarded-For', `${HOME}, ${AWAY}`],
    ['Forwarded', `for=${HOME}`],
    ['Forwarded', `for="[2001:db8::1]";by=${AWAY}`],
    ['True-Client-IP', HOME],
    ['X-Real-IP', HOME],
    ['X-Client-IP', HOME],
    ['X-Cluster-Client-IP', HOME],
    ['Fastly-Client-IP', HOME],
    ['CF-Connecting-IPv6', '2001:db8::1'],
    ['CF-Pseudo-IPv4', HOME],
    ['CF_Connecting_IP', HOME],
    ['CF-Connecting-IP-', HOME],
    ['Client-IP', HOME],
    ['Via', HOME],
  ])('%s: %s does not say it', async (name, value) => {
    const me = await edge.newCaller({ ip_allowlist: [HOME, '2001:db8::/32'] });
    expect(await refused(me, `${name}: ${value}`)).toEqual(ELSEWHERE);
    expect(await refused(me, `CF-Connecting-IP: ${AWAY}`, `${name}: ${value}`)).toEqual(ELSEWHERE);
    expect(edge.origin.heads()).toEqual([]);
  });

  test('CF-Connecting-IP does, however its name is spelled, and exactly one of it', async () => {
    const me = await edge.newCaller({ ip_allowlist: [HOME] });
    for (const name of ['CF-Connecting-IP', 'cf-connecting-ip', 'Cf-CoNnEcTiNg-Ip'])
      for (const value of [HOME, `  ${HOME}\t`])
        expect(await refused(me, `${name}: ${value}`)).toEqual({ status: 200, code: null });
    edge.origin.reset();
    for (const lines of [
      [],
      ['CF-Connecting-IP:'],
      [`CF-Connecting-IP: ${HOME}`, `CF-Connecting-IP: ${AWAY}`],
      [`CF-Connecting-IP: ${AWAY}`, `cf-connecting-ip: ${HOME}`],
      [`CF-Connecting-IP: ${HOME}`, `CF-Connecting-IP: ${HOME}`],
      [`CF-Connecting-IP: ${HOME}:80`],
      [`CF-Connecting-IP: "${HOME}"`],
      ['CF-Connecting-IP: 192.0.2.07'],
      [`CF-Connecting-IP: ${HOME}\xa0`],
    ])
      expect(await refused(me, ...lines)).toEqual(ELSEWHERE);
    expect(edge.origin.heads()).toEqual([]);
  });

  test('is asked of a WebSocket too: it is refused, and the origin is not called', async () => {
    const me = await edge.newCaller({ ip_allowlist: [HOME] });
    for (const headers of [{}, { 'cf-connecting-ip': AWAY }, { 'x-forwarded-for': HOME }]) {
      const answer = await edge.dial('/v1/stream/echo', { ...bearing(me), ...headers }).opened;
      expect([answer.slice(0, 3), JSON.parse(answer.slice(4)).code]).toEqual(['403', 'address_not_allowed']);
    }
    expect(edge.origin.heads()).toEqual([]);
  });
});
