import { beforeEach, describe, expect, it } from 'vitest';
import { parseKey } from '../../src/model/key.ts';
import { basicOf, INVALID_REQUEST, notThatClient, oauthRefusal, pairOf } from '../oauth.ts';
import { askToken, badScope, postForm, spent, TOKEN_URL, tokenIn, tokenRequest } from '../token-endpoint.ts';
import { claimsOf, DESK, emulator, isolate, issueKey, send, signIn } from '../world.ts';

const GRANT = 'grant_type=client_credentials';

const newPair = async () => {
  const { key } = await issueKey(await signIn(), ['items:read', 'items:write']);
  return pairOf(key);
};

/** The two parameters of RFC 6749 §2.3.1. */
const inForm = ({ clientId, clientSecret }: Awaited<ReturnType<typeof newPair>>) => ({
  client_id: clientId,
  client_secret: clientSecret,
});

beforeEach(() => emulator('DELETE', '/faults'));

describe('RFC 6749 §2.3 › client authentication', () => {
  it('MUST NOT be in more than one way: both are refused, even when they are the same', async () => {
    const pair = await newPair();
    const calls = await spent(async () => {
      expect(await oauthRefusal(await askToken(pair, inForm(pair)))).toEqual(INVALID_REQUEST);
      const secretOnly = { client_secret: pair.clientSecret };
      expect(await oauthRefusal(await askToken(pair, secretOnly))).toEqual(INVALID_REQUEST);
    });
    expect(calls).toBe(0);
  });

  it('may name its client_id in the form besides, if it is the same', async () => {
    const pair = await newPair();
    await tokenIn(await askToken(pair, { client_id: pair.clientId }));
    expect(await oauthRefusal(await askToken(pair, { client_id: 'another' }))).toEqual(INVALID_REQUEST);
  });
});

describe('RFC 6749 §2.3.1 › client password', () => {
  it('MUST be taken by HTTP Basic', async () => {
    await tokenIn(await askToken(await newPair()));
  });

  it('in HTTP Basic is form-encoded, each half by itself', async () => {
    const { clientId, clientSecret } = await newPair();
    const encoded = [...clientId].map((c) => `%${c.charCodeAt(0).toString(16).padStart(2, '0')}`).join('');
    const authorization = `Basic ${btoa(`${encoded}:${clientSecret}`)}`;
    await tokenIn(await postForm(GRANT, { authorization }));
  });

  it('may be in the request body', async () => {
    await tokenIn(await askToken(null, inForm(await newPair())));
  });

  it.each(['client_id', 'client_secret'])('MUST NOT be in the URI: %s', async (name) => {
    const pair = await newPair();
    const url = `${TOKEN_URL}?${new URLSearchParams({ [name]: inForm(pair)[name as 'client_id'] })}`;
    const calls = await spent(async () => {
      expect(await oauthRefusal(await send(url, tokenRequest(pair)))).toEqual(INVALID_REQUEST);
    });
    expect(calls).toBe(0);
  });

  it('MUST be protected against guessing: a guess costs nothing and finds out nothing', async () => {
    const pair = await newPair();
    const { calls, fetch } = isolate();
    for (let i = 0; i < 30; i++) {
      const guess = { ...pair, clientSecret: `${String(i).padStart(pair.clientSecret.length, '0')}` };
      expect(await oauthRefusal(await askToken(guess, {}, fetch))).toEqual(notThatClient(true));
    }
    expect(calls).toEqual([]);
    await tokenIn(await askToken(pair, {}, fetch));
  });
});

describe('RFC 6749 §3.2 › the token endpoint', () => {
  it.each(['GET', 'HEAD', 'PUT', 'PATCH', 'DELETE'])('is asked by POST: %s is 405', async (method) => {
    const response = await send(TOKEN_URL, { method });
    expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('takes a parameter without a value as if it were not there (MUST)', async () => {
    const pair = await newPair();
    const token = await tokenIn(await askToken(pair, { scope: '', client_id: '', client_secret: '' }));
    expect(token.scope).toBe('items:read items:write');
    const { authorization } = tokenRequest(pair).headers as Record<string, string>;
    expect(await oauthRefusal(await postForm('grant_type=', { authorization: authorization ?? '' }))).toEqual(
      INVALID_REQUEST,
    );
  });

  it('ignores parameters that it does not know (MUST)', async () => {
    const pair = await newPair();
    const more = { resource: 'https://api.test', audience: 'x', user_id: 'user-test-1', project_id: 'p' };
    // Of the same token less may remain by then.
    const { expires_in: _, ...token } = await tokenIn(await askToken(pair, more));
    expect(await tokenIn(await askToken(pair))).toMatchObject(token);
  });

  it.each(['grant_type', 'scope', 'client_id', 'client_secret', 'unknown'])(
    'refuses a parameter that is there twice (MUST NOT): %s',
    async (name) => {
      const pair = await newPair();
      const form = new URLSearchParams({
        grant_type: 'client_credentials',
        ...inForm(pair),
        scope: 'items:read',
      });
      const value = form.get(name) ?? 'x';
      const twice = `${form}${form.has(name) ? '' : `&${name}=x`}&${new URLSearchParams({ [name]: value })}`;
      const calls = await spent(async () =>
        expect(await oauthRefusal(await postForm(twice))).toEqual(INVALID_REQUEST),
      );
      expect(calls).toBe(0);
    },
  );
});

describe('RFC 6749 §3.2.1 › client authentication at the token endpoint', () => {
  it('is demanded of a client with a secret (MUST): its id alone is nobody', async () => {
    const { clientId } = await newPair();
    expect(await oauthRefusal(await askToken(null, { client_id: clientId }))).toEqual(notThatClient(false));
  });
});

describe('RFC 6749 §3.3 › scope', () => {
  it('is a list of case-sensitive strings, whose order does not matter', async () => {
    const pair = await newPair();
    const { access_token } = await tokenIn(await askToken(pair));
    const turned = await tokenIn(await askToken(pair, { scope: 'items:write items:read' }));
    expect(turned.access_token).toBe(access_token);
    expect(await oauthRefusal(await askToken(pair, { scope: 'ITEMS:READ' }))).toEqual(badScope);
  });

  it('of the token is told where it is not what was asked for (MUST), and elsewhere too', async () => {
    const pair = await newPair();
    for (const form of [{}, { scope: 'items:read' }]) {
      const { scope, access_token } = await tokenIn(await askToken(pair, form));
      expect(claimsOf(access_token).scope).toBe(scope);
    }
  });

  it('that is left out is all that the client has: the default, as documented', async () => {
    expect((await tokenIn(await askToken(await newPair()))).scope).toBe('items:read items:write');
  });

  it('that was not given to the client makes the request fail', async () => {
    expect(await oauthRefusal(await askToken(await newPair(), { scope: 'admin:all' }))).toEqual(badScope);
  });
});

describe('RFC 6749 §4.4 › client credentials', () => {
  it('MUST only be used by confidential clients: a public one is refused', async () => {
    for (const client_id of ['acme-cli', 'nobody'])
      expect(await oauthRefusal(await askToken(null, { client_id }))).toEqual(notThatClient(false));
  });
});

describe('RFC 6749 §4.4.2 › the access token request', () => {
  it('has a grant_type (REQUIRED)', async () => {
    const authorization = basicOf(await newPair());
    expect(await oauthRefusal(await postForm('scope=items:read', { authorization }))).toEqual(
      INVALID_REQUEST,
    );
  });

  it('is a form in UTF-8', async () => {
    const authorization = basicOf(await newPair());
    expect(await oauthRefusal(await postForm(`${GRANT}&scope=%ff`, { authorization }))).toEqual(
      INVALID_REQUEST,
    );
  });

  it('is of a client that authenticates (MUST)', async () => {
    expect(await oauthRefusal(await postForm(GRANT))).toEqual(notThatClient(false));
  });
});

describe('RFC 6749 §4.4.3 › the access token response', () => {
  it('has no refresh token (SHOULD NOT)', async () => {
    expect(await tokenIn(await askToken(await newPair()))).not.toHaveProperty('refresh_token');
  });
});

describe('RFC 6749 §5.1 › a successful response', () => {
  it('is 200 with access_token, token_type and expires_in, in JSON', async () => {
    const response = await askToken(await newPair());
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(await tokenIn(response)).toEqual({
      ...{ access_token: expect.any(String), token_type: 'Bearer', scope: 'items:read items:write' },
      expires_in: expect.any(Number),
    });
  });

  it('has Cache-Control: no-store and Pragma: no-cache (MUST)', async () => {
    const { headers } = await askToken(await newPair());
    expect([headers.get('cache-control'), headers.get('pragma')]).toEqual(['no-store', 'no-cache']);
  });

  it('says no more of the life of the token than there is', async () => {
    const { access_token, expires_in } = await tokenIn(await askToken(await newPair()));
    const left = Number(claimsOf(access_token).exp) - Date.now() / 1000;
    expect(expires_in).toBeLessThanOrEqual(Math.ceil(left) + 1);
    expect(expires_in).toBeGreaterThan(3_500);
  });
});

describe('RFC 6749 §5.2 › an error response', () => {
  it('is 400 invalid_request for what is malformed', async () => {
    const authorization = basicOf(await newPair());
    for (const body of ['', 'grant_type', '%zz=1', `${GRANT}&${GRANT}`])
      expect(await oauthRefusal(await postForm(body, { authorization }))).toEqual(INVALID_REQUEST);
  });

  it('is 401 invalid_client for who does not authenticate, with the challenge (MUST) where the header was tried', async () => {
    const { clientId } = await newPair();
    const wrong = { clientId, clientSecret: 'wrong' };
    expect(await oauthRefusal(await askToken(wrong))).toEqual(notThatClient(true));
    expect(await oauthRefusal(await askToken(null, inForm(wrong)))).toEqual(notThatClient(false));
    const authorization = 'Digest username="x"';
    expect(await oauthRefusal(await postForm(GRANT, { authorization }))).toEqual(notThatClient(true));
  });

  it('is 400 unsupported_grant_type for every other grant', async () => {
    for (const grant_type of ['password', 'authorization_code', 'refresh_token', 'CLIENT_CREDENTIALS'])
      expect(await oauthRefusal(await askToken(await newPair(), { grant_type }))).toMatchObject({
        ...{ status: 400, error: 'unsupported_grant_type', challenge: null },
      });
  });

  it('is 400 invalid_scope for a scope that is malformed or not given to the client', async () => {
    const pair = await newPair();
    for (const scope of ['a  b', '"', 'admin:all'])
      expect(await oauthRefusal(await askToken(pair, { scope }))).toEqual(badScope);
  });

  it('says nothing outside of %x20-21 / %x23-5B / %x5D-7E (MUST NOT), whatever was asked', async () => {
    const pair = await newPair();
    // Checked by `oauthRefusal`, of each of these.
    for (const scope of ['a\\b', 'ä', "a'b", '\u0000', '<script>'])
      expect(await oauthRefusal(await askToken(pair, { scope }))).toEqual(badScope);
  });
});

describe('RFC 6749 §2.2 › the client identifier', () => {
  it('is the one that the key says: client_id and client_secret are the key, cut in two', async () => {
    const { key, key_id } = await issueKey(await signIn());
    expect(pairOf(key).clientId).toBe(key_id);
    expect(parseKey(key, { brands: ['acme'], environment: 'test' })?.clientId).toBe(key_id);
    expect(claimsOf((await tokenIn(await askToken(pairOf(key)))).access_token).sub).toBe(key_id);
  });
});

describe('RFC 6749 §3.2 › where the token endpoint is', () => {
  it('is told by the metadata, and has no fragment (MUST NOT)', async () => {
    const metadata = await (await send(`${DESK}/.well-known/oauth-authorization-server`)).json();
    expect(metadata).toMatchObject({ token_endpoint: TOKEN_URL });
    expect(new URL(TOKEN_URL).hash).toBe('');
  });
});
