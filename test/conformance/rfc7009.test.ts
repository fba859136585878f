import { beforeEach, describe, expect, it } from 'vitest';
import {
  asBearer,
  asClient,
  ask,
  halves,
  isActive,
  notThatClient,
  oauthRefusal,
  somebody,
} from '../oauth.ts';
import { operatorToken } from '../operators.ts';
import { call, DESK, emulator, isolate, rooms, send } from '../world.ts';

beforeEach(() => emulator('DELETE', '/faults'));

describe('RFC 7009 §2: the endpoint', () => {
  it('is named by the metadata of the authorization server (RFC 8414 §2), with how one authenticates there', async () => {
    const metadata = await (await send(`${DESK}/.well-known/oauth-authorization-server`)).json();
    expect(metadata).toMatchObject({
      revocation_endpoint: `${DESK}/oauth2/revoke`,
      revocation_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
    });
  });

  it('takes POST alone', async () => {
    const { key, token } = await somebody();
    const get = await send(`${DESK}/oauth2/revoke?token=x`, { headers: asClient(key) });
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect(await isActive(token)).toBe(true);
  });

  it('MUST support the revocation of access tokens, and supports keys', async () => {
    const { key, token } = await somebody();
    for (const each of [token, key]) {
      expect((await ask('revoke', { token: each }, asClient(key))).status).toBe(200);
      expect(await isActive(each)).toBe(false);
    }
  });
});

describe('RFC 7009 §2.1: the request', () => {
  it('is a form with a token: REQUIRED', async () => {
    const { key } = await somebody();
    expect(await oauthRefusal(await ask('revoke', {}, asClient(key)))).toMatchObject({
      ...{ status: 400, error: 'invalid_request' },
    });
    const asJson = await ask('revoke', '{}', { ...asClient(key), 'content-type': 'application/json' });
    expect(await oauthRefusal(asJson)).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it.each(['access_token', 'refresh_token', 'urn:example:unknown'])(
    'may have a token_type_hint, which is looked beyond: %s',
    async (token_type_hint) => {
      const { key, token } = await somebody();
      for (const each of [token, key]) {
        expect((await ask('revoke', { token: each, token_type_hint }, asClient(key))).status).toBe(200);
        expect(await isActive(each)).toBe(false);
      }
    },
  );

  it('carries the client’s credentials as RFC 6749 §2.3 says: they are validated first', async () => {
    const { key, token } = await somebody();
    const { client_id, client_secret } = halves(key);
    expect(await oauthRefusal(await ask('revoke', { token }))).toEqual(notThatClient(false));
    expect(await oauthRefusal(await ask('revoke', { token, client_id, client_secret: 'wrong' }))).toEqual(
      notThatClient(false),
    );
    const wrong = { authorization: `Basic ${btoa(`${client_id}:wrong`)}` };
    expect(await oauthRefusal(await ask('revoke', { token }, wrong))).toEqual(notThatClient(true));
    expect(await isActive(token)).toBe(true);
    expect((await ask('revoke', { token, client_id, client_secret })).status).toBe(200);
  });

  it('may be of a public client, of which only that it is known is validated', async () => {
    const { token } = await somebody();
    expect((await ask('revoke', { token, client_id: 'acme-cli' })).status).toBe(200);
    expect(await oauthRefusal(await ask('revoke', { token, client_id: 'unknown-cli' }))).toEqual(
      notThatClient(false),
    );
    expect(await isActive(token)).toBe(true);
  });

  it('is for a token that was issued to this client, or nothing is done', async () => {
    const [ada, eve] = [await somebody(), await somebody()];
    for (const each of [ada.token, ada.key, ada.session]) {
      expect((await ask('revoke', { token: each }, asClient(eve.key))).status).toBe(200);
      expect(await isActive(each)).toBe(true);
    }
  });

  it('invalidates at once: the token cannot be used again', async () => {
    const { key, token } = await somebody();
    await ask('revoke', { token }, asClient(key));
    await rooms.ORIGIN.reset();
    expect((await call(token, '/v1/strict/1')).status).toBe(401);
    expect((await isolate().call(token)).status).toBe(401);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('ends the access tokens with the key that they were got by (SHOULD)', async () => {
    const { key, token } = await somebody();
    await ask('revoke', { token: key }, asClient(key));
    expect(await isActive(token)).toBe(false);
  });

  it('leaves the key alive where one of its tokens is revoked (MAY)', async () => {
    const { key, token } = await somebody();
    await ask('revoke', { token }, asClient(key));
    expect([await isActive(token), await isActive(key)]).toEqual([false, true]);
  });
});

describe('RFC 7009 §2.2: the response', () => {
  it('is 200 where the token was revoked, with nothing in its body', async () => {
    const { key, token } = await somebody();
    const answer = await ask('revoke', { token }, asClient(key));
    expect([answer.status, await answer.text(), answer.headers.get('content-type')]).toEqual([200, '', null]);
  });

  it('is 200 where the token is invalid: there is nothing that the client could do about it', async () => {
    const { key, token } = await somebody();
    for (const each of ['nonsense', 'a.b.c', token, token])
      expect((await ask('revoke', { token: each }, asClient(key))).status).toBe(200);
  });

  it('is none of the errors for an invalid token_type_hint', async () => {
    const { key, token } = await somebody();
    const form = { token, token_type_hint: 'nonsense' };
    expect((await ask('revoke', form, asClient(key))).status).toBe(200);
  });
});

describe('RFC 7009 §2.2.1: the error response', () => {
  it('is unsupported_token_type for a token that cannot be revoked', async () => {
    const token = await operatorToken();
    expect(await oauthRefusal(await ask('revoke', { token }, asBearer(token)))).toMatchObject({
      ...{ status: 400, error: 'unsupported_token_type' },
    });
  });

  it('is 503 with Retry-After while the server cannot do it: the token still exists', async () => {
    const { key, token } = await somebody();
    const silent = {
      KEY_RING: {
        getByName: (name: string) =>
          new Proxy(rooms.KEY_RING.getByName(name), {
            get: (object, asked) =>
              asked === 'revokeToken'
                ? () => Promise.reject(new Error('silent'))
                : Reflect.get(object, asked),
          }),
      },
    };
    const answer = await ask('revoke', { token }, asClient(key), isolate(silent).fetch);
    expect(await oauthRefusal(answer)).toMatchObject({ status: 503, retryAfter: '1' });
    expect(await isActive(token)).toBe(true);
  });
});

describe('RFC 7009 §2.3: cross-origin support', () => {
  it('is OPTIONAL, and not offered: no answer may be read by a script of another origin', async () => {
    const { key, token } = await somebody();
    const answer = await ask('revoke', { token }, { ...asClient(key), origin: 'https://app.acme.com' });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });
});

describe('RFC 7009 §5: what is guessed', () => {
  it('by somebody who does not authenticate is not tried at all', async () => {
    const { token } = await somebody();
    const here = isolate();
    await ask('revoke', { token }, {}, here.fetch);
    expect(here.calls).toEqual([]);
  });
});
