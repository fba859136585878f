import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { describe, expect, it } from 'vitest';
import { clientIdOf, fill } from '../../bench/growth/fill.ts';
import type { Author } from '../../src/model/author.ts';
import { LATCHKEY } from '../../src/model/author.ts';
import type { ListRequest } from '../../src/model/life.ts';
import { LOOKED_AT, list } from '../../src/ring/keys/list.ts';
import { openTables, type Tables } from '../../src/ring/tables/index.ts';
import { countRows } from '../rows-read.ts';
import { call, dumpOfRing, issueKey, ringStub, rooms, signIn } from '../world.ts';

// A row read is what Cloudflare bills, and what takes time: how many are read may not depend on how many there are.

const NOW = Date.UTC(2026, 10, 1, 12);
const HOUR = Math.floor(NOW / 3_600_000);
const DAY_MS = 86_400_000;
const OWNER = { kind: 'user', id: 'user-test-growth', organizationId: null } as const;
const PREFIX = { prefix: 'acme_test_00000000000000000' };
/** One that lives, in the middle of those. */
const KEY = clientIdOf(PREFIX, 50);
const FINGERPRINT = `fingerprint of ${KEY}`;
const USE = { keyId: KEY, admitted: 1, refused: 0, limited: 0 };
const WAKES = { expiringMs: DAY_MS, unusedMs: DAY_MS / 2, auditMs: 365 * DAY_MS, confirmMs: DAY_MS };
const AUDIT = { keyId: null, action: null, actorId: null, from: null, to: null, limit: 10, before: null };
const LIST = { status: 'active', limit: 10, after: null } as const;
const RETRY = { clientId: KEY, attempts: 1, dueAt: NOW + 1, fingerprints: [] };
const BY: Author = { ...LATCHKEY, actor: { kind: 'user', id: OWNER.id } };

/** A page in the middle: behind the key that is in the middle of the first thousand. */
const behind = (tables: Tables, asked: Omit<ListRequest, 'owner'>) => {
  const [row] = tables.list({ ...asked, limit: 50 }).slice(-1);
  return { ...asked, after: row === undefined ? null : { place: row.place, keyId: row.keyId } };
};

/** What reads all there is, for a reason. */
const OF_ALL = 'reads all there is';

/** Everything that a Ring's tables can be asked or told. What is new does not compile until it is here, or below. */
const ASKED: { readonly [M in keyof Tables]: ((tables: Tables) => unknown) | typeof OF_ALL } = {
  exists: (tables) => tables.exists(),
  create: () => null,
  drop: () => null,
  owner: (tables) => tables.owner(),
  ring: (tables) => tables.ring(),
  learnOrganization: (tables) => tables.learnOrganization('organization-test-1'),
  plan: (tables) => tables.plan(),
  setPlan: (tables) => tables.setPlan('pro'),
  isSuspended: (tables) => tables.isSuspended(),
  suspendedBy: (tables) => tables.suspendedBy(),
  suspension: (tables) => tables.suspension(),
  suspend: (tables) => tables.suspend('operator', 'because', NOW, null),
  lift: (tables) => tables.lift(),
  lapsesAt: (tables) => tables.lapsesAt(),
  keepSuspension: (tables) => tables.keepSuspension(),
  createdAt: (tables) => tables.createdAt(),
  keysLimit: (tables) => tables.keysLimit(),
  setKeysLimit: (tables) => tables.setKeysLimit(10),
  deletion: (tables) => tables.deletion(),
  setDeletion: (tables) => tables.setDeletion(NOW, NOW),
  isSettled: (tables) => tables.isSettled(),
  isRevokedToken: (tables) => tables.isRevokedToken(`hash of a token of ${KEY}`),
  revokeToken: (tables) => tables.revokeToken('hash', NOW),
  forgetRevokedTokens: (tables) => tables.forgetRevokedTokens(NOW),
  nextDueAt: (tables) => tables.nextDueAt(WAKES),
  putMeter: (tables) =>
    tables.putMeter({
      last: NOW,
      owner: null,
      keys: { [KEY]: { perSeconds: 60, cells: [[1, 1]] } },
      month: null,
    }),
  isIdle: (tables) => tables.isIdle(),

  key: (tables) => tables.key(KEY),
  list: (tables) => {
    for (const status of [null, 'active', 'revoked', 'expired'] as const)
      for (const sort of ['created', 'used', 'expires', 'name'] as const) {
        const asked = { ...LIST, status, sort };
        tables.list(asked);
        tables.list(behind(tables, asked));
      }
  },
  endOfLook: (tables) => tables.endOfLook({ ...LIST, status: null, after: null }),
  insertKey: (tables) => {
    const row = tables.key(KEY);
    if (row !== null) tables.insertKey({ ...row, keyId: clientIdOf(PREFIX, 1_000_000) });
  },
  deleteKey: (tables) => tables.deleteKey(KEY),
  activateKey: (tables) => tables.activateKey(KEY, NOW),
  endKey: (tables) => tables.endKey(KEY, 'revoked', NOW),
  changeKey: (tables) => {
    const row = tables.key(KEY);
    if (row !== null) tables.changeKey(KEY, { ...row, name: 'another', expiresAt: NOW });
  },
  touchKey: (tables) => tables.touchKey(KEY),
  rotateOut: (tables) => tables.rotateOut(KEY, { lastFour: 'last', masterKey: '1' }, NOW),
  setTokensFrom: (tables) => tables.setTokensFrom(KEY, NOW),
  markUsed: (tables) => tables.markUsed(KEY, NOW, { country: 'CH', client: 'curl' }),
  confirm: (tables) => tables.confirm(KEY, NOW),
  unconfirmedSince: (tables) => tables.unconfirmedSince(NOW - 1, 20),
  expiring: (tables) => tables.expiring(NOW, 20),
  secrets: (tables) => tables.secrets(KEY),
  putSecret: (tables) =>
    tables.putSecret({
      ...{ fingerprint: 'new', clientId: KEY, pepper: '1' },
      tokenExpiresAt: 1,
      slot: null,
    }),
  markSecretUsed: (tables) => tables.markSecretUsed(FINGERPRINT, NOW),
  settleNext: (tables) => tables.settleNext(KEY),
  deleteSecrets: (tables) => tables.deleteSecrets(KEY),
  token: (tables) => tables.token(FINGERPRINT),
  putToken: (tables) => tables.putToken(FINGERPRINT, { sealed: '', generation: 1, expiresAt: 1 }),

  putIntention: (tables) => tables.putIntention({ ...RETRY, kind: 'update', since: NOW }),
  deleteIntention: (tables) => tables.deleteIntention(KEY),
  intention: (tables) => tables.intention(KEY),
  intentionsDue: (tables) => tables.intentionsDue(NOW, 20),
  putRotation: (tables) =>
    tables.putRotation({
      ...{ ...RETRY, status: 'open', startedAt: NOW, finishesAt: NOW },
      ...{ nextLastFour: '', nextMasterKey: '' },
    }),
  deleteRotation: (tables) => tables.deleteRotation(KEY),
  rotation: (tables) => tables.rotation(KEY),
  rotatingAmong: (tables) => expect(tables.rotatingAmong([KEY, clientIdOf(PREFIX, 51)])).toEqual([KEY]),
  rotationsDue: (tables) => tables.rotationsDue(NOW, 20),

  auditAnchor: (tables) => tables.auditAnchor(),
  auditHead: (tables) => tables.auditHead('ring'),
  auditMac: (tables) => tables.auditMac(7),
  putAuditAnchor: (tables) => tables.putAuditAnchor(0, 'mac'),
  putAudit: (tables) => {
    const { seq } = tables.auditHead('ring');
    const entry = { ...BY, seq: seq + 1, at: NOW, action: 'key.created', keyId: KEY, details: {} };
    tables.putAudit({ ...entry, masterKey: '1', mac: 'mac' });
  },
  audit: (tables) => {
    for (const wish of [{}, { keyId: KEY }, { action: 'key.leaked' }, { actorId: 'nobody' }, { before: 99 }])
      tables.audit({ ...AUDIT, ...wish });
  },
  auditAfter: (tables) => tables.auditAfter(99, 10),
  pruneAudit: (tables) => tables.pruneAudit(NOW - 365 * DAY_MS),

  idempotency: (tables) => tables.idempotency(`request for ${KEY}`),
  putIdempotency: (tables) =>
    tables.putIdempotency({ ...{ name: 'new', request: '', clientId: KEY, answer: '{}' }, expiresAt: NOW }),
  deleteIdempotency: (tables) => tables.deleteIdempotency(`request for ${KEY}`),
  forgetUnanswered: (tables) => tables.forgetUnanswered(KEY),
  sweepIdempotency: (tables) => tables.sweepIdempotency(NOW),
  putEvent: (tables) =>
    tables.putEvent({ ...{ id: 'new', type: 'key.created', at: NOW, body: '{}' }, attempts: 0, dueAt: NOW }),
  postponeEvent: (tables) => tables.postponeEvent(`event of ${KEY}`, 2, NOW),
  deleteEvent: (tables) => tables.deleteEvent(`event of ${KEY}`),
  eventsDue: (tables) => tables.eventsDue(NOW, 20),
  nearTheirEnd: (tables) => tables.nearTheirEnd(NOW, 20),
  notLookedAtSince: (tables) => tables.notLookedAtSince(NOW, 20),
  lookAfter: (tables) => tables.lookAfter(KEY, NOW),
  markTold: (tables) => tables.markTold(KEY, 'expiring', NOW),
  quotaTold: (tables) => tables.quotaTold(),
  setQuotaTold: (tables) => tables.setQuotaTold('told'),

  addUse: (tables) => tables.addUse(USE, HOUR),
  addUpUses: (tables) => tables.addUpUses(HOUR),
  usesOfKeys: (tables) => tables.usesOfKeys([KEY], HOUR - 24, HOUR, 1),
  usesAfter: (tables) => tables.usesAfter(HOUR - 1, KEY, 10),
  forgetUse: (tables) => tables.forgetUse(HOUR - 90 * 24),
  openLease: (tables) => tables.openLease('new', KEY, 8, NOW),
  accountLease: (tables) => tables.accountLease(`lease of ${KEY}`, 4),
  closeLease: (tables) => tables.closeLease(`lease of ${KEY}`),
  keepLent: (tables) => tables.keepLent(),
  lostLeases: (tables) => tables.lostLeases(NOW),

  scopedToken: (tables) => tables.scopedToken(FINGERPRINT, 'items:read'),
  putScopedToken: (tables) =>
    tables.putScopedToken(FINGERPRINT, 'items:write', { sealed: '', generation: 1, expiresAt: 1 }),
  scopedEnds: (tables) => tables.scopedEnds(FINGERPRINT, 1, NOW),
  deleteScopedTokens: (tables) => tables.deleteScopedTokens(FINGERPRINT),
  sweepScopedTokens: (tables) => tables.sweepScopedTokens(NOW),
  tokenDays: (tables) => tables.tokenDays(HOUR / 24 - 400, HOUR / 24),
  untoldTokenDays: (tables) => tables.untoldTokenDays(HOUR / 24 - 9),
  markTokensTold: (tables) => tables.markTokensTold([{ day: 1, spent: 1, presented: 1 }], NOW),
  tokensToldAt: (tables) => tables.tokensToldAt(),
  forgetTokenDays: (tables) => tables.forgetTokenDays(HOUR / 24 - 400),
  forgetToldTokenDays: (tables) => tables.forgetToldTokenDays(),

  // These count or take what there is: living keys, of which there are 1,000 at the most, and the books of
  // those in use, once after waking; tokens that were revoked one
  // by one; what is out on lease.
  meter: OF_ALL,
  openKeys: OF_ALL,
  liveKeys: OF_ALL,
  livingKeys: OF_ALL,
  revokedTokens: OF_ALL,
  uses: OF_ALL,
  // The use of a day by all keys, when a Lobby is told: once an hour at the most, where a token was bought.
  addUpPresented: OF_ALL,
  addToken: OF_ALL,
  // An owner who is deleted, once.
  foreignKeys: OF_ALL,
  forgetPersonal: OF_ALL,
  forgetAllUse: OF_ALL,
  forgetLent: OF_ALL,
  forgetAnswers: OF_ALL,
};

/** How many rows each of them reads in a Ring of so many keys. What they change is taken back. */
const rowsRead = (keys: number): Promise<Readonly<Record<string, number>>> =>
  runInDurableObject(rooms.KEY_RING.getByName(`growth-${keys}`), (_object, { storage }) => {
    const counting = countRows(storage);
    const tables = openTables(counting.storage);
    tables.create(OWNER, NOW);
    fill(tables, { ...PREFIX, from: 0, to: keys, living: keys / 5, scopes: ['items:read'] }, NOW);
    return Object.fromEntries(
      Object.entries(ASKED).flatMap(([name, ask]) => {
        if (ask === OF_ALL) return [];
        const before = counting.read();
        expect(() =>
          storage.transactionSync(() => {
            ask(tables);
            throw new Error('taken back');
          }),
        ).toThrow('taken back');
        return [[name, counting.read() - before]];
      }),
    );
  });

it('what was spent of a key’s own limit is known after an eviction', async () => {
  const session = await signIn();
  const { key } = await issueKey(session, ['items:read'], { limit: { requests: 10, per_seconds: 60 } });
  for (let i = 0; i < 10; i++) expect((await call(key, '/v1/strict/x')).status).toBe(200);
  const ring = await ringStub(session);
  await evictDurableObject(ring);
  expect((await call(key, '/v1/strict/x')).status).toBe(429);
  expect((await dumpOfRing(ring)).books).toHaveLength(1);
});

it('what a Ring is asked and told reads as many rows of 600 keys as of 3,000', async () => {
  const few = await rowsRead(600);
  expect(await rowsRead(3_000)).toEqual(few);
  // A wake looks at twelve things, each at the first row of an index.
  expect([few.key, few.nextDueAt]).toEqual([1, 12]);
});

describe('a list that is narrowed', () => {
  const WISHES = (['nobodys', null] as const).flatMap((search) =>
    ([null, 'revoked', 'expired'] as const).flatMap((status) =>
      (['created', 'used', 'expires', 'name'] as const).map((sort) => ({
        ...{ owner: OWNER, status, sort, search, limit: 10, after: null },
        scope: search === null ? 'items:nobodys' : null,
      })),
    ),
  );

  it('looks at no more ended keys of 12,000 than of 9,000, and says where it stopped', async () => {
    await runInDurableObject(rooms.KEY_RING.getByName('growth-narrowed'), (_object, { storage }) => {
      const counting = countRows(storage);
      const tables = openTables(counting.storage);
      tables.create(OWNER, NOW);
      const look = (): readonly number[] =>
        WISHES.map((wish) => {
          const before = counting.read();
          const { records, next } = list({ tables }, wish);
          expect([records, next === null]).toEqual([[], false]);
          return counting.read() - before;
        });
      fill(tables, { ...PREFIX, from: 0, to: 9_000, living: 0, scopes: ['items:read'] }, NOW);
      const few = look();
      fill(tables, { ...PREFIX, from: 9_000, to: 12_000, living: 0, scopes: ['items:read'] }, NOW);
      expect(look()).toEqual(few);
      // Of three statuses the first of each; of a scope the scopes of each key besides.
      expect([LOOKED_AT, Math.max(...few)]).toEqual([2_000, 10_011]);
    });
  });
});
