import * as oauth from 'oauth4webapi';
import * as client from 'openid-client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ask, bearer, textOf } from '../../demo/http.ts';
import { issueKey, revokeKey, signIn, type User } from '../../demo/world.ts';
import { OPERATOR } from '../../tools/dev/emulator-project.ts';
import type { Places } from '../../tools/dev/places.ts';
import { openApproval } from './approval.ts';
import { type OwnLatchkey, startLatchkey } from './latchkey.ts';
import { raw } from './socket.ts';

/** For a machine that has much else to do. */
const PATIENCE_MS = 180_000;

/** Both libraries' documented option for servers without TLS, which only loopback is. */
const HTTP = { [oauth.allowInsecureRequests]: true };

let latchkey: OwnLatchkey;
let places: Places;
let user: User;

/** A key as a pair: the one that any OAuth client takes. */
let clientId: string;
let clientSecret: string;

beforeAll(async () => {
  latchkey = await startLatchkey();
  places = latchkey.world.places;
  user = await signIn(latchkey.world);
  ({ clientId, clientSecret } = await newPair(['items:read', 'items:write']));
}, PATIENCE_MS);

afterAll(() => latchkey.stop());

const newPair = async (scopes: readonly string[]) => {
  const body = { name: 'A standard client', scopes };
  const { json } = await ask(`${places.desk}/v1/keys`, { headers: bearer(user.session), body });
  const key = textOf(json, 'key');
  const keyId = textOf(json, 'key_id');
  return { clientId: keyId, clientSecret: key.slice(keyId.length + 1) };
};

/** Everything from the API's URL, as a client that was told nothing else. */
const discovered = async (): Promise<oauth.AuthorizationServer> => {
  const api = new URL(places.api);
  const resource = await oauth.processResourceDiscoveryResponse(
    api,
    await oauth.resourceDiscoveryRequest(api, HTTP),
  );
  const issuer = new URL(resource.authorization_servers?.[0] ?? '');
  const response = await oauth.discoveryRequest(issuer, { algorithm: 'oauth2', ...HTTP });
  return oauth.processDiscoveryResponse(issuer, response);
};

const configured = (
  id: string,
  authentication: client.ClientAuth,
  secret?: string,
): Promise<client.Configuration> =>
  client.discovery(new URL(places.desk), id, secret, authentication, {
    ...{ algorithm: 'oauth2', execute: [client.allowInsecureRequests] },
  });

describe('discovery', () => {
  test('oauth4webapi: RFC 9728 at the API, then RFC 8414 at the Desk', async () => {
    expect(await discovered()).toMatchObject({
      issuer: places.desk,
      token_endpoint: `${places.desk}/oauth2/token`,
      device_authorization_endpoint: `${places.desk}/oauth2/device_authorization`,
    });
  });

  test('oauth4webapi: the same from the challenge of a path of the API', async () => {
    const url = new URL('/v1/items/1', places.api);
    const refused = await oauth
      .protectedResourceRequest('nonsense', 'GET', url, undefined, null, HTTP)
      .catch((error: unknown) => error);
    if (!(refused instanceof oauth.WWWAuthenticateChallengeError)) throw refused;
    const at = refused.cause[0]?.parameters.resource_metadata ?? '';
    const found = await oauth.processResourceDiscoveryResponse(url, await fetch(at));
    expect(found.authorization_servers).toEqual([places.desk]);
  });

  test('openid-client', async () => {
    const config = await configured(clientId, client.None());
    expect(config.serverMetadata()).toMatchObject({ issuer: places.desk });
  });

  test('OA-11 › whatever the request says of the host, it is the configured issuer or none', async () => {
    const path = '/.well-known/oauth-authorization-server';
    const { host } = new URL(places.desk);
    const get = (target: string, name: string): string =>
      `GET ${target} HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\n\r\n`;
    for (const bytes of [
      get(path, 'evil.test'),
      get(path, `evil.test:${places.port}`),
      get(path, `localhost.evil.test:${places.port}`),
      get(`http://evil.test${path}`, 'evil.test'),
    ]) {
      const { status, text } = await raw(places.port, bytes);
      expect([bytes, status]).toEqual([bytes, 421]);
      expect(text).not.toContain('token_endpoint');
    }
    // RFC 9112 §3.2.2: of a target in absolute form, the host counts; either way the issuer is ours, or there is none.
    for (const bytes of [
      get(path, host),
      get(`http://${host}${path}`, host),
      get(`http://${host}${path}`, 'evil.test'),
      get(`http://evil.test${path}`, host),
      get(path, host).replace('Connection', 'X-Forwarded-Host: evil.test\r\nConnection'),
    ]) {
      const { status, text } = await raw(places.port, bytes);
      expect(text).not.toContain('evil');
      if (status === 200) expect(JSON.parse(text)).toMatchObject({ issuer: places.desk });
      else expect(status).toBeOneOf([400, 421]);
    }
  });
});

describe('client_credentials', () => {
  const METHODS = ['client_secret_basic', 'client_secret_post'] as const;
  const ofOauth = {
    client_secret_basic: oauth.ClientSecretBasic,
    client_secret_post: oauth.ClientSecretPost,
  };
  const ofOpenid = {
    client_secret_basic: client.ClientSecretBasic,
    client_secret_post: client.ClientSecretPost,
  };

  const grant = async (
    method: (typeof METHODS)[number],
    secret: string,
    parameters: Record<string, string>,
  ) => {
    const as = await discovered();
    const me = { client_id: clientId };
    const response = await oauth.clientCredentialsGrantRequest(
      as,
      me,
      ofOauth[method](secret),
      parameters,
      HTTP,
    );
    return oauth.processClientCredentialsResponse(as, me, response);
  };

  test.each(METHODS)('oauth4webapi by %s: a token that opens the API', async (method) => {
    const token = await grant(method, clientSecret, {});
    expect(token).toMatchObject({ token_type: 'bearer', scope: 'items:read items:write' });
    expect(token.expires_in).toBeGreaterThan(0);
    const url = new URL('/v1/items/1', places.api);
    const answer = await oauth.protectedResourceRequest(
      token.access_token,
      'GET',
      url,
      undefined,
      null,
      HTTP,
    );
    expect([answer.status, await answer.text()]).toEqual([
      200,
      expect.stringContaining(`"userId": "${user.id}"`),
    ]);
  });

  test.each(METHODS)('openid-client by %s: the same token again', async (method) => {
    const config = await configured(clientId, ofOpenid[method](clientSecret));
    const [one, two] = [
      await client.clientCredentialsGrant(config),
      await client.clientCredentialsGrant(config),
    ];
    expect(one.access_token).toBe(two.access_token);
    expect(one.expiresIn()).toBeGreaterThan(0);
  });

  test('a subset of the scopes, and no more than that', async () => {
    const token = await grant('client_secret_basic', clientSecret, { scope: 'items:read' });
    expect(token.scope).toBe('items:read');
    const url = new URL('/v1/items/1', places.api);
    const config = await configured(clientId, client.ClientSecretPost(clientSecret));
    expect((await client.fetchProtectedResource(config, token.access_token, url, 'GET')).status).toBe(200);
    const refused = await client
      .fetchProtectedResource(config, token.access_token, url, 'DELETE')
      .catch((error: unknown) => error);
    if (!(refused instanceof client.WWWAuthenticateChallengeError)) throw refused;
    expect([refused.status, refused.cause[0]?.parameters]).toMatchObject([
      403,
      { error: 'insufficient_scope', scope: 'items:write' },
    ]);
  });

  test.each([
    ['items:read admin:all', 400, 'invalid_scope'],
    ['nothing:there', 400, 'invalid_scope'],
  ])('the scope "%s" is %i %s', async (scope, status, error) => {
    await expect(grant('client_secret_basic', clientSecret, { scope })).rejects.toMatchObject({
      status,
      error,
    });
  });

  test('a wrong secret: in the form it is an error of RFC 6749 §5.2, in the header a challenge besides', async () => {
    const wrong = `${clientSecret.slice(0, -1)}${clientSecret.endsWith('0') ? '1' : '0'}`;
    await expect(grant('client_secret_post', wrong, {})).rejects.toMatchObject({
      ...{ name: 'ResponseBodyError', status: 401, error: 'invalid_client' },
    });
    await expect(grant('client_secret_basic', wrong, {})).rejects.toMatchObject({
      ...{ name: 'WWWAuthenticateChallengeError', status: 401, cause: [{ scheme: 'basic' }] },
    });
  });

  test.each([
    'password',
    'refresh_token',
    'authorization_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
  ])('the grant %s is unsupported_grant_type', async (type) => {
    const config = await configured(clientId, client.ClientSecretPost(clientSecret));
    await expect(
      client.genericGrantRequest(config, type, { username: 'a', password: 'b' }),
    ).rejects.toMatchObject({
      ...{ status: 400, error: 'unsupported_grant_type' },
    });
  });
});

describe('introspection', () => {
  test('openid-client: a client asks about its own token and its own key', async () => {
    const config = await configured(clientId, client.ClientSecretBasic(clientSecret));
    const { access_token: token } = await client.clientCredentialsGrant(config);
    for (const each of [token, `${clientId}_${clientSecret}`])
      expect(await client.tokenIntrospection(config, each)).toMatchObject({
        ...{ active: true, scope: 'items:read items:write', client_id: clientId, sub: user.id },
      });
    expect(await client.tokenIntrospection(config, 'nonsense')).toEqual({ active: false });
  });

  test('oauth4webapi: an operator asks about anybody’s, another client is told nothing', async () => {
    const as = await discovered();
    const key = `${clientId}_${clientSecret}`;
    const introspect = async (id: string, secret: string) => {
      const me = { client_id: id };
      const response = await oauth.introspectionRequest(as, me, oauth.ClientSecretPost(secret), key, HTTP);
      return oauth.processIntrospectionResponse(as, me, response);
    };
    expect(await introspect(OPERATOR.clientId, OPERATOR.clientSecret)).toMatchObject({
      ...{ active: true, client_id: clientId, sub: user.id },
    });
    const other = await newPair(['items:read']);
    expect(await introspect(other.clientId, other.clientSecret)).toEqual({ active: false });
  });

  test('a client that nobody knows is 401', async () => {
    const config = await configured(clientId, client.ClientSecretPost('nonsense'));
    await expect(client.tokenIntrospection(config, 'x')).rejects.toMatchObject({ error: 'invalid_client' });
  });

  test('what was revoked at the Desk is not active at once', async () => {
    const { id, key } = await issueKey(latchkey.world, user);
    const config = await configured(OPERATOR.clientId, client.ClientSecretBasic(OPERATOR.clientSecret));
    expect(await client.tokenIntrospection(config, key)).toMatchObject({ active: true });
    await revokeKey(latchkey.world, user, { id, key });
    expect(await client.tokenIntrospection(config, key)).toEqual({ active: false });
  });
});

describe('revocation', () => {
  test('oauth4webapi: an access token ends, and its client lives', async () => {
    const { clientId: id, clientSecret: secret } = await newPair(['items:read']);
    const as = await discovered();
    const me = { client_id: id };
    const authentication = oauth.ClientSecretBasic(secret);
    const got = await oauth.clientCredentialsGrantRequest(as, me, authentication, {}, HTTP);
    const { access_token: token } = await oauth.processClientCredentialsResponse(as, me, got);
    for (const each of [token, token, 'nonsense'])
      await oauth.processRevocationResponse(
        await oauth.revocationRequest(as, me, authentication, each, HTTP),
      );
    const config = await configured(id, client.ClientSecretPost(secret));
    expect(await client.tokenIntrospection(config, token)).toEqual({ active: false });
    expect(await client.tokenIntrospection(config, `${id}_${secret}`)).toMatchObject({ active: true });
  });

  test('openid-client: a key ends itself, and opens nothing any more', async () => {
    const { clientId: id, clientSecret: secret } = await newPair(['items:read']);
    const config = await configured(id, client.ClientSecretPost(secret));
    await client.tokenRevocation(config, `${id}_${secret}`);
    const headers = bearer(`${id}_${secret}`);
    await expect
      .poll(async () => (await ask(`${places.api}/v1/items/1`, { headers })).status, { timeout: 30_000 })
      .toBe(401);
  });

  test('somebody else’s is answered alike, and lives', async () => {
    const other = await newPair(['items:read']);
    const config = await configured(other.clientId, client.ClientSecretPost(other.clientSecret));
    await client.tokenRevocation(config, `${clientId}_${clientSecret}`);
    const mine = await configured(clientId, client.ClientSecretPost(clientSecret));
    expect(await client.tokenIntrospection(mine, `${clientId}_${clientSecret}`)).toMatchObject({
      active: true,
    });
  });
});

describe('the device flow', () => {
  const CLI = { client_id: 'acme-cli' };

  const begin = async (parameters: Record<string, string> = {}) => {
    const as = await discovered();
    const response = await oauth.deviceAuthorizationRequest(as, CLI, oauth.None(), parameters, HTTP);
    return { as, asked: await oauth.processDeviceAuthorizationResponse(as, CLI, response) };
  };

  const redeem = async (as: oauth.AuthorizationServer, code: string) => {
    const response = await oauth.deviceCodeGrantRequest(as, CLI, oauth.None(), code, HTTP);
    return oauth.processDeviceCodeResponse(as, CLI, response);
  };

  test('oauth4webapi: pending, slow_down, approval, once', async () => {
    const { as, asked } = await begin({ scope: 'items:read', device_name: 'a stranger’s client' });
    expect(asked).toMatchObject({ verification_uri: `${places.desk}/device`, expires_in: 600, interval: 5 });
    const code = asked.device_code;
    await expect(redeem(as, code)).rejects.toMatchObject({ status: 400, error: 'authorization_pending' });
    await expect(redeem(as, code)).rejects.toMatchObject({ status: 400, error: 'slow_down' });
    const approval = await openApproval(places, user, asked.verification_uri_complete ?? '');
    expect(approval.page).toContain(asked.user_code);
    await approval.decide('approve');
    const token = await redeem(as, code);
    expect(token).toMatchObject({ token_type: 'bearer', scope: 'items:read' });
    const { status } = await ask(`${places.api}/v1/items/1`, { headers: bearer(token.access_token) });
    expect(status).toBe(200);
    await expect(redeem(as, code)).rejects.toMatchObject({ status: 400, error: 'invalid_grant' });
  });

  test(
    'openid-client: waits until it is approved, then revokes the key as a public client',
    async () => {
      const config = await configured('acme-cli', client.None());
      const asked = await client.initiateDeviceAuthorization(config, {});
      const waiting = client.pollDeviceAuthorizationGrant(config, asked);
      const approval = await openApproval(places, user, asked.verification_uri_complete ?? '');
      await approval.decide('approve');
      const token = await waiting;
      expect(token.access_token).toMatch(new RegExp(`^${token.key_id}_`));
      const mine = await configured(OPERATOR.clientId, client.ClientSecretPost(OPERATOR.clientSecret));
      expect(await client.tokenIntrospection(mine, token.access_token)).toMatchObject({
        ...{ active: true, scope: 'items:read items:write', client_id: token.key_id, sub: user.id },
      });
      await client.tokenRevocation(config, token.access_token);
      expect(await client.tokenIntrospection(mine, token.access_token)).toEqual({ active: false });
      // A key that was not made for it, it cannot end.
      await client.tokenRevocation(config, `${clientId}_${clientSecret}`);
      expect(await client.tokenIntrospection(mine, `${clientId}_${clientSecret}`)).toMatchObject({
        active: true,
      });
    },
    PATIENCE_MS,
  );

  test('openid-client: a denial is access_denied', async () => {
    const config = await configured('acme-cli', client.None());
    const asked = await client.initiateDeviceAuthorization(config, {});
    const waiting = client.pollDeviceAuthorizationGrant(config, asked).catch((error: unknown) => error);
    await (await openApproval(places, user, asked.verification_uri_complete ?? '')).decide('deny');
    expect(await waiting).toMatchObject({ name: 'ResponseBodyError', status: 400, error: 'access_denied' });
  });

  test.each([
    ['a scope that it may not have', CLI, { scope: 'admin:all' }, 'invalid_scope'],
    ['a client that nobody knows', { client_id: 'nobody' }, {}, 'invalid_client'],
  ])('oauth4webapi: %s', async (_, me, parameters, error) => {
    const as = await discovered();
    const response = await oauth.deviceAuthorizationRequest(as, me, oauth.None(), parameters, HTTP);
    await expect(oauth.processDeviceAuthorizationResponse(as, me, response)).rejects.toMatchObject({ error });
  });

  test('oauth4webapi: a code that is none is invalid_grant', async () => {
    await expect(redeem(await discovered(), 'nonsense')).rejects.toMatchObject({ error: 'invalid_grant' });
  });
});
