import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AssertionJwk } from '../../../src/gate/forward/assertion.ts';
import { createVerifier, type Verify } from '../../../src/origin/index.ts';
import { AUDIENCE, CLAIMS, edge, forge, headersOf, ISSUER, JWKS_URL, KEY, makeKey, NOW } from './setting.ts';

const MINUTE_MS = 60_000;

let old: AssertionJwk;
let next: AssertionJwk;
/** What the edge answers at its JWKS; each test says. */
let serve: () => Response | Promise<Response>;
let asked: { readonly url: string; readonly redirect: string }[];
let nowMs: number;
let verify: Verify;

beforeAll(async () => {
  old = await makeKey('key-old');
  next = await makeKey('key-next');
});

beforeEach(() => {
  asked = [];
  nowMs = NOW;
  serve = () => Response.json(edge([old]).publicJwks);
  verify = createVerifier({
    jwksUrl: JWKS_URL,
    issuer: ISSUER,
    audience: AUDIENCE,
    nowMs: () => nowMs,
    fetch: async (url, { redirect }) => {
      asked.push({ url, redirect });
      return serve();
    },
  });
});

/** The verdict on a request that the edge signs just now. */
const verdictOn = async (keys: readonly AssertionJwk[]) => {
  const verdict = await verify(headersOf(await edge(keys).sign(KEY, nowMs)));
  return verdict.ok ? 'ok' : verdict.reason;
};

const silence = (): Promise<Response> => Promise.reject(new TypeError('fetch failed'));

describe('the keys of the edge', () => {
  it('are asked for once, without following redirects, and kept', async () => {
    expect(await verdictOn([old])).toBe('ok');
    nowMs += 10 * MINUTE_MS - 1;
    expect(await verdictOn([old])).toBe('ok');
    expect(asked).toEqual([{ url: JWKS_URL, redirect: 'manual' }]);
  });

  it('are asked for once by many requests at a time', async () => {
    expect(await Promise.all(Array.from({ length: 20 }, () => verdictOn([old])))).toEqual(
      Array(20).fill('ok'),
    );
    expect(asked).toHaveLength(1);
  });

  it('are not asked for by what is no assertion', async () => {
    await verify({});
    await verify(headersOf('e30.e30.e30'));
    expect(asked).toEqual([]);
  });

  it('are asked for again after ten minutes, so that a withdrawn key is refused', async () => {
    await verdictOn([old]);
    serve = () => Response.json(edge([next]).publicJwks);
    nowMs += 10 * MINUTE_MS;
    expect(await verdictOn([old])).toBe('key_unknown');
    expect(await verdictOn([next])).toBe('ok');
  });
});

describe('ORG-04: rotation', () => {
  it('both keys are good while both are published', async () => {
    serve = () => Response.json(edge([old, next]).publicJwks);
    expect(await verdictOn([old, next])).toBe('ok');
    expect(await verdictOn([next, old])).toBe('ok');
    expect(asked).toHaveLength(1);
  });

  it('a new key is fetched when it is first met', async () => {
    await verdictOn([old]);
    serve = () => Response.json(edge([next, old]).publicJwks);
    nowMs += 30_000;
    expect(await verdictOn([next])).toBe('ok');
    expect(await verdictOn([old])).toBe('ok');
    expect(asked).toHaveLength(2);
  });

  it('strangers with made-up kids make us ask once in 30 seconds', async () => {
    await verdictOn([old]);
    nowMs += 30_000;
    for (let each = 0; each < 50; each += 1) {
      expect(await verify(headersOf(await forge(next, CLAIMS, { kid: `made-up-${each}` })))).toEqual({
        ok: false,
        reason: 'key_unknown',
      });
    }
    expect(asked).toHaveLength(2);
  });
});

describe('while the edge does not publish', () => {
  it.each([
    ['silence', silence],
    ['500', () => new Response('oops', { status: 500 })],
    ['keys under an error', () => Response.json(edge([old]).publicJwks, { status: 404 })],
    [
      'a redirect',
      () => new Response(null, { status: 302, headers: { Location: 'https://evil.example/jwks' } }),
    ],
    ['no body', () => new Response(null)],
    ['HTML', () => new Response('<html>')],
    ['null', () => Response.json(null)],
    ['no keys', () => Response.json({ keys: [] })],
    ['keys that are no list', () => Response.json({ keys: {} })],
    [
      'keys that are none',
      () =>
        Response.json({ keys: [null, 1, {}, { kty: 'EC', crv: 'P-256', x: 'A', y: 'A', kid: 'key-old' }] }),
    ],
    ['bytes that are no UTF-8', () => new Response(new Uint8Array([0xff, 0xfe]))],
    ['too much', () => new Response(`${' '.repeat(65_536)}${JSON.stringify(edge([old]).publicJwks)}`)],
  ])('%s: nobody is believed, nobody is called wrong', async (_what, answered) => {
    serve = answered;
    expect(await verdictOn([old])).toBe('keys_unavailable');
  });

  it('the keys in hand serve for a day, and no longer', async () => {
    await verdictOn([old]);
    serve = silence;
    nowMs = NOW + 24 * 60 * MINUTE_MS - 1;
    expect(await verdictOn([old])).toBe('ok');
    expect(await verdictOn([next])).toBe('keys_unavailable');
    nowMs += 1;
    expect(await verdictOn([old])).toBe('keys_unavailable');
  });

  it('it is asked again after 1, 2, 4 … 30 seconds, whatever the number of requests', async () => {
    serve = silence;
    const askedAt: number[] = [];
    for (let second = 0; second <= 100; second += 1) {
      nowMs = NOW + second * 1_000;
      const before = asked.length;
      await verdictOn([old]);
      await verdictOn([old]);
      if (asked.length > before) askedAt.push(second);
    }
    expect(askedAt).toEqual([0, 1, 3, 7, 15, 31, 61, 91]);
    expect(asked).toHaveLength(8);
  });

  it('all is well again with the first good answer', async () => {
    serve = silence;
    await verdictOn([old]);
    serve = () => Response.json(edge([old]).publicJwks);
    nowMs += 1_000;
    expect(await verdictOn([old])).toBe('ok');
  });

  it('who has a key that is only old does not wait for an answer that hangs', async () => {
    await verdictOn([old]);
    nowMs += 10 * MINUTE_MS;
    let release = (_answer: Response) => {};
    serve = () => new Promise<Response>((resolve) => (release = resolve));
    const first = verdictOn([old]);
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(await verdictOn([old])).toBe('ok');
    release(new Response(null, { status: 500 }));
    expect(await first).toBe('ok');
  });
});

describe('keys of other kinds', () => {
  it.each([
    ['another curve', { crv: 'P-384' }],
    ['another algorithm', { alg: 'ES384' }],
    ['for encryption', { use: 'enc' }],
    ['symmetric', { kty: 'oct', k: 'AAAA' }],
    ['without kid', { kid: undefined }],
  ])('%s: passed over', async (_what, changed) => {
    const [published] = edge([old]).publicJwks.keys;
    serve = () => Response.json({ keys: [{ ...published, ...changed }, ...edge([next]).publicJwks.keys] });
    expect(await verdictOn([old])).toBe('key_unknown');
    expect(await verdictOn([next])).toBe('ok');
  });
});
