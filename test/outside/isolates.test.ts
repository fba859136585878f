import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { LATCHKEY } from '../../src/model/author.ts';
import { bundle } from '../../tools/serve/bundle.ts';
import { serve } from '../../tools/serve/index.ts';
import { freshSecrets } from '../../tools/serve/secrets.ts';
import { request as raw } from './isolates-client.ts';

const ISOLATES = 8;
const LIMIT = 100;

type Served = Awaited<ReturnType<typeof serve>>;

let stytch: Served;
let edge: Served;
let origin: Server;
/** Requests that reached the origin, by key. */
const arrived = new Map<string, number>();

const ports = (): readonly number[] => Array.from({ length: ISOLATES }, (_, i) => edge.port(`edge-${i}`));

beforeAll(async () => {
  origin = createServer((request, response) => {
    const keyId = String(request.headers['x-latchkey-key-id']);
    arrived.set(keyId, (arrived.get(keyId) ?? 0) + 1);
    response.end('ok');
  });
  await new Promise<void>((listening) => origin.listen(0, '127.0.0.1', listening));
  const emulator = inject('emulatorBindings');
  stytch = await serve({
    services: [
      {
        name: 'stytch',
        script: inject('bundles').emulator,
        bindings: emulator,
        durableObjects: [{ binding: 'STYTCH_PROJECT', className: 'StytchProject' }],
        socket: 0,
      },
    ],
  });
  const isolate = {
    name: 'edge-0',
    script: bundle('test/outside/isolates-worker.ts').script,
    kv: ['VAULT'],
    durableObjects: [
      { binding: 'KEY_RING', className: 'KeyRing' },
      { binding: 'LOBBY', className: 'Lobby' },
    ],
    rateLimits: [{ binding: 'STRANGERS', limit: 1_000_000_000, periodSeconds: 60 }],
    bindings: {
      ...freshSecrets(),
      STYTCH_PROJECT_ID: emulator.PROJECT_ID ?? '',
      STYTCH_SECRET: emulator.PROJECT_SECRET ?? '',
      STYTCH_API_URL: `http://127.0.0.1:${stytch.port('stytch')}`,
      ORIGIN_URL: `http://127.0.0.1:${(origin.address() as AddressInfo).port}`,
    },
    socket: 0,
  };
  edge = await serve({
    services: Array.from({ length: ISOLATES }, (_, i) =>
      i === 0 ? isolate : { ...isolate, name: `edge-${i}`, shareDurableObjectsOf: 'edge-0' },
    ),
  });
});

afterAll(async () => {
  await Promise.all([edge?.stop(), stytch?.stop()]);
  origin?.close();
});

/** A new user with a key; his Ring is read from the key. */
const newKey = async (scopes: readonly string[] = ['items:read'], more: object = {}) => {
  const { PROJECT_ID, PROJECT_SECRET } = inject('emulatorBindings');
  const base = `http://127.0.0.1:${stytch.port('stytch')}`;
  const user = { email: `${crypto.randomUUID()}@example.com`, password: 'correct horse battery staple' };
  await fetch(`${base}/_emulator/seed`, { method: 'POST', body: JSON.stringify({ users: [user] }) });
  const signedIn = await fetch(`${base}/v1/passwords/authenticate`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${btoa(`${PROJECT_ID}:${PROJECT_SECRET}`)}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ ...user, session_duration_minutes: 60 }),
  });
  const { session_jwt } = (await signedIn.json()) as { session_jwt: string };
  const body = JSON.stringify({ name: 'many', scopes, ...more });
  const issued = await raw(edge.port('edge-0'), 'POST', 'desk.test', '/v1/keys', session_jwt, body);
  const { key, key_id, owner } = JSON.parse(issued.body);
  const ring: string = key_id.slice('acme_test_'.length, -11);
  return {
    ...{ key: key as string, keyId: key_id as string, session: session_jwt, ring },
    owner: { kind: owner.kind, id: owner.id, organizationId: null },
  };
};

/** Calls a method of a Ring. */
const rpc = async (ring: string, method: string, ...parameters: readonly unknown[]): Promise<unknown> => {
  const body = JSON.stringify({ method, parameters });
  const { body: text } = await raw(edge.port('edge-0'), 'POST', 'ring.test', `/${ring}`, undefined, body);
  return (JSON.parse(text) as { answer: unknown }).answer;
};

const call = (port: number, key: string, path = '/v1/any/x') => raw(port, 'GET', 'api.test', path, key);

/** Hammers one isolate until it refuses; how many it let through. */
const untilRefused = async (
  port: number,
  key: string,
  after = async (_admitted: number) => {},
): Promise<number> => {
  let admitted = 0;
  for (;;) {
    const answers = await Promise.all([call(port, key), call(port, key), call(port, key)]);
    const unexpected = answers.filter(({ status }) => ![200, 429, 503].includes(status));
    expect(unexpected).toEqual([]);
    admitted += answers.filter(({ status }) => status === 200).length;
    if (answers.some(({ status }) => status === 429)) return admitted;
    await after(admitted);
  }
};

/**
 * Hammers every isolate until each refuses, and again when the leases are over and what was left of them has been given
 * back, until nothing comes through any more.
 */
const untilAllRefuse = async (keyOf: (isolate: number) => string): Promise<number> => {
  let total = 0;
  for (;;) {
    const admitted = await Promise.all(ports().map((port, i) => untilRefused(port, keyOf(i))));
    const round = admitted.reduce((sum, each) => sum + each, 0);
    total += round;
    if (round === 0) return total;
    await new Promise((over) => setTimeout(over, LEASE_MS + GIVEN_BACK_MS));
  }
};

const LEASE_MS = 2_000;

/** By then the last report of a lease has come to the Ring, and nobody refuses without asking it any more. */
const GIVEN_BACK_MS = 6_000;

describe.concurrent('promise 3: a limit holds over any number of isolates', () => {
  it('8 isolates that are hammered until each refuses admit exactly the limit', async () => {
    const { key, keyId } = await newKey();
    expect(await untilAllRefuse(() => key)).toBe(LIMIT);
    expect(arrived.get(keyId)).toBe(LIMIT);
    for (const port of ports()) expect((await call(port, key)).status).toBe(429);
  });

  it('the same with a Ring that dies again and again in the middle: never more, and what it forgot is not lent twice', async () => {
    const { key, keyId, ring } = await newKey();
    let deaths = 0;
    const admitted = await Promise.all(
      ports().map((port) =>
        untilRefused(port, key, async (so_far) => {
          if (so_far % 6 !== 0) return;
          deaths++;
          await rpc(ring, 'die');
        }),
      ),
    );
    expect(deaths).toBeGreaterThan(0);
    expect(admitted.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(LIMIT);
    expect(arrived.get(keyId)).toBeLessThanOrEqual(LIMIT);
  });

  it('the same with every return sent twice: exactly the limit, each unit given back once', async () => {
    const { key, keyId, ring } = await newKey();
    await rpc(ring, 'echo');
    expect(await untilAllRefuse(() => key)).toBe(LIMIT);
    expect(arrived.get(keyId)).toBe(LIMIT);
  });

  it('a key with a limit of its own is held to that, and its owner to his', async () => {
    const { key, keyId, ring, owner } = await newKey();
    await rpc(ring, 'change', changed(owner, keyId, { limit: { requests: 30, perSeconds: 86_400 } }));
    expect(await untilAllRefuse(() => key)).toBe(30);
    expect(arrived.get(keyId)).toBe(30);
  });

  it('two keys of one owner share the limit', async () => {
    const first = await newKey();
    const body = JSON.stringify({ name: 'second', scopes: ['items:read'] });
    const issued = await raw(edge.port('edge-1'), 'POST', 'desk.test', '/v1/keys', first.session, body);
    const second = JSON.parse(issued.body) as { key: string; key_id: string };
    await untilAllRefuse((i) => (i % 2 === 0 ? first.key : second.key));
    expect((arrived.get(first.keyId) ?? 0) + (arrived.get(second.key_id) ?? 0)).toBe(LIMIT);
  });
});

// Alone: an isolate takes the leases of every owner along.
describe('promise 3 when isolates die', () => {
  it('with leases in hand, what they took along is not lent twice', async () => {
    const { key, keyId } = await newKey();
    let deaths = 0;
    const admitted = await Promise.all(
      ports().map((port, i) =>
        untilRefused(port, key, async (so_far) => {
          if (i % 2 === 0 || so_far % 6 !== 0) return;
          deaths++;
          await raw(port, 'POST', 'isolate.test', '/die');
        }),
      ),
    );
    expect(deaths).toBeGreaterThan(0);
    expect(admitted.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(LIMIT);
    expect(arrived.get(keyId)).toBeLessThanOrEqual(LIMIT);
    for (const port of ports()) expect([200, 429]).toContain((await call(port, key)).status);
    expect(arrived.get(keyId)).toBeLessThanOrEqual(LIMIT);
  });
});

/** Whether every isolate refuses with `status` from `at` on, and lets through or so refuses before. */
const refusedFrom = async (at: number, status: number, key: string, path = '/v1/any/x', method = 'GET') => {
  const late: number[] = [];
  while (Date.now() < at + 300) {
    for (const port of ports()) {
      const startedAt = Date.now();
      const answer = await raw(port, method, 'api.test', path, key);
      expect([200, status]).toContain(answer.status);
      if (answer.status === 200 && startedAt >= at) late.push(port);
    }
  }
  expect(late).toEqual([]);
  for (const port of ports()) expect((await raw(port, method, 'api.test', path, key)).status).toBe(status);
};

/** A new user whose limit is out of the way. */
/** What a Ring is asked that shall change a key. */
const changed = (owner: unknown, keyId: string, patch: object) => ({
  ...{ owner, keyId, patch, revision: null, author: LATCHKEY },
});

const newWideKey: typeof newKey = async (...parameters) => {
  const made = await newKey(...parameters);
  expect(await rpc(made.ring, 'setLimits', made.owner, { plan: 'wide' }, LATCHKEY)).toMatchObject({
    ok: true,
  });
  return made;
};

/** Makes a key known to every isolate, with a lease in hand. */
const warm = async (key: string, path = '/v1/any/x', method = 'GET'): Promise<void> => {
  for (const port of ports()) expect((await raw(port, method, 'api.test', path, key)).status).toBe(200);
};

describe('promise 2: what was taken away is dead everywhere within one lease, KV serving what it served before', () => {
  it('a revoked key, by effective_by', async () => {
    const { key, keyId, session } = await newWideKey();
    await warm(key);
    const revoked = await raw(edge.port('edge-3'), 'DELETE', 'desk.test', `/v1/keys/${keyId}`, session);
    expect(revoked.status).toBe(200);
    // With `leaseSeconds: 0`, on the next request.
    for (const port of ports()) expect((await call(port, key, '/v1/strict/x')).status).toBe(401);
    await refusedFrom(
      Date.parse((JSON.parse(revoked.body) as { effective_by: string }).effective_by),
      401,
      key,
    );
  });

  it('all keys of a suspended owner', async () => {
    const { key, ring, owner } = await newWideKey();
    await warm(key);
    await rpc(ring, 'suspend', owner, 'a test', LATCHKEY);
    const at = Date.now() + LEASE_MS;
    for (const port of ports()) expect((await call(port, key, '/v1/strict/x')).status).toBe(403);
    await refusedFrom(at, 403, key);
  });

  it('a scope that a key no longer has', async () => {
    const { key, keyId, ring, owner } = await newWideKey(['items:read', 'items:write']);
    await warm(key, '/v1/items/1', 'DELETE');
    expect(await rpc(ring, 'change', changed(owner, keyId, { scopes: ['items:read'] }))).toMatchObject({
      ok: true,
    });
    await refusedFrom(Date.now() + LEASE_MS, 403, key, '/v1/items/1', 'DELETE');
    expect((await call(edge.port('edge-0'), key, '/v1/items/1')).status).toBe(200);
  });

  it('a key whose time is over, to the second and without asking anybody', async () => {
    const expiresAt = Math.ceil(Date.now() / 1000) * 1000 + 4_000;
    const { key } = await newWideKey(['items:read'], { expires_at: new Date(expiresAt).toISOString() });
    await warm(key);
    await refusedFrom(expiresAt, 401, key);
  });
});
