import { createLocalJWKSet, importX509, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, claimsOf, headerOf, LIN, PROJECT_ID, refusal, startEmulator } from './emulator.ts';

let emulator: Awaited<ReturnType<typeof startEmulator>>;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.server.close());
beforeEach(() => emulator.door('POST', 'reset'));

const jwks = async () => (await emulator.send('GET', `/v1/sessions/jwks/${PROJECT_ID}`)).body;
const OPERATOR = 'm2m-client-test-0e0e0e0e-0000-4000-8000-000000000001';
const create = async () => (await emulator.stytch.m2m.clients.create({ scopes: ['read'] })).m2m_client;

describe('the clock', () => {
  test('can be set, stopped, moved on and put back', async () => {
    const set = await emulator.door('POST', 'clock', { now: '2030-01-01T00:00:00Z', frozen: true });
    expect(set).toMatchObject({ now: '2030-01-01T00:00:00.000000Z', epochSeconds: 1893456000, frozen: true });
    const moved = await emulator.door('POST', 'clock', { advanceSeconds: 90 });
    expect(moved).toMatchObject({ now: '2030-01-01T00:01:30.000000Z', frozen: true });
    expect(await emulator.door('POST', 'clock', { now: 1893456000 })).toMatchObject({
      epochSeconds: 1893456000,
    });
    expect(await emulator.door('POST', 'clock', { reset: true })).toMatchObject({
      offsetSeconds: 0,
      frozen: false,
    });
  });

  test('goes on from where it was stopped', async () => {
    await emulator.door('POST', 'clock', { now: '2030-01-01T00:00:00Z', frozen: true });
    const { epochSeconds, frozen } = await emulator.door('POST', 'clock', { frozen: false });
    expect([Math.trunc(epochSeconds / 86_400), frozen]).toEqual([1893456000 / 86_400, false]);
  });

  test('is what tokens and sessions go by', async () => {
    await emulator.door('POST', 'clock', { now: '2030-01-01T00:00:00Z', frozen: true });
    const { access_token } = await emulator.stytch.m2m.token(await create());
    expect(claimsOf(access_token)).toMatchObject({ iat: 1893456000, nbf: 1893456000, exp: 1893459600 });
    const { session } = await emulator.stytch.passwords.authenticate({ ...ADA, session_duration_minutes: 5 });
    expect(session?.expires_at).toBe('2030-01-01T00:05:00.000000Z');
  });

  test('is what answers say in Date', async () => {
    await emulator.door('POST', 'clock', { now: '2030-01-01T00:00:00Z', frozen: true });
    const { headers } = await emulator.api('GET', '/v1/debug/whoami');
    expect(headers.get('date')).toBe('Tue, 01 Jan 2030 00:00:00 GMT');
  });

  test('refuses a time that is none', async () => {
    expect(await emulator.door('POST', 'clock', { now: 'soon' })).toEqual({
      error: 'the clock cannot be moved there',
    });
  });
});

test('counters count calls, answers and tokens, and can be set to nought', async () => {
  const client = await create();
  await emulator.stytch.m2m.token(client);
  await emulator.stytch.m2m.token(client);
  await refusal(emulator.stytch.m2m.token({ ...client, client_secret: 'wrong' }));
  await emulator.api('GET', '/v1/nothing');
  expect(await emulator.door('GET', 'counters')).toEqual({
    calls: { 'm2m.create': 1, token: 3, unknown: 1 },
    answers: { 'm2m.create': { 200: 1 }, token: { 200: 2, 401: 1 }, unknown: { 404: 1 } },
    tokens: 2,
    tokensByClient: { [client.client_id]: 2 },
  });
  const nought = { calls: {}, answers: {}, tokens: 0, tokensByClient: {} };
  expect(await emulator.door('DELETE', 'counters')).toEqual(nought);
  expect(await emulator.door('GET', 'counters')).toEqual(nought);
});

describe('keys', () => {
  test('the JWKS is the same at every path, without authentication, and has a true certificate', async () => {
    const { keys, status_code } = await jwks();
    expect([keys.length, status_code]).toEqual([1, 200]);
    expect(keys[0]).toEqual({
      ...{ kty: 'RSA', use: 'sig', key_ops: ['verify'], alg: 'RS256', e: 'AQAB' },
      kid: expect.stringMatching(/^jwk-test-[0-9a-f-]{36}$/),
      x5c: [expect.stringMatching(/^MII[A-Za-z0-9+/]+=*$/)],
      x5tS256: expect.stringMatching(/^[A-Za-z0-9+/]{43}=$/),
      n: expect.stringMatching(/^[\w-]{342}$/),
    });
    for (const path of [`/v1/b2b/sessions/jwks/${PROJECT_ID}`, '/.well-known/jwks.json']) {
      expect((await emulator.send('GET', path)).body.keys).toEqual(keys);
    }
    const { access_token } = await emulator.stytch.m2m.token(await create());
    const pem = `-----BEGIN CERTIFICATE-----\n${keys[0].x5c[0].replaceAll(/(.{64})/g, '$1\n')}\n-----END CERTIFICATE-----`;
    await expect(jwtVerify(access_token, await importX509(pem, 'RS256'))).resolves.toBeDefined();
    expect((await emulator.send('GET', '/v1/sessions/jwks/project-test-other')).status).toBe(404);
  });

  test('a rotated-out key is served, and its tokens verify, until it is retired', async () => {
    const client = await create();
    const before = await emulator.stytch.m2m.token(client);
    const { kid, keys } = await emulator.door('POST', 'keys/rotate');
    const after = await emulator.stytch.m2m.token(client);
    expect(headerOf(after.access_token).kid).toBe(kid);
    expect(headerOf(before.access_token).kid).not.toBe(kid);
    expect(keys).toMatchObject([{ kid, current: true }, { current: false }]);
    const overlap = createLocalJWKSet(await jwks());
    for (const { access_token } of [before, after])
      await expect(jwtVerify(access_token, overlap)).resolves.toBeDefined();
    expect(await emulator.door('POST', 'keys/retire')).toMatchObject({ keys: [{ kid }] });
    const alone = createLocalJWKSet(await jwks());
    await expect(jwtVerify(after.access_token, alone)).resolves.toBeDefined();
    expect(await refusal(jwtVerify(before.access_token, alone))).toMatchObject({
      code: 'ERR_JWKS_NO_MATCHING_KEY',
    });
  });

  test('the newest key cannot be retired', async () => {
    const [{ kid }] = (await emulator.door('GET', 'keys')).keys;
    expect(await emulator.door('POST', 'keys/retire', { kid })).toMatchObject({
      retired: [],
      keys: [{ kid }],
    });
  });
});

describe('odd tokens', () => {
  const make = (wish: object) => emulator.door('POST', 'tokens', wish);
  const verify = async (token: string) => {
    const options = {
      issuer: `stytch.com/${PROJECT_ID}`,
      audience: PROJECT_ID,
      typ: 'JWT',
      algorithms: ['RS256'],
    };
    return (await refusal(jwtVerify(token, createLocalJWKSet(await jwks()), options)))?.code ?? 'verifies';
  };

  const kinds: readonly (readonly [string, RegExp, string])[] = [
    ['m2m', /^m2m-client-test-/, 'verifies'],
    ['session', /^user-test-/, 'verifies'],
    ['memberSession', /^member-test-/, 'verifies'],
    ['connectedApp', /^user-test-/, 'verifies'],
    ['idToken', /^user-test-/, 'ERR_JWT_CLAIM_VALIDATION_FAILED'],
  ];
  test.each(kinds)('a token of kind %s can be made', async (kind, sub, verdict) => {
    const { token, claims } = await make({ kind });
    expect(claims.sub).toMatch(sub);
    expect(await verify(token)).toBe(verdict);
  });

  test('claims and header are what the test wants, and null leaves one out', async () => {
    const { token } = await make({
      claims: { sub: 'x', scope: null, extra: [1] },
      header: { kid: null, typ: 'at+jwt' },
    });
    expect(claimsOf(token)).toMatchObject({ sub: 'x', extra: [1], aud: [PROJECT_ID] });
    expect(claimsOf(token).scope).toBeUndefined();
    expect(headerOf(token)).toEqual({ alg: 'RS256', typ: 'at+jwt' });
  });

  const forged: readonly (readonly [string, string, string])[] = [
    ['foreign', 'RS256', 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED'],
    ['none', 'none', 'ERR_JOSE_ALG_NOT_ALLOWED'],
    ['hmac', 'HS256', 'ERR_JOSE_ALG_NOT_ALLOWED'],
  ];
  test.each(forged)('a token of signer %s does not verify', async (signer, alg, verdict) => {
    const { token } = await make({ signer });
    expect(headerOf(token)).toMatchObject({ alg, typ: 'JWT', kid: (await jwks()).keys[0].kid });
    expect(await verify(token)).toBe(verdict);
  });

  test('a wish that makes no sense is refused', async () => {
    expect((await make({ signer: 'me' })).error).toBe('signer must be one of project, foreign, none, hmac');
    expect((await make({ kind: 'odd' })).error).toMatch(/^kind must be one of empty, m2m, /);
  });
});

describe('state', () => {
  test('outlives the memory of the process', async () => {
    const client = await create();
    const { session_token } = await emulator.stytch.passwords.authenticate({
      ...ADA,
      session_duration_minutes: 5,
    });
    await emulator.door('POST', 'clock', { now: '2030-01-01T00:00:00Z', frozen: true });
    const { keys } = await jwks();
    await emulator.server.getWorker().evictDurableObject('StytchProject', { name: 'project' });
    // The offset is from the real time, which goes on.
    expect(await emulator.door('GET', 'clock')).toMatchObject({
      now: '2030-01-01T00:00:00.000000Z',
      frozen: true,
    });
    expect((await jwks()).keys).toEqual(keys);
    await expect(emulator.stytch.m2m.token(client)).resolves.toMatchObject({ status_code: 200 });
    await emulator.door('POST', 'clock', { reset: true });
    await expect(emulator.stytch.sessions.authenticate({ session_token })).resolves.toMatchObject({
      status_code: 200,
    });
  });

  test('a reset puts back the demo users and client and keeps the keys, unless they are to go as well', async () => {
    const { keys } = await jwks();
    await create();
    await emulator.door('PUT', 'switches', { jti: 'present' });
    await emulator.door('POST', 'reset');
    expect((await emulator.stytch.m2m.clients.search({})).m2m_clients).toMatchObject([
      { client_id: OPERATOR, scopes: ['latchkey:admin'] },
    ]);
    expect((await emulator.door('GET', 'switches')).switches.jti).toBe('absent');
    await expect(emulator.stytch.passwords.authenticate(ADA)).resolves.toMatchObject({ status_code: 200 });
    expect((await jwks()).keys).toEqual(keys);
    await emulator.door('POST', 'reset', { keys: true, seed: false });
    expect((await jwks()).keys).toHaveLength(1);
    expect((await jwks()).keys).not.toEqual(keys);
    expect((await emulator.stytch.users.search({})).results).toEqual([]);
    expect((await emulator.stytch.m2m.clients.search({})).m2m_clients).toEqual([]);
  });

  test('a seed makes users, organizations, members and clients, and changes those that are there', async () => {
    const seed = {
      users: [{ email: 'new@example.com', password: 'pass', user_id: 'user-test-new', roles: ['admin'] }],
      organizations: [
        {
          organization_slug: 'new',
          members: [{ email_address: 'm@example.com', password: 'pass', member_id: 'member-test-new' }],
        },
      ],
      clients: [{ client_id: 'new', client_secret: 'secret', scopes: ['read:users'] }],
    };
    const made = await emulator.door('POST', 'seed', seed);
    const ids = { userIds: ['user-test-new'], memberIds: ['member-test-new'], clientIds: ['new'] };
    expect(made).toMatchObject(ids);
    expect(await emulator.door('POST', 'seed', seed)).toEqual(made);
    const user = await emulator.stytch.passwords.authenticate({ email: 'new@example.com', password: 'pass' });
    expect(user.user.roles).toEqual(['admin']);
    const member = { organization_id: 'new', email_address: 'm@example.com', password: 'pass' };
    await expect(emulator.b2b.passwords.authenticate(member)).resolves.toMatchObject({
      member_id: 'member-test-new',
    });
    const pair = { client_id: 'new', client_secret: 'secret' };
    await expect(emulator.stytch.m2m.token(pair)).resolves.toMatchObject({ status_code: 200 });
    expect(await emulator.door('POST', 'seed', { users: [{}] })).toEqual({
      error: 'each user needs an email',
    });
    expect(await emulator.door('POST', 'seed', { clients: [{ client_id: 'new' }] })).toEqual({
      error: 'each client needs a client_id and a client_secret',
    });
  });

  test('a strange web page does not reach the side door', async () => {
    const headers = { origin: 'https://evil.example' };
    expect(await emulator.send('POST', '/_emulator/reset', { headers })).toMatchObject({ status: 403 });
    expect(await emulator.send('POST', '/_emulator/login', { headers })).toMatchObject({ status: 403 });
    const own = { headers: { origin: emulator.url.origin } };
    expect(await emulator.send('GET', '/_emulator/clock', own)).toMatchObject({ status: 200 });
  });

  test('the side door is under no path of Stytch', async () => {
    expect(await emulator.api('GET', '/v1/_emulator/clock')).toMatchObject({ status: 404 });
    expect(await emulator.door('GET', 'nothing')).toEqual({ error: 'there is no such side door' });
    expect((await emulator.door('GET', 'status')).project_id).toBe(PROJECT_ID);
  });
});

describe('the sign-in page', () => {
  const post = (fields: Record<string, string>) =>
    emulator.send('POST', '/_emulator/login', { body: new URLSearchParams(fields) });

  test('sets the cookies of Stytch’s browser SDKs and goes back', async () => {
    const { status, headers } = await post({ ...ADA, return_to: 'http://localhost:8787/keys?a=1' });
    expect([status, headers.get('location')]).toEqual([303, 'http://localhost:8787/keys?a=1']);
    const cookies = headers.getSetCookie().map((cookie) => cookie.split(';')[0]?.split('=') ?? []);
    expect(cookies.map(([name]) => name)).toEqual(['stytch_session', 'stytch_session_jwt']);
    const session_token = cookies[0]?.[1] ?? '';
    await expect(emulator.stytch.sessions.authenticate({ session_token })).resolves.toMatchObject({
      status_code: 200,
    });
    await expect(
      emulator.stytch.sessions.authenticateJwtLocal({ session_jwt: cookies[1]?.[1] ?? '' }),
    ).resolves.toBeDefined();
  });

  test('shows the session JWT when there is nowhere to go back to', async () => {
    const { status, body } = await post(ADA);
    expect([status, /<textarea[^>]*>ey[\w-]+\.[\w-]+\.[\w-]+</.test(body)]).toEqual([200, true]);
  });

  test('signs a member in to an organization', async () => {
    const { headers } = await post({
      email: LIN.email_address,
      password: LIN.password,
      organization: 'example',
    });
    const jwt = headers.getSetCookie()[1]?.split(/[=;]/)[1] ?? '';
    expect(claimsOf(jwt)['https://stytch.com/organization']).toMatchObject({ slug: 'example' });
  });

  test('a wrong password is said on the page, and what was typed comes back escaped', async () => {
    const { status, body, headers } = await post({ email: '"><script>x</script>', password: 'wrong' });
    expect([status, headers.getSetCookie()]).toEqual([401, []]);
    expect(body).toContain('Email could not be found.');
    expect(body).not.toContain('<script>');
  });

  const elsewhere = [
    'https://evil.example/',
    'http://localhost.evil.example/',
    'javascript:alert(1)',
    '//evil.example',
    '/x',
  ];
  test.each(elsewhere)('does not go back to %s', async (return_to) => {
    const path = `/_emulator/login?${new URLSearchParams({ return_to })}`;
    expect((await emulator.send('GET', path)).status).toBe(400);
    const { status, headers } = await post({ ...ADA, return_to });
    expect([status, headers.get('location'), headers.getSetCookie()]).toEqual([400, null, []]);
  });

  test('offers a form that works without script', async () => {
    const { status, body } = await emulator.send(
      'GET',
      '/_emulator/login?return_to=http%3A%2F%2F127.0.0.1%3A8787%2F',
    );
    expect(status).toBe(200);
    expect(body).toContain('<form method="post" action="/_emulator/login">');
    expect(body).toContain('value="http://127.0.0.1:8787/"');
    expect(body).not.toContain('<script');
  });
});
