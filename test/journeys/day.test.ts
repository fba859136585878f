import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/assemble.ts';
import { latchkey } from '../worker.ts';
import { API, emulator, issueKey, rooms, signIn } from '../world.ts';

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
    const { key, key_id } = await issueKey(await signIn());
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
  }, 60_000);
});
