import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, describe, expect, it } from 'vitest';
import { type AuditKey, verifyChain } from '../../src/model/audit-chain.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import type { AuditPage } from '../../src/model/life.ts';
import type { Ring } from '../../src/model/ports.ts';
import {
  desk,
  dumpOfRing,
  issueKey,
  later,
  masterKeys,
  newUser,
  now,
  ownerOf,
  ringStub,
  signIn,
} from '../world.ts';

const DAY_SECONDS = 86_400;
const KEPT_DAYS = 400;

afterEach(now);

const keysOfTrail = async (): Promise<readonly AuditKey[]> =>
  (await openKeychain(masterKeys())).all.map(({ id, auditKey }) => ({ id, key: auditKey }));

/** The whole trail of a signed-in user, oldest first, and the row that it begins behind. */
const trailOf = async (session: string) => {
  const stub = await ringStub(session);
  const query = { keyId: null, action: null, actorId: null, from: null, to: null, before: null };
  const ring = stub as unknown as Ring;
  const page: AuditPage = await ring.audit({ owner: ownerOf(session), ...query, limit: 100 });
  const head = await ring.auditHead(ownerOf(session));
  const { audit_anchor: anchors = [] } = await dumpOfRing(stub);
  const [row] = anchors;
  const anchor = row === undefined ? undefined : { seq: Number(row.seq), mac: String(row.mac) };
  return { ring: head.ring, head, entries: [...page.entries].reverse(), anchor };
};

const verified = async (session: string) => {
  const { ring, head, entries, anchor } = await trailOf(session);
  return verifyChain(ring, entries, await keysOfTrail(), anchor, head);
};

const nextAlarm = (session: string): Promise<number | null> =>
  ringStub(session).then((stub) => runInDurableObject(stub, (_, { storage }) => storage.getAlarm()));

describe('an audit trail', () => {
  it('holds, whatever was done, and says which row does not', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    await desk(session, 'PATCH', `/v1/keys/${key_id}`, { name: 'other' });
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    expect(await verified(session)).toMatchObject({ ok: true, entries: 3 });
    const stub = await ringStub(session);
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec("UPDATE audit SET actor_id = 'somebody else' WHERE seq = 2");
    });
    expect(await verified(session)).toMatchObject({ ok: false, seq: 2, because: 'altered' });
  });

  it('says who did it, by which session, from where and under which request', async () => {
    const session = await signIn();
    await desk(
      session,
      'POST',
      '/v1/keys',
      { name: 'x', scopes: ['items:read'] },
      {
        'cf-connecting-ip': '192.0.2.7',
        'x-request-id': 'request-of-the-audit',
      },
    ).then(async (answer) => expect(answer.status).toBe(201));
    const { entries } = await trailOf(session);
    expect(entries).toMatchObject([
      {
        action: 'key.created',
        actor: { kind: 'user', id: ownerOf(session).id },
        via: expect.stringMatching(/^session-test-/),
        address: '192.0.2.7',
        requestId: 'request-of-the-audit',
      },
    ]);
  });

  it('is kept for 400 days, and what is left is still proven: it begins behind the last row that went', async () => {
    const user = await newUser();
    const session = await signIn(user);
    const { key_id } = await issueKey(session);
    await later(300 * DAY_SECONDS);
    const again = await signIn(user);
    await desk(again, 'PATCH', `/v1/keys/${key_id}`, { name: 'later' });
    await later((KEPT_DAYS - 300) * DAY_SECONDS + 1);
    await runDurableObjectAlarm(await ringStub(session));
    const { entries, anchor } = await trailOf(session);
    expect([entries.map(({ action }) => action), anchor?.seq]).toEqual([['key.changed'], 1]);
    expect(await verified(session)).toMatchObject({ ok: true, entries: 1 });
  });

  it('does not keep a Ring awake whose clock was put back', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    await desk(session, 'PATCH', `/v1/keys/${key_id}`, { name: 'later' });
    const stub = await ringStub(session);
    // The second row is of an hour before the first.
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('UPDATE audit SET at = at - 3600000 WHERE seq = 2');
    });
    await later(KEPT_DAYS * DAY_SECONDS - 60);
    await runDurableObjectAlarm(stub);
    expect((await dumpOfRing(stub)).audit?.length).toBe(2);
    expect(await nextAlarm(session)).toBeGreaterThan(Date.now() + 1_000);
  });
});
