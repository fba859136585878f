import fastify, { type FastifyInstance } from 'fastify';
import { beforeAll, describe, expect, it } from 'vitest';
import type { AssertionJwk, Signer } from '../../../src/gate/forward/assertion.ts';
import { latchkey as fastifyLatchkey } from '../../../src/origin/fastify.ts';
import {
  answer,
  createGuard,
  type GuardOptions,
  isNewInMemory,
  missingScopes,
} from '../../../src/origin/index.ts';
import { ANONYMOUS, edge, headersOf, KEY, makeKey, NOW, origin } from './setting.ts';

const REQUEST = { method: 'GET', url: '/v1/items?to=1' };

let key: AssertionJwk;
let signer: Signer;
let mine: Record<string, string>;
let anonymous: Record<string, string>;
beforeAll(async () => {
  key = await makeKey('key-1');
  signer = edge([key]);
  mine = headersOf(await signer.sign(KEY, NOW));
  anonymous = headersOf(await signer.sign(ANONYMOUS, NOW), ANONYMOUS);
});

const guard = (options: Partial<GuardOptions> = {}) => createGuard({ ...origin(signer), ...options });
const refusal = (reason: string) => ({ ok: false, reason });

describe('the guard', () => {
  it('lets in who is verified, and nobody else', async () => {
    expect(await guard()(mine, REQUEST)).toEqual({ ok: true, identity: KEY });
    expect(await guard()({}, REQUEST)).toEqual(refusal('assertion_missing'));
  });

  it.each([
    ['by default', undefined, false],
    ['where it is said that they are not wanted', false, false],
    ['where a function says no', () => false, false],
    ['where a function says yes', ({ url }: { url: string }) => url.startsWith('/v1/'), true],
    ['where they are wanted', true, true],
  ])('anonymous callers: %s', async (_, allowAnonymous, isServed) => {
    const found = await guard(allowAnonymous === undefined ? {} : { allowAnonymous })(anonymous, REQUEST);
    expect(found).toEqual(isServed ? { ok: true, identity: ANONYMOUS } : refusal('anonymous_refused'));
  });

  it('a promise is no leave for anonymous callers', async () => {
    const allowAnonymous = (async () => false) as unknown as () => boolean;
    expect(await guard({ allowAnonymous })(anonymous, REQUEST)).toEqual(refusal('anonymous_refused'));
  });

  it.each([
    ['GET', '/healthz', true],
    ['HEAD', '/healthz', true],
    ['GET', '/healthz?verbose', true],
    ['GET', 'https://origin.acme.com/healthz', false],
    ['GET', 'http://x#/healthz', false],
    ['GET', '/healthz#/../v1/items', false],
    ['POST', '/healthz', false],
    ['GET', '/healthz/', false],
    ['GET', '/healthz/../v1/items', false],
    ['GET', '//healthz', false],
    ['GET', '/HEALTHZ', false],
    ['GET', '/v1/items?/healthz', false],
    ['GET', '/v1/items#/healthz', false],
  ])('%s %s: a health path only if it is that path', async (method, url, isServed) => {
    const found = await guard({ healthPaths: ['/healthz'] })({}, { method, url });
    expect(found).toEqual(isServed ? { ok: true, identity: null } : refusal('assertion_missing'));
  });

  it('there is no health path unless one is named', async () => {
    expect(await guard()({}, { method: 'GET', url: '/healthz' })).toEqual(refusal('assertion_missing'));
  });

  it.each<[string, Partial<GuardOptions>]>([
    [
      'requireRequestBinding',
      {
        requireRequestBinding: () => {
          throw new Error('of the option');
        },
      },
    ],
    [
      'the clock',
      {
        nowMs: () => {
          throw new Error('of the option');
        },
      },
    ],
  ])('what %s throws is told, and lets nobody in', async (_, options) => {
    const seen: unknown[] = [];
    const onRefusal = (...args: readonly unknown[]): void => void seen.push(...args);
    const broken = refusal('verification_broken');
    expect(await guard({ ...options, onRefusal })(mine, REQUEST)).toEqual(broken);
    expect(seen).toEqual([broken, REQUEST, new Error('of the option')]);
    expect(answer({ ok: false, reason: 'verification_broken' })).toMatchObject({
      status: 503,
      headers: { 'Retry-After': '1' },
    });
  });

  it('every refusal is told with its reason, and nobody who is let in', async () => {
    const reasons: string[] = [];
    const told = guard({ onRefusal: ({ reason }) => void reasons.push(reason) });
    for (const headers of [mine, {}, anonymous]) await told(headers, REQUEST);
    expect(reasons).toEqual(['assertion_missing', 'anonymous_refused']);
  });
});

describe('missingScopes', () => {
  it.each([
    [['items:read'], true],
    [['items:read', 'items:write'], true],
    [[], true],
    [['items:read', 'admin:all'], false],
    [['items'], false],
    [['items:read items:write'], false],
  ])('%j', (scopes, isEnough) => {
    const missing = isEnough ? null : { ...refusal('scopes_missing'), scopes };
    expect(missingScopes(KEY, scopes)).toEqual(missing);
  });

  it('nobody has scopes, not even none', () => {
    for (const nobody of [null, undefined])
      expect(missingScopes(nobody, [])).toEqual(refusal('assertion_missing'));
  });

  it('the answer names them', () => {
    const missing = missingScopes(KEY, ['admin:all']);
    const { status, body } = missing === null ? { status: 200, body: '{}' } : answer(missing);
    expect([status, JSON.parse(body)]).toMatchObject([
      403,
      { code: 'insufficient_scope', scopes: ['admin:all'] },
    ]);
  });
});

describe('ids in memory', () => {
  it('each is new once, until it ends', async () => {
    let now = NOW;
    const isNew = isNewInMemory({ nowMs: () => now });
    const end = NOW / 1000 + 60;
    expect([await isNew('a', end), await isNew('a', end), await isNew('b', end)]).toEqual([
      true,
      false,
      true,
    ]);
    now += 60_000;
    expect([await isNew('c', end + 60), await isNew('a', end + 60)]).toEqual([true, true]);
  });

  it('when no more can be remembered nobody can tell, until some end', async () => {
    let now = NOW;
    const isNew = isNewInMemory({ maxIds: 2, nowMs: () => now });
    const bound = { method: 'POST', url: 'https://origin.acme.com/v1/payouts' };
    const ask = async (): Promise<unknown> => {
      const headers = headersOf(await signer.sign(KEY, NOW, bound));
      return guard({ isNew })(headers, bound);
    };
    const served = { ok: true, identity: KEY };
    expect([await ask(), await ask(), await ask()]).toEqual([served, served, refusal('replay_unknown')]);
    now += 65_000;
    expect(await ask()).toEqual(served);
  });
});

describe("Fastify's plugin", () => {
  const quiet = { healthPaths: ['/healthz'] };

  it.each([
    ['of its own', (app: FastifyInstance) => void app.get('/early', async () => 'early')],
    [
      'of a plugin',
      (app: FastifyInstance) =>
        void app.register(async (inner: FastifyInstance) => void inner.get('/early', async () => 'early')),
    ],
  ])('will not come after a route %s, which it would not guard', async (_, add) => {
    const app = fastify();
    add(app);
    app.register(fastifyLatchkey, { ...origin(signer), ...quiet });
    await expect(app.ready()).rejects.toThrow('register latchkey before any route');
  });

  it('stands before routes of plugins that come after it, and before what is not found', async () => {
    const app = fastify();
    await app.register(fastifyLatchkey, { ...origin(signer), ...quiet });
    await app.register(
      async (inner: FastifyInstance) => void inner.get('/', async ({ latchkey }) => latchkey?.userId),
      {
        prefix: '/late',
      },
    );
    const status = async (url: string, headers: Record<string, string>): Promise<number> =>
      (await app.inject({ url, headers })).statusCode;
    expect([await status('/late', {}), await status('/nowhere', {})]).toEqual([401, 401]);
    expect([await status('/late', mine), await status('/nowhere', mine)]).toEqual([200, 404]);
    await app.close();
  });
});

it.each([
  ['/v1/payouts', 'https://edge.acme.com/api', 'https://edge.acme.com/api/v1/payouts', true],
  ['/v1/payouts', 'https://edge.acme.com/', 'https://edge.acme.com/v1/payouts', true],
  ['http://10.0.0.1/v1/payouts?x', 'https://edge.acme.com', 'https://edge.acme.com/v1/payouts', true],
  ['/v1/payouts', 'https://edge.acme.com', 'https://edge.acme.com/api/v1/payouts', false],
  ['/v1/payouts', 'https://edge.acme.com/api', 'https://edge.acme.com/v1/payouts', false],
])('behind a proxy: %s at %s, bound to %s', async (url, publicUrl, boundTo, isServed) => {
  const headers = headersOf(await signer.sign(KEY, NOW, { method: 'POST', url: boundTo }));
  const found = await guard({ origin: publicUrl })(headers, { method: 'POST', url });
  expect(found).toEqual(isServed ? { ok: true, identity: KEY } : refusal('request_mismatch'));
});
