import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import type { AdoptedClient } from '../../src/model/life.ts';
import type { Lobby, Ring } from '../../src/model/ports.ts';
import { lobbyName } from '../../src/ring/lobby-name.ts';
import { inUse } from '../secrets.ts';
import {
  API,
  atOrigin,
  atStytch,
  BY,
  emulator,
  type Isolate,
  isolate,
  ownerOf,
  PROJECT,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
} from '../world.ts';

const lobbyOf = (clientId: string): Lobby =>
  (env as unknown as { LOBBY: DurableObjectNamespace }).LOBBY.getByName(
    lobbyName(clientId),
  ) as unknown as Lobby;

/** A client that its owner's backend made at Stytch, imported into Latchkey. */
const imported = async () => {
  const session = await signIn();
  const owner = ownerOf(session);
  const clientId = `m2m-client-test-${crypto.randomUUID()}`;
  const clientSecret = `${'Zz9'.repeat(6)}${crypto.randomUUID()}`;
  inUse(clientSecret);
  const made = await atStytch('POST', '/v1/m2m/clients', {
    ...{ client_id: clientId, client_secret: clientSecret, client_name: 'billing', scopes: ['items:read'] },
    trusted_metadata: { user_id: owner.id },
  });
  expect(made.status).toBe(200);
  const client: AdoptedClient = {
    ...{ clientId, createdBy: owner.id, name: 'billing', description: '', scopes: ['items:read'] },
    ...{ expiresAt: null, limit: null },
  };
  const ring = (await ringStub(session)) as unknown as Ring;
  const adopt = async () => {
    expect(await lobbyOf(clientId).claim({ clientId, owner })).toEqual(owner);
    expect(await ring.adopt(owner, client, BY)).toMatchObject({ ok: true });
  };
  return { clientId, clientSecret, owner, ring, adopt };
};

const asPair = (here: Isolate, clientId: string, clientSecret: string) =>
  here.fetch(`${API}/v1/items/1`, {
    headers: { authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}` },
  });

const tokenAtStytch = async (clientId: string, clientSecret: string): Promise<string> => {
  const form = { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret };
  const answer = await rooms.EMULATOR.fetch(`https://stytch.test/v1/public/${PROJECT}/oauth2/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(form).toString(),
  });
  const { access_token } = (await answer.json()) as { access_token: string };
  inUse(access_token);
  return access_token;
};

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await rooms.ORIGIN.reset();
});

describe('a foreign client before the Gate, with the true Lobby behind it', () => {
  it('is 401 until it is imported, without an exchange, and 200 in another isolate after', async () => {
    const { clientId, clientSecret, adopt } = await imported();
    await emulator('DELETE', '/counters');
    expect((await asPair(isolate(), clientId, clientSecret)).status).toBe(401);
    expect((await stytchCalls()).token).toBeUndefined();
    await adopt();
    expect((await asPair(isolate(), clientId, clientSecret)).status).toBe(200);
    expect(await atOrigin('x-latchkey-auth')).toBe('client_credentials');
    const token = await tokenAtStytch(clientId, clientSecret);
    expect((await isolate().call(token)).status).toBe(200);
    expect(await atOrigin('x-latchkey-auth')).toBe('access_token');
  });

  it('is exchanged once for twenty requests in five isolates, and not again by a sixth', async () => {
    const { clientId, clientSecret, adopt } = await imported();
    await adopt();
    await emulator('DELETE', '/counters');
    const isolates = Array.from({ length: 5 }, () => isolate());
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => asPair(isolates[i % 5] ?? isolate(), clientId, clientSecret)),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await asPair(isolate(), clientId, clientSecret)).status).toBe(200);
    expect((await stytchCalls()).token).toBe(1);
  });

  it('is guessed at until a budget is used up, which hinders nobody with live evidence', async () => {
    const { clientId, clientSecret, adopt } = await imported();
    await adopt();
    const here = isolate();
    expect((await asPair(here, clientId, clientSecret)).status).toBe(200);
    await rooms.ORIGIN.reset();
    const statuses: number[] = [];
    for (let i = 0; i < 15; i++) statuses.push((await asPair(isolate(), clientId, `wrong-${i}`)).status);
    expect([statuses[0], statuses.at(-1)]).toEqual([401, 429]);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect((await asPair(here, clientId, clientSecret)).status).toBe(200);
  });
});
