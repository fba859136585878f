import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  call,
  DESK,
  desk,
  dumpOfRing,
  emulator,
  issueKey,
  ringStub,
  rooms,
  send,
  signIn,
  stytchClients,
} from '../world.ts';

/** A minute is longer than any creation at Stytch can be under way. */
const LATER_MS = 61_000;

const fault = (endpoint: string, more: object) => emulator('POST', '/faults', { endpoint, ...more });

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  for (const { name } of (await rooms.VAULT.list()).keys) await rooms.VAULT.delete(name);
});
afterEach(() => void vi.useRealTimers());

const pass = (ms: number): void => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + ms });
};

describe('issue', () => {
  it('an answer that is lost after Stytch created the client is asked for again, and the key works', async () => {
    const session = await signIn();
    await fault('m2m.create', { kind: 'cut', effect: 'done', times: 1 });
    const { key } = await issueKey(session);
    expect((await call(key)).status).toBe(200);
  });

  it('when every answer is lost, the user is told 503, and neither a client nor a slot is left', async () => {
    const session = await signIn();
    await fault('m2m.create', { kind: 'cut', effect: 'done', times: 3 });
    const refused = await desk(session, 'POST', '/v1/keys', { name: 'lost', scopes: ['items:read'] });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
    expect(await refused.json()).toMatchObject({ code: 'unavailable' });
    const ring = await ringStub(session);
    await runDurableObjectAlarm(ring);
    await vi.waitFor(async () => expect(await stytchClients(session)).toEqual([]));
    await vi.waitFor(async () => expect((await dumpOfRing(ring)).keys ?? []).toEqual([]));
    const list = await desk(session, 'GET', '/v1/keys?status=all');
    expect(await list.json()).toEqual({ data: [], next_cursor: null });
  });

  it('a crash before the commit leaves no client at Stytch and frees the slot', async () => {
    const session = await signIn();
    await fault('m2m.create', { kind: 'latency', latencyMs: 1000 });
    const lost = desk(session, 'POST', '/v1/keys', { name: 'lost', scopes: ['items:read'] });
    const dies = await ringStub(session);
    await vi.waitFor(async () =>
      expect((await dumpOfRing(dies)).keys).toMatchObject([{ status: 'creating' }]),
    );
    await crash(dies);
    expect((await lost).status).toBe(503);
    // The Ring that comes back knows what was begun, and undoes it when nobody can be at it any more.
    const ring = await ringStub(session);
    expect((await dumpOfRing(ring)).intentions).toMatchObject([{ kind: 'create' }]);
    await vi.waitFor(async () => expect((await stytchClients(session)).length).toBe(1), 4000);
    await emulator('DELETE', '/faults');
    pass(LATER_MS);
    await runDurableObjectAlarm(ring);
    await vi.waitFor(async () => expect(await stytchClients(session)).toEqual([]));
    await vi.waitFor(async () => expect((await dumpOfRing(ring)).keys ?? []).toEqual([]));
  });

  it('a client that reaches Stytch after the undoing began is undone all the same', async () => {
    const session = await signIn();
    await fault('m2m.create', { kind: 'status', status: 500, times: 3 });
    const refused = await desk(session, 'POST', '/v1/keys', { name: 'late', scopes: ['items:read'] });
    expect(refused.status).toBe(503);
    const ring = await ringStub(session);
    await runDurableObjectAlarm(ring);
    // Not there yet is not the same as never coming: the row is kept until nothing can be under way.
    await vi.waitFor(async () =>
      expect((await dumpOfRing(ring)).intentions?.[0]?.attempts).toBeGreaterThan(0),
    );
    expect((await dumpOfRing(ring)).keys).toMatchObject([{ status: 'creating' }]);
    pass(LATER_MS);
    await runDurableObjectAlarm(ring);
    expect((await dumpOfRing(ring)).keys ?? []).toEqual([]);
  });

  it('what Stytch refuses is told, leaves nothing behind and takes no slot', async () => {
    const session = await signIn();
    await fault('m2m.create', {
      kind: 'status',
      status: 400,
      body: { error_type: 'too_many_m2m_clients_for_billing_tier', error_message: '…', status_code: 400 },
    });
    const refused = await desk(session, 'POST', '/v1/keys', { name: 'one too many', scopes: ['items:read'] });
    expect(refused.status).toBe(502);
    expect(await refused.json()).toMatchObject({ code: 'client_refused' });
    const list = await desk(session, 'GET', '/v1/keys?status=all');
    expect(await list.json()).toEqual({ data: [], next_cursor: null });
  });

  it('30 parallel issues at a limit of 5 make exactly 5 keys', async () => {
    const session = await signIn();
    const answers = await Promise.all(
      Array.from({ length: 30 }, (_, i) =>
        desk(session, 'POST', '/v1/keys', { name: `n${i}`, scopes: ['items:read'] }),
      ),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(5).fill(201), ...Array(25).fill(409)]);
    expect((await stytchClients(session)).length).toBe(5);
  });

  it('a Ring whose only issue came to nothing removes itself', async () => {
    const session = await signIn();
    await fault('m2m.create', {
      kind: 'status',
      status: 400,
      body: { error_type: 'invalid_m2m_client_scope', status_code: 400 },
    });
    await desk(session, 'POST', '/v1/keys', { name: 'nothing', scopes: ['items:read'] });
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });

  it('looking at an empty list writes nothing', async () => {
    const session = await signIn();
    await desk(session, 'GET', '/v1/keys');
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });
});

describe('revoke', () => {
  it('works while Stytch is down, at once, and Stytch is told when it is back', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    expect((await call(key, '/v1/strict/a')).status).toBe(200);
    await fault('*', { kind: 'status', status: 503 });
    const revoked = await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    expect(revoked.status).toBe(200);
    expect(await revoked.json()).toMatchObject({
      key_id,
      status: 'revoked',
      effective_by: expect.any(String),
    });
    expect((await call(key, '/v1/strict/a')).status).toBe(401);
    const ring = await ringStub(session);
    await runDurableObjectAlarm(ring);
    await emulator('DELETE', '/faults');
    expect((await stytchClients(session)).length).toBe(1);
    pass(LATER_MS);
    await runDurableObjectAlarm(ring);
    expect(await stytchClients(session)).toEqual([]);
    expect((await dumpOfRing(ring)).intentions).toEqual([]);
  });

  it('leaves a tombstone, forgets every fingerprint and token, and empties the Vault', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    await call(key);
    await vi.waitFor(async () => expect((await vaultTokens()).length).toBe(1));
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    const ring = await ringStub(session);
    await runDurableObjectAlarm(ring);
    await vi.waitFor(async () => expect(await vaultTokens()).toEqual([]));
    const tables = await dumpOfRing(ring);
    expect(tables).toMatchObject({
      secrets: [],
      tokens: [],
      keys: [{ client_id: key_id, status: 'revoked' }],
    });
  });

  it('that runs during an exchange wins: the token is thrown away', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    await fault('token', { kind: 'latency', latencyMs: 400 });
    const first = call(key);
    await vi.waitFor(async () => expect(await tokenCalls()).toBeGreaterThan(0));
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    const answer = await first;
    expect(answer.status).toBe(401);
    expect((await dumpOfRing(await ringStub(session))).tokens).toEqual([]);
    expect(await vaultTokens()).toEqual([]);
  });

  it('twice is answered like once, and a revoked key never comes back', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    expect((await desk(session, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
    expect((await desk(session, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
    expect((await call(key, '/v1/strict/a')).status).toBe(401);
    const shown = await desk(session, 'GET', `/v1/keys/${key_id}`);
    expect(await shown.json()).toMatchObject({ status: 'revoked', ended_at: expect.any(String) });
  });

  it('survives an eviction of the Ring between any two steps', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const ring = await ringStub(session);
    await evictDurableObject(ring);
    expect((await call(key, '/v1/strict/a')).status).toBe(200);
    await evictDurableObject(ring);
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    await evictDurableObject(ring);
    expect((await call(key, '/v1/strict/a')).status).toBe(401);
  });
});

describe('expiry', () => {
  it('holds to the second at the edge, and the key is retired at Stytch by the alarm', async () => {
    const session = await signIn();
    const expiresAt = new Date(Date.now() + 20_000).toISOString();
    const { key } = await issueKey(session, ['items:read'], { expires_at: expiresAt });
    expect((await call(key)).status).toBe(200);
    pass(20_001);
    expect((await call(key)).status).toBe(401);
    const ring = await ringStub(session);
    await runDurableObjectAlarm(ring);
    await runDurableObjectAlarm(ring);
    await vi.waitFor(async () => expect(await stytchClients(session)).toEqual([]));
    expect(await (await desk(session, 'GET', '/v1/keys?status=expired')).json()).toMatchObject({
      data: [{ status: 'expired' }],
    });
  });
});

describe('a client_id of our grammar that its Ring does not know', () => {
  it('is refused and never adopted, though Stytch knows it', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const ring = await ringStub(session);
    // The Ring loses the key; Stytch still has the client, and would give a token.
    await runInDurableObject(ring, (_instance, state) => {
      state.storage.sql.exec('DELETE FROM keys');
      state.storage.sql.exec('DELETE FROM secrets');
    });
    await emulator('DELETE', '/counters');
    expect((await call(key)).status).toBe(401);
    expect(await tokenCalls()).toBe(0);
    const unknown = await send(`${DESK}/v1/keys/${key_id}`, {
      headers: { authorization: `Bearer ${session}` },
    });
    expect(unknown.status).toBe(404);
  });
});

/** Ends a Ring as a machine that dies would: whatever is under way in it is gone. */
const crash = (ring: DurableObjectStub): Promise<unknown> =>
  runInDurableObject(ring, (_instance, state) => state.abort('the machine died')).catch(() => null);

const vaultTokens = async (): Promise<readonly string[]> => {
  const { keys } = await rooms.VAULT.list({ prefix: 't1.' });
  return keys.map(({ name }) => name);
};

const tokenCalls = async (): Promise<number> => {
  const { calls } = (await emulator('GET', '/counters')) as { calls: Record<string, number> };
  return calls.token ?? 0;
};
