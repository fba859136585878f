import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../../../tools/dev/ports.ts';
import { bearer, get } from '../edge.ts';
import { exchange, type RawResponse, raw } from '../socket.ts';
import { ALIASES, aliased, bound, DISAGREEING, DOUBLES, UNPROVEN } from './cases.ts';
import { type GuardedOrigin, type Started, told } from './origin.ts';
import type { World } from './world.ts';

/** What a kind of server does with headers before a program there sees them. */
export interface Manners {
  /** Whether it hands on names that are another spelling of ours, so that the guard must refuse them. */
  readonly seesAliases: boolean;
  /** Whether it remembers which assertions were used. */
  readonly remembers: boolean;
}

/** Everything that an origin must do, whatever it is written in. */
export const describeOrigin = (
  { name, start }: GuardedOrigin,
  world: () => World,
  { seesAliases, remembers }: Manners = { seesAliases: true, remembers: true },
): void => {
  describe(name, () => {
    let origin: Started;
    beforeAll(async () => {
      origin = await start(world().setting);
    });
    afterAll(() => origin?.stop());

    const through = (target: string): Promise<string> => world().through(get(target, bearer(world().me)));
    const mine = () => told(world().me.identity);

    /** How many requests must have come to a handler: those that were answered well, but for the health path's. */
    let served = 0;
    const ask = async (bytes: string): Promise<RawResponse> => {
      const response = await raw(origin.port, bytes);
      if (response.status === 200) served++;
      return response;
    };

    /** A program may have said what we have not heard yet: what it says after that, we hear after that. */
    const expectHandled = async (): Promise<void> => {
      await vi.waitFor(() => expect(origin.handled()).toBeGreaterThanOrEqual(served), { timeout: 10_000 });
      expect(origin.handled()).toBe(served);
    };

    /** Refused as `answer` says, and no handler ran: a good request that follows is the next that comes to one. */
    const expectRefused = async (bytes: string, status: number, code?: string): Promise<void> => {
      const response = await ask(bytes);
      expect(response.status).toBe(status);
      // Fastify adds a charset.
      expect(response.header('content-type')).toMatch(/^application\/problem\+json(?:;|$)/);
      expect(JSON.parse(response.text)).toMatchObject({ status, code: code ?? CODES[status] });
      expect(response.header('cache-control')).toBe('no-store');
      expect(response.header('www-authenticate') ?? null).toBe(status === 401 ? 'Latchkey-Assertion' : null);
      expect((await ask(await through('/v1/any/after'))).status).toBe(200);
      await expectHandled();
    };

    test('who comes through the edge is served, as who he is', async () => {
      const response = await ask(await through('/v1/any/a?b=c'));
      expect([response.status, JSON.parse(response.text)]).toEqual([200, mine()]);
    });

    test('an identity header that is empty says nothing, as proxies that copy headers by name write it', async () => {
      const bytes = await aliased(world(), 'X-Latchkey-Organization-Id:');
      const response = await ask(bytes);
      expect([response.status, JSON.parse(response.text)]).toEqual([200, mine()]);
    });

    test('an anonymous caller is served where that is allowed', async () => {
      const response = await ask(await world().through(get('/optional/a')));
      expect([response.status, JSON.parse(response.text)]).toEqual([
        200,
        { user: null, key: null, auth: 'anonymous', scopes: [] },
      ]);
    });

    test('a request with an assertion of its own is served', async () => {
      const bytes = await bound(world());
      expect((await ask(bytes)).status).toBe(200);
      if (remembers) await expectRefused(bytes, 403);
    });

    test('a health path is served to anybody', async () => {
      const response = await raw(origin.port, get('/healthz?now'));
      expect([response.status, response.text]).toEqual([200, 'well']);
    });

    test.each([
      'http://x#/healthz',
      'http://x?/healthz',
      'http://x/healthz?now',
      'http://x/v1/any/a#/healthz',
      '/v1/any/a#/healthz',
      '/healthz#/../v1/any/a?now',
      '/healthz?now#/../v1/any/a',
      '/healthz;/../v1/any/a?now',
      '/healthz%2f..%2fv1/any/a?now',
      '//x/healthz?now',
    ])('a target that could be read as a health path is served as that, or to nobody: %s', async (target) => {
      // PHP's own server hangs up on some of them.
      const { responses } = await exchange(origin.port, [get(target, 'Host: origin.test')]);
      for (const { status, text } of responses) if (status < 400) expect(text).toBe('well');
      expect((await ask(await through('/v1/any/after'))).status).toBe(200);
      await expectHandled();
    });

    test.each([...UNPROVEN, ...DISAGREEING])('$name is refused', async ({ bytes, status, code }) => {
      await expectRefused(await bytes(world()), status, code);
    });

    test.each(ALIASES)('%s beside a good assertion is nobody', async (line) => {
      const bytes = await aliased(world(), line);
      if (seesAliases) await expectRefused(bytes, 403);
      else await expectMine(await ask(bytes));
    });

    /** Refused in any way, or served as the true caller. */
    const expectMine = async (response: RawResponse): Promise<void> => {
      if (response.status < 400) expect(JSON.parse(response.text)).toEqual(mine());
      else expect([400, 401, 403]).toContain(response.status);
    };

    test.each(DOUBLES)('%s as a second line is nobody', async (line) => {
      await expectMine(await ask(await aliased(world(), line)));
    });

    test('where the keys of the edge cannot be had, nobody is served, and it is said that nobody can tell', async () => {
      const jwksUrl = `http://127.0.0.1:${await freePort()}/.well-known/jwks.json`;
      const alone = await start({ ...world().setting, jwksUrl });
      try {
        const response = await raw(alone.port, await through('/v1/any/a'));
        expect([response.status, response.header('retry-after')]).toEqual([503, '1']);
        expect(JSON.parse(response.text).code).toBe('assertion_unverifiable');
        expect(alone.handled()).toBe(0);
        // What is no assertion needs no key to be refused.
        expect((await raw(alone.port, get('/v1/any/a'))).status).toBe(401);
      } finally {
        await alone.stop();
      }
    });
  });
};

const CODES: Readonly<Record<number, string>> = { 401: 'assertion_required', 403: 'assertion_refused' };
