import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/assemble.ts';
import { latchkey } from '../worker.ts';
import { API, call, emulator, issueKey, rooms, send, signIn, stytchCalls } from '../world.ts';

/** An environment that counts every call to KV and to the Rings, below any port of ours. */
const counted = () => {
  const calls: string[] = [];
  let hanging = false;
  const counting = <T extends object>(target: T, name: string, deeper: (method: string) => boolean): T =>
    new Proxy(target, {
      get: (object, method) => {
        const value: unknown = Reflect.get(object, method);
        if (typeof value !== 'function') return value;
        return (...parameters: unknown[]) => {
          calls.push(`${name}.${String(method)}`);
          if (hanging && String(method) !== 'getByName') return new Promise(() => {});
          // Called as a method: on an RPC stub, `value.apply` would be a remote method of that name.
          const result = (object as Record<string, (...each: unknown[]) => unknown>)[String(method)]?.(
            ...parameters,
          );
          return deeper(String(method)) ? counting(result as object, `${name}.stub`, () => false) : result;
        };
      },
    });
  const VAULT = counting(rooms.VAULT, 'kv', () => false);
  const KEY_RING = counting(rooms.KEY_RING, 'ring', (method) => method === 'getByName');
  const hang = (): void => {
    hanging = true;
  };
  return { calls, hang, env: { ...(env as unknown as Env), VAULT, KEY_RING } as Env };
};

const base62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const random = (length: number): string =>
  [...crypto.getRandomValues(new Uint8Array(length))].map((byte) => base62.charAt(byte % 62)).join('');

const crc = (text: string): string => {
  let rest = ~0;
  for (const byte of new TextEncoder().encode(text)) {
    rest ^= byte;
    for (let bit = 0; bit < 8; bit++) rest = (rest >>> 1) ^ (rest & 1 ? 0xedb88320 : 0);
  }
  let value = ~rest >>> 0;
  let digits = '';
  for (; value > 0; value = Math.floor(value / 62)) digits = base62.charAt(value % 62) + digits;
  return digits.padStart(6, '0');
};

/** A key of our grammar, with the right CRC, that nobody issued. */
const madeUp = (): string => {
  const text = `acme_test_0${random(16)}0${random(10)}_${random(44)}0${random(10)}`;
  return text + crc(text);
};

beforeEach(async () => {
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});

describe('promise 5: a made-up key costs nothing', () => {
  it('10,000 made-up keys, in three spellings, make no call to KV, to a Ring or to Stytch, and none passes', async () => {
    const world = counted();
    const { fetch } = latchkey(world.env);
    const statuses = new Map<number, number>();
    for (let i = 0; i < 10_000; i++) {
      const key = madeUp();
      const [clientId, secret] = [key.slice(0, 38), key.slice(39)];
      const headers: Record<string, string>[] = [
        { authorization: `Bearer ${key}` },
        { 'x-api-key': key },
        { authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
      ];
      const { status } = await fetch(
        new Request(`${API}/v1/items/1`, { headers: headers[i % 3] as HeadersInit }),
      );
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
    }
    expect([...statuses]).toEqual([[401, 10_000]]);
    expect(world.calls).toEqual([]);
    expect(await stytchCalls()).toEqual({});
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});

describe('promise 4: tokens are not wasted', () => {
  it('100 concurrent first uses of a key make one exchange, one KV read and at most four calls to the Ring', async () => {
    const { key } = await issueKey(await signIn());
    await emulator('DELETE', '/counters');
    const world = counted();
    const { fetch } = latchkey(world.env);
    const request = () => new Request(`${API}/v1/items/1`, { headers: { authorization: `Bearer ${key}` } });
    const answers = await Promise.all(Array.from({ length: 100 }, () => fetch(request())));
    expect(answers.map(({ status }) => status)).toEqual(Array(100).fill(200));
    expect((await stytchCalls()).token).toBe(1);
    const count = (name: string) => world.calls.filter((each) => each === name).length;
    expect(count('ring.stub.exchange')).toBe(1);
    // The first look, the renewal of its lease, one for all who found it used up, and the renewal of that.
    expect(count('ring.stub.admit')).toBeLessThanOrEqual(4);
    expect(world.calls.filter((each) => each === 'kv.get').length).toBeLessThanOrEqual(2);
  });

  it('100 isolates that meet a key at the same time make one exchange', async () => {
    const { key } = await issueKey(await signIn());
    await emulator('DELETE', '/counters');
    const answers = await Promise.all(
      Array.from({ length: 100 }, () =>
        latchkey(counted().env).fetch(
          new Request(`${API}/v1/items/1`, { headers: { authorization: `Bearer ${key}` } }),
        ),
      ),
    );
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await stytchCalls()).token).toBe(1);
  });

  it('another isolate finds the token in the Vault, and with an empty Vault in the Ring', async () => {
    const { key } = await issueKey(await signIn());
    expect((await call(key)).status).toBe(200);
    await emulator('DELETE', '/counters');
    const elsewhere = latchkey(counted().env);
    const request = () => new Request(`${API}/v1/items/1`, { headers: { authorization: `Bearer ${key}` } });
    expect((await elsewhere.fetch(request())).status).toBe(200);
    const { keys } = await rooms.VAULT.list();
    for (const { name } of keys) await rooms.VAULT.delete(name);
    expect((await latchkey(counted().env).fetch(request())).status).toBe(200);
    expect((await stytchCalls()).token).toBeUndefined();
  });
});

describe('promise 1: a warm request does no I/O but the fetch to the origin', () => {
  afterEach(() => void vi.useRealTimers());

  it('makes no call to KV, to a Ring or to Stytch between two renewals of its lease', async () => {
    const { key } = await issueKey(await signIn());
    const world = counted();
    const { fetch } = latchkey(world.env);
    const request = () => new Request(`${API}/v1/items/1`, { headers: { authorization: `Bearer ${key}` } });
    expect((await fetch(request())).status).toBe(200);
    world.calls.length = 0;
    await emulator('DELETE', '/counters');
    await rooms.ORIGIN.reset();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() });
    for (let i = 0; i < 5; i++) {
      vi.setSystemTime(Date.now() + 500);
      expect((await fetch(request())).status).toBe(200);
    }
    expect(world.calls).toEqual([]);
    expect(await stytchCalls()).toEqual({});
    expect((await rooms.ORIGIN.records()).length).toBe(5);
  });

  it('does not wait for the renewal of its lease', async () => {
    const { key } = await issueKey(await signIn());
    const world = counted();
    const { fetch } = latchkey(world.env);
    const request = () => new Request(`${API}/v1/items/1`, { headers: { authorization: `Bearer ${key}` } });
    expect((await fetch(request())).status).toBe(200);
    world.hang();
    expect((await fetch(request())).status).toBe(200);
    expect((await fetch(request())).status).toBe(200);
  });
});

describe('the hosts', () => {
  it('any other host is 421, and the origin is not called', async () => {
    for (const host of ['other.test', 'api.test.', 'api.test:8080', 'desk.test.evil', 'API.test.evil']) {
      const answer = await send(`https://${host}/v1/items/1`);
      expect([host, answer.status]).toEqual([host, 421]);
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});
