import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { madeUpPair } from '../foreign.ts';
import {
  asBearer,
  asClient,
  ask,
  basic,
  CANNOT_TELL,
  FORM,
  halves,
  INACTIVE,
  INVALID_REQUEST,
  NOT_THAT_BEARER,
  notThatClient,
  oauthRefusal,
} from '../oauth.ts';
import { operatorToken } from '../operators.ts';
import { inUse } from '../secrets.ts';
import {
  accessToken,
  BY,
  DESK,
  desk,
  emulator,
  fault,
  isolate,
  issueKey,
  now,
  oddToken,
  ownerOf,
  ringStub,
  rooms,
  send,
  signIn,
  stytchCalls,
} from '../world.ts';

type Headers = Readonly<Record<string, string>>;

const introspect = (form: Readonly<Record<string, string>>, headers: Headers = {}): Promise<Response> =>
  ask('introspect', form, headers);

/** A key, its user's session, and an isolate that has seen neither. */
const setting = async () => {
  const session = await signIn();
  return { ...(await issueKey(session)), session, here: isolate() };
};

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
});
afterEach(now);

describe('POST /oauth2/introspect refuses a client that', () => {
  it('does not say who it is, and looks at no token', async () => {
    const { key, here } = await setting();
    const answer = await ask('introspect', { token: key }, {}, here.fetch);
    expect(await oauthRefusal(answer)).toEqual(notThatClient(false));
    expect([here.calls, (await stytchCalls()).token]).toEqual([[], undefined]);
  });

  it('does not say who it is and sends no token, for the first of both', async () => {
    expect(await oauthRefusal(await introspect({}))).toEqual(notThatClient(false));
    const wrong = basic('nobody', 'nothing');
    expect(await oauthRefusal(await introspect({}, wrong))).toEqual(notThatClient(true));
  });

  it('has another secret: with the challenge where it came in the header', async () => {
    const { key } = await setting();
    const { client_id, client_secret } = halves(key);
    const other = `${client_secret.slice(0, -1)}${client_secret.endsWith('0') ? '1' : '0'}`;
    inUse(other);
    const byHeader = await introspect({ token: key }, basic(client_id, other));
    expect(await oauthRefusal(byHeader)).toEqual(notThatClient(true));
    const byForm = await introspect({ token: key, client_id, client_secret: other });
    expect(await oauthRefusal(byForm)).toEqual(notThatClient(false));
  });

  it('nobody knows', async () => {
    const { key } = await setting();
    const { clientId: client_id, clientSecret: client_secret } = madeUpPair();
    expect(await oauthRefusal(await introspect({ token: key, client_id, client_secret }))).toEqual(
      notThatClient(false),
    );
    expect(await oauthRefusal(await introspect({ token: key }, basic(client_id, client_secret)))).toEqual(
      notThatClient(true),
    );
  });

  it.each(['acme-cli', 'somebody'])('has no secret: %s', async (client_id) => {
    const { key } = await setting();
    expect(await oauthRefusal(await introspect({ token: key, client_id }))).toEqual(notThatClient(false));
  });

  it('has a key without its secret', async () => {
    const { key, key_id } = await setting();
    expect(await oauthRefusal(await introspect({ token: key, client_id: key_id }))).toEqual(
      notThatClient(false),
    );
  });

  it('comes by an assertion, or by a scheme that nobody speaks', async () => {
    const { key } = await setting();
    const client_assertion_type = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
    expect(await oauthRefusal(await introspect({ token: key, client_assertion_type }))).toEqual(
      notThatClient(false),
    );
    expect(await oauthRefusal(await introspect({ token: key }, { authorization: 'Digest x=1' }))).toEqual(
      notThatClient(true),
    );
  });

  it('comes in two ways', async () => {
    const { key } = await setting();
    for (const [form, headers] of [
      [halves(key), asClient(key)],
      [halves(key), asBearer(key)],
      [{ client_id: 'another' }, asClient(key)],
    ] as const)
      expect(await oauthRefusal(await introspect({ token: key, ...form }, headers))).toEqual(INVALID_REQUEST);
    const twice = { ...asBearer(key), 'x-api-key': key };
    expect(await oauthRefusal(await introspect({ token: key }, twice))).toEqual(INVALID_REQUEST);
  });

  it('is of somebody suspended', async () => {
    const { key, session } = await setting();
    const token = await accessToken(key);
    const ring = (await ringStub(session)) as unknown as Ring;
    await ring.suspend(ownerOf(session), 'an operator', BY);
    expect(await oauthRefusal(await introspect({ token: key }, asClient(key)))).toEqual({
      ...{ status: 400, error: 'unauthorized_client', challenge: null, retryAfter: null },
    });
    for (const bearer of [key, token])
      expect(await oauthRefusal(await introspect({ token: key }, asBearer(bearer)))).toEqual({
        ...{ status: 400, error: 'unauthorized_client', challenge: null, retryAfter: null },
      });
  });
});

describe('POST /oauth2/introspect refuses a Bearer token that', () => {
  it.each([
    ['is a word', async () => 'word'],
    ['is no JWT', async () => 'a.b.c'],
    ['is a made-up key', async () => `acme_test_${'0'.repeat(28)}_${'0'.repeat(61)}`],
    ['is signed by another', async () => oddToken({ kind: 'session', signer: 'foreign' })],
    [
      'has ended',
      async () => oddToken({ kind: 'session', claims: { exp: Math.floor(Date.now() / 1000) - 60 } }),
    ],
    ['is a Connected App’s', async () => oddToken({ kind: 'connectedApp' })],
    ['is an ID token', async () => oddToken({ kind: 'idToken' })],
  ])('%s', async (_, make) => {
    const { key } = await setting();
    expect(await oauthRefusal(await introspect({ token: key }, asBearer(await make())))).toEqual(
      NOT_THAT_BEARER,
    );
  });

  it('was revoked', async () => {
    const { key, key_id, session } = await setting();
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    expect(await oauthRefusal(await introspect({ token: session }, asBearer(key)))).toEqual(NOT_THAT_BEARER);
    expect(await oauthRefusal(await introspect({ token: session }, asClient(key)))).toEqual(
      notThatClient(true),
    );
  });
});

describe('POST /oauth2/introspect refuses a request', () => {
  it.each([
    ['without a token', {}],
    ['with an empty token', { token: '' }],
    ['with nothing but a hint', { token_type_hint: 'access_token' }],
  ])('%s', async (_, form) => {
    const { key } = await setting();
    expect(await oauthRefusal(await introspect(form, asClient(key)))).toEqual(INVALID_REQUEST);
  });

  it('with two tokens, or a token in its URL', async () => {
    const { key } = await setting();
    expect(await oauthRefusal(await ask('introspect', 'token=a.b.c&token=a.b.c', asClient(key)))).toEqual(
      INVALID_REQUEST,
    );
    const inUrl = ask('introspect?token=a.b.c', { token: 'a.b.c' }, asClient(key));
    expect(await oauthRefusal(await inUrl)).toEqual(INVALID_REQUEST);
  });

  it('in JSON, and what is too long to be read', async () => {
    const { key } = await setting();
    const asJson = { ...asClient(key), 'content-type': 'application/json' };
    expect(await oauthRefusal(await ask('introspect', '{"token":"a"}', asJson))).toEqual(INVALID_REQUEST);
    const long = await introspect({ token: 'a'.repeat(70_000) }, asClient(key));
    expect(await oauthRefusal(long)).toEqual({ ...INVALID_REQUEST, status: 413 });
  });

  it.each(['GET', 'PUT', 'DELETE'])('by %s', async (method) => {
    const answer = await send(`${DESK}/oauth2/introspect`, { method, headers: { 'content-type': FORM } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('as early data', async () => {
    const { key } = await setting();
    const early = await introspect({ token: key }, { ...asClient(key), 'early-data': '1' });
    expect(early.status).toBe(425);
  });
});

describe('POST /oauth2/introspect says that it cannot tell', () => {
  it('while Stytch is silent, of a key that nobody here knows', async () => {
    const { key, here } = await setting();
    const operator = asBearer(await operatorToken());
    await fault('token', { kind: 'status', status: 500 });
    const answer = await ask('introspect', { token: key }, operator, here.fetch);
    expect(await oauthRefusal(answer)).toEqual(CANNOT_TELL);
  });

  it('while the signing keys cannot be had', async () => {
    const { session } = await setting();
    for (const { name } of (await rooms.VAULT.list({ prefix: 'j1.' })).keys) await rooms.VAULT.delete(name);
    await fault('jwks', { kind: 'status', status: 500 });
    const answer = await ask('introspect', { token: session }, asBearer(session), isolate().fetch);
    expect(await oauthRefusal(answer)).toEqual(CANNOT_TELL);
  });

  it.each([
    ['throws', () => Promise.reject(new Error('a fault'))],
    ['says nothing', async () => undefined],
    ['says null', async () => null],
    ['says something else', async () => ({ standing: { status: 'sunny' }, grant: null, sealed: null })],
  ])('where the Ring %s, of everything that it is asked about', async (said, answer) => {
    const { key, session } = await setting();
    const token = await accessToken(key);
    const operator = asBearer(await operatorToken());
    // That there is no record is an answer: see below.
    for (const method of said === 'says null' ? ['admit'] : ['admit', 'get']) {
      const here = isolate(ringThat(method, answer));
      for (const each of method === 'get' ? [key] : [key, token, session])
        expect(
          await oauthRefusal(await ask('introspect', { token: each }, operator, here.fetch)),
          `${method}: ${each.slice(0, 9)}`,
        ).toEqual(CANNOT_TELL);
    }
    expect(await (await introspect({ token: key }, operator)).json()).toMatchObject({ active: true });
  });

  it('where the Ring has no record of the key any more that it vouched for: not active', async () => {
    const { key } = await setting();
    const here = isolate(ringThat('get', async () => null));
    const operator = asBearer(await operatorToken());
    expect(await (await ask('introspect', { token: key }, operator, here.fetch)).text()).toBe(INACTIVE);
  });
});

/** Rings of which one method answers what a test wants. */
const ringThat = (method: string, answer: () => Promise<unknown>) => ({
  KEY_RING: {
    getByName: (name: string) =>
      new Proxy(rooms.KEY_RING.getByName(name), {
        get: (object, asked) => (asked === method ? answer : Reflect.get(object, asked)),
      }),
  },
});
