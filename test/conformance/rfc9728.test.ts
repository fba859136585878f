import {
  customFetch,
  discoveryRequest,
  processDiscoveryResponse,
  processResourceDiscoveryResponse,
  resourceDiscoveryRequest,
} from 'oauth4webapi';
import { beforeEach, describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import { metadataUrlOf } from '../challenge.ts';
import settings from '../settings.ts';
import { API, call, DESK, isolate, issueKey, refusalOf, rooms, send, signIn } from '../world.ts';

const WELL_KNOWN = '/.well-known/oauth-protected-resource';

const ASKING = { 'access-control-request-method': 'GET' };

/** The client's `fetch` is the Worker: they meet without a network. */
const worker = (url: string, init: object): Promise<Response> => send(url, init as RequestInit);

/** What a client does that was told nothing but the URL of a resource. */
const discover = async (resource: string) => {
  const response = await resourceDiscoveryRequest(new URL(resource), { [customFetch]: worker });
  return processResourceDiscoveryResponse(new URL(resource), response);
};

beforeEach(() => rooms.ORIGIN.reset());

describe('RFC 9728 §2 › metadata', () => {
  it('names the resource, its authorization server, the scopes to ask for and how to send a token', async () => {
    const response = await send(`${API}${WELL_KNOWN}`);
    expect(await response.json()).toEqual({
      resource: API,
      authorization_servers: [DESK],
      // Not `admin:all`: nobody can ask for what only an operator gives.
      scopes_supported: ['items:read', 'items:write'],
      bearer_methods_supported: ['header'],
    });
  });
});

describe('RFC 9728 §3 › the well-known URI', () => {
  it('is there on every API host, each the resource that it is asked as', async () => {
    for (const host of ['https://api.test', 'https://api2.test:8443']) {
      expect(await discover(host)).toMatchObject({ resource: host, authorization_servers: [DESK] });
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('is not at the Desk, nor under a host of nobody', async () => {
    expect((await send(`${DESK}${WELL_KNOWN}`)).status).toBe(404);
    expect(await refusalOf(await send(`https://other.test${WELL_KNOWN}`))).toMatchObject({ status: 421 });
  });
});

describe('RFC 9728 §3.1 › a request for metadata', () => {
  it('for a resource with a path has the path behind the well-known one', async () => {
    for (const path of ['/v1/items', '/v1/items/1', '/v1/any/%C3%A9', '/optional/', '/v1/heavy'])
      expect((await discover(`${API}${path}`)).resource).toBe(`${API}${path}`);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('for what is not protected, or not there, or spelled otherwise finds none', async () => {
    const none = { status: 404, code: 'no_route', challenge: null, retryAfter: null };
    for (const path of ['/public/1', '/nothing/here', '/', WELL_KNOWN, '/V1/items'])
      expect([path, await refusalOf(await send(`${API}${WELL_KNOWN}${path}`))]).toEqual([path, none]);
    expect(await refusalOf(await send(`${API}${WELL_KNOWN}/v1/items/%2Fx`))).toMatchObject({
      status: 400,
      code: 'path_not_canonical',
    });
    // Its own name and no other: a path that only begins so is a path like any.
    expect((await send(`${API}${WELL_KNOWN}s`)).status).toBe(404);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('is GET; HEAD is GET without the document; any other method is 405', async () => {
    const [get, head] = [
      await send(`${API}${WELL_KNOWN}`),
      await send(`${API}${WELL_KNOWN}`, { method: 'HEAD' }),
    ];
    const lines = ({ headers }: Response) => [...headers].filter(([name]) => name !== 'x-request-id');
    expect([head.status, await head.text(), lines(head)]).toEqual([200, '', lines(get)]);
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']) {
      const refused = await send(`${API}${WELL_KNOWN}`, { method });
      expect([refused.status, refused.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('needs no credential, and a wrong one does not hinder it', async () => {
    const wrong = { authorization: 'Bearer acme_test_nonsense', 'x-api-key': 'acme_test_nonsense' };
    expect((await send(`${API}${WELL_KNOWN}`, { headers: wrong })).status).toBe(200);
  });

  it('is answered to scripts of any page, credentials aside, and a preflight for it too', async () => {
    const headers = { origin: 'https://anybody.test' };
    const response = await send(`${API}${WELL_KNOWN}`, { headers });
    expect(response.headers.get('access-control-allow-origin')).toBe('*');
    const preflight = await send(`${API}${WELL_KNOWN}/v1/items/1`, {
      method: 'OPTIONS',
      headers: { ...headers, ...ASKING, 'access-control-request-headers': 'mcp-protocol-version' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toBe('GET, HEAD');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('mcp-protocol-version');
    for (const each of [response, preflight])
      expect(each.headers.get('access-control-allow-credentials')).toBeNull();
  });
});

describe('RFC 9728 §3.2 › the answer', () => {
  it('is 200 and application/json, and may be kept for a while', async () => {
    const { status, headers } = await send(`${API}${WELL_KNOWN}`);
    expect([status, headers.get('content-type')]).toEqual([200, 'application/json']);
    expect(headers.get('cache-control')).toBe('public, max-age=3600');
  });

  it('has no parameter without a value', async () => {
    for (const value of Object.values((await (await send(`${API}${WELL_KNOWN}`)).json()) as object))
      expect(value.length).toBeGreaterThan(0);
    const bare = { scopes: {}, roles: {}, deviceClients: {}, routes: [{ path: '/v1/any/**' }] };
    const response = await isolate({}, latchkeyFor({ ...settings, ...bare })).fetch(API + WELL_KNOWN);
    expect([response.status, await response.json()]).toEqual([
      200,
      { resource: API, authorization_servers: [DESK], bearer_methods_supported: ['header'] },
    ]);
  });
});

describe('RFC 9728 §3.3 › validation', () => {
  it('OA-12 › a client that knows nothing but a path of the API gets to the authorization server by exact names', async () => {
    for (const resource of [API, `${API}/v1/items/1`, 'https://api2.test:8443/v1/items']) {
      const { authorization_servers: [server = ''] = [] } = await discover(resource);
      const issuer = new URL(server);
      const response = await discoveryRequest(issuer, { algorithm: 'oauth2', [customFetch]: worker });
      expect((await processDiscoveryResponse(issuer, response)).issuer).toBe(server);
      expect(server).toBe(DESK);
    }
    // The metadata of one resource is not believed to be another's.
    const response = await send(`${API}${WELL_KNOWN}/v1/items/1`);
    await expect(processResourceDiscoveryResponse(new URL(`${API}/v1/items/2`), response)).rejects.toThrow(
      /resource/,
    );
  });

  it('a client finds, at the URL of the challenge, metadata of the very URL that it asked for', async () => {
    for (const [path, init] of [
      ['/v1/items/1', {}],
      ['/v1/items/1', { method: 'DELETE' }],
      ['/v1/any/a%20b', { headers: { authorization: 'Bearer nonsense' } }],
      ['/v1/pairs', { headers: { 'x-api-key': 'nonsense' } }],
    ] as const) {
      const refused = await send(`${API}${path}`, init);
      const url = metadataUrlOf(refused.headers.get('www-authenticate'));
      const metadata = await processResourceDiscoveryResponse(new URL(API + path), await send(url ?? ''));
      expect(metadata.resource).toBe(API + path);
    }
  });
});

describe('RFC 9728 §5.1 › WWW-Authenticate', () => {
  const metadata = `resource_metadata="${API}${WELL_KNOWN}/v1/items/1"`;

  it('names the metadata in every challenge of an API host, whatever is wrong', async () => {
    const { key } = await issueKey(await signIn());
    const pair = `Basic ${btoa(`${key.slice(0, 38)}:${'x'.repeat(61)}`)}`;
    const cases: readonly [init: RequestInit, challenge: string][] = [
      [{}, 'Bearer realm="acme-api"'],
      [{ headers: { authorization: 'Negotiate x' } }, 'Bearer realm="acme-api"'],
      [{ headers: { 'x-api-key': 'x' } }, 'Bearer realm="acme-api", error="invalid_token"'],
      [
        { headers: { authorization: pair } },
        'Basic realm="acme-api", charset="UTF-8", Bearer realm="acme-api", error="invalid_token"',
      ],
      [
        { headers: { authorization: 'Bearer x', 'x-api-key': 'x' } },
        'Bearer realm="acme-api", error="invalid_request"',
      ],
      [
        { method: 'DELETE', headers: { authorization: `Bearer ${key}` } },
        'Bearer realm="acme-api", error="insufficient_scope", scope="items:write"',
      ],
    ];
    for (const [init, challenge] of cases) {
      const { headers } = await send(`${API}/v1/items/1`, init);
      expect(headers.get('www-authenticate')).toBe(`${challenge}, ${metadata}`);
    }
    const inQuery = await send(`${API}/v1/items/1?api_key=x`);
    expect(inQuery.headers.get('www-authenticate')).toContain(metadata);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('names the resource and not its query', async () => {
    const refused = await call('nonsense', '/v1/items/1?page=2&"x"');
    expect(refused.headers.get('www-authenticate')).toContain(`${metadata}`);
    expect(refused.headers.get('www-authenticate')).not.toContain('page');
  });

  it('names the host that was asked', async () => {
    const refused = await send('https://api2.test:8443/v1/items/1');
    expect(metadataUrlOf(refused.headers.get('www-authenticate'))).toBe(
      `https://api2.test:8443${WELL_KNOWN}/v1/items/1`,
    );
  });

  it('is not at the Desk, which is no resource with metadata', async () => {
    const refused = await send(`${DESK}/v1/keys`);
    expect(refused.headers.get('www-authenticate')).toBe(`Bearer realm="${DESK}"`);
  });
});
