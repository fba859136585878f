import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import settings from '../settings.ts';
import { API, isolate, issueKey, oddToken, rooms, send, signIn } from '../world.ts';

/** A request that is refused for what its sender is, or is not. */
interface Refused {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
}

let refused: Readonly<Record<string, Refused>>;

beforeAll(async () => {
  const { key } = await issueKey(await signIn(), ['items:read']);
  const forged = await oddToken({ kind: 'session', signer: 'foreign' });
  const app = await oddToken({ kind: 'connectedApp' });
  const besides = {
    ...{ accept: '*/*', 'x-latchkey-user-id': 'user-test-eve', 'x-latchkey-auth': 'session', te: 'trailers' },
    ...{ cookie: 'stytch_session=x', connection: 'authorization', 'cache-control': 'max-stale' },
    ...{ 'x-forwarded-for': '127.0.0.1', 'cf-connecting-ip': '203.0.113.77', origin: 'https://a.test' },
    ...{ 'user-agent': 'kube-probe/1.29', 'x-request-id': 'a-request-of-mine', 'content-type': 'text/plain' },
  };
  const of = (path: string, headers: Record<string, string> = {}): Refused => ({
    path,
    headers: { ...besides, ...headers },
  });
  refused = {
    'who presents nothing': of('/v1/any/1'),
    'a key that was made up': of('/v1/any/1', { 'x-api-key': `${key.slice(0, -1)}-` }),
    'a forged session': of('/v1/any/1', { authorization: `Bearer ${forged}` }),
    "another party's token": of('/v1/any/1', { authorization: `Bearer ${app}` }),
    'a scheme that is not known': of('/v1/any/1', { authorization: `Token ${key}` }),
    'a key without the scope': of('/v1/payouts/1', { authorization: `Bearer ${key}` }),
    'a key where sessions are wanted': of('/v1/fresh/1', { authorization: `Bearer ${key}` }),
    'a key where there is no route': of('/v2/any/1', { authorization: `Bearer ${key}` }),
  };
});
beforeEach(() => rooms.ORIGIN.reset());

const CASES = [
  ...['who presents nothing', 'a key that was made up', 'a forged session', "another party's token"],
  ...['a scheme that is not known', 'a key without the scope', 'a key where sessions are wanted'],
  'a key where there is no route',
];

const expectRefused = (what: string, { status }: Response): void =>
  expect([what, [401, 403, 404, 421, 503].includes(status)]).toEqual([what, true]);

describe('SECURITY 3, property 6 › what is refused stays refused', () => {
  it.each(CASES)('without any one of its headers, or any two: %s', async (name) => {
    const { path, headers } = refused[name] as Refused;
    const names = Object.keys(headers);
    for (const first of names)
      for (const second of names) {
        const kept = Object.entries(headers).filter(([each]) => each !== first && each !== second);
        const answer = await send(`${API}${path}`, { headers: Object.fromEntries(kept) });
        expectRefused(`${first}, ${second}`, answer);
        await answer.body?.cancel();
      }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  type File = Readonly<Record<string, unknown>>;
  const file = settings as unknown as File;
  const sections = Object.entries(file).flatMap(([name, section]): readonly (readonly [string, File])[] =>
    Array.isArray(section)
      ? section.map((_, i) => [`${name}[${i}]`, { ...file, [name]: section.toSpliced(i, 1) }])
      : typeof section === 'object' && section !== null
        ? Object.keys(section).map((member) => [
            `${name}.${member}`,
            { ...file, [name]: { ...section, [member]: undefined } },
          ])
        : [],
  );
  const whole = Object.keys(file).map((name) => [name, { ...file, [name]: undefined }] as const);

  it.each([...whole, ...sections])('without the setting %s', async (_, less) => {
    const here = isolate({}, latchkeyFor(less as unknown as typeof settings));
    for (const name of CASES) {
      const { path, headers } = refused[name] as Refused;
      const answer = await here.fetch(`${API}${path}`, { headers });
      expectRefused(name, answer);
      await answer.body?.cancel();
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('and a good key is not refused, by which all of this would be kept', async () => {
    const { key } = await issueKey(await signIn(), ['items:read']);
    expect((await send(`${API}/v1/any/1`, { headers: { 'x-api-key': key } })).status).toBe(200);
  });
});
