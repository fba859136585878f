import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseKey } from '../../src/model/key.ts';
import { basicOf, INVALID_REQUEST, notThatClient, oauthRefusal, pairOf } from '../oauth.ts';
import { OPERATOR, operatorToken } from '../operators.ts';
import { askToken, badScope, postForm, spent, TOKEN_URL, tokenIn, tokenRequest } from '../token-endpoint.ts';
import { accessToken, claimsOf, DESK, emulator, isolate, issueKey, PROJECT, send, signIn } from '../world.ts';

const FORM = 'application/x-www-form-urlencoded';
const GRANT = 'grant_type=client_credentials';

const newKey = async () => {
  const session = await signIn();
  const { key } = await issueKey(session, ['items:read', 'items:write']);
  return { session, key, pair: pairOf(key) };
};

/** What Stytch's token endpoint was asked, request by request. */
const askedOfStytch = () =>
  vi
    .mocked(globalThis.fetch)
    .mock.calls.filter(([url]) => String(url).includes('/oauth2/token'))
    .map(([url, init]) => ({ url: String(url), init }));

beforeEach(() => emulator('DELETE', '/faults'));
afterEach(() => vi.mocked(globalThis.fetch).mockClear());

describe('OA-01 › a token request of the wrong form', () => {
  it.each(['GET', 'HEAD', 'PUT', 'DELETE', 'PATCH'])('by %s is 405', async (method) => {
    const response = await send(`${TOKEN_URL}?${GRANT}`, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it.each([
    ['application/json'],
    ['text/plain'],
    ['multipart/form-data'],
    ['multipart/form-data; boundary=x'],
    ['multipart/form-data; boundary="'],
    ['application/x-www-form-urlencoded, application/json'],
    ['application/x-www-form-urlencodedx'],
    ['application'],
    [';'],
    ['/'],
    ['x'.repeat(4_000)],
  ])('of type %j is 400, never 500, and nothing is asked', async (type) => {
    const { pair } = await newKey();
    const bodies = [GRANT, JSON.stringify({ grant_type: 'client_credentials' }), '--x\r\n'];
    const { calls, fetch } = isolate();
    for (const body of bodies) {
      const headers = { authorization: basicOf(pair), 'content-type': type };
      expect(await oauthRefusal(await fetch(TOKEN_URL, { method: 'POST', headers, body }))).toEqual(
        INVALID_REQUEST,
      );
    }
    expect(calls).toEqual([]);
  });

  it('of no type is 400', async () => {
    const { pair } = await newKey();
    const body = new Uint8Array(new TextEncoder().encode(GRANT));
    const headers = { authorization: basicOf(pair) };
    expect(await oauthRefusal(await send(TOKEN_URL, { method: 'POST', headers, body }))).toEqual(
      INVALID_REQUEST,
    );
  });

  it.each([
    ['both in header and form', (form: string) => `${GRANT}&${form}`],
    ['a secret in the form beside the header', (form: string) => `${GRANT}&${form.split('&')[1]}`],
    ['a parameter twice', () => `${GRANT}&scope=a&scope=a`],
    ['a grant twice', () => `${GRANT}&${GRANT}`],
    ['a name that is spelled in two ways', () => `${GRANT}&scope=a&sc%6Fpe=a`],
    ['no UTF-8', () => `${GRANT}&scope=%C3%28`],
    ['half an escape', () => `${GRANT}&scope=%4`],
    ['an assertion beside the header', () => `${GRANT}&client_assertion=a.b.c`],
    ['the type of one beside the header', () => `${GRANT}&client_assertion_type=x`],
  ])('with %s is 400, and nothing is asked', async (_, make) => {
    const { pair } = await newKey();
    const { calls, fetch } = isolate();
    const { clientId: client_id, clientSecret: client_secret } = pair;
    const body = make(new URLSearchParams({ client_id, client_secret }).toString());
    const headers = { authorization: basicOf(pair), 'content-type': FORM };
    const response = await fetch(TOKEN_URL, { method: 'POST', headers, body });
    expect(await oauthRefusal(response)).toEqual(INVALID_REQUEST);
    expect(calls).toEqual([]);
  });

  it('with an assertion beside a secret in the form is 400', async () => {
    const { pair } = await newKey();
    const { clientId: client_id, clientSecret: client_secret } = pair;
    const form = { client_id, client_secret, client_assertion: 'a.b.c' };
    expect(await oauthRefusal(await askToken(null, form))).toEqual(INVALID_REQUEST);
  });

  it('with a key in X-API-Key and a pair besides is 400', async () => {
    const { pair, key } = await newKey();
    const headers = { authorization: basicOf(pair), 'x-api-key': key };
    expect(await oauthRefusal(await postForm(GRANT, headers))).toEqual(INVALID_REQUEST);
    const { clientSecret: client_secret } = pair;
    const form = new URLSearchParams({ grant_type: 'client_credentials', client_secret }).toString();
    expect(await oauthRefusal(await postForm(form, { 'x-api-key': key }))).toEqual(INVALID_REQUEST);
  });

  it('with more than is read of a form is 413', async () => {
    const { pair } = await newKey();
    const response = await postForm(`${GRANT}&scope=${'a'.repeat(70_000)}`, { authorization: basicOf(pair) });
    expect(response.status).toBe(413);
  });

  it.each(['client_id', 'client_secret', 'grant_type', 'scope', 'token', 'device_code'])(
    'with %s in the URL is 400: URLs end up in logs',
    async (name) => {
      const { pair } = await newKey();
      const response = await send(`${TOKEN_URL}?${name}=x`, tokenRequest(pair));
      expect(await oauthRefusal(response)).toEqual(INVALID_REQUEST);
    },
  );
});

describe('OA-02 › grants that are not offered', () => {
  it.each([
    'password',
    'refresh_token',
    'implicit',
    'authorization_code',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:jwt-bearer',
    'urn:ietf:params:oauth:grant-type:saml2-bearer',
    'client_credentials ',
    '__proto__',
    'constructor',
    'toString',
  ])(
    '%s is 400 unsupported_grant_type before anybody is authenticated, and nothing is asked',
    async (grant_type) => {
      const { pair } = await newKey();
      const { calls, fetch } = isolate();
      const more = { username: 'a', password: 'b', assertion: 'c', subject_token: 'd', refresh_token: 'e' };
      const refused = await oauthRefusal(await askToken(pair, { grant_type, ...more }, fetch));
      expect(refused).toEqual({ ...INVALID_REQUEST, error: 'unsupported_grant_type' });
      expect(calls).toEqual([]);
    },
  );
});

describe('OA-03 › more scopes than the client has', () => {
  it.each([
    'admin:all',
    'items:read admin:all',
    'latchkey:admin',
    'items',
    'items:*',
    '*',
    'openid',
    'constructor',
  ])('%s is invalid_scope, and Stytch is not asked', async (scope) => {
    const { pair } = await newKey();
    await tokenIn(await askToken(pair));
    const calls = await spent(async () =>
      expect(await oauthRefusal(await askToken(pair, { scope }))).toEqual(badScope),
    );
    expect(calls).toBe(0);
  });
});

describe('OA-04 › what is asked of Stytch', () => {
  it('is at one URL, with four parameters and no header of the client’s, whatever he sends', async () => {
    const { pair, key } = await newKey();
    await tokenIn(await askToken(pair));
    vi.mocked(globalThis.fetch).mockClear();
    const hostile = {
      ...{ project_id: 'project-test-of-somebody-else', redirect_uri: 'https://evil.test' },
      ...{ request_uri: 'https://evil.test', claims: '{}', user_id: 'user-test-1', scope: 'items:read' },
    };
    const request = tokenRequest(pair, hostile);
    const headers = {
      ...(request.headers as Record<string, string>),
      ...{ 'x-forwarded-host': 'evil.test', forwarded: 'host=evil.test', cookie: 'stytch_session=x' },
      ...{ 'x-stytch-project-id': 'x', traceparent: '00-1' },
    };
    await tokenIn(await send(TOKEN_URL, { ...request, headers }));
    const asked = askedOfStytch();
    expect(asked).toHaveLength(1);
    const [{ url, init }] = asked as [(typeof asked)[0]];
    expect(url).toBe(`https://stytch.test/v1/public/${PROJECT}/oauth2/token`);
    expect(init).toMatchObject({ method: 'POST', headers: { 'content-type': FORM }, redirect: 'manual' });
    expect(Object.keys(init?.headers ?? {})).toEqual(['content-type']);
    const sent = new URLSearchParams(String(init?.body));
    const parsed = parseKey(key, { brands: ['acme'], environment: 'test' });
    expect([...sent]).toEqual([
      ['client_id', pair.clientId],
      ['client_secret', parsed?.clientSecret],
      ['grant_type', 'client_credentials'],
      ['scope', 'items:read'],
    ]);
  });

  it('is answered by name: nothing else of Stytch’s answer is passed on', async () => {
    const { pair } = await newKey();
    const real = vi.mocked(globalThis.fetch).getMockImplementation();
    vi.mocked(globalThis.fetch).mockImplementation(async (input, init) => {
      const response = (await real?.(input, init)) as Response;
      if (!String(input).includes('/oauth2/token') || !response.ok) return response;
      const more = {
        refresh_token: 'r',
        id_token: 'i',
        scope: 'admin:all',
        expires_in: 1e9,
      };
      return Response.json({ ...((await response.json()) as object), ...more });
    });
    try {
      const token = await tokenIn(await askToken(pair));
      expect(Object.keys(token).sort()).toEqual(['access_token', 'expires_in', 'scope', 'token_type']);
      expect([token.scope, token.expires_in <= 3600]).toEqual(['items:read items:write', true]);
    } finally {
      if (real !== undefined) vi.mocked(globalThis.fetch).mockImplementation(real);
    }
  });
});

describe('OA-05 › client assertions', () => {
  const TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

  it('are not offered: 401 invalid_client, whoever signed them, and 400 beside a good pair', async () => {
    const { pair, key } = await newKey();
    const assertion = await accessToken(key);
    const { calls, fetch } = isolate();
    const forms = [
      { client_assertion: assertion, client_assertion_type: TYPE },
      { client_assertion: assertion, client_assertion_type: TYPE, client_id: pair.clientId },
      { client_assertion: 'eyJhbGciOiJub25lIn0.e30.', client_assertion_type: TYPE },
      { client_assertion_type: TYPE },
      { client_assertion: assertion },
    ];
    for (const form of forms)
      expect(await oauthRefusal(await askToken(null, form, fetch))).toEqual(notThatClient(false));
    expect(await oauthRefusal(await askToken(pair, forms[0], fetch))).toEqual(INVALID_REQUEST);
    expect(calls).toEqual([]);
  });

  it('are not announced either', async () => {
    const metadata = await (await send(`${DESK}/.well-known/oauth-authorization-server`)).json();
    expect(JSON.stringify(metadata)).not.toContain('jwt');
  });
});

describe('SECURITY 2.6 › workers-oauth-provider 0.9.0 (#247): Basic', () => {
  it.each([
    'Basic',
    'Basic ',
    'Basic !!!!',
    'Basic bm9jb2xvbg==',
    'Basic Og==',
    'Basic OnNlY3JldA==',
    'Basic YTpi=',
    'Basic YTpiA',
    'Basic /////w==',
    `Basic ${btoa('a\u0000b:c')}`,
    `Basic ${btoa('%zz:c')}`,
    `Basic ${btoa('a:%e4')}`,
    `Basic ${btoa(`a:${'b'.repeat(1_100)}`)}`,
  ])('that is malformed is 401, never 500: %j', async (authorization) => {
    const { calls, fetch } = isolate();
    const headers = { authorization, 'content-type': FORM };
    const response = await fetch(TOKEN_URL, { method: 'POST', headers, body: GRANT });
    expect(await oauthRefusal(response)).toEqual(notThatClient(true));
    expect(calls).toEqual([]);
  });

  it.each(['basic', 'BASIC', 'bAsIc'])('is Basic in any case: %s', async (scheme) => {
    const { pair } = await newKey();
    const authorization = basicOf(pair).replace('Basic', scheme);
    await tokenIn(await postForm(GRANT, { authorization }));
  });

  it('that is there twice is 400', async () => {
    const { pair } = await newKey();
    const authorization = `${basicOf(pair)}, ${basicOf(pair)}`;
    expect(await oauthRefusal(await postForm(GRANT, { authorization }))).toEqual(INVALID_REQUEST);
  });
});

describe('SECURITY 2.6 › workers-oauth-provider 0.9.0 (#252): nothing to authenticate by', () => {
  it('is invalid_client, never invalid_token, and nobody is challenged for what he did not try', async () => {
    expect(await oauthRefusal(await postForm(GRANT))).toEqual(notThatClient(false));
    expect(await oauthRefusal(await postForm(`${GRANT}&client_secret=x`))).toEqual(notThatClient(false));
  });
});

describe('what is no client authentication', () => {
  it('a token, a key, a session or an operator’s token by itself are none: 401, and nothing is asked', async () => {
    const { session, key } = await newKey();
    const bearers = [key, await accessToken(key), session, await operatorToken(), 'x'];
    const { calls, fetch } = isolate();
    for (const bearer of bearers) {
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': FORM };
      for (const body of [GRANT, `${GRANT}&client_id=${OPERATOR}`])
        expect(await oauthRefusal(await fetch(TOKEN_URL, { method: 'POST', headers, body }))).toEqual(
          notThatClient(true),
        );
    }
    const headers = { 'x-api-key': key, 'content-type': FORM };
    const refused = await fetch(TOKEN_URL, { method: 'POST', headers, body: GRANT });
    expect(await oauthRefusal(refused)).toEqual(notThatClient(true));
    expect(calls).toEqual([]);
  });

  it('a pair of another’s id and one’s own secret is none', async () => {
    const one = await newKey();
    const other = await newKey();
    const mixed = { clientId: other.pair.clientId, clientSecret: one.pair.clientSecret };
    expect(await oauthRefusal(await askToken(mixed))).toEqual(notThatClient(true));
    const { access_token } = await tokenIn(await askToken(one.pair));
    expect(claimsOf(access_token).sub).toBe(one.pair.clientId);
  });
});
