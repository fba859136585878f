import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/assemble.ts';
import type { Lobby, Ring } from '../../src/model/ports.ts';
import { dayOf, tokensIn } from '../../src/model/token-days.ts';
import { lobbyName } from '../../src/ring/lobby-name.ts';
import { latchkey } from '../worker.ts';
import { API, emulator, issueKey, ringStub, rooms, signIn, subjectOf } from '../world.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** Moves our clock and Stytch's. */
const setClock = async (at: number): Promise<void> => {
  vi.useFakeTimers({ toFake: ['Date'], now: at });
  await emulator('POST', '/clock', { now: Math.floor(at / 1000) });
};

afterEach(async () => {
  vi.useRealTimers();
  await emulator('POST', '/clock', { reset: true });
});

describe('promise 4: a day in the life of a key on five isolates', () => {
  it('costs one exchange for each life of a token, and every request is served', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const ring = (await ringStub(session)) as DurableObjectStub & Ring;
    const lobby = rooms.LOBBY.getByName(lobbyName(ring.name ?? '')) as DurableObjectStub & Lobby;
    await emulator('DELETE', '/counters');
    const isolates = Array.from({ length: 5 }, () => latchkey({ ...(env as unknown as Env) } as Env));
    const request = () => new Request(`${API}/v1/items/1`, { headers: { authorization: `Bearer ${key}` } });
    const start = Math.ceil(Date.now() / 1000) * 1000;
    const tokens: number[] = [];
    for (let minute = 0; minute < 24 * 60; minute += 4) {
      await setClock(start + minute * MINUTE_MS);
      for (const isolate of isolates) expect((await isolate.fetch(request())).status).toBe(200);
      const { tokensByClient } = (await emulator('GET', '/counters')) as {
        tokensByClient: Record<string, number>;
      };
      tokens.push(tokensByClient[key_id] ?? 0);
    }
    const given = tokens.at(-1) ?? 0;
    expect(given).toBeGreaterThanOrEqual(24);
    // A token is replaced in the last five minutes of its hour: 55 minutes each at the shortest.
    expect(given).toBeLessThanOrEqual(Math.ceil((24 * HOUR_MS) / (55 * MINUTE_MS)));
    expect((await rooms.ORIGIN.records()).length).toBe(tokens.length * isolates.length);
    // The meter that operators see says what Stytch counted; what the isolates have yet to tell is saved besides.
    const days = { fromDay: dayOf(start), toDay: dayOf(start) + 2 };
    const counted = await ring.tokens({ kind: 'user', id: subjectOf(session), organizationId: null }, days);
    const { spent, presented } = tokensIn(counted);
    expect(spent).toBe(given);
    const requests = tokens.length * isolates.length;
    expect(presented).toBeLessThanOrEqual(requests);
    expect(presented).toBeGreaterThanOrEqual(requests - isolates.length);
    await runDurableObjectAlarm(ring);
    expect(tokensIn(await lobby.tokens(days))).toEqual({ spent, presented });
  }, 60_000);
});
