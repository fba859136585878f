import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Env } from '../../src/assemble.ts';
import { lobbyName } from '../../src/ring/lobby-name.ts';
import type { RingPorts } from '../../src/ring/parts.ts';
import { foreignClient } from '../foreign.ts';
import { asOperator, OPERATOR, told } from '../operators.ts';
import { inUse } from '../secrets.ts';
import { KeyRing, latchkey } from '../worker.ts';
import {
  atStytch,
  desk,
  dumpOfRing,
  emulator,
  fault,
  isolate,
  issueKey,
  later,
  notGood,
  now,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
  stytchClients,
  subjectOf,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const DELETED = { status: 410, code: 'owner_deleted', ...NONE };
const SUSPENDED = { status: 403, code: 'owner_suspended', ...NONE };
const DAY_SECONDS = 86_400;
const AUDIT_DAYS = 400;

let session: string;
let userId: string;
let user: string;

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  session = await signIn();
  userId = subjectOf(session);
  user = `/v1/users/${userId}`;
  await emulator('DELETE', '/counters');
});
afterEach(async () => {
  for (const each of spies.splice(0)) each.mockRestore();
  await now();
});

const spies: { readonly mockRestore: () => void }[] = [];

const deleted = () => asOperator('DELETE', user);

/** The user's Ring, by a new stub: one whose object died stays broken. */
const ring = () => ringStub(session);
const inRing = async <T>(work: (storage: DurableObjectStorage) => T | Promise<T>): Promise<T> =>
  runInDurableObject(await ring(), (_instance, { storage }) => work(storage));
const rows = async () => dumpOfRing(await ring());

/** Lets the Ring do what is due, until nothing is. */
const settle = async () => {
  for (let i = 0; i < 5; i++) await runDurableObjectAlarm(await ring());
};

const alarmIn = (): Promise<number | null> =>
  inRing(async (storage) => {
    const at = await storage.getAlarm();
    return at === null ? null : at - Date.now();
  });

const crash = async () =>
  runInDurableObject(await ring(), (_instance, state) => state.abort('the machine died')).catch(() => null);

/** From now on, Rings that come to life do so with these ports. */
const ringsWith = (change: (ports: RingPorts) => Partial<RingPorts>): void => {
  const real = latchkey(env as unknown as Env).ringPorts();
  const ports = vi.spyOn(KeyRing.prototype as unknown as { ports: () => RingPorts }, 'ports');
  spies.push(ports.mockReturnValue({ ...real, ...change(real) }));
};

describe('a deletion', () => {
  it('ends every key, refuses the owner for good, and says until when the rest is kept', async () => {
    const { key } = await issueKey(session);
    const before = Date.now();
    const answer = await deleted();
    const body = (await answer.json()) as Record<string, Record<string, string>> & { effective_by: string };
    expect([answer.status, body]).toMatchObject([
      200,
      { owner: { id: userId }, live_keys: 0, suspension: { reason: 'deleted' } },
    ]);
    const { deleted_at, kept_until } = body.deletion ?? {};
    expect(Date.parse(kept_until ?? '') - Date.parse(deleted_at ?? '')).toBe(AUDIT_DAYS * DAY_SECONDS * 1000);
    expect(Date.parse(body.effective_by)).toBeGreaterThanOrEqual(before + 5_000);
    expect(await refusalOf(await isolate().call(key))).toEqual(notGood('acme-api'));
    expect(await refusalOf(await isolate().call(session))).toEqual(SUSPENDED);
    await settle();
    expect(await stytchClients(session)).toEqual([]);
  });

  it('forgets what is personal, and keeps tombstones and the trail', async () => {
    const { key, key_id } = await issueKey(session, ['items:read'], {
      ...{ name: 'Ada’s laptop', description: 'in the kitchen', ip_allowlist: ['203.0.113.7'] },
    });
    await isolate().fetch('https://api.test/v1/items/1', {
      headers: { authorization: `Bearer ${key}`, 'cf-connecting-ip': '203.0.113.7', 'user-agent': 'curl/8' },
    });
    const again = await asOperator(
      'POST',
      `${user}/keys`,
      { name: 'again', scopes: ['items:read'] },
      { 'idempotency-key': 'one' },
    );
    inUse(((await again.json()) as { key: string }).key);
    await deleted();
    const { audit = [], ...rest } = await rows();
    expect(rest).toMatchObject({
      secrets: [],
      tokens: [],
      uses: [],
      leases: [],
      idempotency: [],
      rotations: [],
    });
    expect(rest.keys).toHaveLength(2);
    for (const each of rest.keys ?? [])
      expect(each).toMatchObject({
        ...{ status: 'revoked', name: '', description: '', ip_allowlist: null },
        ...{ last_seen: null, last_used_at: null },
      });
    for (const each of ['Ada’s laptop', 'kitchen', '203.0.113.7', 'curl', 'again'])
      expect(JSON.stringify(rest)).not.toContain(each);
    expect(
      audit.map(({ action, actor_id, details }) => [action, actor_id, JSON.parse(String(details))]),
    ).toMatchObject([
      ['key.created', userId, { name: 'Ada’s laptop' }],
      ['key.created', OPERATOR, {}],
      ['key.revoked', OPERATOR, { because: 'deleted' }],
      ['key.revoked', OPERATOR, { because: 'deleted' }],
      ['owner.deleted', OPERATOR, { revoked: 2 }],
    ]);
    expect(await told(desk(session, 'GET', '/v1/keys?status=all'))).toMatchObject({
      data: [
        { status: 'revoked', name: '' },
        { key_id, status: 'revoked' },
      ],
    });
  });

  it('a second time changes nothing', async () => {
    await issueKey(session);
    const first = (await told(deleted())) as Record<string, unknown>;
    await later(60);
    expect(await told(deleted())).toEqual({ ...first, effective_by: expect.any(String) });
    expect((await rows()).audit).toHaveLength(3);
  });

  it('of a suspended owner leaves since when, and takes the place of why', async () => {
    const { suspension } = (await told(asOperator('PUT', `${user}/suspension`, { reason: 'abuse' }))) as {
      suspension: object;
    };
    await later(60);
    expect(await told(deleted())).toMatchObject({ suspension: { ...suspension, reason: 'deleted' } });
    expect(await told(asOperator('PUT', `${user}/suspension`, { reason: 'abuse' }))).toMatchObject({
      suspension: { reason: 'deleted' },
    });
  });

  it('lets nothing be made, lifted or put any more, by anybody', async () => {
    await issueKey(session);
    await deleted();
    const wish = { name: 'n', scopes: ['items:read'] };
    const { clientId: client_id, clientSecret: client_secret } = await foreignClient(null);
    for (const refused of [
      desk(session, 'POST', '/v1/keys', wish),
      asOperator('POST', `${user}/keys`, wish),
      asOperator('POST', `${user}/keys/import`, { client_id, client_secret }),
      asOperator('DELETE', `${user}/suspension`),
      asOperator('PUT', `${user}/limits`, { plan: null, keys_limit: null }),
    ])
      expect(await refusalOf(await refused)).toEqual(DELETED);
    expect(await told(asOperator('DELETE', `${user}/keys`))).toMatchObject({ revoked: 0 });
    expect((await rows()).keys).toHaveLength(1);
  });

  it('is told to the operator’s URL, and nothing personal with it', async () => {
    const silent = { outcome: 'unreachable', detail: 'x', retryAfterSeconds: null } as const;
    ringsWith(({ rules }) => ({
      rules: { ...rules, events: { expiringMs: 1, unusedMs: 1 } },
      deliver: async () => silent,
    }));
    await issueKey(session, ['items:read'], { name: 'Ada’s laptop' });
    await inRing((storage) => storage.sql.exec('DELETE FROM events'));
    await deleted();
    const told = ((await rows()).events ?? []).map(({ body }) => JSON.parse(String(body)));
    expect(told.map(({ type, data }) => [type, data.suspended ?? data.because]).sort()).toEqual([
      ['key.revoked', 'deleted'],
      ['owner.suspended', true],
    ]);
    expect(JSON.stringify(told)).not.toContain('laptop');
    await inRing((storage) => storage.sql.exec('DELETE FROM events'));
    await crash();
  });
});

describe('what is under way when its owner is deleted', () => {
  it('a key that is being made is handed to nobody, and no client of it is left at Stytch', async () => {
    await fault('m2m.create', { kind: 'hang', times: 1, effect: 'done' });
    const issuing = desk(session, 'POST', '/v1/keys', { name: 'n', scopes: ['items:read'] });
    await vi.waitFor(async () => expect((await stytchCalls())['m2m.create']).toBe(1), 5_000);
    await deleted();
    await emulator('DELETE', '/faults');
    expect(await refusalOf(await issuing)).toEqual(DELETED);
    await settle();
    expect([await stytchClients(session), (await rows()).keys]).toEqual([[], []]);
  });

  it('a rotation brings forth no secret', async () => {
    const { key_id } = await issueKey(session);
    await fault('m2m.rotate.start', { kind: 'hang', times: 1, effect: 'done' });
    const rotating = desk(session, 'POST', `/v1/keys/${key_id}/rotate`, { overlap_seconds: 60 });
    await vi.waitFor(async () => expect((await stytchCalls())['m2m.rotate.start']).toBe(1), 5_000);
    await deleted();
    await emulator('DELETE', '/faults');
    expect(await refusalOf(await rotating)).toEqual({ status: 404, code: 'not_found', ...NONE });
    await later(60);
    await settle();
    expect(await stytchClients(session)).toEqual([]);
  });

  it('a token that is on its way opens nothing and is not kept', async () => {
    const gate = Promise.withResolvers<void>();
    let held = false;
    ringsWith(({ stytch }) => ({
      stytch: {
        ...stytch,
        exchange: async (...pair) => {
          const answer = await stytch.exchange(...pair);
          held = true;
          await gate.promise;
          return answer;
        },
      },
    }));
    const { key } = await issueKey(session);
    const calling = isolate().call(key);
    await vi.waitFor(() => expect(held).toBe(true), 5_000);
    await deleted();
    gate.resolve();
    expect(await refusalOf(await calling)).toEqual(notGood('acme-api'));
    expect(await rows()).toMatchObject({ secrets: [], tokens: [] });
    await crash();
  });
});

describe('a deletion while Stytch is silent', () => {
  it('is in force at once, and is finished when Stytch answers, whatever dies in between', async () => {
    const { key } = await issueKey(session);
    await issueKey(session);
    await fault('m2m.delete', { kind: 'status', status: 500 });
    expect((await deleted()).status).toBe(200);
    await crash();
    expect((await isolate().call(key)).status).toBe(401);
    await runDurableObjectAlarm(await ring());
    await crash();
    expect(await stytchClients(session)).toHaveLength(2);
    await emulator('DELETE', '/faults');
    await later(3_600);
    await settle();
    expect(await stytchClients(session)).toEqual([]);
  });

  it('is not over when its time comes, and the Ring is looked after in a while, not all the time', async () => {
    await issueKey(session);
    await deleted();
    await fault('m2m.delete', { kind: 'status', status: 500 });
    await inRing((storage) => storage.sql.exec('UPDATE intentions SET attempts = 20'));
    await later(AUDIT_DAYS * DAY_SECONDS + 1);
    await settle();
    expect((await rows()).keys).toHaveLength(1);
    expect(await alarmIn()).toBeGreaterThan(60_000);
    await emulator('DELETE', '/faults');
    await later(3_601);
    await settle();
    expect(await rows()).toEqual({});
  });
});

describe('when its time has come', () => {
  it('the whole Ring goes, and not a second before', async () => {
    const { key } = await issueKey(session);
    await deleted();
    await settle();
    await later(AUDIT_DAYS * DAY_SECONDS - 10);
    await settle();
    expect((await rows()).keys).toHaveLength(1);
    await later(11);
    await settle();
    expect([await rows(), await alarmIn()]).toEqual([{}, null]);
    expect((await isolate().call(key)).status).toBe(401);
    expect(await told(asOperator('GET', user))).toMatchObject({ created_at: null, deletion: null });
  });

  it('the Lobbies forget whose the imported clients were', async () => {
    const { clientId: client_id, clientSecret: client_secret } = await foreignClient(null);
    await asOperator('POST', `${user}/keys/import`, { client_id, client_secret });
    const claims = async () => {
      const { owners = [], secrets = [] } = await dumpOfRing(rooms.LOBBY.getByName(lobbyName(client_id)));
      return [...owners, ...secrets].filter((row) => row.client_id === client_id).length;
    };
    await deleted();
    await settle();
    expect((await atStytch('GET', `/v1/m2m/clients/${client_id}`)).status).toBe(404);
    expect(await claims()).toBe(2);
    await later(AUDIT_DAYS * DAY_SECONDS + 1);
    await settle();
    expect([await claims(), await rows()]).toEqual([0, {}]);
  });
});

describe('an owner of whom there was nothing', () => {
  it('is refused for a day, and leaves no trace after it', async () => {
    expect((await isolate().call(session)).status).toBe(200);
    const { deletion } = (await told(deleted())) as { deletion: { deleted_at: string; kept_until: string } };
    expect(Date.parse(deletion.kept_until) - Date.parse(deletion.deleted_at)).toBe(DAY_SECONDS * 1000);
    expect(await refusalOf(await isolate().call(session))).toEqual(SUSPENDED);
    expect(
      await refusalOf(await desk(session, 'POST', '/v1/keys', { name: 'n', scopes: ['items:read'] })),
    ).toEqual(DELETED);
    await later(DAY_SECONDS + 1);
    await settle();
    expect([await rows(), await alarmIn()]).toEqual([{}, null]);
  });
});
