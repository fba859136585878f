import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose';
import { customFetch, discoveryRequest, processDiscoveryResponse } from 'oauth4webapi';
import { beforeEach, describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import settings from '../settings.ts';
import { API, call, DESK, isolate, issueKey, rooms, send, signIn } from '../world.ts';

const WELL_KNOWN = '/.well-known/oauth-authorization-server';

/** The client's `fetch` is the Worker: they meet without a network. */
const worker = (url: string, init: object): Promise<Response> => send(url, init as RequestInit);

type Metadata = Readonly<Record<string, string | readonly string[]>>;

const metadataAt = async (url: string, init?: RequestInit): Promise<Metadata> => {
  const response = await send(url, init);
  expect(response.status).toBe(200);
  return response.json();
};

const metadata = (): Promise<Metadata> => metadataAt(`${DESK}${WELL_KNOWN}`);

/** The metadata of a Latchkey with other settings. */
const metadataOf = async (other: object): Promise<Metadata> => {
  const here = isolate({}, latchkeyFor({ ...settings, ...other }));
  return (await here.fetch(`${DESK}${WELL_KNOWN}`)).json();
};

beforeEach(() => rooms.ORIGIN.reset());

describe('RFC 8414 §2 › metadata', () => {
  it('has an issuer with neither query nor fragment, and what is REQUIRED or differs from its default', async () => {
    expect(await metadata()).toEqual({
      issuer: DESK,
      token_endpoint: `${DESK}/oauth2/token`,
      // Left out, it would say client_secret_basic alone.
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      introspection_endpoint: `${DESK}/oauth2/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
      revocation_endpoint: `${DESK}/oauth2/revoke`,
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      // RFC 8628 §4.
      device_authorization_endpoint: `${DESK}/oauth2/device_authorization`,
      jwks_uri: `${DESK}/.well-known/jwks.json`,
      // Left out, it would say authorization_code and implicit.
      grant_types_supported: ['client_credentials', 'urn:ietf:params:oauth:grant-type:device_code'],
      response_types_supported: [],
      // Not `admin:all`: nobody can ask for what only an operator gives.
      scopes_supported: ['items:read', 'items:write'],
      service_documentation: `${DESK}/docs`,
    });
    expect([new URL(DESK).search, new URL(DESK).hash]).toEqual(['', '']);
  });

  it('response_types_supported is REQUIRED and there is none: the array is there, and empty', async () => {
    expect((await metadata()).response_types_supported).toEqual([]);
  });

  it('authorization_endpoint is not there, because no grant type here uses one', async () => {
    expect(await metadata()).not.toHaveProperty('authorization_endpoint');
  });

  it('the signing algorithms of assertions MUST be there if assertions are: they are not', async () => {
    for (const [name, value] of Object.entries(await metadata())) {
      expect(name).not.toMatch(/signing_alg_values_supported$/);
      if (name.endsWith('_auth_methods_supported'))
        for (const method of value) expect(method).not.toMatch(/_jwt$/);
    }
  });

  it('names endpoints that are there, each for POST alone', async () => {
    for (const [name, url] of Object.entries(await metadata())) {
      if (!name.endsWith('_endpoint')) continue;
      const got = await send(String(url));
      expect([name, got.status, got.headers.get('allow')]).toEqual([name, 405, 'POST']);
      const posted = await send(String(url), { method: 'POST' });
      expect([name, posted.status, ((await posted.json()) as { error: string }).error]).toEqual([
        ...[name, 400, 'invalid_request'],
      ]);
    }
    expect((await send(String((await metadata()).service_documentation))).status).toBe(200);
  });

  it('without device clients there is no device flow, and nobody without a secret', async () => {
    const secretOnly = ['client_secret_basic', 'client_secret_post'];
    const without = await metadataOf({ deviceClients: {} });
    expect(without).not.toHaveProperty('device_authorization_endpoint');
    expect(without.grant_types_supported).toEqual(['client_credentials']);
    expect(without.token_endpoint_auth_methods_supported).toEqual(secretOnly);
    expect(without.revocation_endpoint_auth_methods_supported).toEqual(secretOnly);
  });

  it('jwks_uri has the keys of the assertions that the origin gets', async () => {
    const { key } = await issueKey(await signIn());
    expect((await call(key)).status).toBe(200);
    const [seen] = await rooms.ORIGIN.records();
    const assertion =
      seen?.headers.find(([name]) => name.toLowerCase() === 'x-latchkey-assertion')?.[1] ?? '';
    const { issuer, jwks_uri: jwksUri } = await metadata();
    const answer = await send(String(jwksUri));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/jwk-set+json']);
    const keys = createLocalJWKSet((await answer.json()) as JSONWebKeySet);
    const { protectedHeader } = await jwtVerify(assertion, keys, { issuer: String(issuer) });
    expect(protectedHeader.alg).toBe('ES256');
  });
});

describe('RFC 8414 §2.1 › signed metadata', () => {
  it('is OPTIONAL, and not offered', async () => {
    expect(await metadata()).not.toHaveProperty('signed_metadata');
  });
});

describe('RFC 8414 §3 › the well-known URI', () => {
  it('is at the Desk and nowhere else', async () => {
    await metadata();
    for (const path of [`${WELL_KNOWN}/`, `${WELL_KNOWN}/v1`, '/.well-known/openid-configuration'])
      expect([path, (await send(`${DESK}${path}`)).status]).toEqual([path, 404]);
    expect((await send(`${API}${WELL_KNOWN}`)).status).toBe(404);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

describe('RFC 8414 §3.1 › a request for metadata', () => {
  it('is GET; HEAD is GET without the document; any other method is 405', async () => {
    const [get, head] = [await send(DESK + WELL_KNOWN), await send(DESK + WELL_KNOWN, { method: 'HEAD' })];
    const lines = ({ headers }: Response) => [...headers].filter(([name]) => name !== 'x-request-id');
    expect([head.status, await head.text(), lines(head)]).toEqual([200, '', lines(get)]);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const refused = await send(DESK + WELL_KNOWN, { method });
      expect([method, refused.status, refused.headers.get('allow')]).toEqual([method, 405, 'GET']);
    }
  });

  it('needs no credential, and neither a wrong one nor a query changes the answer', async () => {
    const plain = await metadata();
    const headers = { authorization: 'Bearer acme_test_nonsense', 'x-api-key': 'acme_test_nonsense' };
    expect(await metadataAt(DESK + WELL_KNOWN, { headers })).toEqual(plain);
    expect(await metadataAt(`${DESK}${WELL_KNOWN}?issuer=https://evil.test&unknown`)).toEqual(plain);
  });

  it('is answered to scripts of any page, cookies aside', async () => {
    const headers = { origin: 'https://anybody.test', cookie: 'a=b' };
    const response = await send(DESK + WELL_KNOWN, { headers });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    expect(response.headers.get('set-cookie')).toBeNull();
  });
});

describe('RFC 8414 §3.2 › the answer', () => {
  it('is 200 and application/json, and may be kept for a while', async () => {
    const { status, headers } = await send(DESK + WELL_KNOWN);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(headers.get('cache-control')).toBe('public, max-age=3600');
  });

  it('has no claim with zero elements, but the one that §2 demands', async () => {
    const bare = { scopes: {}, roles: {}, deviceClients: {}, routes: [{ path: '/v1/any/**' }] };
    for (const each of [await metadata(), await metadataOf(bare)]) {
      const empty = Object.entries(each).filter(([, value]) => value.length === 0);
      expect(empty).toEqual([['response_types_supported', []]]);
    }
    expect(await metadataOf(bare)).not.toHaveProperty('scopes_supported');
  });
});

describe('RFC 8414 §3.3 › validation', () => {
  it('the issuer is identical to the URL that it was found by, less the well-known part', async () => {
    const response = await discoveryRequest(new URL(DESK), { algorithm: 'oauth2', [customFetch]: worker });
    const found = await processDiscoveryResponse(new URL(DESK), response);
    expect(found.issuer).toBe(DESK);
    // And one that was asked for by another name is not believed.
    const again = await send(DESK + WELL_KNOWN);
    await expect(processDiscoveryResponse(new URL('https://other.test'), again)).rejects.toThrow(/issuer/);
  });
});

describe('RFC 8414 §6.2 › impersonation', () => {
  it('OA-11 › the issuer and all endpoints are the configured ones, whatever headers say of the host', async () => {
    const plain = await metadata();
    for (const name of ['x-forwarded-host', 'x-forwarded-proto', 'x-original-host', 'forwarded', 'x-host']) {
      const value = name === 'forwarded' ? 'host=evil.test;proto=http' : 'evil.test';
      expect(await metadataAt(DESK + WELL_KNOWN, { headers: { [name]: value } })).toEqual(plain);
    }
  });

  it('OA-11 › under another host or port there is no metadata', async () => {
    for (const host of ['https://evil.test', 'https://desk.test:8443', 'https://desk.test.evil.test']) {
      const refused = await send(host + WELL_KNOWN);
      expect([host, refused.status]).toEqual([host, 421]);
      expect(await refused.text()).not.toContain('token_endpoint');
    }
  });
});
