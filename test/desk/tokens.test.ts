import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dayOf } from '../../src/model/token-days.ts';
import { exchangeAt, foreignClient, lobbiesUnder, madeUpPair, newLobby } from '../foreign.ts';
import { pairOf } from '../oauth.ts';
import { asOperator, operatorToken, told } from '../operators.ts';
import { askToken } from '../token-endpoint.ts';
import { Lobby } from '../worker.ts';
import {
  API,
  accessToken,
  call,
  cannotTell,
  DESK,
  desk,
  dumpOfRing,
  emulator,
  isolate,
  issueKey,
  later,
  notGood,
  now,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

const HOUR = 3_600;

let session: string;
let key: string;
let ring: DurableObjectStub;

beforeEach(async () => {
  session = await signIn();
  ({ key } = await issueKey(session, ['items:read', 'items:write']));
  ring = await ringStub(session);
});
afterEach(async () => {
  vi.restoreAllMocks();
  await now();
});

/** What of it is told of an owner, and of all together. */
const ofOwner = async (query = '') =>
  (await told(asOperator('GET', `/v1/users/${subjectOf(session)}/tokens${query}`))).totals;
const ofAll = async (): Promise<Record<string, number>> =>
  (await told(asOperator('GET', '/v1/tokens'))).totals as Record<string, number>;

/** How much more is told of all together than before. */
const moreThan = async (before: Record<string, number>) => {
  const after = await ofAll();
  return {
    presented: (after.presented ?? 0) - (before.presented ?? 0),
    spent: (after.spent ?? 0) - (before.spent ?? 0),
  };
};

/** Uses the key so often, each time with the Ring's word. The first use is told with the next. */
const use = async (times: number): Promise<void> => {
  for (let i = 0; i < times; i++) expect((await call(key, '/v1/strict/a')).status).toBe(200);
};

/** The table of a Ring, without when it was told. */
const daysOf = async (stub: DurableObjectStub) =>
  ((await dumpOfRing(stub)).token_days ?? []).map(({ told_at: _, ...row }) => row);

describe('tokens of one owner', () => {
  it('are spent by exchanges and saved by requests with a secret', async () => {
    await use(5);
    expect(await ofOwner()).toEqual({ presented: 5, spent: 1, saved: 4 });
  });

  it('are told by UTC day, and by month', async () => {
    await use(2);
    const byDay = await told(asOperator('GET', `/v1/users/${subjectOf(session)}/tokens`));
    const today = new Date().toISOString().slice(0, 10);
    const spent = { presented: 2, spent: 1, saved: 1 };
    expect(byDay).toMatchObject({ by: 'day', totals: spent, approximate: true });
    expect(byDay.data).toHaveLength(30);
    expect((byDay.data as object[]).at(-1)).toEqual({ at: `${today}T00:00:00Z`, ...spent });
    const byMonth = await told(asOperator('GET', `/v1/users/${subjectOf(session)}/tokens?by=month`));
    expect(byMonth.data).toHaveLength(12);
    expect((byMonth.data as object[]).at(-1)).toEqual({ at: `${today.slice(0, 7)}-01T00:00:00Z`, ...spent });
  });

  it('are not saved by sessions, nor by access tokens that are presented themselves', async () => {
    const token = await accessToken(key);
    for (const bearer of [token, session]) {
      const answer = await isolate().fetch(`${API}/v1/strict/a`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
      expect(answer.status).toBe(200);
    }
    expect(await ofOwner()).toEqual({ presented: 0, spent: 0, saved: 0 });
  });

  it('are spent by what is asked for at the token endpoint, and by each part of the scopes', async () => {
    await emulator('DELETE', '/counters');
    expect((await askToken(pairOf(key))).status).toBe(200);
    expect((await askToken(pairOf(key), { scope: 'items:read' })).status).toBe(200);
    const { tokens } = (await emulator('GET', '/counters')) as { tokens: number };
    expect(await ofOwner()).toEqual({ presented: 0, spent: tokens, saved: 0 });
  });

  it('are counted on when the Ring was evicted', async () => {
    await use(2);
    await evictDurableObject(ring);
    await later(HOUR);
    await use(2);
    // What was let in meanwhile is told with the next ask.
    await later(10);
    await use(1);
    expect(await ofOwner()).toEqual({ presented: 5, spent: 2, saved: 3 });
  });
});

describe('tokens of all together', () => {
  it('are what the Rings told', async () => {
    const before = await ofAll();
    await use(3);
    await runDurableObjectAlarm(ring);
    expect(await moreThan(before)).toEqual({ presented: 3, spent: 1 });
    const [row] = await daysOf(ring);
    expect(row).toMatchObject({ spent: 1, presented: 3, told_spent: 1, told_presented: 3 });
  });

  it('are told when a token is bought, and then not for an hour', async () => {
    const tells = vi.spyOn(Lobby.prototype, 'tellTokens');
    await use(1);
    await vi.waitFor(async () => expect((await daysOf(ring))[0]).toMatchObject({ told_spent: 1 }));
    await use(3);
    expect((await askToken(pairOf(key), { scope: 'items:read' })).status).toBe(200);
    expect(tells).toHaveBeenCalledTimes(1);
    await later(HOUR);
    await use(1);
    await vi.waitFor(async () => expect((await daysOf(ring))[0]).toMatchObject({ told_spent: 3 }));
    expect(tells).toHaveBeenCalledTimes(2);
  });

  it('come with the next telling when a Lobby did not take them, and once when it did unheard', async () => {
    const before = await ofAll();
    const tells = vi.spyOn(Lobby.prototype, 'tellTokens');
    tells.mockRejectedValue(new Error('the Lobby is down'));
    await use(2);
    await runDurableObjectAlarm(ring);
    expect(await moreThan(before)).toEqual({ presented: 0, spent: 0 });
    expect(await daysOf(ring)).toMatchObject([{ spent: 1, presented: 2, told_spent: 0, told_presented: 0 }]);
    tells.mockRestore();
    await runDurableObjectAlarm(ring);
    await runInDurableObject(ring, (_object, { storage }) =>
      storage.sql.exec('UPDATE token_days SET told_spent = 0, told_presented = 0, told_at = NULL'),
    );
    await runDurableObjectAlarm(ring);
    expect(await moreThan(before)).toEqual({ presented: 2, spent: 1 });
  });

  it('of an owner who is deleted stay, and his Ring forgets them', async () => {
    const before = await ofAll();
    await use(2);
    expect((await asOperator('DELETE', `/v1/users/${subjectOf(session)}`)).status).toBe(200);
    await runDurableObjectAlarm(ring);
    expect(await moreThan(before)).toEqual({ presented: 2, spent: 1 });
    expect(await daysOf(ring)).toEqual([]);
  });

  it('are not known while one of the Lobbies is silent, or answers what is none', async () => {
    for (const tokens of [async () => Promise.reject(new Error('down')), async () => [{ day: 1 }]]) {
      const getByName = (name: string) => (name === 'lobby-63' ? { tokens } : { tokens: async () => [] });
      const odd = isolate({ LOBBY: { getByName } });
      expect(await refusalOf(await odd.desk(await operatorToken(), 'GET', '/v1/tokens'))).toEqual(
        cannotTell(),
      );
    }
  });
});

describe('a Lobby', () => {
  const today = dayOf(Date.now());
  const days = { fromDay: today - 500, toDay: today + 1 };

  it('counts what it is told once, however often and in whatever order, also after an eviction', async () => {
    const lobby = newLobby();
    const first = { day: today, spent: 1, presented: 10 };
    const second = { day: today, spent: 2, presented: 30 };
    await lobby.tellTokens('ring-1', [second]);
    await lobby.tellTokens('ring-1', [first]);
    await evictDurableObject(lobby);
    await lobby.tellTokens('ring-1', [second]);
    await lobby.tellTokens('ring-2', [first]);
    expect(await lobby.tokens(days)).toEqual([{ day: today, spent: 3, presented: 40 }]);
  });

  it('takes what comes days later, and nothing of a day that it does not know again', async () => {
    const lobby = newLobby();
    const told = [9, 10, 11].map((ago) => ({ day: today - ago, spent: 1, presented: 1 }));
    await lobby.tellTokens('ring-1', told);
    await lobby.tellTokens('ring-1', told);
    expect((await lobby.tokens(days)).map(({ day, spent }) => [today - day, spent])).toEqual([
      [10, 1],
      [9, 1],
    ]);
  });

  it('counts its own exchanges for foreign pairs, and none that Stytch refuses', async () => {
    const file = lobbiesUnder({ foreignClients: 'any' });
    const [lobby, pair] = [newLobby(), await foreignClient()];
    expect((await exchangeAt(lobby, pair)).result).toBe('token');
    expect((await exchangeAt(lobby, pair)).result).toBe('token');
    expect((await exchangeAt(lobby, madeUpPair())).result).toBe('refused');
    expect(await lobby.tokens(days)).toEqual([{ day: today, spent: 1, presented: 0 }]);
    file.mockRestore();
  });

  it('forgets what it was told, not what that comes to, and that after 400 days', async () => {
    const lobby = newLobby();
    await lobby.tellTokens('ring-1', [{ day: today, spent: 1, presented: 1 }]);
    await later(12 * 24 * HOUR);
    await runDurableObjectAlarm(lobby);
    expect([(await dumpOfRing(lobby)).token_reports, (await lobby.tokens(days)).length]).toEqual([[], 1]);
    await later(390 * 24 * HOUR);
    await runDurableObjectAlarm(lobby);
    expect(await lobby.tokens(days)).toEqual([]);
  });
});

describe('tokens are told to operators only', () => {
  const none = { challenge: null, retryAfter: null };
  const wrongKind = { status: 403, code: 'credential_kind_not_allowed', ...none };
  const insufficient = {
    ...{ status: 403, code: 'insufficient_scope', retryAfter: null, required_scopes: ['latchkey:admin'] },
    challenge: `Bearer realm="${DESK}", error="insufficient_scope", scope="latchkey:admin"`,
  };
  const missing = {
    ...{ status: 401, code: 'credential_missing', retryAfter: null },
    challenge: `Bearer realm="${DESK}"`,
  };

  it.each([
    ['nobody', async () => null, missing],
    ['a user', async () => session, wrongKind],
    ['a key', async () => key, wrongKind],
    ['the token of a key', () => accessToken(key), insufficient],
    ['what is no token', async () => 'e30.e30.e30', notGood(DESK)],
  ])('not to %s', async (_, present, refusal) => {
    const bearer = await present();
    await isolate().call(key);
    await emulator('DELETE', '/counters');
    await rooms.ORIGIN.reset();
    for (const path of ['/v1/tokens', `/v1/users/${subjectOf(session)}/tokens`]) {
      const here = isolate();
      const headers = bearer === null ? {} : { authorization: `Bearer ${bearer}` };
      expect(await refusalOf(await here.fetch(`${DESK}${path}`, { headers }))).toEqual(refusal);
      expect(here.calls.filter((each) => !each.startsWith('kv.'))).toEqual([]);
    }
    expect([await stytchCalls(), await rooms.ORIGIN.records()]).toEqual([{}, []]);
    expect((await desk(session, 'GET', '/v1/tokens')).status).toBe(403);
  });

  it.each(['?by=hour', '?from=yesterday', '?by=day&by=month', '?from=2020-01-01T00:00:00Z'])(
    'an operator who asks %s is told what is wrong',
    async (query) => {
      const answer = await asOperator('GET', `/v1/tokens${query}`);
      expect(await refusalOf(answer)).toMatchObject({ status: 400, code: 'request_invalid' });
    },
  );
});
