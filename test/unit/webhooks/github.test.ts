import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createTurn } from '../../../src/model/turn.ts';
import {
  createGithubKeys,
  type GithubKeys,
  githubAlerts,
  verifyGithub,
} from '../../../src/webhooks/github.ts';
import { DOCUMENTED, found, githubHeaders, githubKey } from './github-keys.ts';

const NOON = Date.UTC(2026, 10, 1, 12);
const SECOND = 1_000;
const MINUTE = 60_000;
const HOUR = 3_600_000;

const [one, two] = [githubKey('key-1'), githubKey('key-2')];
type Published = (typeof one)['published'];

const answer = (...published: readonly Published[]) => Response.json({ public_keys: published });
const silent = () => new Response('', { status: 503 });

/** An isolate with a clock, and a GitHub that answers what the test sets, when the test lets it. */
const world = (respond: () => Response | Promise<Response> = () => answer(one.published)) => {
  const state = { respond, at: NOON, hold: null as Promise<void> | null };
  const calls: { url: string; init: RequestInit }[] = [];
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    calls.push({ url, init });
    await state.hold;
    return state.respond();
  };
  const now = () => state.at;
  const sleep = () => new Promise<void>((resolve) => setImmediate(resolve));
  const keys = createGithubKeys({ fetch, now, turn: createTurn({ now, sleep, patienceMs: 10_000 }) });
  return { state, calls, keys, find: (keyId: string) => found(keys, keyId) };
};

describe('GitHub’s keys', () => {
  it('are fetched once in an hour, from where GitHub publishes them', async () => {
    const { state, calls, find } = world(() => answer(one.published, two.published));
    expect([await find('key-1'), await find('key-2')]).toEqual(['key', 'key']);
    state.at += HOUR - 1;
    expect(await find('key-1')).toBe('key');
    expect(calls).toHaveLength(1);
    expect(calls[0]?.url).toBe('https://api.github.com/meta/public_keys/secret_scanning');
    expect(calls[0]?.init).toMatchObject({ redirect: 'manual', headers: { 'user-agent': 'latchkey' } });
    expect(new Headers(calls[0]?.init.headers).has('authorization')).toBe(false);
    state.at += 1;
    expect(await find('key-1')).toBe('key');
    expect(calls).toHaveLength(2);
  });

  it('are each what was published under that id', async () => {
    const { keys } = world(() => answer(one.published, two.published));
    for (const { keyId, published } of [one, two]) {
      const key = await keys(keyId);
      if (typeof key === 'string') throw new Error(key);
      expect(key.equals(createPublicKey(published.key))).toBe(true);
    }
  });

  it('that GitHub took back are gone with the next answer', async () => {
    const { state, find } = world();
    expect(await find('key-1')).toBe('key');
    state.respond = () => answer(two.published);
    state.at += HOUR;
    expect([await find('key-1'), await find('key-2')]).toEqual(['absent', 'key']);
  });

  it('are those of the last answer alone, of 64 KiB, however many there were before', async () => {
    const full = (hour: number): readonly Published[] => {
      const named = (i: number) => ({ ...one.published, key_identifier: `key-${hour}-${i}` });
      const each = JSON.stringify(named(100)).length + 1;
      return Array.from({ length: Math.floor(65_000 / each) }, (_, i) => named(i));
    };
    const { state, calls, find } = world(() => answer(...full(0)));
    for (let hour = 0; hour < 20; hour++) {
      const published = full(hour);
      state.respond = () => answer(...published);
      expect(await find(`key-${hour}-0`)).toBe('key');
      const [last, before] = [published.length - 1, await find(`key-${hour - 1}-0`)];
      expect([last > 200, last < 300, await find(`key-${hour}-${last}`), before]).toEqual([
        ...[true, true, 'key', 'absent'],
      ]);
      state.at += HOUR;
    }
    expect(calls).toHaveLength(20);
  });

  it('that are new are fetched when they are first named', async () => {
    const { state, calls, find } = world();
    await find('key-1');
    state.respond = () => answer(one.published, two.published);
    state.at += MINUTE;
    expect(await find('key-2')).toBe('key');
    expect(calls).toHaveLength(2);
  });

  it('are asked for by made-up ids once a minute, whatever their number', async () => {
    const { state, calls, find } = world();
    await find('key-1');
    for (let i = 0; i < 100; i++) expect(await find(`made-up-${i}`)).toBe('absent');
    expect(calls).toHaveLength(1);
    state.at += MINUTE - 1;
    await find('made-up');
    expect(calls).toHaveLength(1);
    state.at += 1;
    for (let i = 0; i < 100; i++) expect(await find(`made-up-${i}`)).toBe('absent');
    expect(calls).toHaveLength(2);
    expect(await find('key-1')).toBe('key');
  });

  it('are fetched once by all who come at the same time', async () => {
    const { state, calls, find } = world();
    let release = () => {};
    state.hold = new Promise((resolve) => {
      release = resolve;
    });
    const asked = Promise.all(['key-1', 'key-1', 'key-9', 'key-1'].map(find));
    release();
    expect(await asked).toEqual(['key', 'key', 'absent', 'key']);
    expect(calls).toHaveLength(1);
  });

  it('are fetched anew when the clock was set back, rather than kept for longer', async () => {
    const { state, calls, find } = world();
    await find('key-1');
    state.at -= HOUR;
    expect(await find('key-1')).toBe('key');
    expect(calls).toHaveLength(2);
  });
});

const ofSize = (bytes: number): string => {
  const text = JSON.stringify({ public_keys: [one.published], padding: '' });
  return text.replace('"padding":""', `"padding":"${'x'.repeat(bytes - text.length)}"`);
};

/** What is no answer. */
const SILENCES: readonly (readonly [string, () => Response | Promise<Response>])[] = [
  ['a refused connection', () => Promise.reject(new TypeError('fetch failed'))],
  ['500', () => new Response('{}', { status: 500 })],
  ['403, the limit of its API', () => new Response('{}', { status: 403 })],
  ['404', () => new Response('{}', { status: 404 })],
  ['201', () => Response.json({ public_keys: [one.published] }, { status: 201 })],
  ['a redirect', () => Response.redirect('https://elsewhere.test/', 302)],
  ['nothing', () => new Response('')],
  ['HTML', () => new Response('<html></html>')],
  ['no object', () => Response.json([one.published])],
  ['no list', () => Response.json({ public_keys: one.published })],
  ['an empty list', () => answer()],
  ['keys without ids', () => Response.json({ public_keys: [{ key: one.published.key }] })],
  ['more than 64 KiB', () => new Response(ofSize(65_537))],
  [
    'a body that breaks off',
    () =>
      new Response(
        new ReadableStream({
          start: (controller) => {
            controller.enqueue(new TextEncoder().encode('{"public_keys":['));
            controller.error(new TypeError('cut'));
          },
        }),
      ),
  ],
  ['a key that is none', () => answer({ ...one.published, key: 'x' })],
  ['a key of another curve', () => answer(githubKey('key-1', 'P-384').published)],
  [
    'a key of another kind',
    () => {
      const { publicKey } = generateKeyPairSync('ed25519');
      return answer({ ...one.published, key: String(publicKey.export({ type: 'spki', format: 'pem' })) });
    },
  ],
];

describe('while GitHub answers', () => {
  it.each(SILENCES)('%s, no key is known, and none is called absent', async (_, respond) => {
    const { state, calls, find } = world(respond);
    expect([await find('key-1'), await find('key-2')]).toEqual(['unknowable', 'unknowable']);
    expect(calls).toHaveLength(1);
    state.respond = () => answer(one.published);
    state.at += 5 * SECOND;
    expect(await find('key-1')).toBe('key');
  });

  it.each(SILENCES)('%s, what is held serves on to its end', async (_, respond) => {
    const { state, find } = world();
    await find('key-1');
    state.respond = respond;
    state.at += HOUR - 1;
    expect([await find('key-1'), await find('key-2'), await find('key-1')]).toEqual([
      'key',
      'unknowable',
      'key',
    ]);
    state.at += 1;
    expect(await find('key-1')).toBe('unknowable');
  });

  it('64 KiB, that is an answer', async () => {
    expect(await world(() => new Response(ofSize(65_536))).find('key-1')).toBe('key');
  });

  it('with a damaged key among good ones, the good ones are had', async () => {
    const { find } = world(() => answer({ ...two.published, key: 'x' }, one.published));
    expect([await find('key-1'), await find('key-2')]).toEqual(['key', 'absent']);
  });

  it('more than it did, the rest is passed over', async () => {
    const { find } = world(() => Response.json({ more: 1, public_keys: [{ ...one.published, more: 1 }] }));
    expect(await find('key-1')).toBe('key');
  });
});

describe('when GitHub says nothing at all', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('it is waited for five seconds', async () => {
    const { keys, calls, state } = world();
    state.respond = () =>
      new Promise<Response>((_, reject) => {
        const signal = calls[0]?.init.signal;
        signal?.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
      });
    let came: string | null = null;
    const asked = found(keys, 'key-1').then((word) => {
      came = word;
    });
    await vi.advanceTimersByTimeAsync(4_999);
    expect(came).toBeNull();
    await vi.advanceTimersByTimeAsync(1);
    await asked;
    expect(came).toBe('unknowable');
    expect(vi.getTimerCount()).toBe(0);
  });

  it('no timer is left behind by an answer', async () => {
    expect(await world().find('key-1')).toBe('key');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a message of GitHub’s', () => {
  const BODY = JSON.stringify([{ token: 'a_test_x', type: 'acme', url: '', source: 'commit' }]);
  const keysOf = (...published: readonly Published[]) => world(() => answer(...published)).keys;
  const keys = keysOf(one.published, two.published);

  it('is good as GitHub’s documentation has it', async () => {
    const { keyId, pem, body, signature } = DOCUMENTED;
    const theirs = keysOf({ key_identifier: keyId, key: pem, is_current: true });
    expect(await verifyGithub(theirs, githubHeaders(keyId, signature), body)).toBe('good');
    expect(await verifyGithub(theirs, githubHeaders(keyId, signature), `${body}\n`)).toBe('bad');
  });

  it('is good under each key that GitHub publishes, whatever it says', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(one, two), fc.string({ unit: 'grapheme' }), async (key, body) => {
        const headers = githubHeaders(key.keyId, key.sign(body));
        expect(await verifyGithub(keys, headers, body)).toBe('good');
        expect(await verifyGithub(keys, headers, `${body} `)).toBe('bad');
      }),
    );
  });

  // One of forty is spelled alike in base64 and base64url.
  const signature = Array.from({ length: 50 }, () => one.sign(BODY)).find((text) => /[+/=]/.test(text)) ?? '';
  const der = Buffer.from(signature, 'base64');

  it.each([
    ['another body', 'key-1', signature, `${BODY} `],
    ['no body', 'key-1', signature, ''],
    ['the id of another key', 'key-2', signature, BODY],
    ['the id of no key', 'key-9', signature, BODY],
    ['the signature of another key', 'key-1', two.sign(BODY), BODY],
    ['a signature as JWS has them', 'key-1', `${'A'.repeat(86)}==`, BODY],
    [
      'a signature with more behind it',
      'key-1',
      Buffer.concat([der, Buffer.from([0])]).toString('base64'),
      BODY,
    ],
    ['a signature that was cut', 'key-1', der.subarray(0, -1).toString('base64'), BODY],
  ])('is bad with %s', async (_, keyId, signed, body) => {
    expect(await verifyGithub(keys, githubHeaders(keyId, signed), body)).toBe('bad');
  });

  it.each([
    ['no header', new Headers()],
    ['no id', githubHeaders('', signature)],
    ['no signature', githubHeaders('key-1', '')],
    ['an id of another form', githubHeaders('../key-1', signature)],
    ['an id without end', githubHeaders('k'.repeat(129), signature)],
    ['a signature in base64url', githubHeaders('key-1', der.toString('base64url'))],
    ['a signature twice', githubHeaders('key-1', `${signature}, ${signature}`)],
    ['a signature of 73 bytes', githubHeaders('key-1', Buffer.alloc(73).toString('base64'))],
    ['a signature without end', githubHeaders('key-1', 'A'.repeat(4000))],
  ])('is bad with %s, and nobody is asked', async (_, headers) => {
    const { keys: untouched, calls } = world();
    expect(await verifyGithub(untouched, headers, BODY)).toBe('bad');
    expect(calls).toEqual([]);
  });

  it('is not judged while the keys cannot be had', async () => {
    const { keys: none } = world(silent);
    expect(await verifyGithub(none, githubHeaders('key-1', signature), BODY)).toBe('unknowable');
    const wrong: GithubKeys = async () => 'unknowable';
    expect(await verifyGithub(wrong, githubHeaders('key-1', two.sign(BODY)), BODY)).toBe('unknowable');
  });

  it('is never thrown over, whatever bytes are its signature', async () => {
    const bytes = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 72 }),
      fc.record({ at: fc.nat(der.length - 1), to: fc.nat(255) }).map(({ at, to }) => {
        const changed = Uint8Array.from(der);
        changed[at] = to === changed[at] ? to ^ 1 : to;
        return changed;
      }),
    );
    await fc.assert(
      fc.asyncProperty(bytes, async (each) => {
        const headers = githubHeaders('key-1', Buffer.from(each).toString('base64'));
        expect(await verifyGithub(keys, headers, BODY)).toBe('bad');
      }),
    );
  });
});

describe('what GitHub found', () => {
  const alert = { token: 't', type: 'acme', url: 'https://github.com/x', source: 'commit' };

  it('is read, and what else it says passed over', () => {
    expect(githubAlerts.parse([{ ...alert, more: 1 }, alert])).toEqual([alert, alert]);
  });

  it('may have been found nowhere in particular', () => {
    expect(githubAlerts.parse([{ token: 't', type: 'acme' }])).toEqual([
      { token: 't', type: 'acme', url: '', source: 'unknown' },
    ]);
  });

  it.each([[null], [{}], [alert], [[null]], [[{ ...alert, token: 1 }]], [[{ ...alert, type: undefined }]]])(
    'is not %j',
    (value) => {
      expect(githubAlerts.safeParse(value).success).toBe(false);
    },
  );
});
