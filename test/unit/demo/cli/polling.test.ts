import { Configuration, customFetch, None } from 'openid-client';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { poll } from '../../../../demo/cli/polling.ts';

const CODE = { device_code: 'd', user_code: 'WDJB-MJHT', verification_uri: 'https://keys.acme.test/device' };
const KEY = { access_token: 'acme_test_1_x', token_type: 'bearer', key_id: 'acme_test_1' };

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

type Reply = () => Promise<Response>;

const refused =
  (error: string): Reply =>
  () =>
    Promise.resolve(Response.json({ error }, { status: 400 }));
const key: Reply = () => Promise.resolve(Response.json(KEY));
const lost: Reply = () => Promise.reject(new TypeError('fetch failed', { cause: new Error('reset') }));
const broken: Reply = () => Promise.resolve(Response.json({}, { status: 503 }));

/** Polls a server that has these answers ready; the times at which it was asked are in `askedAt`, in seconds. */
const polling = (replies: readonly Reply[], interval?: number) => {
  const issuer = 'https://keys.acme.test';
  const config = new Configuration(
    { issuer, token_endpoint: `${issuer}/token` },
    'acme-cli',
    undefined,
    None(),
  );
  const startedAt = Date.now();
  const askedAt: number[] = [];
  config[customFetch] = async (_, { body }) => {
    expect(Object.fromEntries(new URLSearchParams(String(body)))).toEqual({
      ...{ client_id: 'acme-cli', device_code: 'd' },
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    });
    askedAt.push((Date.now() - startedAt) / 1000);
    const reply = replies[askedAt.length - 1];
    if (reply === undefined) throw new Error('asked too often');
    return reply();
  };
  const interrupt = new AbortController();
  const asked = { ...CODE, expires_in: 600, ...(interval === undefined ? {} : { interval }) };
  const ended = poll(config, asked, interrupt.signal).catch((error: unknown) => error);
  return { askedAt, ended, interrupt };
};

const pending = refused('authorization_pending');
const slower = refused('slow_down');

describe('RFC 8628 §3.5 › polling', () => {
  it.each<[string, replies: readonly Reply[], interval: number | undefined, askedAt: readonly number[]]>([
    ['at the interval, from the first request on', [pending, pending, key], 3, [3, 6, 9]],
    ['without an interval, every 5 seconds', [pending, key], undefined, [5, 10]],
    ['after slow_down, 5 seconds slower, from then on', [slower, pending, slower, key], 5, [5, 15, 25, 40]],
    ['after a lost answer or a broken server, half as often', [lost, broken, key], 5, [5, 15, 35]],
  ])('%s', async (_, replies, interval, askedAt) => {
    const run = polling(replies, interval);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await run.ended).toMatchObject(KEY);
    expect(run.askedAt).toEqual(askedAt);
  });

  it.each(['access_denied', 'expired_token', 'invalid_grant', 'invalid_client'])(
    '%s ends it',
    async (error) => {
      const run = polling([refused(error)]);
      await vi.advanceTimersByTimeAsync(60_000);
      expect(await run.ended).toMatchObject({ error });
      expect(run.askedAt).toEqual([5]);
    },
  );

  it('ends with the code, when nobody answers any more', async () => {
    const run = polling(Array.from({ length: 20 }, () => lost));
    await vi.advanceTimersByTimeAsync(2_000_000);
    expect(await run.ended).toBeInstanceOf(TypeError);
    expect(run.askedAt).toEqual([5, 15, 35, 75, 155, 315, 635]);
  });
});

describe('an interruption', () => {
  it('ends the waiting at once', async () => {
    const run = polling([pending]);
    await vi.advanceTimersByTimeAsync(7_000);
    run.interrupt.abort();
    expect(await run.ended).toBeNull();
    expect(run.askedAt).toEqual([5]);
  });

  it('of before is one', async () => {
    const run = polling([]);
    run.interrupt.abort();
    expect(await run.ended).toBeNull();
    expect(run.askedAt).toEqual([]);
  });

  it('during a request waits for its answer: it may be the key', async () => {
    const held = Promise.withResolvers<Response>();
    const run = polling([() => held.promise]);
    await vi.advanceTimersByTimeAsync(5_000);
    run.interrupt.abort();
    expect(await Promise.race([run.ended, Promise.resolve('still waiting')])).toBe('still waiting');
    held.resolve(Response.json(KEY));
    expect(await run.ended).toMatchObject(KEY);
  });

  it('during a request that says "not yet" ends there', async () => {
    const held = Promise.withResolvers<Response>();
    const run = polling([() => held.promise]);
    await vi.advanceTimersByTimeAsync(5_000);
    run.interrupt.abort();
    held.resolve(await pending());
    expect(await run.ended).toBeNull();
    expect(run.askedAt).toEqual([5]);
  });
});
