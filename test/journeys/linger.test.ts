import { env } from 'cloudflare:workers';
import { beforeEach, describe, expect, it } from 'vitest';
import { type Env, latchkeyFor } from '../../src/assemble.ts';
import type { Ring } from '../../src/model/ports.ts';
import { logged } from '../secrets.ts';
import settings from '../settings.ts';
import { BY, type Isolate, isolate, issueKey, ownerOf, ringStub, rooms, signIn } from '../world.ts';

beforeEach(() => rooms.ORIGIN.reset());

const brief = latchkeyFor({ ...settings, leaseSeconds: 1 });

/** The Rings as they are, until they fall silent: then no call of theirs is ever answered. */
const rings = () => {
  const state = { silent: false };
  const real = (env as unknown as Env).KEY_RING;
  const silence = new Promise<never>(() => undefined);
  const ring = (name: string) => {
    const stub = real.getByName(name) as unknown as Record<string, (...each: unknown[]) => Promise<unknown>>;
    return new Proxy(stub, {
      get:
        (_, method) =>
        (...parameters: unknown[]) =>
          state.silent ? silence : stub[String(method)]?.(...parameters),
    });
  };
  return { state, KEY_RING: { getByName: ring } };
};

/** An answer that goes on for a minute, and what is heard of it. */
const listen = async (here: Isolate, key: string) => {
  await rooms.ORIGIN.next({ chunks: Array.from({ length: 1_200 }, () => 'data: x\n\n'), chunkDelayMs: 50 });
  const answer = await here.call(key, '/v1/any/events');
  expect(answer.status).toBe(200);
  const heard = { bytes: 0 };
  const ending = (async () => {
    try {
      for await (const chunk of answer.body as unknown as AsyncIterable<Uint8Array>)
        heard.bytes += chunk.length;
      return 'neat';
    } catch {
      return 'broken';
    }
  })();
  return { heard, ending };
};

const lastClosing = () => logged().findLast(({ event }) => event === 'closed');

describe('an answer that outlives its lease', () => {
  it('is broken off when the Ring is silent for longer than the lease in hand', async () => {
    const { state, KEY_RING } = rings();
    const here = isolate({ KEY_RING }, brief);
    const { key } = await issueKey(await signIn());
    const { heard, ending } = await listen(here, key);
    await expect.poll(() => heard.bytes, { timeout: 10_000 }).toBeGreaterThan(300);
    state.silent = true;
    expect(await ending).toBe('broken');
    expect(lastClosing()).toMatchObject({ event: 'closed', reason: 'unavailable' });
  });

  it('of a suspended owner is broken off', async () => {
    const here = isolate({}, brief);
    const session = await signIn();
    const { key } = await issueKey(session);
    const { heard, ending } = await listen(here, key);
    await expect.poll(() => heard.bytes).toBeGreaterThan(0);
    const ring = (await ringStub(session)) as unknown as Ring;
    await ring.suspend(ownerOf(session), 'operator', BY);
    expect(await ending).toBe('broken');
    expect(lastClosing()).toMatchObject({ reason: 'owner_suspended' });
  });
});
