import { beforeEach, describe, expect, it } from 'vitest';
import {
  asBearer,
  asClient,
  ask,
  halves,
  INACTIVE,
  NOT_THAT_BEARER,
  notThatClient,
  oauthRefusal,
  somebody,
} from '../oauth.ts';
import { operatorToken } from '../operators.ts';
import { accessToken, DESK, desk, emulator, issueKey, oddToken, send, signIn, subjectOf } from '../world.ts';

beforeEach(() => emulator('DELETE', '/faults'));

describe('RFC 7662 §2: the endpoint', () => {
  it('is named by the metadata of the authorization server (RFC 8414 §2), with how one authenticates there', async () => {
    const metadata = await (await send(`${DESK}/.well-known/oauth-authorization-server`)).json();
    expect(metadata).toMatchObject({
      introspection_endpoint: `${DESK}/oauth2/introspect`,
      introspection_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post'],
    });
  });
});

describe('RFC 7662 §2.1: the request', () => {
  it('is a POST of a form', async () => {
    const { token, key } = await somebody();
    expect((await ask('introspect', { token }, asClient(key))).status).toBe(200);
    const get = await send(`${DESK}/oauth2/introspect?token=x`, { headers: asClient(key) });
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    const asJson = await ask('introspect', '{}', { ...asClient(key), 'content-type': 'application/json' });
    expect(await oauthRefusal(asJson)).toMatchObject({ status: 400, error: 'invalid_request' });
  });

  it('has a token: REQUIRED', async () => {
    const { key } = await somebody();
    expect(await oauthRefusal(await ask('introspect', {}, asClient(key)))).toMatchObject({
      ...{ status: 400, error: 'invalid_request' },
    });
  });

  it('may have a token_type_hint: of another type or of none, the token is looked for all the same', async () => {
    const { token, key } = await somebody();
    for (const token_type_hint of ['access_token', 'refresh_token', 'urn:example:unknown'])
      expect(await (await ask('introspect', { token, token_type_hint }, asClient(key))).json()).toMatchObject(
        {
          active: true,
        },
      );
  });

  it('MUST be authorized: by client authentication, or by a separate access token as Bearer', async () => {
    const { token, key } = await somebody();
    const { client_id, client_secret } = halves(key);
    for (const [headers, form] of [
      [asClient(key), {}],
      [{}, { client_id, client_secret }],
      [asBearer(await operatorToken()), {}],
    ] as const)
      expect(await (await ask('introspect', { token, ...form }, headers)).json()).toMatchObject({
        active: true,
      });
    expect(await oauthRefusal(await ask('introspect', { token }))).toEqual(notThatClient(false));
  });
});

describe('RFC 7662 §2.2: the response', () => {
  it('is 200 and application/json, with active: REQUIRED, a boolean', async () => {
    const { token, key } = await somebody();
    for (const [each, active] of [
      [token, true],
      ['unknown', false],
    ] as const) {
      const answer = await ask('introspect', { token: each }, asClient(key));
      expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
      expect(((await answer.json()) as { active: unknown }).active).toBe(active);
    }
  });

  it('names scopes as a string with spaces between, and times as numbers of seconds', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session, ['items:read', 'items:write']);
    const token = await accessToken(key);
    const answer = (await (await ask('introspect', { token }, asClient(key))).json()) as Record<
      string,
      unknown
    >;
    expect(answer).toMatchObject({
      ...{ scope: 'items:read items:write', client_id: key_id, token_type: 'Bearer' },
      sub: subjectOf(session),
    });
    for (const time of [answer.exp, answer.iat]) expect(Number.isInteger(time)).toBe(true);
    expect(Number(answer.exp)).toBeGreaterThan(Number(answer.iat));
  });

  it('for a token that is not active, does not exist, or that the asker may not know of: SHOULD NOT include more', async () => {
    const [ada, eve] = [await somebody(), await somebody()];
    await desk(ada.session, 'DELETE', `/v1/keys/${ada.key_id}`);
    for (const [token, key] of [
      [ada.token, eve.key],
      [eve.token.slice(0, -4), eve.key],
      [eve.session, eve.key],
      ['nonsense', eve.key],
    ] as const)
      expect(await (await ask('introspect', { token }, asClient(key))).text()).toBe(INACTIVE);
  });

  it('says what the policy of the Ring is: a token that is narrowed there has fewer scopes', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session, ['items:read', 'items:write']);
    const token = await accessToken(key);
    await desk(session, 'PATCH', `/v1/keys/${key_id}`, { scopes: ['items:read'] });
    expect(await (await ask('introspect', { token }, asClient(key))).json()).toMatchObject({
      scope: 'items:read',
    });
  });
});

describe('RFC 7662 §2.3: the error response', () => {
  it('to a client that does not authenticate is 401, as RFC 6749 §5.2 says', async () => {
    const { token, key } = await somebody();
    const { client_id } = halves(key);
    const wrong = { authorization: `Basic ${btoa(`${client_id}:wrong`)}` };
    expect(await oauthRefusal(await ask('introspect', { token }, wrong))).toEqual(notThatClient(true));
    expect(await oauthRefusal(await ask('introspect', { token, client_id }))).toEqual(notThatClient(false));
  });

  it('to a Bearer token that is not good is 401, as RFC 6750 §3 says', async () => {
    const { token } = await somebody();
    for (const bearer of ['word', await oddToken({ kind: 'session', signer: 'foreign' })])
      expect(await oauthRefusal(await ask('introspect', { token }, asBearer(bearer)))).toEqual(
        NOT_THAT_BEARER,
      );
  });

  it('is none for a token that is not active: that is an answer', async () => {
    const { key } = await somebody();
    expect((await ask('introspect', { token: 'unknown' }, asClient(key))).status).toBe(200);
  });
});

describe('RFC 7662 §4: every check that applies is made', () => {
  it.each([
    ['whether it has ended', { exp: Math.floor(Date.now() / 1000) - 60 }],
    ['whether it is good already', { nbf: Math.floor(Date.now() / 1000) + 600 }],
    ['whether it is for this project', { aud: ['project-test-another'] }],
    ['who issued it', { iss: 'https://another.test' }],
  ])('%s', async (_, claims) => {
    const token = await oddToken({ kind: 'session', claims });
    const operator = asBearer(await operatorToken());
    expect(await (await ask('introspect', { token }, operator)).text()).toBe(INACTIVE);
  });

  it('its signature', async () => {
    const token = await oddToken({ kind: 'session', signer: 'foreign' });
    const operator = asBearer(await operatorToken());
    expect(await (await ask('introspect', { token }, operator)).text()).toBe(INACTIVE);
  });

  it('whether it was revoked', async () => {
    const { token, key } = await somebody();
    await ask('revoke', { token }, asClient(key));
    expect(await (await ask('introspect', { token }, asClient(key))).text()).toBe(INACTIVE);
  });

  it('an answer is kept by nobody', async () => {
    const { token, key } = await somebody();
    const answer = await ask('introspect', { token }, asClient(key));
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
});
