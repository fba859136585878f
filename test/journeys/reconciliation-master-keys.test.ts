import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newLobby } from '../foreign.ts';
import { listed, made, OLD, ringsUnder } from '../master-keys.ts';
import { begin, emptyStytch, keyOfSomebody, nextSlice, reconciled, strayClient } from '../reconciliation.ts';
import { rotationOf } from '../rotation.ts';
import { KeyRing } from '../worker.ts';
import { desk, isolate, now } from '../world.ts';

const NEW = made('new-1');

const mocks: { readonly mockRestore: () => void }[] = [];
beforeEach(emptyStytch);
afterEach(async () => {
  for (const mock of mocks.splice(0)) mock.mockRestore();
  await now();
});

/** From now on, Rings that come to life make keys under the new master key. */
const rotateMaster = async (stub: DurableObjectStub): Promise<void> => {
  mocks.push(ringsUnder(NEW, OLD()));
  await evictDurableObject(stub);
};

describe('a reconciliation counts the living keys that need a master key', () => {
  it('each under the one that tagged it, and not those that have ended', async () => {
    const { stub } = await keyOfSomebody();
    const ended = await keyOfSomebody();
    await rotateMaster(stub);
    await keyOfSomebody();
    await keyOfSomebody();
    await desk(ended.session, 'DELETE', `/v1/keys/${ended.key_id}`);
    await strayClient({});
    for (const dryRun of [true, false])
      expect((await reconciled({ dryRun })).masterKeys).toEqual({ [OLD().id]: 1, [NEW.id]: 2 });
  });

  it('a key in rotation under each that one of its secrets needs', async () => {
    const key = await keyOfSomebody();
    const { begin: rotate, finish } = rotationOf(key.session, key);
    await rotateMaster(key.stub);
    await rotate();
    expect((await reconciled({ dryRun: true })).masterKeys).toEqual({ [OLD().id]: 1, [NEW.id]: 1 });
    await finish();
    expect((await reconciled({ dryRun: true })).masterKeys).toEqual({ [NEW.id]: 1 });
  });

  it('and one whose second secret was made under the old one, but is known under the new one alone', async () => {
    const key = await keyOfSomebody();
    const { begin: rotate } = rotationOf(key.session, key);
    const next = await rotate();
    await rotateMaster(key.stub);
    for (const each of [key.key, next])
      expect((await isolate(listed(NEW, OLD())).call(each)).status).toBe(200);
    expect((await reconciled({ dryRun: true })).masterKeys).toEqual({ [OLD().id]: 1, [NEW.id]: 1 });
  });
});

describe('while two versions of the Worker are about', () => {
  it('a Ring of the version before tells no master keys: nobody takes them for none', async () => {
    await keyOfSomebody();
    const real = KeyRing.prototype.reconcile;
    const mock = vi.spyOn(KeyRing.prototype, 'reconcile').mockImplementation(function (
      this: InstanceType<typeof KeyRing>,
      clients,
      dryRun,
    ) {
      return real.call(this, clients, dryRun);
    });
    mocks.push(mock);
    const { counts, masterKeys } = await reconciled({ dryRun: true });
    expect([counts.same, masterKeys]).toEqual([1, { '?': 1 }]);
  });

  it('a Lobby of the version before is answered as it knows', async () => {
    const { key_id, ring } = await keyOfSomebody();
    const client = { clientId: key_id, name: 'n', description: '', scopes: [], status: 'active' } as const;
    const asked = [{ ...client, marked: true, madeAt: null, ownerId: null }];
    expect(await ring.reconcile(asked, true)).toEqual(['drifted']);
    expect(await ring.reconcile(asked, true, true)).toEqual([{ found: 'drifted', masterKeys: [OLD().id] }]);
  });

  it('a run that the version before began goes on', async () => {
    await keyOfSomebody();
    const lobby = newLobby();
    await begin(lobby, { dryRun: true });
    await runInDurableObject(lobby, (_object, { storage }) =>
      storage.sql.exec("UPDATE reconciliation SET run = json_remove(run, '$.masterKeys')"),
    );
    expect(await nextSlice(lobby)).toMatchObject({ status: 'done', masterKeys: { [OLD().id]: 1 } });
  });
});
