import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
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
    durableObjects: [{ binding: 'KEY_RING', className: 'KeyRing' }],
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
const newKey = async () => {
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
  const body = JSON.stringify({ name: 'many', scopes: ['items:read'] });
  const issued = await raw(edge.port('edge-0'), 'POST', 'desk.test', '/v1/keys', session_jwt, body);
  const { key, key_id } = JSON.parse(issued.body) as { key: string; key_id: string };
  return { key, keyId: key_id, session: session_jwt, ring: key_id.slice('acme_test_'.length, -11) };
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

describe('promise 3: a limit holds over any number of isolates', () => {
  it('8 isolates that are hammered until each refuses admit exactly the limit', async () => {
    const { key, keyId } = await newKey();
    const admitted = await Promise.all(ports().map((port) => untilRefused(port, key)));
    expect(admitted.reduce((sum, each) => sum + each, 0)).toBe(LIMIT);
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
          await raw(port, 'GET', 'ring.test', `/${ring}`);
        }),
      ),
    );
    expect(deaths).toBeGreaterThan(0);
    expect(admitted.reduce((sum, each) => sum + each, 0)).toBeLessThanOrEqual(LIMIT);
    expect(arrived.get(keyId)).toBeLessThanOrEqual(LIMIT);
  });

  it('two keys of one owner share the limit', async () => {
    const first = await newKey();
    const body = JSON.stringify({ name: 'second', scopes: ['items:read'] });
    const issued = await raw(edge.port('edge-1'), 'POST', 'desk.test', '/v1/keys', first.session, body);
    const second = JSON.parse(issued.body) as { key: string; key_id: string };
    await Promise.all(ports().map((port, i) => untilRefused(port, i % 2 === 0 ? first.key : second.key)));
    expect((arrived.get(first.keyId) ?? 0) + (arrived.get(second.key_id) ?? 0)).toBe(LIMIT);
  });
});

describe('promise 2: what was revoked is dead everywhere by effective_by', () => {
  it('at each of 8 warm isolates, with KV serving what it served before', async () => {
    const { key, keyId, session } = await newKey();
    for (const port of ports()) expect((await call(port, key)).status).toBe(200);
    const revoked = await raw(edge.port('edge-3'), 'DELETE', 'desk.test', `/v1/keys/${keyId}`, session);
    expect(revoked.status).toBe(200);
    // With `leaseSeconds: 0`, on the next request.
    for (const port of ports()) expect((await call(port, key, '/v1/strict/x')).status).toBe(401);
    const { effective_by } = JSON.parse(revoked.body) as { effective_by: string };
    const late: number[] = [];
    const end = Date.parse(effective_by) + 500;
    while (Date.now() < end) {
      for (const port of ports()) {
        const startedAt = Date.now();
        const { status } = await call(port, key);
        if (status === 200 && startedAt >= Date.parse(effective_by)) late.push(port);
        else expect([200, 401]).toContain(status);
      }
    }
    expect(late).toEqual([]);
    for (const port of ports()) expect((await call(port, key)).status).toBe(401);
  });
});
