import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Env, latchkeyFor } from '../../src/assemble.ts';
import type { Lobby, LobbyLookRequest, Ring } from '../../src/model/ports.ts';
import { lobbyName } from '../../src/ring/lobby-name.ts';
import type { Pair } from '../foreign.ts';
import { foreignClient, lobbiesUnder, madeUpPair, secretName } from '../foreign.ts';
import { basicOf, CANNOT_TELL, notThatClient, oauthRefusal } from '../oauth.ts';
import { OPERATOR, OPERATOR_SECRET } from '../operators.ts';
import settings from '../settings.ts';
import { askToken, badScope, spent, tokenIn } from '../token-endpoint.ts';
import {
  API,
  atStytch,
  BY,
  claimsOf,
  DESK,
  desk,
  dumpOfRing,
  emulator,
  fault,
  isolate,
  later,
  now,
  ownerOf,
  ringStub,
  rooms,
  send,
  signIn,
} from '../world.ts';

const READ = { scope: 'items:read' };
/** As a Lobby answers. */
const KEPT = {
  ...{ result: 'token', sealed: 's', expiresAt: 9e9, made: false },
  owner: { kind: 'client', id: OPERATOR, organizationId: null },
};

const OPERATORS_PAIR = { clientId: OPERATOR, clientSecret: OPERATOR_SECRET };

/** A client that was made at Stytch, imported for a user. */
const imported = async (scopes: readonly string[] = ['items:read', 'items:write']) => {
  const session = await signIn();
  const owner = ownerOf(session);
  const { clientId, clientSecret } = await foreignClient(owner.id);
  const lobby = lobbyStub(clientId) as unknown as Lobby;
  await lobby.claim({ clientId, owner });
  const ring = (await ringStub(session)) as unknown as Ring;
  const adopted = await ring.adopt(
    owner,
    {
      ...{ clientId, createdBy: owner.id, name: 'billing', description: '', scopes },
      ...{ expiresAt: null, limit: null },
    },
    BY,
  );
  expect(adopted.ok).toBe(true);
  return { session, owner, ring, lobby, pair: { clientId, clientSecret } };
};

const lobbyStub = (clientId: string): DurableObjectStub => rooms.LOBBY.getByName(lobbyName(clientId));

/** Has the Lobby of a client forget it, and come to life again under the file of now. */
const anew = async (clientId: string): Promise<void> => {
  await (lobbyStub(clientId) as unknown as Lobby).look({ clientId, fingerprint: null });
  await runInDurableObject(lobbyStub(clientId), (_lobby, { storage }) => {
    for (const table of ['owners', 'secrets', 'failures', 'scoped_tokens'])
      storage.sql.exec(`DELETE FROM ${table}`);
  });
  await evictDurableObject(lobbyStub(clientId));
};

/** What is kept for parts of the scopes of a pair. */
const rowsOf = async (pair: Pair) => {
  const { fingerprint } = await secretName(pair);
  const { scoped_tokens: rows = [] } = await dumpOfRing(lobbyStub(pair.clientId));
  return rows.filter((row) => row.fingerprint === fingerprint);
};

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(async () => {
  await now();
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/switches');
});

describe('the pair of a client that was made at Stytch', () => {
  it('is given its own token once it is imported: one call while cold, none while warm', async () => {
    const { pair, owner } = await imported();
    let token = '';
    const cold = await spent(async () => {
      token = (await tokenIn(await askToken(pair))).access_token;
    });
    expect(claimsOf(token)).toMatchObject({ sub: pair.clientId, user_id: owner.id });
    expect([cold, await spent(async () => tokenIn(await askToken(pair)))]).toEqual([1, 0]);
  });

  it('costs one call for twenty at once, in four isolates', async () => {
    const { pair } = await imported();
    const isolates = Array.from({ length: 4 }, () => isolate());
    const asked = Array.from({ length: 20 }, (_, i) => isolates[i % 4]?.fetch);
    const calls = await spent(async () => {
      const answers = await Promise.all(asked.map((fetch) => askToken(pair, {}, fetch)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    });
    expect(calls).toBe(1);
  });

  it('is given one for part of its scopes: one call of its own, kept by its Lobby', async () => {
    const { pair } = await imported();
    await tokenIn(await askToken(pair));
    const asked = async () => expect((await tokenIn(await askToken(pair, READ))).scope).toBe('items:read');
    expect([await spent(asked), await spent(asked)]).toEqual([1, 0]);
    const answers: Response[] = [];
    const calls = await spent(async () => {
      const write = { scope: 'items:write' };
      answers.push(...(await Promise.all(Array.from({ length: 20 }, () => askToken(pair, write)))));
    });
    expect([calls, new Set(answers.map(({ status }) => status))]).toEqual([1, new Set([200])]);
    expect(await rowsOf(pair)).toHaveLength(2);
  });

  it('is refused scopes that it has not, by the word of its Ring', async () => {
    const { pair } = await imported(['items:read']);
    const token = await tokenIn(await askToken(pair));
    // At Stytch it has more: what is handed out says what its Ring grants.
    expect([token.scope, claimsOf(token.access_token).scope]).toEqual(['items:read', 'items:read']);
    const calls = await spent(async () => {
      expect(await oauthRefusal(await askToken(pair, { scope: 'items:write' }))).toEqual(badScope);
    });
    expect(calls).toBe(0);
  });

  it('is not authenticated where nobody imported it, or its secret is wrong', async () => {
    const nobodys = await foreignClient();
    const calls = await spent(async () => {
      expect(await oauthRefusal(await askToken(nobodys))).toEqual(notThatClient(true));
      expect(await oauthRefusal(await askToken(madeUpPair()))).toEqual(notThatClient(true));
    });
    expect(calls).toBe(0);
    const { pair } = await imported();
    const wrong = madeUpPair(pair.clientId);
    expect(await oauthRefusal(await askToken(wrong))).toEqual(notThatClient(true));
    expect(await spent(async () => oauthRefusal(await askToken(wrong)))).toBe(0);
  });

  it('is guessed at behind the budgets of its Lobby: 429, and who has it goes on', async () => {
    const { pair } = await imported();
    await tokenIn(await askToken(pair));
    const statuses: number[] = [];
    for (let i = 0; i < 15; i++)
      statuses.push((await askToken(madeUpPair(pair.clientId), {}, isolate().fetch)).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    await tokenIn(await askToken(pair, READ, isolate().fetch));
  });

  it('that is revoked here is not authenticated, and suspended it is unauthorized', async () => {
    const { pair, session, ring, owner } = await imported();
    await tokenIn(await askToken(pair, READ));
    await ring.suspend(owner, 'unpaid', BY);
    expect(await oauthRefusal(await askToken(pair, READ, isolate().fetch))).toEqual({
      ...{ status: 400, error: 'unauthorized_client', challenge: null, retryAfter: null },
    });
    await ring.suspend(owner, null, BY);
    await desk(session, 'DELETE', `/v1/keys/${pair.clientId}`);
    expect(await oauthRefusal(await askToken(pair, READ, isolate().fetch))).toEqual(notThatClient(true));
  });

  it('has no tokens for parts of its scopes any more once its Lobby forgets it', async () => {
    const { pair, owner, lobby } = await imported();
    await tokenIn(await askToken(pair, READ));
    expect(await rowsOf(pair)).toHaveLength(1);
    await lobby.release({ clientId: pair.clientId, owner });
    expect(await rowsOf(pair)).toEqual([]);
  });

  it('whose secret Stytch no longer takes is forgotten with what it opened', async () => {
    const { pair } = await imported();
    await tokenIn(await askToken(pair, READ));
    await atStytch('DELETE', `/v1/m2m/clients/${pair.clientId}`);
    expect(await oauthRefusal(await askToken(pair, { scope: 'items:write' }))).toEqual(notThatClient(true));
    expect(await rowsOf(pair)).toEqual([]);
  });

  it('is 503 while Stytch is silent and nothing is kept, also in grace: there is no token then', async () => {
    const { pair } = await imported();
    await later(0);
    await tokenIn(await askToken(pair));
    await fault('token', { kind: 'status', status: 503 });
    expect(await oauthRefusal(await askToken(pair, READ))).toEqual(CANNOT_TELL);
    await later(3_700);
    expect(await oauthRefusal(await askToken(pair))).toEqual(CANNOT_TELL);
  });
});

describe('a Lobby that does not answer', () => {
  const withLobby = (exchange: () => Promise<unknown>) =>
    isolate({
      LOBBY: {
        getByName: (name: string) => {
          const real = rooms.LOBBY.getByName(name) as unknown as Lobby;
          return { exchange, look: (request: LobbyLookRequest) => real.look(request) };
        },
      },
    });

  it.each([
    ['is gone', async () => Promise.reject(new Error('gone'))],
    ['answers nothing', async () => null],
    ['answers something else', async () => ({ exchanged: { result: 'token', token: 'x' }, stytchMs: 0 })],
    ['gives garbage for a token', async () => ({ exchanged: { ...KEPT, token: 'x' }, stytchMs: 0 })],
  ])('is no verdict on a client or an operator: 503 where it %s', async (_, exchange) => {
    const { pair } = await imported();
    await tokenIn(await askToken(pair));
    const { fetch } = withLobby(exchange);
    for (const each of [pair, OPERATORS_PAIR])
      for (const form of [{}, READ])
        expect(await oauthRefusal(await askToken(each, form, fetch))).toEqual(CANNOT_TELL);
  });
});

describe('the pair of a listed operator', () => {
  // All of them are of one client, and other tests moved the clock.
  beforeEach(() => anew(OPERATOR));

  it('is given its own token, which opens the operators’ door; one call while cold, none while warm', async () => {
    let token = '';
    const cold = await spent(async () => {
      token = (await tokenIn(await askToken(OPERATORS_PAIR))).access_token;
    });
    expect(claimsOf(token)).toMatchObject({
      sub: OPERATOR,
      scope: expect.stringContaining('latchkey:admin'),
    });
    const headers = { authorization: `Bearer ${token}` };
    expect((await send(`${DESK}/v1/users/user-test-1/keys`, { headers })).status).toBe(200);
    const warm = await spent(async () => tokenIn(await askToken(OPERATORS_PAIR, {}, isolate().fetch)));
    expect([cold, warm]).toEqual([1, 0]);
  });

  it('is given one for part of its scopes, and none that it has not', async () => {
    const token = await tokenIn(await askToken(OPERATORS_PAIR, { scope: 'latchkey:admin' }));
    expect(claimsOf(token.access_token).scope).toBe('latchkey:admin');
    expect(await oauthRefusal(await askToken(OPERATORS_PAIR, { scope: 'items:nothing' }))).toEqual(badScope);
  });

  it('costs one call for twenty at once, in four isolates', async () => {
    const isolates = Array.from({ length: 4 }, () => isolate());
    const asked = Array.from({ length: 20 }, (_, i) => isolates[i % 4]?.fetch);
    const calls = await spent(async () => {
      const answers = await Promise.all(asked.map((fetch) => askToken(OPERATORS_PAIR, {}, fetch)));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    });
    expect(calls).toBe(1);
  });

  it('is nobody at the Gate, before and after: 401, the origin not called, no exchange', async () => {
    const atGate = () =>
      isolate().fetch(`${API}/v1/any/1`, { headers: { authorization: basicOf(OPERATORS_PAIR) } });
    expect((await atGate()).status).toBe(401);
    const here = isolate();
    await tokenIn(await askToken(OPERATORS_PAIR, {}, here.fetch));
    const calls = await spent(async () => {
      expect((await atGate()).status).toBe(401);
      const same = await here.fetch(`${API}/v1/any/1`, {
        headers: { authorization: basicOf(OPERATORS_PAIR) },
      });
      expect(same.status).toBe(401);
      const whoami = await here.fetch(`${DESK}/v1/whoami`, {
        headers: { authorization: basicOf(OPERATORS_PAIR) },
      });
      expect(whoami.status).toBe(401);
      const door = await here.fetch(`${DESK}/v1/users/user-test-1/keys`, {
        headers: { authorization: basicOf(OPERATORS_PAIR) },
      });
      expect(door.status).toBe(403);
    });
    expect([calls, await rooms.ORIGIN.records()]).toEqual([0, []]);
    const { owners = [] } = await dumpOfRing(lobbyStub(OPERATOR));
    expect(owners.filter(({ client_id }) => client_id === OPERATOR)).toEqual([]);
  });

  it.each(['any', 'off'] as const)('is treated so where foreignClients is %s too', async (foreignClients) => {
    const lobbies = lobbiesUnder({ foreignClients });
    await anew(OPERATOR);
    const file = latchkeyFor({ ...settings, foreignClients });
    const here = isolate({}, (vars: Env) => file({ ...(env as unknown as Env), ...vars }));
    await tokenIn(await askToken(OPERATORS_PAIR, {}, here.fetch));
    const refused = await here.fetch(`${API}/v1/any/1`, {
      headers: { authorization: basicOf(OPERATORS_PAIR) },
    });
    expect([refused.status, await rooms.ORIGIN.records()]).toEqual([401, []]);
    lobbies.mockRestore();
    await anew(OPERATOR);
  });

  it('with a wrong secret is not authenticated, behind the budgets, and who has it goes on', async () => {
    const here = isolate();
    await tokenIn(await askToken(OPERATORS_PAIR, {}, here.fetch));
    const wrong = madeUpPair(OPERATOR);
    expect(await oauthRefusal(await askToken(wrong, {}, here.fetch))).toEqual(notThatClient(true));
    expect(await spent(async () => oauthRefusal(await askToken(wrong, {}, here.fetch)))).toBe(0);
    const statuses: number[] = [];
    for (let i = 0; i < 15; i++)
      statuses.push((await askToken(madeUpPair(OPERATOR), {}, isolate().fetch)).status);
    expect(statuses.at(-1)).toBe(429);
    await tokenIn(await askToken(OPERATORS_PAIR, {}, isolate().fetch));
  });

  it('is 503 while Stytch is silent and no token is kept', async () => {
    await fault('token', { kind: 'status', status: 503 });
    expect(await oauthRefusal(await askToken(OPERATORS_PAIR))).toEqual(CANNOT_TELL);
  });

  it('that has not the scope of operators at Stytch is unauthorized', async () => {
    const { clientId, clientSecret } = await foreignClient(null);
    const operators = [clientId];
    const lobbies = lobbiesUnder({ operators });
    await anew(clientId);
    const here = isolate({}, latchkeyFor({ ...settings, operators }));
    expect(await oauthRefusal(await askToken({ clientId, clientSecret }, {}, here.fetch))).toEqual({
      ...{ status: 400, error: 'unauthorized_client', challenge: null, retryAfter: null },
    });
    lobbies.mockRestore();
    await anew(clientId);
  });
});
