import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { basic, claimsOf, headerOf, PROJECT_ID, refusal, SECRET, startEmulator } from './emulator.ts';

const CLIENT = { client_id: 'm2m-client-test-one', client_secret: 'one-secret-of-my-own-4711' };
const PATH = `/v1/public/${PROJECT_ID}/oauth2/token`;

let emulator: Awaited<ReturnType<typeof startEmulator>>;
beforeAll(async () => {
  emulator = await startEmulator();
});
afterAll(() => emulator.server.close());
beforeEach(async () => {
  await emulator.door('POST', 'reset', { seed: false });
  await create(CLIENT);
});

const create = (fields: object) =>
  emulator.stytch.m2m.clients.create({ scopes: ['read:users', 'write:users', 'admin'], ...fields });

const form = (fields: Record<string, string>, authorization?: string) =>
  emulator.send('POST', PATH, {
    headers: authorization === undefined ? {} : { authorization },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...fields }),
  });

const json = (fields: object, authorization?: string) =>
  emulator.send('POST', PATH, {
    headers: {
      'content-type': 'application/json',
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: JSON.stringify({ grant_type: 'client_credentials', ...fields }),
  });

describe('the request', () => {
  const own = basic(CLIENT.client_id, CLIENT.client_secret);
  const project = basic(PROJECT_ID, SECRET);
  const ways: readonly (readonly [string, () => ReturnType<typeof form>])[] = [
    ['a form', () => form(CLIENT)],
    ['JSON', () => json(CLIENT)],
    ['Basic and a form', () => form({}, own)],
    ['Basic and JSON', () => json({}, own)],
    ['Basic, the client_id repeated in the form', () => form({ client_id: CLIENT.client_id }, own)],
    ['a form beside the project’s Basic, as SDKs send it', () => form(CLIENT, project)],
    ['JSON beside the project’s Basic, as SDKs send it', () => json(CLIENT, project)],
  ];
  test.each(ways)('credentials are taken from %s', async (_, send) => {
    const { status, body } = await send();
    expect(status).toBe(200);
    expect(body).toEqual({
      status_code: 200,
      request_id: expect.stringMatching(/^request-id-test-/),
      access_token: expect.stringMatching(/^ey/),
      token_type: 'bearer',
      expires_in: 3600,
    });
  });

  test('Basic credentials are form-encoded first (RFC 6749 §2.3.1)', async () => {
    await create({ client_id: 'a:b c', client_secret: 'pl%us+colon:secret' });
    const header = basic('a%3Ab+c', 'pl%25us%2Bcolon%3Asecret');
    expect((await form({}, header)).status).toBe(200);
  });

  const refused: readonly (readonly [string, Record<string, string>, number, string])[] = [
    ['a wrong secret', { ...CLIENT, client_secret: 'wrong' }, 401, 'invalid_client'],
    ['an unknown client', { ...CLIENT, client_id: 'nobody' }, 401, 'invalid_client'],
    ['no secret', { client_id: CLIENT.client_id }, 401, 'invalid_client'],
    ['no client', {}, 401, 'invalid_client'],
    ['no grant type', { ...CLIENT, grant_type: '' }, 400, 'invalid_request'],
    ['another grant type', { ...CLIENT, grant_type: 'authorization_code' }, 400, 'unsupported_grant_type'],
    ['a scope it does not have', { ...CLIENT, scope: 'read:users root' }, 400, 'invalid_scope'],
  ];
  test.each(refused)('%s is refused in the OAuth envelope', async (_, fields, status, error) => {
    const answer = await form(fields);
    expect(answer.status).toBe(status);
    expect(answer.body).toEqual({
      status_code: status,
      request_id: expect.stringMatching(/^request-id-test-/),
      error,
      error_description: expect.any(String),
      error_uri: `https://stytch.com/docs/api/errors/${status}#${error}`,
    });
    expect((await emulator.door('GET', 'counters')).tokens).toBe(0);
  });

  test('an unknown project and an unparsable body are refused in the OAuth envelope', async () => {
    const other = await emulator.send('POST', PATH.replace('1111', '2222'), {
      body: new URLSearchParams(CLIENT),
    });
    expect(other).toMatchObject({ status: 401, body: { error: 'invalid_client' } });
    const headers = { 'content-type': 'application/json' };
    const broken = await emulator.send('POST', PATH, { headers, body: '{' });
    expect(broken).toMatchObject({ status: 400, body: { error: 'invalid_request' } });
  });

  test('the SDK reads a refusal of the token endpoint as its StytchError', async () => {
    const call = emulator.stytch.m2m.token({ ...CLIENT, client_secret: 'wrong' });
    expect(await refusal(call)).toMatchObject({ status_code: 401, error_type: 'invalid_client' });
  });
});

describe('the access token', () => {
  test('it has Stytch’s header and claims', async () => {
    const { access_token } = await emulator.stytch.m2m.token(CLIENT);
    const claims = claimsOf(access_token);
    const { keys } = await emulator.door('GET', 'keys');
    expect(headerOf(access_token)).toEqual({ alg: 'RS256', kid: keys[0].kid, typ: 'JWT' });
    expect(claims).toEqual({
      sub: CLIENT.client_id,
      iss: `stytch.com/${PROJECT_ID}`,
      aud: [PROJECT_ID],
      scope: 'read:users write:users admin',
      iat: claims.iat,
      nbf: claims.iat,
      exp: claims.iat + 3600,
    });
  });

  test('the SDK accepts it, of a consumer and of a B2B project', async () => {
    const { access_token } = await emulator.b2b.m2m.token({ ...CLIENT, scopes: ['admin', 'read:users'] });
    for (const { m2m } of [emulator.stytch, emulator.b2b]) {
      const checked = await m2m.authenticateToken({ access_token, required_scopes: ['read:users'] });
      expect(checked).toMatchObject({ client_id: CLIENT.client_id, scopes: ['read:users', 'admin'] });
      const call = m2m.authenticateToken({ access_token, required_scopes: ['write:users'] });
      expect(await refusal(call)).toMatchObject({ code: 'missing_scopes' });
    }
  });

  test('it expires after an hour of the emulator’s clock', async () => {
    await emulator.door('POST', 'clock', { advanceSeconds: -3601 });
    const { access_token } = await emulator.stytch.m2m.token(CLIENT);
    const call = emulator.stytch.m2m.authenticateToken({ access_token });
    expect(await refusal(call)).toMatchObject({ code: 'jwt_invalid' });
  });
});

describe('the template', () => {
  const claims = async (template_content: string, extra: object = {}, trusted_metadata: object = {}) => {
    const put = await emulator.door('PUT', 'template', { template_content });
    expect(put.error).toBeUndefined();
    await emulator.stytch.m2m.clients.update({ client_id: CLIENT.client_id, trusted_metadata });
    const { sub, iss, aud, scope, iat, nbf, exp, ...custom } = claimsOf(
      (await json({ ...CLIENT, ...extra })).body.access_token,
    );
    expect({ sub, scope }).toEqual({ sub: CLIENT.client_id, scope: 'read:users write:users admin' });
    expect([typeof iss, Array.isArray(aud), typeof iat, typeof nbf, typeof exp]).toHaveLength(5);
    return custom;
  };

  test('by default it copies the owner’s user_id', async () => {
    await emulator.stytch.m2m.clients.update({
      client_id: CLIENT.client_id,
      trusted_metadata: { user_id: 'user-1' },
    });
    const { access_token } = await emulator.stytch.m2m.token(CLIENT);
    const { custom_claims } = await emulator.stytch.m2m.authenticateToken({ access_token });
    expect(custom_claims).toEqual({ user_id: 'user-1' });
  });

  test('a variable may be any JSON value, and stand anywhere a value may', async () => {
    const text =
      '{ "a": {{client.trusted_metadata.a}}, "deep": { "b": [1, {{ client.trusted_metadata.d.b }}] }, "c": "text }}" }';
    expect(await claims(text, {}, { a: [1, { x: null }], d: { b: 'two' } })).toEqual({
      a: [1, { x: null }],
      deep: { b: [1, 'two'] },
      c: 'text }}',
    });
  });

  test('a variable that is missing or null leaves its claim out', async () => {
    const text =
      '{ "a": {{ client.trusted_metadata.none }}, "b": { "c": {{ client.trusted_metadata.x.y.z }} }, "d": 1 }';
    expect(await claims(text, {}, { x: 'not an object' })).toEqual({ b: {}, d: 1 });
  });

  test('an extra parameter of the request is request.*, the credentials are not', async () => {
    const text = '{ "r": {{ request.user_id }}, "s": {{ request.client_secret }}, "t": {{ request.scope }} }';
    expect(await claims(text, { user_id: 'chosen by the caller' })).toEqual({ r: 'chosen by the caller' });
  });

  test('metadata that looks like a tag or a mark is only text', async () => {
    const odd = '{{ client.trusted_metadata.secret }}\u00000';
    expect(await claims('{ "a": {{ client.trusted_metadata.a }} }', {}, { a: odd, secret: 1 })).toEqual({
      a: odd,
    });
  });

  const refused: readonly (readonly [string, string])[] = [
    ['{ "a": ', 'jwt_template_invalid_json'],
    ['[1]', 'jwt_template_invalid_json'],
    ['{ {{ client.trusted_metadata.a }}: 1 }', 'jwt_template_invalid_json'],
    ['{ "sub": "root" }', 'jwt_template_invalid_json'],
    ['{ "scope": {{ client.trusted_metadata.a }} }', 'jwt_template_invalid_json'],
    ['{ "a": {{ client.trusted_metadata.a } }', 'jwt_template_mismatched_tag'],
    ['{ "a": {{ project.secret }} }', 'jwt_template_invalid_tag'],
    ['{ "a": {{ client.client_secret }} }', 'jwt_template_invalid_tag'],
    ['{ "a": "x {{ client.trusted_metadata.a }}" }', 'jwt_template_invalid_tag'],
    [`{ "a": "${'x'.repeat(4096)}" }`, 'jwt_template_invalid_json'],
  ];
  test.each(refused)('%s is refused', async (template_content, error) => {
    expect(await emulator.door('PUT', 'template', { template_content })).toEqual({ error });
  });

  test('the Management API reads and writes it with the workspace’s key alone', async () => {
    const path = '/pwa/v3/projects/latchkey/environments/test/jwt_templates/M2M';
    const headers = { authorization: basic('workspace-key-emulator', 'not-a-secret-only-for-the-emulator') };
    const template = {
      template_content: '{ "tier": {{ client.trusted_metadata.tier }} }',
      custom_audience: '',
    };
    const put = await emulator.send('PUT', path, { headers, body: JSON.stringify(template) });
    expect(put.body).toMatchObject({
      status_code: 200,
      jwt_template: { ...template, jwt_template_type: 'M2M' },
    });
    expect((await emulator.send('GET', path, { headers })).body.jwt_template).toMatchObject(template);
    expect(await emulator.api('PUT', path, template)).toMatchObject({ status: 401 });
    // It knows its own environment, and no other.
    const environment = path.replace('/jwt_templates/M2M', '');
    expect((await emulator.send('GET', environment, { headers })).body.environment).toMatchObject({
      ...{ project_id: PROJECT_ID, project_slug: 'latchkey', environment_slug: 'test', type: 'TEST' },
    });
    expect(await emulator.send('GET', path.replace('latchkey', 'another'), { headers })).toMatchObject({
      ...{ status: 404, body: { error_type: 'project_not_found' } },
    });
  });

  test('without one, tokens have no claims but their own, and the Management API has none or an empty one', async () => {
    const path = '/pwa/v3/projects/latchkey/environments/test/jwt_templates/M2M';
    const headers = { authorization: basic('workspace-key-emulator', 'not-a-secret-only-for-the-emulator') };
    await emulator.door('DELETE', 'template');
    expect(await emulator.send('GET', path, { headers })).toMatchObject({
      ...{ status: 404, body: { error_type: 'jwt_template_not_found' } },
    });
    const { access_token } = await emulator.stytch.m2m.token(CLIENT);
    expect(claimsOf(access_token)).not.toHaveProperty('user_id');
    await emulator.door('PUT', 'switches', { unsetTemplate: 'empty' });
    expect((await emulator.send('GET', path, { headers })).body.jwt_template).toMatchObject({
      ...{ template_content: '', custom_audience: '' },
    });
  });
});
