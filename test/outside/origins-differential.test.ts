import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalPath } from '../../src/model/path.ts';
import { missingPackages, whySkipped } from '../packages.ts';
import { holds } from '../property.ts';
import { ANONYMOUS, bearer, type Caller, type Edge, type Outcome, request, startEdge } from './edge.ts';
import { allows, anyDetour, anyHeader, anyTarget } from './hostile-requests.ts';
import { AREAS, areaOf } from './origins/areas.ts';
import { type RealOrigins, startRealOrigins } from './origins/index.ts';

/**
 * What the Gate sent, byte for byte, is given to web servers as people run them, and each tells which of its handlers ran,
 * for which path and whom. The table of SECURITY.md 4.4, and its properties 1, 2 and 3 against these instead of against
 * what is known of them.
 */
const missing = missingPackages('origins');

test.runIf(process.env.REAL_ORIGINS === 'required')('the real origins are installed', () => {
  expect(missing).toEqual([]);
});

describe.skipIf(missing.length > 0)(`real origins${whySkipped('origins')}`, () => {
  let edge: Edge;
  let me: Caller;
  let origins: RealOrigins;
  beforeAll(async () => {
    [edge, origins] = await Promise.all([startEdge(), startRealOrigins()]);
    me = await edge.newCaller();
  });
  afterAll(() => Promise.all([edge?.stop(), origins?.stop()]));

  let used = 0;
  const callers = new Map<readonly string[], Caller>();
  /** A caller's limit is 600 a minute, and heavy requests cost more: so many runs share one. */
  const callerOf = async (scopes: readonly string[]): Promise<Caller> => {
    if (used++ % 200 === 0) callers.clear();
    const caller = callers.get(scopes) ?? (await edge.newCaller({ scopes }));
    callers.set(scopes, caller);
    return caller;
  };

  /** How each of them reads a request that no edge has seen; null where it refuses. */
  const straight = async (target: string, ...lines: readonly string[]) => {
    const bytes = request('GET', target, ['Host: origin.test', ...lines]);
    const each = origins.all.map(async ({ name, read }) => [name, await read(bytes)] as const);
    return Object.fromEntries(await Promise.all(each));
  };

  /**
   * Asserts that all of them read what the Gate sent as the one path that policy saw, that none ran another handler than
   * that path's, and that each hears of the caller what the Gate says, and nobody else.
   */
  const expectOneReading = async (
    { arrived, wire, statuses }: Outcome,
    caller: Caller | null,
  ): Promise<void> => {
    expect([statuses, arrived.length]).toEqual([[200], 1]);
    const { method = '', target = '', headers = [] } = arrived[0] ?? {};
    const [path = ''] = target.split('?');
    expect(canonicalPath(path, 'deny')).toEqual({ path });
    expect(new URL(`http://origin.test${path}`).pathname).toBe(path);
    const decoded = Buffer.from(decodeURIComponent(path)).toString('latin1');
    const header = (wanted: string) => headers.find(([name]) => name === wanted)?.[1] ?? '';
    const heard = {
      ...claimed(caller),
      X_LATCHKEY_ASSERTION: header('X-Latchkey-Assertion'),
      X_REQUEST_ID: header('X-Request-Id'),
    };
    const readings = origins.all.map(async (origin) => [origin, await origin.read(wire)] as const);
    for (const [{ name, refuses, makes, isFiles }, reading] of await Promise.all(readings)) {
      if (refuses?.(method, decoded)) {
        expect({ name, reading }).toEqual({ name, reading: null });
        continue;
      }
      const made = makes === undefined ? decoded : makes(decoded, target);
      const expected = { area: made === null ? '' : areaOf(decoded), path: made };
      const views = isFiles ? [{}] : reading?.heard.map(() => heard);
      expect({ name, ...reading }).toEqual({
        name,
        ...expected,
        method: isFiles ? null : method,
        heard: views,
      });
      // Policy is asked anew, of the handler that ran and of the path that it goes by.
      const place = made === null ? decoded : AREAS[reading?.area as keyof typeof AREAS];
      const may = [place, reading?.path ?? place].map((acted) => allows(method, acted, caller));
      expect({ name, place, may }).toEqual({ name, place, may: [true, true] });
    }
  };

  test('read an ordinary request alike, with every name that the Gate writes', async () => {
    await expectOneReading(await edge.send(request('GET', '/v1/any/a?b=c', [bearer(me)])), me);
    await expectOneReading(await edge.send(request('GET', '/public/a')), null);
    const body = ['Content-Length: 5', bearer(me)];
    await expectOneReading(await edge.send(request('POST', '/v1/any/a', body, 'hello')), me);
  });

  describe('a path that one of them reads as another', () => {
    const SECRET = '/v1/payouts/a';
    test.each([
      ['/public/..%2fv1/payouts/a', 'nginx', 'payouts', SECRET],
      ['/public/%2e%2e%2fv1/payouts/a', 'nginx', 'payouts', SECRET],
      ['/public/%2e%2e/v1/payouts/a', 'nginx', 'payouts', SECRET],
      ['/public/..%2fv1/payouts/a', 'nginx, files', 'payouts', SECRET],
      ['/public../v1/payouts/a', 'nginx, files', 'payouts', SECRET],
      [
        '/public/../v1/payouts/a',
        'PHP behind nginx, FastCGI',
        'public, guarded as payouts',
        '/public/../v1/payouts/a',
      ],
      ['//v1/payouts/a', 'nginx', 'payouts', SECRET],
      ['/V1/Payouts/a', 'nginx', 'payouts', '/V1/Payouts/a'],
      ['/public/../v1/payouts/a', 'Apache, CGI', 'payouts', SECRET],
      ['//v1/payouts/a', 'Apache, CGI', 'payouts', SECRET],
      ['/public/%2e%2e/v1/payouts/a', 'Apache, mod_wsgi', 'payouts', SECRET],
      ['//v1/payouts/a', 'WSGI', 'payouts', SECRET],
      ['/v1%2fpayouts/a', 'WSGI', 'payouts', SECRET],
      ['/v1%2fpayouts/a', 'WSGI, gunicorn', 'payouts', SECRET],
      ['/v1%2fpayouts/a', 'PHP', 'payouts', SECRET],
      ['//v1/any/a', 'PHP', 'elsewhere', '/any/a'],
      ['/%2e%2e/v1/payouts/a', 'PHP, files', 'payouts', SECRET],
      ['/public/%2e%2e/v1/payouts/a', 'Node', 'payouts', SECRET],
      ['/public/..\\..\\v1/payouts/a', 'Node', 'payouts', SECRET],
      ['/V1/PAYOUTS/a', 'Express', 'payouts', SECRET],
      ['//v1//payouts/a', 'Fastify', 'payouts', SECRET],
      ['/v1/payouts;/x', 'Fastify', 'payouts', '/v1/payouts'],
      ['/public/%2e%2e/v1/payouts/a', 'Hono', 'payouts', SECRET],
      ['/v1/any%2fa', 'nginx', 'any', '/v1/any/a'],
      ['/v1/any/a%0a', 'Apache, CGI', 'any', '/v1/any/a\n'],
      ['/v1/any/a%00', 'WSGI', 'any', '/v1/any/a'],
      ['/public/..%5cv1', 'nginx', 'public', '/public/..\\v1'],
    ])('%s, which is more to %s, never reaches it', async (target, origin, area, path) => {
      expect((await straight(target))[origin]).toMatchObject({ area, path });
      for (const lines of [[], [bearer(me)]]) {
        const { status, arrived, wire } = await edge.send(request('GET', target, lines));
        expect({ status, arrived, wire }).toEqual({ status: expect.toSatisfy(isNo), arrived: [], wire: '' });
      }
    });

    test('/%76%31/%61ny/a, which all but Express decode, asks for a key, and reaches them decoded', async () => {
      const target = '/%76%31/%61ny/a';
      const alone = Object.entries(await straight(target));
      const raw = alone.flatMap(([name, reading]) => (reading?.path === '/v1/any/a' ? [] : [name]));
      expect(raw).toEqual(['Express']);
      expect(await edge.send(request('GET', target))).toMatchObject({
        ...{ status: 401, code: 'credential_missing', wire: '' },
      });
      await expectOneReading(await edge.send(request('GET', target, [bearer(me)])), me);
    });

    test.each([
      '/v1/any/%C3%A9',
      '/v1/any/a%20b',
      '/v1/any/a%3Fb%23c%25',
      "/v1/any/!$&'()*+,=:@~",
      '/v1/any/a.b',
      '/v1/any/...',
      '/v1/any/a/',
      '/v1/any/a+b',
    ])('%s is that to every one of them', async (target) => {
      await expectOneReading(await edge.send(request('GET', target, [bearer(me)])), me);
    });
  });

  describe('an identity in a spelling that one of them takes for ours', () => {
    const EVIL = 'evil-intruder';
    test.each([
      ['X_Latchkey_User_Id', 'PHP'],
      ['X_Latchkey_User_Id', 'WSGI'],
      ['X_Latchkey_User_Id', 'nginx that takes every header'],
      ['X-Latchkey_User-Id', 'PHP'],
      ['X-Latchkey_User-Id', 'WSGI'],
      ['X-Latchkey_User-Id', 'nginx that takes every header'],
      ['X.Latchkey.User.Id', 'PHP'],
      ['X_Latchkey_User_Id', 'PHP behind nginx, FastCGI'],
      ['X.Latchkey.User.Id', 'PHP behind nginx, FastCGI'],
      ['X_Latchkey_User_Id', 'WSGI, gunicorn'],
      ['X-Latchkey_User-Id', 'WSGI, gunicorn'],
      ['x-latchkey-user-id', 'nginx'],
      ['X-LATCHKEY-USER-ID', 'Apache, CGI'],
      ['x-latchkey-user-id', 'Apache, mod_wsgi'],
      ['x-latchkey-user-id', 'Node'],
    ])('%s, which %s reads, is gone before it', async (name, origin) => {
      const line = `${name}: ${EVIL}`;
      // Whichever comes first, or last, is taken.
      const alone = [
        await straight('/public/a', line, 'X-Latchkey-User-Id: real'),
        await straight('/public/a', 'X-Latchkey-User-Id: real', line),
      ].flatMap((readings) => readings[origin]?.heard.map(({ X_LATCHKEY_USER_ID }) => X_LATCHKEY_USER_ID));
      expect(alone.join()).toContain(EVIL);
      for (const lines of [
        [line, bearer(me)],
        [bearer(me), line],
      ])
        await expectOneReading(await edge.send(request('GET', '/v1/any/a', lines)), me);
      await expectOneReading(await edge.send(request('GET', '/public/a', [line])), null);
    });
  });

  test('properties 1, 2 and 3: whatever reaches them, they act on the one path that policy allows its sender, and hear of nobody else', async ({
    annotate,
  }) => {
    const counts = { runs: 0, arrivals: 0 };
    const one = async (verb: string, target: string, lines: readonly string[], who: number) => {
      const scopes = WHO[who] ?? null;
      const caller = scopes === null ? null : await callerOf(scopes);
      const sent = [
        ...lines,
        ...(caller === null ? [] : [bearer(caller)]),
        ...(verb === 'GET' ? [] : NO_BODY),
      ];
      const outcome = await edge.send(request(verb, target, sent));
      counts.runs += 1;
      if (outcome.arrived.length === 0) return;
      counts.arrivals += 1;
      const isOpen = areaOf(outcome.arrived[0]?.target.split('?')[0] ?? '') === 'public';
      await expectOneReading(outcome, isOpen ? null : caller);
    };
    const method = fc.constantFrom('GET', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS');
    const lines = fc.array(anyHeader, { maxLength: 8 });
    const property = fc.asyncProperty(
      method,
      fc.oneof(anyTarget, anyDetour),
      lines,
      fc.nat(WHO.length - 1),
      one,
    );
    await holds('real origins', property, annotate);
    expect(counts.arrivals).toBeGreaterThan(counts.runs / 10);
  });
});

/** What somebody may do; the first is nobody. */
const WHO = [null, ['items:read', 'items:write'], ['items:read'], ['items:write']] as const;

/** Of the Gate's, or of workerd's before it. */
const isNo = (status: number): boolean => status >= 400;

const NO_BODY = ['Content-Length: 0'];

/** What the Gate says of a caller, with the names as CGI writes them (RFC 3875 §4.1.18). */
const claimed = (caller: Caller | null): Readonly<Record<string, string>> => {
  const { auth, userId, clientId, scopes } = caller?.identity ?? ANONYMOUS;
  return {
    X_LATCHKEY_AUTH: auth,
    ...(userId === null ? {} : { X_LATCHKEY_USER_ID: userId }),
    ...(clientId === null ? {} : { X_LATCHKEY_KEY_ID: clientId }),
    ...(scopes.length === 0 ? {} : { X_LATCHKEY_SCOPES: scopes.join(' ') }),
  };
};
