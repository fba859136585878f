import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { canonicalPath } from '../../src/model/path.ts';
import { ANONYMOUS, bearer, type Caller, type Edge, type Outcome, request, startEdge } from './edge.ts';
import { allows, anyHeader, anyTarget } from './hostile-requests.ts';
import { missingPackages, type Reading, type RealOrigins, startRealOrigins } from './real-origins.ts';

/**
 * What the Gate sent, byte for byte, is given to web servers as people run them, and each tells how it reads it. The
 * table of SECURITY.md 4.4, and its properties 1, 2 and 3 against these instead of against what is known of them.
 */
const RUNS = Number(process.env.FC_RUNS ?? 150);

const missing = missingPackages();
const NOT_HERE = missing.length === 0 ? '' : `. Skipped: apt-get install ${missing.join(' ')}`;

test.runIf(process.env.REAL_ORIGINS === 'required')('the real origins are installed', () => {
  expect(missing).toEqual([]);
});

describe.skipIf(missing.length > 0)(`real origins${NOT_HERE}`, () => {
  let edge: Edge;
  let me: Caller;
  let origins: RealOrigins;
  beforeAll(async () => {
    [edge, origins] = await Promise.all([startEdge(), startRealOrigins()]);
    me = await edge.newCaller();
  });
  afterAll(() => Promise.all([edge?.stop(), origins?.stop()]));

  const readBy = (bytes: string): Promise<readonly (Reading | null)[]> =>
    Promise.all(origins.all.map(({ read }) => read(bytes)));

  /** How each of them reads a request that no edge has seen; null where it refuses. */
  const straight = async (target: string, ...lines: readonly string[]) => {
    const bytes = request('GET', target, ['Host: origin.test', ...lines]);
    const readings = await readBy(bytes);
    return Object.fromEntries(origins.all.map(({ name }, i) => [name, readings[i] ?? null]));
  };

  /** Asserts that all of them read what the Gate sent, and read in it what policy saw and what the Gate says. */
  const expectOneReading = async (
    { arrived, wire, statuses }: Outcome,
    caller: Caller | null,
  ): Promise<void> => {
    expect([statuses, arrived.length]).toEqual([[200], 1]);
    const [seen] = arrived;
    const [path = ''] = seen?.target.split('?') ?? [];
    expect(canonicalPath(path, 'deny')).toEqual({ path });
    expect(new URL(`http://origin.test${path}`).pathname).toBe(path);
    const decoded = Buffer.from(decodeURIComponent(path)).toString('latin1');
    const assertion = seen?.headers.find(([name]) => name === 'X-Latchkey-Assertion')?.[1];
    const said = { ...claimed(caller), HTTP_X_LATCHKEY_ASSERTION: assertion };
    for (const { name, read } of origins.all) {
      const reading = await read(wire);
      // PHP's parse_url takes `/a:80` for a host and a port, and says false: it cannot tell, and must not guess.
      const cannotTell = name === 'PHP' && /:\d/.test(path) && reading?.path === null;
      const expected = { status: 200, method: seen?.method, path: cannotTell ? null : decoded, said };
      expect({ name, ...reading }).toEqual({ name, ...expected });
      expect([name, reading?.path, allows(reading?.method ?? '', decoded, caller)]).toEqual([
        ...[name, reading?.path, true],
      ]);
    }
  };

  test('read an ordinary request alike, with every name that the Gate writes', async () => {
    await expectOneReading(await edge.send(request('GET', '/v1/any/a?b=c', [bearer(me)])), me);
    await expectOneReading(await edge.send(request('GET', '/public/a')), null);
    const body = ['Content-Length: 5', bearer(me)];
    await expectOneReading(await edge.send(request('POST', '/v1/any/a', body, 'hello')), me);
  });

  describe('a path that one of them reads as another', () => {
    const SECRET = '/v1/any/a';
    test.each([
      ['/public/..%2fv1/any/a', 'nginx', SECRET],
      ['/public/%2e%2e%2fv1/any/a', 'nginx', SECRET],
      ['/public/%2e%2e/v1/any/a', 'nginx', SECRET],
      ['/public/../v1/any/a', 'Apache, CGI', SECRET],
      ['//v1/any/a', 'nginx', SECRET],
      ['//v1/any/a', 'Apache, CGI', SECRET],
      ['//v1/any/a', 'WSGI', SECRET],
      ['//v1/any/a', 'PHP', '/any/a'],
      ['/public//../v1/any/a', 'nginx', '/v1/any/a'],
      ['/v1/any%2fa', 'nginx', SECRET],
      ['/v1/any%2fa', 'WSGI', SECRET],
      ['/public/..%5cv1', 'nginx', '/public/..\\v1'],
      ['/v1/any/a%0a', 'Apache, CGI', '/v1/any/a\n'],
    ])('%s, which is more to %s, never reaches it', async (target, origin, reading) => {
      expect((await straight(target))[origin]?.path).toBe(reading);
      for (const lines of [[], [bearer(me)]]) {
        const { status, code, arrived, wire } = await edge.send(request('GET', target, lines));
        expect({ status, code, arrived, wire }).toEqual({
          ...{ status: 400, code: 'path_not_canonical', arrived: [], wire: '' },
        });
      }
    });

    test('/%76%31/%61ny/a, which all of them decode, asks for a key, and reaches them decoded', async () => {
      const target = '/%76%31/%61ny/a';
      const alone = await straight(target);
      expect(Object.values(alone).map((reading) => reading?.path)).toEqual(origins.all.map(() => SECRET));
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
      ['x-latchkey-user-id', 'nginx'],
      ['X-LATCHKEY-USER-ID', 'Apache, CGI'],
    ])('%s, which %s reads, is gone before it', async (name, origin) => {
      const line = `${name}: ${EVIL}`;
      // Whichever comes first, or last, is taken.
      const alone = [
        await straight('/public/a', line, 'X-Latchkey-User-Id: real'),
        await straight('/public/a', 'X-Latchkey-User-Id: real', line),
      ].map((readings) => readings[origin]?.said.HTTP_X_LATCHKEY_USER_ID ?? '');
      expect(alone.join()).toContain(EVIL);
      for (const lines of [
        [line, bearer(me)],
        [bearer(me), line],
      ])
        await expectOneReading(await edge.send(request('GET', '/v1/any/a', lines)), me);
      await expectOneReading(await edge.send(request('GET', '/public/a', [line])), null);
    });
  });

  test(
    'properties 1, 2 and 3: whatever reaches them, they read as the one path that policy allows its sender, as nobody else',
    async () => {
      let arrivals = 0;
      const method = fc.constantFrom('GET', 'POST');
      const lines = fc.array(anyHeader, { maxLength: 8 });
      await fc.assert(
        fc.asyncProperty(method, anyTarget, lines, fc.boolean(), async (verb, target, sent, isMe) => {
          const mine = [...sent, ...(isMe ? [bearer(me)] : []), ...(verb === 'POST' ? NO_BODY : [])];
          const outcome = await edge.send(request(verb, target, mine));
          const [seen] = outcome.arrived;
          if (seen === undefined) return;
          arrivals += 1;
          const isOpen = seen.target.startsWith('/public/') || seen.target === '/public';
          await expectOneReading(outcome, isMe && !isOpen ? me : null);
        }),
        { numRuns: RUNS },
      );
      expect(arrivals).toBeGreaterThan(RUNS / 10);
    },
    30_000 + RUNS * 200,
  );
});

const NO_BODY = ['Content-Length: 0'];

/** What the Gate says of a caller, under the names that CGI makes of headers (RFC 3875 §4.1.18). */
const claimed = (caller: Caller | null): Readonly<Record<string, string>> => {
  const { auth, userId, clientId, scopes } = caller?.identity ?? ANONYMOUS;
  return {
    HTTP_X_LATCHKEY_AUTH: auth,
    ...(userId === null ? {} : { HTTP_X_LATCHKEY_USER_ID: userId }),
    ...(clientId === null ? {} : { HTTP_X_LATCHKEY_KEY_ID: clientId }),
    ...(scopes.length === 0 ? {} : { HTTP_X_LATCHKEY_SCOPES: scopes.join(' ') }),
  };
};
