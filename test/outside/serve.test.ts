import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, describe, expect, test } from 'vitest';
import { type ServeOptions, type Server, type ServiceOptions, serve } from '../../tools/serve/index.ts';

const SCRIPT = `
  import { DurableObject } from 'cloudflare:workers';
  let requests = 0;
  export class Counter extends DurableObject {
    add() {
      this.ctx.storage.kv.put('sum', (this.ctx.storage.kv.get('sum') ?? 0) + 1);
      return this.ctx.storage.kv.get('sum');
    }
  }
  export default {
    async fetch(request, env) {
      const { action, key, value, options } = await request.json();
      try {
        return Response.json({ result: await ACTIONS[action](env, key, value, options) ?? null });
      } catch (error) {
        return Response.json({ error: error.message });
      }
    },
  };
  const ACTIONS = {
    put: (env, key, value, options) => env.VAULT.put(key, value, options),
    get: (env, key) => env.VAULT.getWithMetadata(key),
    delete: (env, key) => env.VAULT.delete(key),
    list: (env, key, value, options) => env.VAULT.list(options),
    limit: (env, key) => env.LIMIT.limit({ key }),
    add: (env) => env.COUNTER.getByName('one').add(),
    requests: () => ++requests,
    variable: (env, key) => env[key],
    log: (env, key) => console.log(key),
    other: async (env) => (await env.OTHER.fetch('http://other/', { method: 'POST', body: '{"action":"requests"}' })).json(),
    fetch: async (env, key) => (await fetch(key, { method: 'POST', body: '{"action":"requests"}' })).json(),
  };
`;

const FIRST: ServiceOptions = {
  name: 'first',
  script: SCRIPT,
  kv: ['VAULT'],
  durableObjects: [{ binding: 'COUNTER', className: 'Counter' }],
  socket: 0,
};
const SECOND: ServiceOptions = { ...FIRST, name: 'second', shareDurableObjectsOf: 'first' };

const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const step of undo.splice(0).reverse()) await step();
});

const start = async (options: ServeOptions): Promise<Server> => {
  const server = await serve(options);
  undo.push(() => server.stop());
  return server;
};

const folder = (): string => {
  const path = mkdtempSync(join(tmpdir(), 'latchkey-test-'));
  undo.push(() => rmSync(path, { recursive: true }));
  return path;
};

const ask = async (server: Server, service: string, ...call: readonly unknown[]): Promise<unknown> => {
  const [action, key, value, options] = call;
  const body = JSON.stringify({ action, key, value, options });
  const response = await fetch(`http://127.0.0.1:${server.port(service)}/`, { method: 'POST', body });
  return response.json();
};

describe('serve › KV', () => {
  test('a value with metadata comes back, and is gone after delete', async () => {
    const server = await start({ services: [FIRST] });
    const key = 'a/b c%2f?ü';
    await ask(server, 'first', 'put', key, 'välue', { metadata: { plan: 'pro' } });
    expect(await ask(server, 'first', 'get', key)).toMatchObject({
      result: { value: 'välue', metadata: { plan: 'pro' } },
    });
    await ask(server, 'first', 'delete', key);
    expect(await ask(server, 'first', 'get', key)).toMatchObject({ result: { value: null } });
  });

  test('a list is in order, by prefix, in pages', async () => {
    const server = await start({ services: [FIRST] });
    for (const key of ['k:2', 'k:1', 'k:3', 'other']) await ask(server, 'first', 'put', key, 'v');
    const page = await ask(server, 'first', 'list', '', '', { prefix: 'k:', limit: 2 });
    expect(page).toMatchObject({
      result: { keys: [{ name: 'k:1' }, { name: 'k:2' }], list_complete: false, cursor: expect.any(String) },
    });
    const { cursor } = (page as { result: { cursor: string } }).result;
    expect(await ask(server, 'first', 'list', '', '', { prefix: 'k:', limit: 2, cursor })).toMatchObject({
      result: { keys: [{ name: 'k:3' }], list_complete: true },
    });
  });

  test.each([{ expirationTtl: 59 }, { expirationTtl: -1 }, { expiration: 1 }])(
    'an expiry sooner than 60 s is refused: %o',
    async (options) => {
      const server = await start({ services: [FIRST] });
      expect(await ask(server, 'first', 'put', 'k', 'v', options)).toMatchObject({
        error: expect.stringMatching(/^KV PUT failed: 400 Invalid expiration/),
      });
    },
  );

  test('an expired value is gone', async () => {
    const state = folder();
    const before = await start({ services: [FIRST], state });
    await ask(before, 'first', 'put', 'short', 'v', { expirationTtl: 60 });
    await ask(before, 'first', 'put', 'long', 'v', { expirationTtl: 3600 });
    expect(await ask(before, 'first', 'get', 'short')).toMatchObject({ result: { value: 'v' } });
    await before.stop();
    moveExpirations(join(state, 'kv-VAULT'), -60);
    const after = await start({ services: [FIRST], state });
    expect(await ask(after, 'first', 'get', 'short')).toMatchObject({ result: { value: null } });
    expect(await ask(after, 'first', 'get', 'long')).toMatchObject({ result: { value: 'v' } });
  });
});

/** Lets time pass for the entries of a stopped KV. */
const moveExpirations = (namespace: string, seconds: number): void => {
  let changes = 0;
  for (const file of readdirSync(namespace).filter(
    (name) => name.endsWith('.sqlite') && name !== 'metadata.sqlite',
  )) {
    using database = new DatabaseSync(join(namespace, file));
    changes += Number(
      database.prepare('UPDATE entries SET expiration = expiration + ?').run(seconds).changes,
    );
  }
  expect(changes).toBe(2);
};

describe('serve › services', () => {
  test('two services of one script are two isolates over the same objects and the same KV', async () => {
    const server = await start({ services: [FIRST, SECOND] });
    expect(server.port('first')).not.toBe(server.port('second'));
    expect(await ask(server, 'first', 'add')).toEqual({ result: 1 });
    expect(await ask(server, 'second', 'add')).toEqual({ result: 2 });
    expect(await ask(server, 'first', 'requests')).toEqual({ result: 1 });
    expect(await ask(server, 'second', 'requests')).toEqual({ result: 1 });
    await ask(server, 'first', 'put', 'k', 'v');
    expect(await ask(server, 'second', 'get', 'k')).toMatchObject({ result: { value: 'v' } });
  });

  test('a service without a socket is reached by its binding', async () => {
    const { socket: _, ...inner } = { ...FIRST, name: 'inner' };
    const server = await start({ services: [{ ...FIRST, serviceBindings: { OTHER: 'inner' } }, inner] });
    expect(await ask(server, 'first', 'other')).toEqual({ result: { result: 1 } });
    expect(() => server.port('inner')).toThrow('no socket');
  });

  test('a Worker may fetch from this machine', async () => {
    const server = await start({ services: [FIRST] });
    const own = `http://127.0.0.1:${server.port('first')}/`;
    expect(await ask(server, 'first', 'fetch', own)).toEqual({ result: { result: 1 } });
  });

  test('variables arrive as they are', async () => {
    const value = 'a "quoted" \\ line\nand\tü\u0001\u007f';
    const server = await start({ services: [{ ...FIRST, bindings: { SECRET: value } }] });
    expect(await ask(server, 'first', 'variable', 'SECRET')).toEqual({ result: value });
  });
});

describe('serve › the process', () => {
  test.each(['SIGTERM', 'SIGKILL'] as const)('KV and Durable Objects survive %s', async (signal) => {
    const state = folder();
    const before = await start({ services: [FIRST], state });
    await ask(before, 'first', 'put', 'k', 'v');
    await ask(before, 'first', 'add');
    await before.stop(signal);
    const after = await start({ services: [FIRST], state });
    expect(await ask(after, 'first', 'get', 'k')).toMatchObject({ result: { value: 'v' } });
    expect(await ask(after, 'first', 'add')).toEqual({ result: 2 });
  });

  test('what a Worker logs is captured', async () => {
    const server = await start({ services: [FIRST] });
    await ask(server, 'first', 'log', 'hear, hear');
    await expect.poll(() => server.logs()).toContain('hear, hear');
  });

  test('a Worker that does not start says why', async () => {
    const script = 'throw new Error("no such luck")';
    await expect(serve({ services: [{ name: 'broken', script, socket: 0 }] })).rejects.toThrow(
      'no such luck',
    );
  });

  test('stop ends the process', async () => {
    const server = await serve({ services: [FIRST] });
    expect(process.kill(server.pid, 0)).toBe(true);
    await server.stop();
    expect(() => process.kill(server.pid, 0)).toThrow('ESRCH');
  });
});

describe('serve › rate limits', () => {
  const rateLimits = [{ binding: 'LIMIT', limit: 2, periodSeconds: 1_000_000_000 }];

  test('each key has its limit, in each service by itself', async () => {
    const first = { ...FIRST, rateLimits };
    const server = await start({ services: [first, { ...SECOND, rateLimits }] });
    const results = [];
    for (const [service, key] of [
      ...[['first', 'a'] as const, ['first', 'a'] as const, ['first', 'a'] as const],
      ...[['first', 'b'] as const, ['second', 'a'] as const],
    ])
      results.push(await ask(server, service, 'limit', key));
    expect(results).toEqual([true, true, false, true, true].map((success) => ({ result: { success } })));
  });

  test('a key that is none is an error', async () => {
    const server = await start({ services: [{ ...FIRST, rateLimits }] });
    expect(await ask(server, 'first', 'limit', 7)).toEqual({ error: 'a rate limit needs a key' });
  });
});
