import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { foreignClient, madeUpPair } from '../foreign.ts';
import {
  asBearer,
  asClient,
  ask,
  basic,
  CANNOT_TELL,
  FORM,
  halves,
  INVALID_REQUEST,
  NOT_THAT_BEARER,
  notThatClient,
  oauthRefusal,
  somebody,
} from '../oauth.ts';
import { asOperator, OPERATOR, operatorToken, tokenOf } from '../operators.ts';
import { inUse } from '../secrets.ts';
import {
  BY,
  call,
  DESK,
  emulator,
  fault,
  isolate,
  now,
  oddToken,
  ownerOf,
  ringStub,
  rooms,
  send,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

type Headers = Readonly<Record<string, string>>;

const revoke = (form: Readonly<Record<string, string>>, headers: Headers = {}): Promise<Response> =>
  ask('revoke', form, headers);

/** A key, its user's session, an access token of it, and an isolate that has seen none of them. */
const setting = async () => ({ ...(await somebody()), here: isolate() });

/** What was to be ended lives on. */
const lives = async (...credentials: readonly string[]): Promise<void> => {
  for (const each of credentials) expect((await call(each, '/v1/strict/1')).status).toBe(200);
};

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
});
afterEach(now);

describe('POST /oauth2/revoke refuses a client that', () => {
  it('does not say who it is, and ends nothing', async () => {
    const { key, token, session, here } = await setting();
    for (const each of [key, token, session]) {
      const answer = await ask('revoke', { token: each }, {}, here.fetch);
      expect(await oauthRefusal(answer)).toEqual(notThatClient(false));
    }
    expect([here.calls, (await stytchCalls()).token]).toEqual([[], 1]);
    await lives(key, token, session);
  });

  it('has another secret, or none that anybody knows', async () => {
    const { key, key_id } = await setting();
    const { client_id, client_secret } = halves(key);
    const other = `${client_secret.slice(0, -1)}${client_secret.endsWith('0') ? '1' : '0'}`;
    inUse(other);
    const stranger = madeUpPair();
    for (const [form, headers, inHeader] of [
      [{}, basic(client_id, other), true],
      [{ client_id, client_secret: other }, {}, false],
      [{}, basic(stranger.clientId, stranger.clientSecret), true],
      [{ client_id: stranger.clientId, client_secret: stranger.clientSecret }, {}, false],
      [{ client_id: key_id }, {}, false],
      [{ client_id: 'somebody' }, {}, false],
      [{}, { authorization: 'Digest x=1' }, true],
      [{ client_assertion: 'a.b.c' }, {}, false],
    ] as const)
      expect(await oauthRefusal(await revoke({ token: key, ...form }, headers))).toEqual(
        notThatClient(inHeader),
      );
    await lives(key);
  });

  it('comes in two ways', async () => {
    const { key, token } = await setting();
    for (const [form, headers] of [
      [halves(key), asClient(key)],
      [halves(key), asBearer(token)],
      [{ client_id: 'acme-cli' }, asClient(key)],
    ] as const)
      expect(await oauthRefusal(await revoke({ token: key, ...form }, headers))).toEqual(INVALID_REQUEST);
    await lives(key, token);
  });

  it.each([
    ['a word', async () => 'word'],
    ['another’s signature', async () => oddToken({ kind: 'session', signer: 'foreign' })],
    ['a Connected App’s token', async () => oddToken({ kind: 'connectedApp' })],
  ])('comes as Bearer with %s', async (_, make) => {
    const { key } = await setting();
    expect(await oauthRefusal(await revoke({ token: key }, asBearer(await make())))).toEqual(NOT_THAT_BEARER);
    await lives(key);
  });

  it('is of somebody suspended, and comes by its secret: his session may still end it', async () => {
    const { key, session } = await setting();
    const ring = (await ringStub(session)) as unknown as Ring;
    await ring.suspend(ownerOf(session), 'an operator', BY);
    expect(await oauthRefusal(await revoke({ token: key }, asClient(key)))).toEqual({
      ...{ status: 400, error: 'unauthorized_client', challenge: null, retryAfter: null },
    });
    expect((await revoke({ token: key }, asBearer(session))).status).toBe(200);
    await ring.suspend(ownerOf(session), null, BY);
    expect((await isolate().call(key)).status).toBe(401);
  });
});

describe('POST /oauth2/revoke refuses a request', () => {
  it.each([
    ['without a token', {}],
    ['with an empty token', { token: '' }],
    ['with nothing but a hint', { token_type_hint: 'access_token' }],
  ])('%s', async (_, form) => {
    const { key } = await setting();
    expect(await oauthRefusal(await revoke(form, asClient(key)))).toEqual(INVALID_REQUEST);
    await lives(key);
  });

  it('with two tokens, a token in its URL, in JSON, or too long to be read', async () => {
    const { key } = await setting();
    const by = asClient(key);
    expect(await oauthRefusal(await ask('revoke', `token=${key}&token=${key}`, by))).toEqual(INVALID_REQUEST);
    expect(await oauthRefusal(await ask('revoke?token=a.b.c', { token: key }, by))).toEqual(INVALID_REQUEST);
    const asJson = { ...by, 'content-type': 'application/json' };
    expect(await oauthRefusal(await ask('revoke', `{"token":"${key}"}`, asJson))).toEqual(INVALID_REQUEST);
    const long = await revoke({ token: 'a'.repeat(70_000) }, by);
    expect(await oauthRefusal(long)).toEqual({ ...INVALID_REQUEST, status: 413 });
    await lives(key);
  });

  it.each(['GET', 'PUT', 'DELETE'])('by %s', async (method) => {
    const answer = await send(`${DESK}/oauth2/revoke`, { method, headers: { 'content-type': FORM } });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
  });

  it('for the access token of an operator, which ends by itself alone', async () => {
    const token = await operatorToken();
    const pair = basic(OPERATOR, 'copper-kettle-quiet-lantern');
    for (const by of [asBearer(token), pair])
      expect(await oauthRefusal(await revoke({ token }, by))).toEqual({
        ...{ status: 400, error: 'unsupported_token_type', challenge: null, retryAfter: null },
      });
  });
});

describe('POST /oauth2/revoke of a session JWT', () => {
  it('is unsupported_token_type for its user and for an operator: a session is ended at Stytch', async () => {
    const { session } = await setting();
    for (const by of [asBearer(session), asBearer(await operatorToken())])
      expect(await oauthRefusal(await revoke({ token: session }, by))).toEqual({
        ...{ status: 400, error: 'unsupported_token_type', challenge: null, retryAfter: null },
      });
    await lives(session);
  });

  it('is 200 for everybody else, who learns nothing of it', async () => {
    const { session, key } = await setting();
    for (const by of [asClient(key), asBearer(await signIn())]) {
      const answer = await revoke({ token: session }, by);
      expect([answer.status, await answer.text()]).toEqual([200, '']);
    }
    await lives(session);
  });
});

describe('POST /oauth2/revoke says that it cannot tell', () => {
  it.each([
    ['throws', () => Promise.reject(new Error('a fault'))],
    ['says nothing', async () => undefined],
    ['says null', async () => null],
    ['says something else', async () => ({ ended: 'everything' })],
  ])('where the Ring %s, and everything lives on', async (_, answer) => {
    const { key, token, session } = await setting();
    const here = isolate(withRing(answer));
    for (const each of [key, token])
      expect(await oauthRefusal(await ask('revoke', { token: each }, asBearer(session), here.fetch))).toEqual(
        CANNOT_TELL,
      );
    await lives(key, token, session);
  });

  it('where the Lobby of a foreign client is silent; when it comes again all is done', async () => {
    const session = await signIn();
    const { clientId: client_id, clientSecret: client_secret } = await foreignClient(subjectOf(session));
    await asOperator('POST', `/v1/users/${subjectOf(session)}/keys/import`, { client_id, client_secret });
    const token = await tokenOf(client_id, client_secret);
    for (const method of ['look', 'forgetTokens']) {
      const here = isolate(withLobby(method));
      const answer = await ask('revoke', { token }, asBearer(session), here.fetch);
      expect(await oauthRefusal(answer)).toEqual(CANNOT_TELL);
      await lives(token);
    }
    expect((await revoke({ token }, asBearer(session))).status).toBe(200);
    expect((await call(token, '/v1/strict/1')).status).toBe(401);
  });

  it('while the signing keys cannot be had; of a key it needs none', async () => {
    const { key, token, session } = await setting();
    for (const { name } of (await rooms.VAULT.list({ prefix: 'j1.' })).keys) await rooms.VAULT.delete(name);
    await fault('jwks', { kind: 'status', status: 500 });
    const here = isolate();
    const ended = await ask('revoke', { token }, asBearer(session), here.fetch);
    expect(await oauthRefusal(ended)).toEqual(CANNOT_TELL);
    await emulator('DELETE', '/faults');
    await lives(key, token);
  });
});

/** Rings that answer what a test wants when somebody is to be ended. */
const withRing = (answer: () => Promise<unknown>) => ({
  KEY_RING: {
    getByName: (name: string) =>
      new Proxy(rooms.KEY_RING.getByName(name), {
        get: (object, asked) =>
          asked === 'endPresented' || asked === 'revokeToken' ? answer : Reflect.get(object, asked),
      }),
  },
});

/** Lobbies of which one method fails. */
const withLobby = (method: string) => ({
  LOBBY: {
    getByName: (name: string) =>
      new Proxy(rooms.LOBBY.getByName(name), {
        get: (object, asked) =>
          asked === method ? () => Promise.reject(new Error('a fault')) : Reflect.get(object, asked),
      }),
  },
});
