import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { describeOrigin } from './guarded/expectations.ts';
import { HONO } from './guarded/hono.ts';
import { NODE } from './guarded/node.ts';
import { type Started, told } from './guarded/origin.ts';
import { startWorld, type World } from './guarded/world.ts';

/** The middleware of `src/origin/` on the real servers, behind the real Gate: each request as the Gate wrote it. */
let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.stop());

for (const origin of [...NODE, HONO]) describeOrigin(origin, () => world);

describe("Node's upgrades", () => {
  let origin: Started;
  beforeAll(async () => {
    const [node] = NODE.filter(({ name }) => name === 'Node');
    if (node === undefined) throw new Error('no Node');
    origin = await node.start(world.setting);
  });
  afterAll(() => origin?.stop());

  const dial = (target: string, headers: Readonly<Record<string, string>>): WebSocket =>
    new WebSocket(`ws://127.0.0.1:${origin.port}${target}`, { headers });

  test('a WebSocket with an assertion is opened for whom it names', async () => {
    const { userId, clientId, auth, scopes } = world.me.identity;
    const socket = dial('/v1/any/a', {
      'X-Latchkey-Assertion': await world.sign(world.claims()),
      ...{ 'X-Latchkey-Auth': auth, 'X-Latchkey-User-Id': String(userId) },
      ...{ 'X-Latchkey-Key-Id': String(clientId), 'X-Latchkey-Scopes': scopes.join(' ') },
    });
    const [message] = await once(socket, 'message');
    expect(JSON.parse(String(message))).toEqual(told(world.me.identity));
    socket.terminate();
  });

  test.each(['/v1/any/a', '/healthz'])('a WebSocket without one is not opened: %s', async (target) => {
    const before = origin.handled();
    const [, response] = await once(
      dial(target, { 'X-Latchkey-User-Id': 'user-test-evil' }),
      'unexpected-response',
    );
    expect([response.statusCode, response.headers['www-authenticate']]).toEqual([401, 'Latchkey-Assertion']);
    expect(origin.handled()).toBe(before);
  });
});
