import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { asOperator, operatorToken } from '../operators.ts';
import {
  DESK,
  dumpOfRing,
  emulator,
  fault,
  isolate,
  issueKey,
  refusalOf,
  ringStub,
  signIn,
  subjectOf,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const NOT_FOUND = { status: 404, code: 'not_found', ...NONE };
const invalid = (...pointers: readonly string[]) => ({
  ...{ status: 400, code: 'request_invalid', ...NONE },
  errors: pointers.map((pointer) => ({ pointer, detail: expect.stringMatching(/./) })),
});

const IMPORT = { client_id: 'm2m-client-test-1', client_secret: 'secret-of-a-client' };

/** The operations on an owner, each with a body that is right. */
const OPERATIONS = [
  ['GET', '', undefined],
  ['DELETE', '', undefined],
  ['PUT', '/suspension', { reason: 'abuse' }],
  ['DELETE', '/suspension', undefined],
  ['GET', '/limits', undefined],
  ['PUT', '/limits', { plan: null, keys_limit: null }],
  ['GET', '/export', undefined],
  ['DELETE', '/keys', undefined],
  ['POST', '/keys/import', IMPORT],
  ['GET', '/keys', undefined],
  ['POST', '/keys', { name: 'n', scopes: ['items:read'] }],
] as const;

let user: string;
let session: string;

beforeEach(async () => {
  session = await signIn();
  user = `/v1/users/${subjectOf(session)}`;
});
afterEach(() => emulator('DELETE', '/faults'));

describe('an owner who cannot be', () => {
  it.each([
    'x',
    'client-test-1',
    'user-',
    'user_test_1',
    'User-test-1',
    'connected-app-test-1',
    'm2m-client-test-0e0e0e0e-0000-4000-8000-000000000001',
    `user-test-${'a'.repeat(116)}`,
    'user-test-1%00',
    'user-test-1%20',
    'user-test-%C3%A9',
    `acme_test_${'0'.repeat(28)}`,
  ])('%s is nobody, whatever is asked of him', async (id) => {
    for (const [method, path, body] of OPERATIONS) {
      const here = isolate();
      const answer = await here.fetch(`${DESK}/v1/users/${id}${path}`, {
        method,
        headers: {
          authorization: `Bearer ${await operatorToken()}`,
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      expect(await refusalOf(answer)).toEqual(NOT_FOUND);
      expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
    }
  });
});

describe('a body that is wrong changes nothing', () => {
  it.each<[string, string, unknown, readonly string[]]>([
    ['a suspension without a reason', '/suspension', {}, ['/reason']],
    ['an empty reason', '/suspension', { reason: ' ' }, ['/reason']],
    ['a reason that is too long', '/suspension', { reason: 'x'.repeat(257) }, ['/reason']],
    ['a reason on two lines', '/suspension', { reason: 'a\nb' }, ['/reason']],
    ['a reason that turns the reading direction', '/suspension', { reason: 'a\u202Eb' }, ['/reason']],
    ['a reason that is no text', '/suspension', { reason: 1 }, ['/reason']],
    ['a suspension with its own time', '/suspension', { reason: 'a', suspended_at: null }, ['/suspended_at']],
    ['limits without a plan', '/limits', { keys_limit: 1 }, ['/plan']],
    ['limits without a number', '/limits', { plan: null }, ['/keys_limit']],
    ['a plan that is none', '/limits', { plan: 'gold', keys_limit: null }, ['/plan']],
    ['the default by its name', '/limits', { plan: 'default', keys_limit: null }, ['/plan']],
    ['a plan of every object', '/limits', { plan: '__proto__', keys_limit: null }, ['/plan']],
    ['fewer keys than none', '/limits', { plan: null, keys_limit: -1 }, ['/keys_limit']],
    ['too many keys', '/limits', { plan: null, keys_limit: 1001 }, ['/keys_limit']],
    ['half a key', '/limits', { plan: null, keys_limit: 1.5 }, ['/keys_limit']],
    ['a limit of another kind', '/limits', { plan: null, keys_limit: null, limit: 1 }, ['/limit']],
  ])('%s', async (_, path, body, pointers) => {
    expect(await refusalOf(await asOperator('PUT', `${user}${path}`, body))).toEqual(invalid(...pointers));
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });

  it.each<[string, unknown, readonly string[]]>([
    ['without an id', { client_secret: 'x' }, ['/client_id']],
    ['without a secret', { client_id: 'm2m-client-test-1' }, ['/client_secret']],
    ['with an empty secret', { ...IMPORT, client_secret: '' }, ['/client_secret']],
    ['with a secret of a line end', { ...IMPORT, client_secret: 'a\nb' }, ['/client_secret']],
    ['with an id of a space', { ...IMPORT, client_id: 'm2m client' }, ['/client_id']],
    ['with an id that is too long', { ...IMPORT, client_id: 'x'.repeat(129) }, ['/client_id']],
    ['with an empty name', { ...IMPORT, name: '' }, ['/name']],
    ['with scopes of its own', { ...IMPORT, scopes: ['items:read'] }, ['/scopes']],
    ['with an owner of its own', { ...IMPORT, user_id: 'user-test-1' }, ['/user_id']],
  ])('an import %s', async (_, body, pointers) => {
    await emulator('DELETE', '/counters');
    const answer = await asOperator('POST', `${user}/keys/import`, body);
    expect(await refusalOf(answer)).toEqual(invalid(...pointers));
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });

  it('a body of another type is not read', async () => {
    const answer = await asOperator(
      'PUT',
      `${user}/suspension`,
      { reason: 'abuse' },
      { 'content-type': 'text/plain' },
    );
    expect(await refusalOf(answer)).toEqual({ status: 415, code: 'media_type_unsupported', ...NONE });
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });
});

describe('while Stytch is silent', () => {
  it.each<[string, string, string, object | undefined]>([
    ['a suspension', 'PUT', '/suspension', { reason: 'abuse' }],
    ['its lifting', 'DELETE', '/suspension', undefined],
    ['another plan', 'PUT', '/limits', { plan: 'tiny', keys_limit: 1 }],
    ['the end of all keys', 'DELETE', '/keys', undefined],
    ['an export', 'GET', '/export', undefined],
    ['a deletion', 'DELETE', '', undefined],
  ])('%s is done all the same', async (_, method, path, body) => {
    const token = await operatorToken();
    await issueKey(session);
    await fault('*', { kind: 'status', status: 500 });
    const answer = await isolate().desk(token, method, `${user}${path}`, body);
    expect(answer.status).toBe(200);
    await answer.text();
  });
});

describe('what is not served', () => {
  it.each([
    ['POST', '', 'GET, DELETE'],
    ['GET', '/suspension', 'PUT, DELETE'],
    ['DELETE', '/limits', 'GET, PUT'],
    ['POST', '/export', 'GET'],
  ])('%s of an owner’s %s is 405 and says what is', async (method, path, allow) => {
    const answer = await asOperator(method, `${user}${path}`);
    expect([answer.headers.get('allow'), await refusalOf(answer)]).toEqual([
      allow,
      { status: 405, code: 'method_not_allowed', ...NONE },
    ]);
  });
});
