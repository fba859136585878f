import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Owner } from '../../src/model/identity.ts';
import { ringOfOwner } from '../../src/model/key.ts';
import type { Ring } from '../../src/model/ports.ts';
import { openLobbies } from '../../src/ring/lobby-name.ts';
import { foreignClient } from '../foreign.ts';
import {
  atStytchNow,
  callsOfM2M,
  countsOf,
  emptyStytch,
  keyOfSomebody,
  madeAtStytch,
  mark,
  reconciled,
  settled,
  strayClient,
  unknownId,
} from '../reconciliation.ts';
import {
  atStytch,
  BY,
  call,
  desk,
  dumpOfRing,
  emulator,
  fault,
  later,
  now,
  PROJECT,
  rooms,
  signIn,
} from '../world.ts';

const MINUTES = 60;
const DAYS = 86_400;

beforeEach(emptyStytch);
afterEach(now);

const statusOf = async (stub: DurableObjectStub): Promise<unknown> =>
  (await dumpOfRing(stub)).keys?.[0]?.status;

/** Has a Ring try what it intends to do at Stytch, in vain; what it intends then. */
const tried = async (stub: DurableObjectStub) => {
  await runDurableObjectAlarm(stub);
  await emulator('DELETE', '/faults');
  const { intentions } = await dumpOfRing(stub);
  expect(intentions).toMatchObject([{ attempts: 1 }]);
  return intentions;
};

/** A change of a key that Stytch was not told of yet. */
const changedInVain = async (ring: Ring, stub: DurableObjectStub, owner: Owner, keyId: string) => {
  await fault('m2m.update', { kind: 'rateLimited', retryAfter: 2 });
  await ring.change({ owner, keyId, patch: { scopes: ['items:read'] }, revision: null, author: BY });
  return tried(stub);
};

const strict = async (key: string): Promise<number> => (await call(key, '/v1/strict/a')).status;

describe('a key that is the same here and at Stytch', () => {
  it('is left as it is, and the Ring need not ask Stytch about it by itself', async () => {
    const { key, key_id, stub } = await keyOfSomebody();
    await later(3_600);
    await emulator('DELETE', '/counters');
    const before = (await dumpOfRing(stub)).keys?.[0];
    const report = await reconciled();
    expect(report).toMatchObject({ status: 'done', because: null, clients: 1, orphansLeft: 0, findings: [] });
    expect(countsOf(report)).toEqual({ same: 1 });
    expect(await callsOfM2M()).toEqual({ 'm2m.search': 1 });
    const after = (await dumpOfRing(stub)).keys?.[0];
    expect(after).toEqual({ ...before, confirmed_at: Date.now() });
    expect([await strict(key), (await atStytchNow(key_id))?.status]).toEqual([200, 'active']);
  });

  it('is the same in whatever order Stytch gives its scopes', async () => {
    const { key_id } = await keyOfSomebody();
    await atStytch('PUT', `/v1/m2m/clients/${key_id}`, { scopes: ['items:write', 'items:read'] });
    expect(countsOf(await reconciled())).toEqual({ same: 1 });
  });
});

describe('a client that no Ring knows', () => {
  it.each([
    ['that was made 15 minutes ago', () => mark(15 * MINUTES)],
    ['that does not say when it was made', () => ({ made_by: 'latchkey' })],
    ['that says so in no way of ours', () => ({ made_by: 'latchkey', made_at: 'yesterday' })],
    ['that says it will be made in a year', () => mark(-365 * DAYS)],
    ['that says it will be made in the year 33658', () => ({ made_by: 'latchkey', made_at: '999999999999' })],
  ])('%s is an orphan, and goes; its Ring is not made by that', async (_, metadata) => {
    const { clientId, stub } = await strayClient(metadata());
    const report = await reconciled();
    expect(countsOf(report)).toEqual({ orphan: 1 });
    expect(report).toMatchObject({
      status: 'done',
      orphansLeft: 0,
      findings: [{ clientId, found: 'orphan' }],
    });
    expect([await atStytchNow(clientId), await dumpOfRing(stub)]).toEqual([null, {}]);
  });

  it('and that is younger than 15 minutes is left alone, and goes later', async () => {
    const { clientId, stub } = await strayClient(mark(14 * MINUTES));
    const young = await reconciled();
    expect([countsOf(young), young.findings]).toEqual([{ young: 1 }, []]);
    expect([await atStytchNow(clientId), await dumpOfRing(stub)]).toEqual([expect.anything(), {}]);
    await later(MINUTES);
    expect(countsOf(await reconciled())).toEqual({ orphan: 1 });
    expect(await atStytchNow(clientId)).toBeNull();
  });

  it.each([
    ['without our mark', {}],
    ['with the mark of somebody else', { made_by: 'terraform', made_at: '1' }],
    ['with our mark in another type', { made_by: ['latchkey'], made_at: '1' }],
  ])('%s is told of and never removed, though its id is like ours', async (_, metadata) => {
    const { clientId, stub } = await strayClient(metadata);
    const report = await reconciled();
    expect(countsOf(report)).toEqual({ unmarked: 1 });
    expect(report).toMatchObject({ status: 'done', findings: [{ clientId, found: 'unmarked' }] });
    expect([await atStytchNow(clientId), await dumpOfRing(stub)]).toEqual([expect.anything(), {}]);
  });

  it.each([
    ['of the other environment', `acme_live_${'0'.repeat(28)}`],
    ['of another brand', `other_test_${'0'.repeat(28)}`],
    ['whose id only begins like ours', 'acme_test_1'],
    ['of no grammar at all', 'a client'],
  ])('%s is none of ours, whatever it is marked with', async (_, clientId) => {
    await strayClient(mark(30 * DAYS), clientId);
    await atStytch('PUT', `/v1/m2m/clients/${encodeURIComponent(clientId)}`, { status: 'inactive' });
    const report = await reconciled();
    expect([countsOf(report), report.findings]).toEqual([{ foreign: 1 }, []]);
    expect(await atStytchNow(encodeURIComponent(clientId))).toMatchObject({ status: 'inactive' });
  });

  it('is an orphan under a former brand too', async () => {
    const { clientId } = await unknownId();
    const former = clientId.replace('acme_', 'oldacme_');
    await madeAtStytch(former, mark(DAYS));
    expect(countsOf(await reconciled())).toEqual({ orphan: 1 });
    expect(await atStytchNow(former)).toBeNull();
  });

  it('in a Ring that knows others goes alone', async () => {
    const { key, key_id, stub } = await keyOfSomebody();
    const stray = `${key_id.slice(0, -11)}00000000007`;
    await madeAtStytch(stray, mark(DAYS));
    expect(countsOf(await reconciled())).toEqual({ same: 1, orphan: 1 });
    expect([await atStytchNow(stray), await strict(key)]).toEqual([null, 200]);
    expect((await dumpOfRing(stub)).intentions).toEqual([]);
  });

  it('stays until the next run when Stytch does not delete it', async () => {
    const { clientId } = await strayClient(mark(DAYS));
    await fault('m2m.delete', { kind: 'status', status: 503 });
    expect(countsOf(await reconciled())).toEqual({ failed: 1 });
    await emulator('DELETE', '/faults');
    expect(countsOf(await reconciled())).toEqual({ orphan: 1 });
    expect(await atStytchNow(clientId)).toBeNull();
  });
});

describe('more orphans than usual', () => {
  const strays = (count: number) => Promise.all(Array.from({ length: count }, () => strayClient(mark(DAYS))));

  it('are left where they are and the run says so, until an operator says how many may go', async () => {
    const clients = await strays(21);
    const report = await reconciled();
    expect(report).toMatchObject({ status: 'failed', because: 'more orphans than are removed unasked' });
    expect([countsOf(report), report.orphansLeft]).toEqual([{ orphan: 21 }, 21]);
    expect(await callsOfM2M()).not.toHaveProperty(['m2m.delete']);
    expect(await reconciled({ maxOrphans: 20 })).toMatchObject({ status: 'failed', orphansLeft: 21 });
    expect(await reconciled({ maxOrphans: 21 })).toMatchObject({ status: 'done', orphansLeft: 0 });
    expect(await Promise.all(clients.map(({ clientId }) => atStytchNow(clientId)))).toEqual(
      clients.map(() => null),
    );
  });
});

describe('a key that is being made', () => {
  it('is left alone however long that takes, and is there when it is made', async () => {
    const session = await signIn();
    await fault('m2m.create', { kind: 'hang', effect: 'done' });
    const issuing = desk(session, 'POST', '/v1/keys', { name: 'slow', scopes: ['items:read'] });
    while ((await callsOfM2M())['m2m.create'] === undefined) await scheduler.wait(1);
    await later(16 * MINUTES);
    expect(countsOf(await reconciled())).toEqual({ young: 1 });
    await emulator('DELETE', '/faults');
    const issued = await issuing;
    expect(issued.status).toBe(201);
    expect(countsOf(await reconciled())).toEqual({ same: 1 });
  });

  it('and was cut off is an orphan after 15 minutes, and its slot is free again', async () => {
    const { key_id, stub } = await keyOfSomebody();
    await runInDurableObject(stub, (_object, { storage }) => {
      storage.sql.exec("UPDATE keys SET status = 'creating'");
      storage.sql.exec(
        "INSERT INTO intentions VALUES (?, 'create', 9, ?, ?, '[]')",
        key_id,
        Date.now() + 3_600_000,
        Date.now(),
      );
    });
    expect(countsOf(await reconciled())).toEqual({ young: 1 });
    await later(15 * MINUTES);
    expect(countsOf(await reconciled())).toEqual({ orphan: 1 });
    expect(await atStytchNow(key_id)).toBeNull();
    await later(3_600);
    await runDurableObjectAlarm(stub);
    expect((await dumpOfRing(stub)).keys).toEqual([]);
  });
});

describe('a client that was deactivated at Stytch', () => {
  it('is revoked here, by Stytch as the trail says, and goes at Stytch too', async () => {
    const { key, key_id, owner, stub, ring } = await keyOfSomebody();
    expect(await strict(key)).toBe(200);
    await atStytch('PUT', `/v1/m2m/clients/${key_id}`, { status: 'inactive' });
    const report = await reconciled();
    expect([countsOf(report), report.findings]).toEqual([
      { deactivated: 1 },
      [{ clientId: key_id, found: 'deactivated' }],
    ]);
    await later(1);
    expect(await strict(key)).toBe(401);
    expect(await ring.get(owner, key_id)).toMatchObject({ status: 'revoked' });
    expect((await dumpOfRing(stub)).audit?.at(-1)).toMatchObject({
      ...{ action: 'key.revoked', actor_kind: 'stytch', client_id: key_id },
      details: JSON.stringify({ because: 'deactivated at Stytch' }),
    });
    await settled(stub);
    expect(await atStytchNow(key_id)).toBeNull();
  });

  it('is revoked even while a change of the key waits for Stytch', async () => {
    const { key_id, owner, stub, ring } = await keyOfSomebody();
    await changedInVain(ring, stub, owner, key_id);
    await atStytch('PUT', `/v1/m2m/clients/${key_id}`, { status: 'inactive' });
    expect(countsOf(await reconciled())).toEqual({ deactivated: 1 });
    expect(await dumpOfRing(stub)).toMatchObject({
      keys: [{ status: 'revoked' }],
      intentions: [{ kind: 'delete' }],
    });
  });
});

describe('a key that ended here', () => {
  it('and whose client is alive at Stytch, has that deleted', async () => {
    const { key_id, owner, stub, ring } = await keyOfSomebody();
    await ring.revoke(owner, key_id, BY);
    await settled(stub);
    // As if the delete had gone to another place.
    await madeAtStytch(key_id, mark(DAYS));
    const report = await reconciled();
    expect([countsOf(report), report.findings]).toEqual([
      { ended: 1 },
      [{ clientId: key_id, found: 'ended' }],
    ]);
    await settled(stub);
    expect(await atStytchNow(key_id)).toBeNull();
    expect((await dumpOfRing(stub)).keys).toMatchObject([{ status: 'revoked' }]);
  });

  it('and of which Stytch is being told already, is not begun anew', async () => {
    const { key_id, owner, stub, ring } = await keyOfSomebody();
    await fault('m2m.delete', { kind: 'rateLimited', retryAfter: 2 });
    await ring.revoke(owner, key_id, BY);
    const intentions = await tried(stub);
    expect(countsOf(await reconciled())).toEqual({ ended: 1 });
    expect((await dumpOfRing(stub)).intentions).toEqual(intentions);
  });
});

describe('a key of which Stytch knows something else', () => {
  it('is made the same there: name, description, scopes, owner and mark', async () => {
    const { key_id, owner, stub } = await keyOfSomebody();
    const before = await atStytchNow(key_id);
    await atStytch('PUT', `/v1/m2m/clients/${key_id}`, {
      ...{ client_name: 'x', client_description: 'y', scopes: ['admin:all'] },
      trusted_metadata: { user_id: 'user-test-eve', made_by: null, note: 'kept' },
    });
    const report = await reconciled();
    expect([countsOf(report), report.findings]).toEqual([
      { drifted: 1 },
      [{ clientId: key_id, found: 'drifted' }],
    ]);
    await settled(stub);
    const { made_at } = (before as { trusted_metadata: { made_at: string } }).trusted_metadata;
    expect(await atStytchNow(key_id)).toEqual({
      ...before,
      trusted_metadata: { user_id: owner.id, owner_kind: 'user', made_by: 'latchkey', made_at, note: 'kept' },
    });
    expect(countsOf(await reconciled())).toEqual({ same: 1 });
  });

  it.each([
    ['name', { client_name: 'x' }],
    ['description', { client_description: 'x' }],
    ['scopes, of which one is missing', { scopes: ['items:read'] }],
    ['scopes, of which one is more', { scopes: ['items:read', 'items:write', 'admin:all'] }],
    ['scopes, of which one is another', { scopes: ['items:read', 'admin:all'] }],
    ['owner', { trusted_metadata: { user_id: 'user-test-eve' } }],
    ['mark', { trusted_metadata: { made_by: null } }],
  ])('by its %s has drifted', async (_, changed) => {
    const { key_id } = await keyOfSomebody();
    await atStytch('PUT', `/v1/m2m/clients/${key_id}`, changed);
    expect(countsOf(await reconciled({ dryRun: true }))).toEqual({ drifted: 1 });
  });

  it('because a change was lost, gets it', async () => {
    const { key_id, owner, stub, ring } = await keyOfSomebody();
    await changedInVain(ring, stub, owner, key_id);
    await runInDurableObject(stub, (_object, { storage }) => storage.sql.exec('DELETE FROM intentions'));
    expect(countsOf(await reconciled())).toEqual({ drifted: 1 });
    await settled(stub);
    expect(await atStytchNow(key_id)).toMatchObject({ scopes: ['items:read'] });
  });

  it('because Stytch has not been told yet, is as it should be, and is told as was intended', async () => {
    const { key_id, owner, stub, ring } = await keyOfSomebody();
    const intentions = await changedInVain(ring, stub, owner, key_id);
    expect(countsOf(await reconciled())).toEqual({ same: 1 });
    expect((await dumpOfRing(stub)).intentions).toEqual(intentions);
  });
});

describe('a dry run', () => {
  it('changes nothing, here or there, and counts what a run then does', async () => {
    const same = await keyOfSomebody();
    const ended = await keyOfSomebody();
    const deactivated = await keyOfSomebody();
    const drifted = await keyOfSomebody();
    await ended.ring.revoke(ended.owner, ended.key_id, BY);
    await settled(ended.stub);
    await madeAtStytch(ended.key_id, mark(DAYS));
    await atStytch('PUT', `/v1/m2m/clients/${deactivated.key_id}`, { status: 'inactive' });
    await atStytch('PUT', `/v1/m2m/clients/${drifted.key_id}`, { client_name: 'x' });
    await strayClient(mark(DAYS));
    await strayClient(mark(0));
    await strayClient({});
    await foreignClient();
    const stubs = [same, ended, deactivated, drifted].map(({ stub }) => stub);
    const whole = async () => ({
      rings: await Promise.all(stubs.map(dumpOfRing)),
      alarms: await Promise.all(
        stubs.map((stub) => runInDurableObject(stub, (_, state) => state.storage.getAlarm())),
      ),
      stytch: await (await atStytch('POST', '/v1/m2m/clients/search', {})).json(),
    });
    const { rings, alarms, stytch } = await whole();
    await emulator('DELETE', '/counters');
    const dry = await reconciled({ dryRun: true });
    expect(await callsOfM2M()).toEqual({ 'm2m.search': 1 });
    expect(await whole()).toEqual({
      rings,
      alarms,
      stytch: { ...(stytch as object), request_id: expect.anything() },
    });
    const counts = {
      same: 1,
      ended: 1,
      deactivated: 1,
      drifted: 1,
      orphan: 1,
      young: 1,
      unmarked: 1,
      foreign: 1,
    };
    expect(countsOf(dry)).toEqual(counts);
    expect(dry).toMatchObject({ status: 'done', dryRun: true, orphansLeft: 1 });
    const real = await reconciled();
    expect(countsOf(real)).toEqual(counts);
    expect(real).toMatchObject({ status: 'done', dryRun: false, orphansLeft: 0, findings: dry.findings });
  });
});

describe('a client that was made elsewhere', () => {
  /** A foreign client that is one of somebody's keys. */
  const imported = async () => {
    const { owner, clientId } = await foreignClient();
    await openLobbies(rooms.LOBBY)(clientId).claim({ clientId, owner });
    const { stub, ring } = await ringOf(owner);
    const client = { name: 'other', description: '', scopes: ['items:read'], expiresAt: null, limit: null };
    const adopted = await ring.adopt(owner, { clientId, createdBy: owner.id, ...client }, BY);
    expect(adopted.ok).toBe(true);
    return { clientId, owner, stub, ring };
  };

  const ringOf = async (owner: Owner) => {
    const stub = rooms.KEY_RING.getByName(await ringOfOwner(PROJECT, owner));
    return { stub, ring: stub as unknown as Ring };
  };

  it('and that nobody claimed is not touched, whatever it is marked with', async () => {
    const { clientId } = await foreignClient();
    await atStytch('PUT', `/v1/m2m/clients/${clientId}`, {
      status: 'inactive',
      trusted_metadata: mark(DAYS),
    });
    const report = await reconciled();
    expect([countsOf(report), report.findings]).toEqual([{ foreign: 1 }, []]);
    expect(await atStytchNow(clientId)).toMatchObject({ status: 'inactive' });
  });

  it('and that is claimed, but no key, is not touched and makes no Ring', async () => {
    const { clientId, owner } = await foreignClient();
    await openLobbies(rooms.LOBBY)(clientId).claim({ clientId, owner });
    await atStytch('PUT', `/v1/m2m/clients/${clientId}`, {
      status: 'inactive',
      trusted_metadata: mark(DAYS),
    });
    expect(countsOf(await reconciled())).toEqual({ foreign: 1 });
    expect([await atStytchNow(clientId), await dumpOfRing((await ringOf(owner)).stub)]).toEqual([
      expect.objectContaining({ status: 'inactive' }),
      {},
    ]);
  });

  it('and is a key here is seen to be alive; how it differs is its maker’s business', async () => {
    const { clientId, stub } = await imported();
    await later(3_600);
    const before = await atStytchNow(clientId);
    expect(before).toMatchObject({ client_name: 'foreign', scopes: ['items:read', 'items:write'] });
    expect(countsOf(await reconciled())).toEqual({ same: 1 });
    expect((await dumpOfRing(stub)).keys).toMatchObject([{ confirmed_at: Date.now(), status: 'active' }]);
    expect([await atStytchNow(clientId), (await dumpOfRing(stub)).intentions]).toEqual([before, []]);
  });

  it('and was deactivated there is revoked here, and stays there', async () => {
    const { clientId, stub } = await imported();
    await atStytch('PUT', `/v1/m2m/clients/${clientId}`, { status: 'inactive' });
    expect(countsOf(await reconciled())).toEqual({ deactivated: 1 });
    expect(await dumpOfRing(stub)).toMatchObject({
      keys: [{ client_id: clientId, status: 'revoked' }],
      intentions: [],
    });
    await later(DAYS);
    await runDurableObjectAlarm(stub);
    expect(countsOf(await reconciled())).toEqual({ foreign: 1 });
    expect(await atStytchNow(clientId)).toMatchObject({ status: 'inactive' });
  });

  it('and ended here, is left there as it is', async () => {
    const { clientId, owner, stub, ring } = await imported();
    await fault('m2m.delete', { kind: 'rateLimited', retryAfter: 2 });
    await ring.revoke(owner, clientId, BY);
    await tried(stub);
    await runInDurableObject(stub, (_object, { storage }) => storage.sql.exec('DELETE FROM intentions'));
    expect(countsOf(await reconciled())).toEqual({ foreign: 1 });
    expect([await atStytchNow(clientId), (await dumpOfRing(stub)).intentions]).toEqual([
      expect.anything(),
      [],
    ]);
  });
});

describe('a Ring', () => {
  it('that was evicted before is asked as well as any', async () => {
    const { key_id, stub } = await keyOfSomebody();
    await atStytch('PUT', `/v1/m2m/clients/${key_id}`, { status: 'inactive' });
    await evictDurableObject(stub);
    expect(countsOf(await reconciled())).toEqual({ deactivated: 1 });
    await evictDurableObject(stub);
    expect(await statusOf(stub)).toBe('revoked');
    await settled(stub);
    expect(await atStytchNow(key_id)).toBeNull();
  });
});
