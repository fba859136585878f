import { runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import type { Owner } from '../../src/model/identity.ts';
import type { AdoptedClient } from '../../src/model/life.ts';
import type { Lobby, LobbyExchanged, LobbyExchangeRequest, Ring } from '../../src/model/ports.ts';
import { inUse } from '../secrets.ts';
import settings from '../settings.ts';
import {
  API,
  atOrigin,
  BY,
  cannotTell,
  desk,
  dumpOfRing,
  emulator,
  type Isolate,
  isolate,
  issueKey,
  notGood,
  now,
  oddToken,
  ownerOf,
  refusalOf,
  ringStub,
  rooms,
  signIn,
} from '../world.ts';

const BAD = notGood('acme-api');
const BAD_PAIR = { ...BAD, challenge: `Basic realm="acme-api", charset="UTF-8", ${BAD.challenge}` };

let count = 0;

/** A client that was made at Stytch, which Latchkey has never heard of. */
const stranger = () => {
  count += 1;
  return `m2m-client-test-00000000-0000-4000-8000-${String(count).padStart(12, '0')}`;
};

/** A Lobby that says what a test wants; the true one has tests of its own. */
const lobbyOf = (owner: Owner | null) => {
  const asked: { name: string; call: string; request: object }[] = [];
  const says = { owner, exchanged: null as LobbyExchanged | null };
  const LOBBY = {
    getByName: (name: string): Pick<Lobby, 'look' | 'claim' | 'exchange'> => ({
      look: async (request) => {
        asked.push({ name, call: 'look', request });
        return { owner: says.owner, sealed: null };
      },
      claim: async ({ owner: first }) => {
        says.owner ??= first;
        return says.owner;
      },
      exchange: async (request: LobbyExchangeRequest) => {
        asked.push({ name, call: 'exchange', request });
        return { exchanged: says.exchanged ?? { result: 'unregistered' }, stytchMs: 0 };
      },
    }),
  };
  return { asked, says, LOBBY };
};

/** A user, his Ring, a client of his that was made elsewhere, and an isolate whose Lobby knows whose it is. */
const setting = async (more: Partial<AdoptedClient> = {}) => {
  const session = await signIn();
  const owner = ownerOf(session);
  const stub = await ringStub(session);
  const ring = stub as unknown as Ring;
  const clientId = stranger();
  const client: AdoptedClient = {
    ...{ clientId, createdBy: owner.id, name: 'billing', description: '', scopes: ['items:read'] },
    ...{ expiresAt: null, limit: null },
    ...more,
  };
  const lobby = lobbyOf(owner);
  const token = await tokenOf(clientId, owner);
  lobby.says.exchanged = {
    ...{ result: 'token', token, sealed: 'sealed', owner, made: false },
    expiresAt: Math.floor(Date.now() / 1000) + 3_600,
  } as LobbyExchanged;
  return {
    session,
    owner,
    stub,
    ring,
    clientId,
    client,
    token,
    lobby,
    here: isolate({ LOBBY: lobby.LOBBY }),
  };
};

const tokenOf = (sub: string, owner: Owner, scope = 'items:read items:write') =>
  oddToken({ kind: 'm2m', claims: { sub, scope, user_id: owner.id } });

/** A request with a pair. */
const asPair = (
  here: Isolate,
  clientId: string,
  secret = 'secret-of-a-foreign-client',
  path = '/v1/items/1',
) => {
  const pair = btoa(`${clientId}:${secret}`);
  inUse(secret);
  inUse(pair);
  return here.fetch(`${API}${path}`, { headers: { authorization: `Basic ${pair}` } });
};

/** The statuses of its pair and of its token, asked anew. */
const statuses = async ({ here, clientId, token }: Awaited<ReturnType<typeof setting>>) => [
  (await asPair(here, clientId, undefined, '/v1/strict/a')).status,
  (await here.call(token, '/v1/strict/a')).status,
];

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await rooms.ORIGIN.reset();
});
afterEach(now);

describe('a client that was imported', () => {
  it('comes in as a pair and as a token, as its owner, with the scopes that both it and its row have', async () => {
    const it = await setting();
    expect(await it.ring.adopt(it.owner, it.client, BY)).toMatchObject({
      ok: true,
      value: { keyId: it.clientId, status: 'active', lastFour: '' },
    });
    const found = [];
    for (const come of [() => asPair(it.here, it.clientId), () => it.here.call(it.token)]) {
      expect((await come()).status).toBe(200);
      found.push([await atOrigin('x-latchkey-auth'), await atOrigin('x-latchkey-scopes')]);
      expect([await atOrigin('x-latchkey-user-id'), await atOrigin('x-latchkey-key-id')]).toEqual([
        it.owner.id,
        it.clientId,
      ]);
    }
    expect(found).toEqual([
      ['client_credentials', 'items:read'],
      ['access_token', 'items:read'],
    ]);
  });

  it('is asked about at one of 64 Lobbies, always the same', async () => {
    const it = await setting();
    await it.ring.adopt(it.owner, it.client, BY);
    await asPair(it.here, it.clientId);
    await it.here.call(it.token);
    const names = new Set(it.lobby.asked.map(({ name }) => name));
    expect(names.size).toBe(1);
    expect([...names][0]).toMatch(/^lobby-([0-5]\d|6[0-3])$/);
    expect(it.lobby.asked.map(({ call }) => call)).toEqual(['look', 'exchange', 'look']);
  });

  it('is warm after that: neither Lobby nor Ring is asked, nor KV', async () => {
    const it = await setting();
    await it.ring.adopt(it.owner, it.client, BY);
    await asPair(it.here, it.clientId);
    const lobby = it.lobby.asked.length;
    it.here.calls.length = 0;
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    for (let i = 0; i < 4; i++) {
      vi.setSystemTime(Date.now() + 500);
      expect((await asPair(it.here, it.clientId)).status).toBe(200);
    }
    expect([it.here.calls, it.lobby.asked.length]).toEqual([[], lobby]);
  });

  it('is one of its owner’s keys: listed, shown, limited, narrowed', async () => {
    const it = await setting();
    await it.ring.adopt(it.owner, it.client, BY);
    const { key_id } = await issueKey(it.session);
    const list = (await (await desk(it.session, 'GET', '/v1/keys')).json()) as { data: { key_id: string }[] };
    expect(list.data.map((each) => each.key_id).sort()).toEqual([it.clientId, key_id].sort());
    expect(await statuses(it)).toEqual([200, 200]);
    await it.ring.change({
      owner: it.owner,
      keyId: it.clientId,
      patch: { limit: { requests: 2, perSeconds: 60 } },
      revision: null,
      author: BY,
    });
    const all = [];
    for (let i = 0; i < 3; i++) all.push(...(await statuses(it)));
    expect(all.filter((status) => status === 200).length).toBeLessThanOrEqual(2);
    expect(all.at(-1)).toBe(429);
  });

  it('dies with its row, which stays as a tombstone: it is never adopted again', async () => {
    const it = await setting();
    await it.ring.adopt(it.owner, it.client, BY);
    expect(await statuses(it)).toEqual([200, 200]);
    await it.ring.revoke(it.owner, it.clientId, BY);
    await rooms.ORIGIN.reset();
    expect(await refusalOf(await asPair(it.here, it.clientId, undefined, '/v1/strict/a'))).toEqual(BAD_PAIR);
    expect(await refusalOf(await it.here.call(it.token, '/v1/strict/a'))).toEqual(BAD);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect(await it.ring.adopt(it.owner, it.client, BY)).toEqual({
      ok: false,
      refusal: { reason: 'conflict' },
    });
    expect(await statuses({ ...it, here: isolate({ LOBBY: it.lobby.LOBBY }) })).toEqual([401, 401]);
  });

  it('is refused while its owner is suspended', async () => {
    const it = await setting();
    await it.ring.adopt(it.owner, it.client, BY);
    await it.ring.suspend(it.owner, 'an operator', BY);
    expect(await statuses(it)).toEqual([403, 403]);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('ends when it was said that it ends', async () => {
    const it = await setting({ expiresAt: Date.now() + 60_000 });
    await it.ring.adopt(it.owner, it.client, BY);
    expect(await statuses(it)).toEqual([200, 200]);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    expect(await statuses(it)).toEqual([401, 401]);
  });
});

describe('adopt', () => {
  it('answers a second time as the first', async () => {
    const it = await setting();
    const first = await it.ring.adopt(it.owner, it.client, BY);
    expect(await it.ring.adopt(it.owner, { ...it.client, name: 'other', scopes: ['admin:all'] }, BY)).toEqual(
      first,
    );
  });

  it('takes no id of our grammar, and leaves no trace of having been asked', async () => {
    const it = await setting();
    const { key_id } = await issueKey(await signIn());
    for (const clientId of [
      key_id,
      key_id.replace('acme', 'oldacme'),
      'acme_live_x',
      'user-test-1',
      'a b',
      '',
    ])
      expect(await it.ring.adopt(it.owner, { ...it.client, clientId }, BY)).toMatchObject({
        ok: false,
        refusal: { reason: 'request_invalid' },
      });
    expect(await dumpOfRing(it.stub)).toEqual({});
  });

  it('takes a slot, of which there are so many', async () => {
    const it = await setting();
    for (let i = 0; i < 5; i++)
      expect(await it.ring.adopt(it.owner, { ...it.client, clientId: stranger() }, BY)).toMatchObject({
        ok: true,
      });
    expect(await it.ring.adopt(it.owner, it.client, BY)).toEqual({
      ok: false,
      refusal: { reason: 'key_limit_reached', limit: 5 },
    });
  });

  it('is refused for a suspended owner', async () => {
    const it = await setting();
    await it.ring.suspend(it.owner, 'an operator', BY);
    expect(await it.ring.adopt(it.owner, it.client, BY)).toEqual({
      ok: false,
      refusal: { reason: 'owner_suspended' },
    });
  });

  it('is of no use at the Ring of somebody else', async () => {
    const it = await setting();
    const eve = { kind: 'user', id: 'user-test-eve', organizationId: null } as const;
    const said = await runInDurableObject(it.stub, (instance) =>
      (instance as unknown as Ring).adopt(eve, it.client, BY).then(
        () => 'something',
        (error: Error) => error.message,
      ),
    );
    expect(said).toBe("this Ring is another owner's");
  });
});

describe('a client that nobody imported', () => {
  it('is refused though Stytch knows it and the Lobby has its owner', async () => {
    const it = await setting();
    expect(await refusalOf(await asPair(it.here, it.clientId))).toEqual(BAD_PAIR);
    expect(await refusalOf(await it.here.call(it.token))).toEqual(BAD);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect(await dumpOfRing(it.stub)).toEqual({});
  });

  it('that nobody knows costs one look, and no Ring is asked', async () => {
    const lobby = lobbyOf(null);
    const here = isolate({ LOBBY: lobby.LOBBY });
    const clientId = stranger();
    for (let i = 0; i < 5; i++) expect(await refusalOf(await asPair(here, clientId))).toEqual(BAD_PAIR);
    expect(lobby.asked.map(({ call }) => call)).toEqual(['look']);
    expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('is refused without asking anybody where no foreign clients are taken', async () => {
    const lobby = lobbyOf(null);
    const here = isolate({ LOBBY: lobby.LOBBY }, latchkeyFor({ ...settings, foreignClients: 'off' }));
    const clientId = stranger();
    const token = await tokenOf(clientId, ownerOf(await signIn()));
    expect(await refusalOf(await asPair(here, clientId))).toEqual(BAD_PAIR);
    expect(await refusalOf(await here.call(token))).toEqual(BAD);
    expect([here.calls.filter((each) => each !== 'kv.get'), lobby.asked]).toEqual([[], []]);
  });
});

describe('what the Lobby says', () => {
  const saying = async (exchanged: LobbyExchanged) => {
    const it = await setting();
    await it.ring.adopt(it.owner, it.client, BY);
    it.lobby.says.exchanged = exchanged;
    return refusalOf(await asPair(it.here, it.clientId));
  };

  it.each<[LobbyExchanged, object]>([
    [{ result: 'refused' }, BAD_PAIR],
    [{ result: 'unregistered' }, BAD_PAIR],
    [{ result: 'ownerless' }, BAD_PAIR],
    [{ result: 'owner_changed' }, BAD_PAIR],
    [
      { result: 'throttled', retryAfterSeconds: 17 },
      { status: 429, code: 'too_many_attempts', challenge: null, retryAfter: '17' },
    ],
    [{ result: 'unavailable', retryAfterSeconds: 7 }, cannotTell('7')],
  ])('%j is told, and the origin is not called', async (exchanged, refusal) => {
    expect(await saying(exchanged)).toEqual(refusal);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('its silence is 503', async () => {
    const LOBBY = { getByName: () => ({ look: () => Promise.reject(new Error('x')) }) };
    const here = isolate({ LOBBY });
    expect(await refusalOf(await asPair(here, stranger()))).toEqual(cannotTell());
    const token = await tokenOf(stranger(), ownerOf(await signIn()));
    expect(await refusalOf(await here.call(token))).toEqual(cannotTell());
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('a token of another owner than the Lobby knows is refused', async () => {
    const it = await setting();
    await it.ring.adopt(it.owner, it.client, BY);
    const eve = {
      kind: 'user',
      id: 'user-test-99999999-9999-4999-8999-999999999999',
      organizationId: null,
    } as const;
    expect(await refusalOf(await it.here.call(await tokenOf(it.clientId, eve)))).toEqual(BAD);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});
