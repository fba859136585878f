import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createDeliver, deliverNowhere } from '../../../src/webhooks/deliver.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const SECRETS = [24, 32].map((bytes) => `whsec_${Buffer.alloc(bytes, bytes).toString('base64')}`);
const [SECRET = '', OTHER = ''] = SECRETS;
const EVENT = {
  id: 'evt_1',
  type: 'key.created',
  at: NOON - 5_000,
  body: '{"type":"key.created","name":"Zoë"}',
} as const;
const URL = 'https://hooks.acme.com/in?token=1';

/** A receiver that answers what is given, and remembers what it was sent. */
const receiver = (answer: (init: RequestInit) => Response | Promise<Response>, secret = SECRET) => {
  const calls: { readonly url: string; readonly init: RequestInit }[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    calls.push({ url, init });
    return answer(init);
  };
  return { calls, deliver: createDeliver({ url: URL, secret, fetch, now: () => NOON }) };
};

const status = (code: number, headers: Record<string, string> = {}) =>
  receiver(() => new Response(code === 204 ? null : 'whatever', { status: code, headers }));

const unreachable = (detail: string, retryAfterSeconds: number | null = null) => ({
  ...{ outcome: 'unreachable', detail, retryAfterSeconds },
});

beforeEach(() => {
  vi.useFakeTimers({ now: NOON });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an event', () => {
  it('is posted to the operator’s URL, once, and follows nobody elsewhere', async () => {
    const { deliver, calls } = status(200);
    expect(await deliver(EVENT)).toEqual({ outcome: 'answered', value: null });
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({
      url: URL,
      init: { method: 'POST', redirect: 'manual', body: EVENT.body },
    });
    expect(calls[0]?.init.headers).toEqual({
      'content-type': 'application/json',
      'user-agent': 'latchkey',
      'webhook-id': EVENT.id,
      'webhook-timestamp': String(NOON / 1000),
      'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/]{43}=$/),
    });
  });

  it('is verified by the library of Standard Webhooks', async () => {
    const { deliver, calls } = status(200);
    await deliver(EVENT);
    const headers = calls[0]?.init.headers as Record<string, string>;
    expect(new Webhook(SECRET).verify(EVENT.body, headers)).toEqual(JSON.parse(EVENT.body));
    expect(() => new Webhook(OTHER).verify(EVENT.body, headers)).toThrow('No matching signature found');
    expect(() => new Webhook(SECRET).verify(`${EVENT.body} `, headers)).toThrow(
      'No matching signature found',
    );
  });

  it('is signed with both secrets while they change', async () => {
    const { deliver, calls } = receiver(() => new Response(), SECRETS.join(' '));
    await deliver(EVENT);
    const headers = calls[0]?.init.headers as Record<string, string>;
    for (const secret of SECRETS)
      expect(new Webhook(secret).verify(EVENT.body, headers)).toEqual(JSON.parse(EVENT.body));
  });
});

describe('what a receiver answers', () => {
  it.each([200, 201, 202, 204])('%i: taken', async (code) => {
    expect(await status(code).deliver(EVENT)).toEqual({ outcome: 'answered', value: null });
  });

  it('410: it is sent no more of it', async () => {
    expect(await status(410).deliver(EVENT)).toEqual({ outcome: 'declined', status: 410, code: 'gone' });
  });

  it.each([301, 302, 307, 308, 400, 401, 403, 404, 405, 408, 409, 413, 422, 429, 500, 502, 503, 504])(
    '%i: it is told again',
    async (code) => {
      const location = { location: 'https://evil.test/' };
      const { deliver, calls } = status(code, location);
      expect(await deliver(EVENT)).toEqual(unreachable(`status ${code}`));
      expect(calls).toHaveLength(1);
    },
  );

  it.each([
    ['0', 0],
    ['120', 120],
    ['3600', 3_600],
    ['3601', 3_600],
    ['999999999', 3_600],
    ['9999999999', null],
    ['-1', null],
    ['1.5', null],
    ['soon', null],
    ['Sun, 99 Nov 2026 12:00:00 GMT', null],
    ['', null],
    [new Date(NOON + 90_000).toUTCString(), 90],
    [new Date(NOON - 90_000).toUTCString(), 0],
    [new Date(NOON + 86_400_000).toUTCString(), 3_600],
  ])('Retry-After: %s is %s s', async (value, seconds) => {
    const { deliver } = status(503, { 'retry-after': value });
    expect(await deliver(EVENT)).toEqual(unreachable('status 503', seconds));
  });

  it('is not read: its body is let go', async () => {
    let cancelled = false;
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1_024)),
      cancel: () => {
        cancelled = true;
      },
    });
    expect(await receiver(() => new Response(body)).deliver(EVENT)).toEqual({
      outcome: 'answered',
      value: null,
    });
    expect(cancelled).toBe(true);
  });

  it('breaks off: its status was there already', async () => {
    const body = new ReadableStream({ cancel: () => Promise.reject(new Error('broken')) });
    expect(await receiver(() => new Response(body)).deliver(EVENT)).toEqual({
      outcome: 'answered',
      value: null,
    });
  });
});

describe('a receiver that does not answer', () => {
  it('is waited for ten seconds and no longer', async () => {
    const { deliver } = receiver(
      ({ signal }) =>
        new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(new DOMException('late', 'AbortError')));
        }),
    );
    let outcome: unknown = 'waiting';
    const told = deliver(EVENT).then((value) => {
      outcome = value;
    });
    await vi.advanceTimersByTimeAsync(9_999);
    expect(outcome).toBe('waiting');
    await vi.advanceTimersByTimeAsync(1);
    await told;
    expect(outcome).toEqual(unreachable('AbortError'));
  });

  it('or cannot be reached is told again', async () => {
    const { deliver } = receiver(() => Promise.reject(new TypeError('connection refused')));
    expect(await deliver(EVENT)).toEqual(unreachable('TypeError'));
  });

  it('leaves no timer behind, whatever happens', async () => {
    await status(200).deliver(EVENT);
    await receiver(() => Promise.reject(new Error('x'))).deliver(EVENT);
    expect(vi.getTimerCount()).toBe(0);
  });
});

it('where nobody is to be told any more, what is left is dropped', async () => {
  expect(await deliverNowhere(EVENT)).toMatchObject({ outcome: 'declined', code: 'no events.url' });
});
