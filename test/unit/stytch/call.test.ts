import { describe, expect, it, vi } from 'vitest';
import { type Call, call } from '../../../src/stytch/call.ts';
import { answer, cutOff, oauthError, scripted, stytchError, timeout } from './wires.ts';

const URL = 'https://stytch.test/v1/x';
const ONCE: Call = { method: 'POST', headers: {}, deadlineMs: 3_000, idempotent: false };
const REPEATABLE: Call = { ...ONCE, idempotent: true };

const readValue = (body: unknown): string | null =>
  typeof body === 'object' && body !== null && 'value' in body ? String(body.value) : null;

/** Bodies of a length, in bytes, of which the last is the one that counts. */
const bodyOf = (bytes: number): string =>
  JSON.stringify({ value: 'x'.repeat(bytes - '{"value":""}'.length) });

const MAX = 65_536;

describe('an answer', () => {
  it('is a 2xx that is understood', async () => {
    for (const status of [200, 201, 299]) {
      const { wires } = scripted(answer({ value: 'v' }, status));
      expect(await call(wires, URL, ONCE, readValue)).toEqual({ outcome: 'answered', value: 'v' });
    }
  });

  it('may have as many bytes as the cap, and not one more', async () => {
    const read = (text: string) => call(scripted(answer(text)).wires, URL, ONCE, readValue);
    expect((await read(bodyOf(MAX))).outcome).toBe('answered');
    expect((await read(bodyOf(MAX + 1))).outcome).toBe('unreachable');
  });

  it('may have another cap, for this call alone', async () => {
    const read = (text: string) =>
      call(scripted(answer(text)).wires, URL, { ...ONCE, maxAnswerBytes: 100_000 }, readValue);
    expect((await read(bodyOf(100_000))).outcome).toBe('answered');
    expect((await read(bodyOf(100_001))).outcome).toBe('unreachable');
  });

  it('over the cap is not read to its end', async () => {
    let pulled = 0;
    let cancelled = false;
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        pulled++;
        controller.enqueue(new Uint8Array(16_384).fill(0x20));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const { wires } = scripted(new Response(endless));
    expect((await call(wires, URL, ONCE, readValue)).outcome).toBe('unreachable');
    expect([pulled < 10, cancelled]).toEqual([true, true]);
  });

  it('is asked for without following redirects, and with a deadline', async () => {
    const { wires, sent } = scripted(answer({ value: 'v' }));
    await call(wires, URL, { ...ONCE, body: 'b', headers: { a: 'b' } }, readValue);
    expect(sent).toEqual([
      {
        url: URL,
        init: {
          method: 'POST',
          headers: { a: 'b' },
          body: 'b',
          redirect: 'manual',
          signal: expect.any(AbortSignal),
        },
      },
    ]);
  });
});

describe('a decline', () => {
  it.each([
    ['the OAuth envelope', oauthError('invalid_client', 400), 400, 'invalid_client'],
    ['the OAuth envelope with 401', oauthError('invalid_client', 401), 401, 'invalid_client'],
    [
      'the envelope of all other endpoints',
      stytchError('m2m_client_not_found', 404),
      404,
      'm2m_client_not_found',
    ],
    ['both at once', answer({ error: 'invalid_client', error_type: 'other' }, 400), 400, 'invalid_client'],
  ])('is a 4xx in %s', async (_, response, status, code) => {
    const { wires } = scripted(response);
    expect(await call(wires, URL, REPEATABLE, readValue)).toEqual({ outcome: 'declined', status, code });
  });

  it('is final: it is not asked for again', async () => {
    const { wires, sent } = scripted(stytchError('x', 400), answer({ value: 'v' }));
    await call(wires, URL, REPEATABLE, readValue);
    expect(sent).toHaveLength(1);
  });
});

describe('unreachable: no answer, timeout, 429, 5xx, unparsable', () => {
  const deeds = [
    ['no connection', () => new TypeError('fetch failed')],
    ['a timeout', timeout],
    ['a body that breaks off', () => cutOff(200)],
    ['a 408', () => stytchError('request_timeout', 408)],
    ['a 429 in the OAuth envelope', () => oauthError('too_many_requests', 429)],
    ['a 429 in the other envelope', () => stytchError('too_many_requests', 429)],
    ['a 429 that breaks off', () => cutOff(429)],
    ['a 500 that names invalid_client', () => oauthError('invalid_client', 500)],
    ['a 503 that names a missing client', () => stytchError('m2m_client_not_found', 503)],
    ['a 530 of HTML', () => answer('<html>origin is unreachable</html>', 530)],
    ['HTML with 200', () => answer('<html>hello</html>')],
    ['HTML with 401', () => answer('<html>who are you</html>', 401)],
    ['nothing with 200', () => answer('')],
    ['nothing with 204', () => new Response(null, { status: 204 })],
    ['null with 200', () => answer('null')],
    ['JSON that was not expected', () => answer({ other: 1 })],
    ['an error with 200', () => oauthError('invalid_client', 200)],
    ['JSON of no envelope with 401', () => answer({ message: 'no' }, 401)],
    ['an envelope whose error is no text', () => answer({ error: { code: 'invalid_client' } }, 401)],
    ['a list', () => answer([{ error: 'invalid_client' }], 401)],
    ['a redirect', () => answer({ value: 'v' }, 302, { location: 'https://elsewhere.test/' })],
    ['a redirect that names invalid_client', () => oauthError('invalid_client', 302)],
  ] as const;

  it.each(deeds)('%s', async (_, deed) => {
    const { wires, sent } = scripted(deed());
    expect(await call(wires, URL, ONCE, readValue)).toMatchObject({ outcome: 'unreachable' });
    expect(sent).toHaveLength(1);
  });

  it.each(deeds)('%s is asked again where that is harmless, three times in all', async (_, deed) => {
    const { wires, sent, slept } = scripted(deed(), deed(), deed());
    expect((await call(wires, URL, REPEATABLE, readValue)).outcome).toBe('unreachable');
    expect([sent.length, slept]).toEqual([3, [100, 300]]);
  });

  it.each([429, 503])('a %i has its body let go: nothing of it holds the connection', async (status) => {
    const cancel = vi.fn();
    const { wires } = scripted(new Response(new ReadableStream({ cancel }), { status }));
    await call(wires, URL, ONCE, readValue);
    expect(cancel).toHaveBeenCalledOnce();
  });

  it('and then an answer is an answer', async () => {
    const { wires, sent } = scripted(timeout(), answer('<html>', 502), answer({ value: 'v' }));
    expect(await call(wires, URL, REPEATABLE, readValue)).toEqual({ outcome: 'answered', value: 'v' });
    expect(new Set(sent.map(({ init }) => init.signal)).size).toBe(3);
  });

  it('tells of what went wrong nothing that Stytch or the request said', async () => {
    for (const deed of [
      new Error('secret-of-ours'),
      answer('secret-of-ours', 500),
      answer('secret-of-ours'),
    ]) {
      const { wires } = scripted(deed);
      const outcome = await call(wires, URL, { ...ONCE, body: 'secret-of-ours' }, readValue);
      expect(JSON.stringify(outcome)).not.toContain('secret-of-ours');
    }
  });
});

describe('Retry-After', () => {
  it.each([
    ['a 429', (headers: Record<string, string>) => answer('{}', 429, headers)],
    ['a 503', (headers: Record<string, string>) => answer('{}', 503, headers)],
    ['a 429 that breaks off', (headers: Record<string, string>) => cutOff(429, headers)],
  ])('of %s is passed on', async (_, deed) => {
    const { wires } = scripted(deed({ 'retry-after': '17' }));
    expect(await call(wires, URL, ONCE, readValue)).toMatchObject({ retryAfterSeconds: 17 });
  });

  it('of more than a minute is told as a minute', async () => {
    const { wires } = scripted(answer('{}', 429, { 'retry-after': '86400' }));
    expect(await call(wires, URL, ONCE, readValue)).toMatchObject({ retryAfterSeconds: 60 });
  });

  it('of a second is waited for, and a longer one is not', async () => {
    const short = scripted(answer('{}', 429, { 'retry-after': '1' }), answer({ value: 'v' }));
    expect((await call(short.wires, URL, REPEATABLE, readValue)).outcome).toBe('answered');
    expect(short.slept).toEqual([1_000]);
    const long = scripted(answer('{}', 429, { 'retry-after': '2' }));
    expect(await call(long.wires, URL, REPEATABLE, readValue)).toMatchObject({ retryAfterSeconds: 2 });
    expect([long.sent.length, long.slept]).toEqual([1, []]);
  });

  it.each(['', '-1', '1.5', 'soon', 'Wed, 21 Oct 2015 07:28:00 GMT', '9999999', '1, 2', '0x10'])(
    'of %j counts as none',
    async (value) => {
      const { wires } = scripted(answer('{}', 503, { 'retry-after': value }));
      expect(await call(wires, URL, ONCE, readValue)).toMatchObject({ retryAfterSeconds: null });
    },
  );
});
