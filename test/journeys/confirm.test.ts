import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Env, latchkeyFor } from '../../src/assemble.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import type { Ring } from '../../src/model/ports.ts';
import { foreignClient } from '../foreign.ts';
import {
  atStytchNow,
  callsOfM2M,
  emptyStytch,
  keyOfSomebody,
  reconciled,
  settled,
} from '../reconciliation.ts';
import { logged } from '../secrets.ts';
import settings from '../settings.ts';
import { KeyRing } from '../worker.ts';
import {
  atStytch,
  BY,
  call,
  dumpOfRing,
  emulator,
  fault,
  issueKey,
  later,
  now,
  PROJECT,
  rooms,
} from '../world.ts';

const HOURS = 3_600;
const CONFIRM_SECONDS = 26 * HOURS;

let mock: { readonly mockRestore: () => void } | null = null;

beforeEach(emptyStytch);
afterEach(async () => {
  mock?.mockRestore();
  await now();
});

const alarmOf = (stub: DurableObjectStub): Promise<number | null> =>
  runInDurableObject(stub, (_object, { storage }) => storage.getAlarm());

/** How long a Ring sleeps from now, in seconds. */
const sleepOf = async (stub: DurableObjectStub): Promise<number> =>
  (((await alarmOf(stub)) ?? Number.NaN) - Date.now()) / 1000;

const statuses = async (stub: DurableObjectStub): Promise<readonly unknown[]> =>
  ((await dumpOfRing(stub)).keys ?? []).map(({ status }) => status);

const strict = async (key: string): Promise<number> => (await call(key, '/v1/strict/a')).status;

/** How often Stytch was asked about single clients. */
const questions = async (): Promise<number> => (await callsOfM2M())['m2m.get'] ?? 0;

describe('a Ring with a living key', () => {
  it('wakes once in 26 hours, and asks Stytch about it once', async () => {
    const { stub } = await keyOfSomebody();
    for (let day = 1; day <= 3; day++) {
      expect([await sleepOf(stub), await questions()]).toEqual([CONFIRM_SECONDS, day - 1]);
      await later(CONFIRM_SECONDS);
      expect(await runDurableObjectAlarm(stub)).toBe(true);
    }
    expect([await sleepOf(stub), await statuses(stub)]).toEqual([CONFIRM_SECONDS, ['active']]);
  });

  it('asks nothing when it wakes a moment too early, and does not wake again before it is time', async () => {
    const { stub } = await keyOfSomebody();
    await later(CONFIRM_SECONDS - 1);
    await runDurableObjectAlarm(stub);
    expect([await sleepOf(stub), await questions()]).toEqual([1, 0]);
  });

  it('need not ask about what a reconciliation has seen', async () => {
    const { stub } = await keyOfSomebody();
    await later(24 * HOURS);
    await reconciled();
    expect(await sleepOf(stub)).toBe(CONFIRM_SECONDS);
    await later(24 * HOURS);
    await reconciled();
    await runDurableObjectAlarm(stub);
    expect([await sleepOf(stub), await questions()]).toEqual([CONFIRM_SECONDS, 0]);
  });

  it('asks about 20 keys at a time, and at once about the next', async () => {
    const { session, owner, ring, stub } = await keyOfSomebody();
    await ring.setLimits(owner, { keysLimit: 30 }, BY);
    for (let i = 1; i < 23; i++) await issueKey(session);
    await later(CONFIRM_SECONDS);
    await runDurableObjectAlarm(stub);
    expect([await questions(), await sleepOf(stub)]).toEqual([20, 0]);
    await runDurableObjectAlarm(stub);
    expect([await questions(), await sleepOf(stub)]).toEqual([23, CONFIRM_SECONDS]);
  });

  it('asks nothing about one that has ended, and sleeps', async () => {
    const { key_id, owner, ring, stub } = await keyOfSomebody();
    await ring.revoke(owner, key_id, BY);
    await settled(stub);
    await later(CONFIRM_SECONDS);
    await runDurableObjectAlarm(stub);
    expect(await questions()).toBe(0);
    expect(await sleepOf(stub)).toBeGreaterThan(CONFIRM_SECONDS);
  });
});

describe('a client that is no more at Stytch', () => {
  it('is revoked here within 26 hours, by Stytch as the trail says', async () => {
    const { key, key_id, stub } = await keyOfSomebody();
    expect(await strict(key)).toBe(200);
    await atStytch('DELETE', `/v1/m2m/clients/${key_id}`, {});
    // No search shows what is not there.
    expect((await reconciled()).clients).toBe(0);
    expect(await statuses(stub)).toEqual(['active']);
    await later(CONFIRM_SECONDS);
    await runDurableObjectAlarm(stub);
    expect(await dumpOfRing(stub)).toMatchObject({ keys: [{ status: 'revoked' }], secrets: [], tokens: [] });
    expect((await dumpOfRing(stub)).audit?.at(-1)).toMatchObject({
      ...{ action: 'key.revoked', actor_kind: 'stytch', client_id: key_id },
      details: JSON.stringify({ because: 'deleted at Stytch' }),
    });
    expect(await strict(key)).toBe(401);
  });

  it('or was deactivated there, is revoked here and deleted there', async () => {
    const { key_id, stub } = await keyOfSomebody();
    await atStytch('PUT', `/v1/m2m/clients/${key_id}`, { status: 'inactive' });
    await later(CONFIRM_SECONDS);
    await runDurableObjectAlarm(stub);
    expect(await statuses(stub)).toEqual(['revoked']);
    await settled(stub);
    expect(await atStytchNow(key_id)).toBeNull();
  });

  it('and was made elsewhere, is revoked here; deactivated, it stays there', async () => {
    const { clientId, owner } = await foreignClient();
    const stub = rooms.KEY_RING.getByName(await ringOfOwner(PROJECT, owner));
    const client = { name: 'other', description: '', scopes: ['items:read'], expiresAt: null, limit: null };
    await (stub as unknown as Ring).adopt(owner, { clientId, createdBy: owner.id, ...client }, BY);
    await atStytch('PUT', `/v1/m2m/clients/${clientId}`, { status: 'inactive' });
    await later(CONFIRM_SECONDS);
    await runDurableObjectAlarm(stub);
    expect(await dumpOfRing(stub)).toMatchObject({ keys: [{ status: 'revoked' }], intentions: [] });
    expect(await atStytchNow(clientId)).toMatchObject({ status: 'inactive' });
  });

  it('is not revoked twice when its owner was faster', async () => {
    const { key_id, owner, ring, stub } = await keyOfSomebody();
    await atStytch('DELETE', `/v1/m2m/clients/${key_id}`, {});
    await fault('m2m.get', { kind: 'hang' });
    await later(CONFIRM_SECONDS);
    const waking = runDurableObjectAlarm(stub);
    while ((await questions()) === 0) await scheduler.wait(1);
    await ring.revoke(owner, key_id, BY);
    await emulator('DELETE', '/faults');
    await waking;
    const actions = ((await dumpOfRing(stub)).audit ?? []).map(({ action }) => action);
    expect(actions).toEqual(['key.created', 'key.revoked']);
  });
});

describe('a Stytch that does not tell', () => {
  it.each([
    ['because it is silent', { kind: 'rateLimited', retryAfter: 2 }],
    [
      'because it does not know us',
      { kind: 'status', status: 401, body: { error_type: 'unauthorized_credentials', status_code: 401 } },
    ],
    [
      'because it finds nothing at all there',
      { kind: 'status', status: 404, body: { error_type: 'route_not_found' } },
    ],
    [
      'and answers with another client',
      { kind: 'status', status: 200, body: { m2m_client: { client_id: 'x' } } },
    ],
  ])('%s is asked again in an hour, and the key lives on', async (_, wrong) => {
    const { key, stub } = await keyOfSomebody();
    await fault('m2m.get', wrong);
    await later(CONFIRM_SECONDS);
    for (let hour = 0; hour < 3; hour++) {
      await runDurableObjectAlarm(stub);
      expect(await sleepOf(stub)).toBe(HOURS);
      await later(HOURS);
    }
    expect(await statuses(stub)).toEqual(['active']);
    await emulator('DELETE', '/faults');
    await runDurableObjectAlarm(stub);
    expect([await sleepOf(stub), await strict(key)]).toEqual([CONFIRM_SECONDS, 200]);
  });
});

describe('a Ring under the id of another project', () => {
  it('asks nothing there, where none of its clients are, and its keys live on', async () => {
    const { key, stub } = await keyOfSomebody();
    const other = { ...settings.stytch, projectId: 'project-test-22222222-2222-4222-8222-222222222222' };
    const file = latchkeyFor({ ...settings, stytch: other });
    const { STYTCH_PROJECT_ID: _, ...rest } = env as unknown as Env & { STYTCH_PROJECT_ID: string };
    const ports = vi.spyOn(KeyRing.prototype as unknown as { ports: (vars: Env) => object }, 'ports');
    mock = ports.mockImplementation(() => file(rest as unknown as Env).ringPorts());
    await evictDurableObject(stub);
    await later(CONFIRM_SECONDS);
    await runDurableObjectAlarm(stub);
    expect([await questions(), await statuses(stub), await sleepOf(stub)]).toEqual([0, ['active'], HOURS]);
    expect(logged().findLast(({ event }) => event === 'confirm')).toMatchObject({
      outcome: 'of another project',
    });
    ports.mockRestore();
    await evictDurableObject(stub);
    await later(HOURS);
    await runDurableObjectAlarm(stub);
    expect([await questions(), await sleepOf(stub), await strict(key)]).toEqual([1, CONFIRM_SECONDS, 200]);
  });
});
