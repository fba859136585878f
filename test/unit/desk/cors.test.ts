import { describe, expect, it } from 'vitest';
import { createDeskCors } from '../../../src/desk/cors.ts';
import type { Operation } from '../../../src/desk/operation.ts';
import { OPERATIONS } from './document.ts';

const APP = 'https://app.acme.com';
const cors = createDeskCors(new Set([APP]));

const at = (path: string): readonly Operation[] => OPERATIONS.filter((each) => each.path === path);

const preflight = (operations: readonly Operation[], method: string, origin = APP) => {
  const headers = { origin, 'access-control-request-method': method };
  const request = new Request('https://keys.acme.com/', { method: 'OPTIONS', headers });
  return cors?.preflight(request, operations, 'id') ?? null;
};

const exposed = (operations: readonly Operation[], origin: string | null): Record<string, string> => {
  const answer = new Headers();
  cors?.expose(operations, new Headers(origin === null ? {} : { origin }), answer);
  return Object.fromEntries(answer);
};

const EXPOSED = {
  'access-control-allow-origin': APP,
  'access-control-expose-headers': 'ETag, Location, Retry-After, X-Request-Id',
  vary: 'Origin',
};

/** As people say it; the code asks the doors. */
const OF_SESSIONS = /^\/v1\/(?:(?:organization\/)?(?:keys|usage|audit|limits)(?:\/|$)|whoami$)/;

describe('WEB-06 › what pages may call', () => {
  it('is what a session may, and nothing else of all that is served', () => {
    const open = OPERATIONS.filter((each) => preflight([each], each.method) !== null);
    expect(open).toEqual(OPERATIONS.filter(({ path }) => OF_SESSIONS.test(path)));
    expect(open).toEqual(OPERATIONS.filter(({ door }) => ['session', 'credential'].includes(door.security)));
    for (const each of OPERATIONS)
      expect([each.path, exposed([each], APP)]).toEqual([each.path, open.includes(each) ? EXPOSED : {}]);
  });

  it('is served at no path with anything else', () => {
    for (const { path } of OPERATIONS) {
      const isOpen = at(path).map((each) => preflight([each], each.method) !== null);
      expect([path, new Set(isOpen).size]).toEqual([path, 1]);
    }
  });

  it.each([
    ['/v1/keys', 'GET', 'POST, GET', 'authorization'],
    ['/v1/keys', 'HEAD', 'POST, GET', 'authorization'],
    ['/v1/keys', 'POST', 'POST, GET', 'authorization, content-type, idempotency-key'],
    ['/v1/keys/{key_id}', 'PATCH', 'GET, PATCH, DELETE', 'authorization, content-type, if-match'],
    ['/v1/keys/{key_id}', 'DELETE', 'GET, PATCH, DELETE', 'authorization'],
    [
      ...(['/v1/organization/keys/{key_id}/rotate', 'POST', 'POST'] as const),
      'authorization, content-type, idempotency-key',
    ],
    ['/v1/whoami', 'GET', 'GET', 'authorization'],
  ])(
    '%s %s: the methods of the path, and the headers that the operation reads',
    (path, method, methods, headers) => {
      expect(Object.fromEntries(preflight(at(path), method)?.headers ?? [])).toMatchObject({
        'access-control-allow-origin': APP,
        'access-control-allow-methods': methods,
        'access-control-allow-headers': headers,
        'access-control-max-age': '7200',
      });
    },
  );

  it.each(['PUT', 'OPTIONS', 'get', 'TRACE', '*', ''])(
    'is not %j, which the path does not have',
    (method) => {
      expect(preflight(at('/v1/keys'), method)).toBeNull();
    },
  );
});

describe('WEB-06 › an answer', () => {
  it('varies by origin, whoever asks', () => {
    for (const origin of [null, 'null', 'https://evil.test', `${APP}.evil.test`])
      expect(exposed(at('/v1/keys'), origin)).toEqual({ vary: 'Origin' });
  });

  it('differs for nobody where no page is named', () => {
    expect(createDeskCors(new Set())).toBeNull();
  });
});
