import { beforeEach, describe, expect, it } from 'vitest';
import {
  DESK,
  desk,
  dumpOfRing,
  emulator,
  issueKey,
  post,
  refusalOf,
  ringStub,
  rooms,
  send,
  signIn,
  stytchCalls,
} from '../world.ts';

const GOOD = { name: 'robot', scopes: ['items:read'] };
const NONE = { challenge: null, retryAfter: null };

const invalid = (...errors: readonly (readonly [pointer: string, detail: string])[]) => ({
  ...{ status: 400, code: 'request_invalid', ...NONE },
  errors: errors.map(([pointer, detail]) => ({ pointer, detail })),
});

let session: string;

beforeEach(async () => {
  session = await signIn();
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});

/** That a refused request has left no trace: not at Stytch, not in the Ring, not at the origin. */
const nothingHappened = async (): Promise<void> => {
  expect(await stytchCalls()).not.toHaveProperty(['m2m.create']);
  expect(await dumpOfRing(await ringStub(session))).toEqual({});
  expect(await rooms.ORIGIN.records()).toEqual([]);
};

describe('POST /v1/keys refuses', () => {
  it.each([
    ['no name', { scopes: ['items:read'] }, '/name', /expected string/],
    ['a name of nothing', { ...GOOD, name: '' }, '/name', /must not be empty/],
    ['a name of spaces', { ...GOOD, name: ' \u3000 ' }, '/name', /must not be empty/],
    ['a name that is too long', { ...GOOD, name: 'n'.repeat(65) }, '/name', /at most 64/],
    ['a name that is none', { ...GOOD, name: 7 }, '/name', /expected string/],
    ['a name with a line end', { ...GOOD, name: 'a\nb' }, '/name', /on one line/],
    ['a name that turns the direction', { ...GOOD, name: 'a\u202Eb' }, '/name', /plain text/],
    ['a name with NUL', { ...GOOD, name: 'a\u0000b' }, '/name', /plain text/],
    ['half of a pair of surrogates', { ...GOOD, name: 'a\uD800b' }, '/name', /plain text/],
    [
      'a description that is too long',
      { ...GOOD, description: 'd'.repeat(257) },
      '/description',
      /at most 256/,
    ],
    ['a description that is null', { ...GOOD, description: null }, '/description', /expected string/],
    ['no scopes', { name: 'n' }, '/scopes', /expected array/],
    ['an empty list of scopes', { ...GOOD, scopes: [] }, '/scopes', /at least one/],
    ['scopes as a text', { ...GOOD, scopes: 'items:read' }, '/scopes', /expected array/],
    [
      '51 scopes',
      { ...GOOD, scopes: Array.from({ length: 51 }, (_, i) => `s${i}`) },
      '/scopes',
      /at most 50/,
    ],
    ['a scope twice', { ...GOOD, scopes: ['items:read', 'items:read'] }, '/scopes', /repeat/],
    ['a scope with a space', { ...GOOD, scopes: ['items:read', 'a b'] }, '/scopes/1', /RFC 6749/],
    ['a scope of nothing', { ...GOOD, scopes: [''] }, '/scopes/0', /RFC 6749/],
    ['a scope that is a number', { ...GOOD, scopes: [7] }, '/scopes/0', /expected string/],
    ['an end that is no time', { ...GOOD, expires_at: 'tomorrow' }, '/expires_at', /RFC 3339/],
    ['an end without a zone', { ...GOOD, expires_at: '2099-01-01T00:00:00' }, '/expires_at', /RFC 3339/],
    [
      'an end that is a number',
      { ...GOOD, expires_at: 4070908800 },
      '/expires_at',
      /RFC 3339|expected string/,
    ],
    ['a day that is none', { ...GOOD, expires_at: '2099-02-30T00:00:00Z' }, '/expires_at', /RFC 3339/],
    ['an end in the past', { ...GOOD, expires_at: '2020-01-01T00:00:00Z' }, '/expires_at', /in the future/],
  ])('%s, by its pointer', async (_, body, pointer, detail) => {
    const refused = await refusalOf(await desk(session, 'POST', '/v1/keys', body));
    expect(refused).toEqual(invalid([pointer, expect.stringMatching(detail) as unknown as string]));
    await nothingHappened();
  });

  it.each([
    ...['owner', 'owner_id', 'user_id', 'organization_id', 'created_by', 'status', 'key_id', 'client_id'],
    ...['client_secret', 'secret', 'key', 'trusted_metadata', 'created_at', 'ended_at', 'last_used_at'],
    ...['last_four', 'revision', 'rotation', 'generation', 'tokens_from', 'constructor', 'toString', 'a/b~c'],
  ])('the field %s, which is not the caller’s to set', async (field) => {
    const value = field === 'owner' ? { kind: 'user', id: 'user-test-mallory' } : 'x';
    const refused = await refusalOf(await desk(session, 'POST', '/v1/keys', { ...GOOD, [field]: value }));
    const pointer = `/${field.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    expect(refused).toEqual(invalid([pointer, 'is not known here']));
    await nothingHappened();
  });

  it('a field whose name may be a secret, which is not repeated, not in part either', async () => {
    for (const length of [33, 61, 100]) {
      const answer = await desk(session, 'POST', '/v1/keys', {
        ...GOOD,
        ['s3cr3t'.repeat(20).slice(0, length)]: 1,
      });
      expect(await answer.clone().text()).not.toContain('s3cr3t');
      expect(await refusalOf(answer)).toEqual(invalid(['', 'is not known here']));
    }
    await nothingHappened();
  });

  it('__proto__, which every object has and none may bring', async () => {
    const body = '{"name":"n","scopes":["items:read"],"__proto__":{"scopes":["admin:all"]}}';
    const refused = await refusalOf(await post(session, body, 'application/json'));
    expect(refused).toEqual(invalid(['/__proto__', 'is not known here']));
    await nothingHappened();
  });

  it('everything at once, and names each', async () => {
    const body = { name: '', scopes: [], expires_at: 'x', owner: 'me', admin: true };
    const refused = await refusalOf(await desk(session, 'POST', '/v1/keys', body));
    const { errors } = refused as unknown as { errors: { pointer: string }[] };
    const pointers = errors.map((error) => error.pointer).sort();
    expect(pointers).toEqual(['/admin', '/expires_at', '/name', '/owner', '/scopes']);
  });

  it.each([
    ['nothing', ''],
    ['no JSON', '{"name":'],
    ['a list', '[]'],
    ['null', 'null'],
    ['a text', '"key"'],
    ['bytes that are no UTF-8', new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])],
    ['a document of nine levels', '{"name":[[[[[[[[]]]]]]]]}'],
    ['ten thousand brackets', `{"name":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ])('%s', async (_, body) => {
    const refused = await refusalOf(await post(session, body, 'application/json'));
    expect(refused).toEqual(invalid(['', expect.any(String) as unknown as string]));
    await nothingHappened();
  });

  it.each([
    null,
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/jsonp',
    'text/json',
    'application/json2',
  ])('a body of type %s', async (type) => {
    const refused = await refusalOf(
      await post(session, new TextEncoder().encode(JSON.stringify(GOOD)), type),
    );
    expect(refused).toEqual({ status: 415, code: 'media_type_unsupported', ...NONE });
    await nothingHappened();
  });

  it('a body of more than 64 KiB, whether or not it says how long it is', async () => {
    const padded = (bytes: number): string => JSON.stringify(GOOD).padEnd(bytes, ' ');
    const tooLong = { status: 413, code: 'body_too_large', ...NONE };
    expect(await refusalOf(await post(session, padded(65_537), 'application/json'))).toEqual(tooLong);
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    // Whoever has read enough stops reading.
    const sending = writer
      .write(new TextEncoder().encode(padded(65_537)))
      .then(() => writer.close())
      .catch(() => undefined);
    expect(await refusalOf(await post(session, readable, 'application/json'))).toEqual(tooLong);
    await sending;
    await nothingHappened();
    expect((await post(session, padded(65_536), 'application/json')).status).toBe(201);
  });

  it.each([
    ['one that users may not give', ['items:read', 'admin:all'], ['admin:all']],
    ['one that nobody offers', ['items:delete'], ['items:delete']],
    ['another spelling', ['Items:read'], ['Items:read']],
    ['a part', ['items'], ['items']],
    ['a wildcard', ['items:*', '*'], ['items:*', '*']],
    ['a homoglyph is no scope-token, a longer one is another', ['items:reader'], ['items:reader']],
    ['a name of every object', ['constructor'], ['constructor']],
    ['a reserved one', ['latchkey:admin'], ['latchkey:admin']],
    ['a reserved one that nobody has heard of', ['items:read', 'latchkey:x'], ['latchkey:x']],
  ])('a scope beyond the roles: %s', async (_, scopes, beyond) => {
    const refused = await refusalOf(await desk(session, 'POST', '/v1/keys', { name: 'n', scopes }));
    expect(refused).toEqual({ status: 403, code: 'scope_not_grantable', ...NONE, scopes: beyond });
    await nothingHappened();
  });

  it('any scope, of a user whose roles give none', async () => {
    const user = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' };
    await emulator('POST', '/seed', { users: [{ ...user, roles: ['guest'] }] });
    session = await signIn(user);
    const refused = await refusalOf(await desk(session, 'POST', '/v1/keys', GOOD));
    expect(refused).toEqual({ status: 403, code: 'scope_not_grantable', ...NONE, scopes: ['items:read'] });
    await nothingHappened();
  });

  it('a key beyond the limit, without asking Stytch', async () => {
    for (let i = 0; i < 5; i++) await issueKey(session);
    await emulator('DELETE', '/counters');
    const refused = await refusalOf(await desk(session, 'POST', '/v1/keys', GOOD));
    expect(refused).toEqual({ status: 409, code: 'key_limit_reached', ...NONE });
    expect(await stytchCalls()).toEqual({});
  });
});

describe('GET /v1/keys refuses', () => {
  it.each([
    ['a status that is none', '?status=creating', '/status'],
    ['an empty status', '?status=', '/status'],
    ['a page of nothing', '?limit=0', '/limit'],
    ['a page of 101', '?limit=101', '/limit'],
    ['half a key', '?limit=1.5', '/limit'],
    ['a limit that is none', '?limit=many', '/limit'],
    ['a cursor that is none', '?cursor=x', '/cursor'],
    ['an empty cursor', '?cursor=', '/cursor'],
    ['a cursor of another form', `?cursor=${btoa('1.acme_test_x')}`, '/cursor'],
    ['a cursor of a thousand letters', `?cursor=${'A'.repeat(1000)}`, '/cursor'],
  ])('%s', async (_, query, pointer) => {
    const refused = await refusalOf(await desk(session, 'GET', `/v1/keys${query}`));
    expect(refused).toEqual(invalid([pointer, expect.any(String) as unknown as string]));
  });
});

describe('GET and DELETE /v1/keys/{key_id} refuse', () => {
  it.each([
    'x',
    'acme_test_',
    `acme_test_${'0'.repeat(28)}`,
    'm2m-client-test-1',
    '%2e%2e',
    `${'k'.repeat(500)}`,
  ])('the id %s, which is nobody’s', async (keyId) => {
    for (const method of ['GET', 'DELETE']) {
      const refused = await refusalOf(await desk(session, method, `/v1/keys/${keyId}`));
      expect(refused).toEqual({ status: 404, code: 'not_found', ...NONE });
    }
    await nothingHappened();
    expect(await stytchCalls()).toEqual({});
  });
});

describe('what the Desk does not serve', () => {
  it.each([
    ['PUT', '/v1/keys', 'GET, POST'],
    ['PATCH', '/v1/keys', 'GET, POST'],
    ['GET', '/v1/keys/acme_test_x/rotate', 'POST'],
    ['DELETE', '/v1/keys/acme_test_x/rotate/finish', 'POST'],
    ['DELETE', '/v1/keys', 'GET, POST'],
    ['OPTIONS', '/v1/keys', 'GET, POST'],
    ['POST', '/v1/keys/acme_test_x', 'GET, PATCH, DELETE'],
    ['PUT', '/v1/keys/acme_test_x', 'GET, PATCH, DELETE'],
    ['POST', '/v1/whoami', 'GET'],
    ['POST', '/healthz', 'GET'],
    ['DELETE', '/readyz', 'GET'],
    ['POST', '/.well-known/jwks.json', 'GET'],
    ['PURGE', '/v1/keys', 'GET, POST'],
  ])('%s %s is 405 and says what is', async (method, path, allow) => {
    const response = await desk(session, method, path);
    expect(response.headers.get('allow')).toBe(allow);
    expect(await refusalOf(response)).toEqual({ status: 405, code: 'method_not_allowed', ...NONE });
  });

  it.each([
    '/v1',
    '/v1/',
    '/v1/keys/',
    '/v1/keys/a/b',
    '/V1/keys',
    '/v1//keys',
    '/healthz/',
    '/items/1',
    '/v1/items/1',
  ])('%s is 404, with a session and without, and never the origin’s', async (path) => {
    const notFound = { status: 404, code: 'not_found', ...NONE };
    expect(await refusalOf(await desk(session, 'GET', path))).toEqual(notFound);
    expect(await refusalOf(await send(`${DESK}${path}`))).toEqual(notFound);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});
