import { RequestError } from 'stytch';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ADA, claimsOf, headerOf, PROJECT_ID, refusal, startEmulator } from './emulator.ts';

const CLIENT = { client_id: 'm2m-client-test-one', client_secret: 'one-secret-of-my-own-4711' };

let emulator: Awaited<ReturnType<typeof startEmulator>>;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.server.close());
beforeEach(async () => {
  await emulator.door('POST', 'reset', { seed: false });
  await emulator.stytch.m2m.clients.create({
    ...CLIENT,
    scopes: ['read:users'],
    trusted_metadata: { user_id: 'u' },
  });
});

const fault = (endpoint: string, fields: object) => emulator.door('POST', 'faults', { endpoint, ...fields });
const token = () => {
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...CLIENT });
  return emulator.send('POST', `/v1/public/${PROJECT_ID}/oauth2/token`, { body });
};
const counters = () => emulator.door('GET', 'counters');

describe('an answer', () => {
  test('can be any status, with a body in Stytch’s words or one’s own', async () => {
    await fault('token', { kind: 'status', status: 503, times: 1 });
    expect(await token()).toMatchObject({ status: 503, body: { error_type: 'server_unavailable' } });
    await fault('token', {
      kind: 'status',
      status: 418,
      body: { error: 'teapot' },
      headers: { 'x-tea': 'yes' },
    });
    const answer = await token();
    expect(answer).toMatchObject({ status: 418, body: { error: 'teapot' } });
    expect(answer.headers.get('x-tea')).toBe('yes');
  });

  test('can be an HTML page, which the SDK cannot parse', async () => {
    await fault('token', { kind: 'html' });
    const answer = await token();
    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toBe('text/html');
    expect(await refusal(emulator.stytch.m2m.token(CLIENT))).toBeInstanceOf(RequestError);
  });

  test('can be 429, with Retry-After or without', async () => {
    await fault('token', { kind: 'rateLimited', retryAfter: 7, times: 1 });
    await fault('token', { kind: 'rateLimited' });
    const [first, second] = [await token(), await token()];
    expect([first.status, first.headers.get('retry-after')]).toEqual([429, '7']);
    expect([second.status, second.headers.get('retry-after')]).toEqual([429, null]);
    expect(first.body.error_type).toBe('too_many_requests');
  });

  test('can be truncated', async () => {
    await fault('token', { kind: 'truncated' });
    const { status, body } = await token();
    expect([status, typeof body]).toEqual([200, 'string']);
    expect(body).toMatch(/^\{"status_code":200/);
  });

  test('can break off with its connection', async () => {
    await fault('token', { kind: 'cut' });
    expect(await refusal(token())).toBeInstanceOf(TypeError);
  });

  test('can be oversized', async () => {
    await fault('token', { kind: 'oversized', bytes: 3_000_000 });
    const { body } = await token();
    expect(body.padding).toHaveLength(3_000_000);
    expect(body.token_type).toBe('bearer');
  });

  test('can be of a wrong content', async () => {
    await fault('token', { kind: 'wrongContent' });
    expect(await token()).toMatchObject({ status: 200, body: 'ok' });
  });

  test('can be late, until its time is over or the fault is cleared', async () => {
    await fault('token', { kind: 'latency', latencyMs: 1, times: 1 });
    expect((await token()).status).toBe(200);
    await fault('token', { kind: 'latency', latencyMs: 600_000 });
    const waiting = token();
    await expect.poll(async () => (await counters()).calls.token).toBe(2);
    expect((await counters()).answers.token).toEqual({ 200: 1 });
    await emulator.door('DELETE', 'faults');
    expect((await waiting).status).toBe(200);
  });

  test('can stay away until the fault is cleared', async () => {
    await fault('token', { kind: 'hang' });
    const waiting = token();
    await expect.poll(async () => (await counters()).calls.token).toBe(1);
    expect((await counters()).answers.token).toBeUndefined();
    await emulator.door('DELETE', 'faults');
    expect((await waiting).status).toBe(504);
    expect((await token()).status).toBe(200);
  });

  test('can stay away while the caller gives up', async () => {
    await fault('token', { kind: 'hang' });
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...CLIENT });
    const signal = AbortSignal.timeout(1);
    const call = emulator.send('POST', `/v1/public/${PROJECT_ID}/oauth2/token`, { body, signal });
    expect(await refusal(call)).toMatchObject({ name: 'TimeoutError' });
  });

  test('can be lost although the work was done', async () => {
    await fault('m2m.create', { kind: 'status', status: 500, effect: 'done', times: 1 });
    const create = () => emulator.stytch.m2m.clients.create({ client_id: 'lost', scopes: [] });
    expect(await refusal(create())).toMatchObject({ status_code: 500 });
    expect(await refusal(create())).toMatchObject({ error_type: 'duplicate_m2m_client_id' });
  });

  test('the JWKS can be down', async () => {
    await fault('jwks', { kind: 'status', status: 503 });
    for (const path of [
      `/v1/sessions/jwks/${PROJECT_ID}`,
      `/v1/b2b/sessions/jwks/${PROJECT_ID}`,
      '/.well-known/jwks.json',
    ]) {
      expect((await emulator.send('GET', path)).status).toBe(503);
    }
  });
});

describe('a token', () => {
  const real = `stytch.com/${PROJECT_ID}`;
  const accepts = async (access_token: string) =>
    (await refusal(emulator.stytch.m2m.authenticateToken({ access_token })))?.code ?? 'accepted';

  const spoilt: readonly (readonly [
    object,
    (claims: ReturnType<typeof claimsOf>) => unknown,
    unknown,
    string,
  ])[] = [
    [{ kind: 'foreignKey' }, ({ sub }) => sub, CLIENT.client_id, 'jwt_invalid'],
    [{ kind: 'wrongSubject', subject: 'someone' }, ({ sub }) => sub, 'someone', 'accepted'],
    [{ kind: 'wrongAudience' }, ({ aud }) => aud.includes(PROJECT_ID), false, 'jwt_invalid'],
    [{ kind: 'wrongIssuer' }, ({ iss }) => iss === real, false, 'jwt_invalid'],
    [{ kind: 'expired' }, ({ exp, iat }) => exp - iat, 3600, 'jwt_invalid'],
    [{ kind: 'missingClaim' }, ({ user_id }) => user_id, undefined, 'accepted'],
    [{ kind: 'missingClaim', claim: 'sub' }, ({ sub }) => sub, undefined, 'accepted'],
    [
      { kind: 'changedClaims', claims: { scope: null, a: 1 } },
      ({ scope, a }) => [scope, a],
      [undefined, 1],
      'accepted',
    ],
    [{ kind: 'changedClaims', header: { typ: 'at+jwt' } }, ({ iss }) => iss, real, 'jwt_invalid'],
  ];
  test.each(spoilt)('can be spoilt by %o', async (fields, read, value, verdict) => {
    await fault('token', fields);
    const { access_token } = await emulator.stytch.m2m.token(CLIENT);
    expect(read(claimsOf(access_token))).toEqual(value);
    if (claimsOf(access_token).scope !== undefined) expect(await accepts(access_token)).toBe(verdict);
    await emulator.door('DELETE', 'faults');
    expect(await accepts((await emulator.stytch.m2m.token(CLIENT)).access_token)).toBe('accepted');
  });

  test('a forged one names the project’s key, unless another is wanted', async () => {
    const [{ kid }] = (await emulator.door('GET', 'keys')).keys;
    await fault('token', { kind: 'foreignKey', times: 1 });
    await fault('token', { kind: 'foreignKey', header: { kid: 'jwk-test-unknown' } });
    expect(headerOf((await emulator.stytch.m2m.token(CLIENT)).access_token).kid).toBe(kid);
    expect(headerOf((await emulator.stytch.m2m.token(CLIENT)).access_token).kid).toBe('jwk-test-unknown');
  });

  test('a session JWT can be spoilt the same way', async () => {
    await emulator.door('POST', 'seed', { users: [ADA] });
    await fault('passwords.authenticate', { kind: 'wrongSubject', subject: 'user-test-other' });
    const { session_jwt } = await emulator.stytch.passwords.authenticate({
      ...ADA,
      session_duration_minutes: 5,
    });
    expect(claimsOf(session_jwt).sub).toBe('user-test-other');
  });
});

describe('a fault', () => {
  test('bites as often as it says', async () => {
    await fault('token', { kind: 'status', status: 500, times: 2 });
    expect([(await token()).status, (await token()).status, (await token()).status]).toEqual([500, 500, 200]);
  });

  test('lets the calls that it skips pass', async () => {
    await fault('token', { kind: 'status', status: 500, skip: 1, times: 1 });
    expect([(await token()).status, (await token()).status, (await token()).status]).toEqual([200, 500, 200]);
  });

  test('of one endpoint leaves the others alone; of * is everywhere but at the side door', async () => {
    await fault('jwks', { kind: 'status', status: 500 });
    expect((await token()).status).toBe(200);
    await fault('*', { kind: 'status', status: 500 });
    expect((await token()).status).toBe(500);
    expect((await emulator.api('GET', '/v1/debug/whoami')).status).toBe(500);
    expect((await emulator.door('GET', 'clock')).frozen).toBe(false);
  });

  test('that is older goes first', async () => {
    await fault('*', { kind: 'status', status: 500, times: 1 });
    await fault('token', { kind: 'status', status: 503, times: 1 });
    expect([(await token()).status, (await token()).status]).toEqual([500, 503]);
  });

  test('can be listed, and cleared by number, by endpoint and with all others', async () => {
    const { id } = await fault('token', { kind: 'hang', times: 3, skip: 2 });
    await fault('jwks', { kind: 'html' });
    await fault('m2m.get', { kind: 'html' });
    expect((await emulator.door('GET', 'faults')).faults[0]).toEqual({
      ...{ id, endpoint: 'token', kind: 'hang', timesLeft: 3, skipLeft: 2 },
    });
    expect((await emulator.door('DELETE', `faults/${id}`)).faults).toHaveLength(2);
    expect((await emulator.door('DELETE', 'faults/jwks')).faults).toMatchObject([{ endpoint: 'm2m.get' }]);
    expect((await emulator.door('DELETE', 'faults')).faults).toEqual([]);
  });

  test('that makes no sense is refused', async () => {
    expect((await fault('nowhere', { kind: 'hang' })).error).toMatch(/^endpoint must be one of \*, /);
    expect((await fault('token', { kind: 'nonsense' })).error).toMatch(/^kind must be one of latency, /);
    expect((await fault('token', { kind: 'hang', times: -1 })).error).toBe(
      'times must be a number, 0 or more',
    );
  });

  test('that fails a call does not count a token', async () => {
    await fault('token', { kind: 'status', status: 500, times: 1 });
    await token();
    await token();
    expect(await counters()).toMatchObject({
      ...{ calls: { token: 2 }, answers: { token: { 200: 1, 500: 1 } }, tokens: 1 },
      tokensByClient: { [CLIENT.client_id]: 1 },
    });
  });
});
