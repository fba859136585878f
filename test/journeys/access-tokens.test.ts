import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { hashOfToken } from '../../src/model/token.ts';
import { ringsUnder } from '../rings.ts';
import { inUse } from '../secrets.ts';
import {
  accessToken,
  atOrigin,
  BY,
  call,
  cannotTell,
  claimsOf,
  desk,
  dumpOfRing,
  emulator,
  fault,
  isolate,
  issueKey,
  later,
  notGood,
  now,
  oddToken,
  ownerOf,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

const BAD = notGood('acme-api');

/** For how long an audit trail is kept by default. */
const AUDIT_DAYS = 400;

/** A user, a key of his, an access token of it, and his Ring by its RPC face. */
const setting = async (scopes = ['items:read', 'items:write'], more: object = {}) => {
  const session = await signIn();
  const issued = await issueKey(session, scopes, more);
  const stub = await ringStub(session);
  const token = await accessToken(issued.key);
  return { ...issued, session, token, owner: ownerOf(session), stub, ring: stub as unknown as Ring };
};

/** Refused on a strict route, with the origin not called. */
const expectBad = async (token: string): Promise<void> => {
  await rooms.ORIGIN.reset();
  expect(await refusalOf(await call(token, '/v1/strict/a'))).toEqual(BAD);
  expect(await rooms.ORIGIN.records()).toEqual([]);
};

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await rooms.ORIGIN.reset();
});
afterEach(now);

describe('an access token of a key', () => {
  it('is its owner and the key at the origin', async () => {
    const { token, key_id, session } = await setting();
    expect((await call(token)).status).toBe(200);
    expect([
      await atOrigin('x-latchkey-auth'),
      await atOrigin('x-latchkey-user-id'),
      await atOrigin('x-latchkey-key-id'),
      await atOrigin('x-latchkey-scopes'),
    ]).toEqual(['access_token', subjectOf(session), key_id, 'items:read items:write']);
  });

  it('costs one word of the Ring, no KV entry of its own and no exchange; then nothing', async () => {
    const { token } = await setting();
    const here = isolate();
    await emulator('DELETE', '/counters');
    await here.call(token);
    expect(here.calls.filter((each) => each !== 'kv.get')).toEqual(['ring.admit']);
    here.calls.length = 0;
    for (let i = 0; i < 3; i++) expect((await here.call(token)).status).toBe(200);
    expect([here.calls.filter((each) => each !== 'ring.admit'), await stytchCalls()]).toEqual([[], {}]);
    const { keys } = await rooms.VAULT.list({ prefix: 't1.' });
    expect(JSON.stringify(keys)).not.toContain(await hashOfToken(token));
  });

  it('spends the limit of its owner, and that of a key that has its own', async () => {
    const { token, key_id, owner, ring } = await setting();
    await ring.change({
      owner: owner,
      keyId: key_id,
      patch: { limit: { requests: 3, perSeconds: 60 } },
      revision: null,
      author: BY,
    });
    const statuses = [];
    for (let i = 0; i < 5; i++) statuses.push((await call(token)).status);
    expect(statuses).toEqual([200, 200, 200, 429, 429]);
  });

  it('dies with its key: at once on a strict route, everywhere within a lease', async () => {
    const { token, key_id, session } = await setting();
    const here = isolate();
    expect((await here.call(token)).status).toBe(200);
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    await expectBad(token);
    await later(5);
    await rooms.ORIGIN.reset();
    expect(await refusalOf(await here.call(token))).toEqual(BAD);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('is narrowed with its key, though it says more', async () => {
    const { token, key_id, owner, ring } = await setting();
    expect((await call(token, '/v1/items/1', { method: 'POST' })).status).toBe(200);
    await ring.change({
      owner: owner,
      keyId: key_id,
      patch: { scopes: ['items:read'] },
      revision: null,
      author: BY,
    });
    expect((await call(token, '/v1/strict/a')).status).toBe(200);
    await rooms.ORIGIN.reset();
    const refused = await call(token, '/v1/items/1', { method: 'POST' });
    expect(await refusalOf(refused)).toMatchObject({ status: 403, code: 'insufficient_scope' });
    expect(await rooms.ORIGIN.records()).toEqual([]);
    expect((await call(token)).status).toBe(200);
  });

  it('is not widened with its key: it says what it says', async () => {
    const { token, key_id, owner, ring } = await setting(['items:read']);
    expect(
      await ring.change({
        owner: owner,
        keyId: key_id,
        patch: { scopes: ['items:read', 'items:write'] },
        revision: null,
        author: BY,
      }),
    ).toMatchObject({
      ok: true,
    });
    expect((await call(token, '/v1/strict/a')).status).toBe(200);
    expect((await call(token, '/v1/items/1', { method: 'POST' })).status).toBe(403);
  });

  it('of a suspended owner is 403', async () => {
    const { token, owner, ring } = await setting();
    await ring.suspend(owner, 'an operator', BY);
    expect(await refusalOf(await call(token))).toMatchObject({ status: 403, code: 'owner_suspended' });
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('of a key that has expired is 401, to the second', async () => {
    const { token } = await setting(['items:read'], {
      expires_at: new Date(Date.now() + 60_000).toISOString(),
    });
    expect((await call(token)).status).toBe(200);
    await later(60);
    expect(await refusalOf(await call(token))).toEqual(BAD);
    await expectBad(token);
  });

  it('made before a rotation was finished is refused, and one made after it is not', async () => {
    const { token, key, stub } = await setting();
    expect((await call(token)).status).toBe(200);
    const rotated = Math.floor(Date.now() / 1000) + 10;
    await runInDurableObject(stub, (_instance, state) =>
      state.storage.sql.exec('UPDATE keys SET tokens_from = ?', rotated).toArray(),
    );
    await expectBad(token);
    await later(16);
    expect((await call(await accessToken(key), '/v1/strict/a')).status).toBe(200);
    expect((await call(key, '/v1/strict/a')).status).toBe(200);
  });

  it('of a client of our grammar that its Ring does not know is refused, never adopted', async () => {
    const { token, stub } = await setting();
    await runInDurableObject(stub, (_instance, state) => {
      state.storage.sql.exec('DELETE FROM keys');
      state.storage.sql.exec('DELETE FROM secrets');
    });
    await expectBad(token);
    expect((await dumpOfRing(stub)).keys).toEqual([]);
  });

  it('that names another owner than its id does is refused, and no Ring is asked', async () => {
    const { token, key_id } = await setting();
    const eve = 'user-test-99999999-9999-4999-8999-999999999999';
    for (const user_id of [eve, null, `member-${eve.slice(5)}`]) {
      const forged = await oddToken({ claims: { ...claimsOf(token), sub: key_id, user_id } });
      const here = isolate();
      expect(await refusalOf(await here.call(forged))).toEqual(BAD);
      expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
    }
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('is no verdict while the signing keys cannot be had: 503, and nothing is remembered', async () => {
    const { token } = await setting();
    await emulator('DELETE', '/counters');
    for (const { name } of (await rooms.VAULT.list({ prefix: 'j1.' })).keys) await rooms.VAULT.delete(name);
    await fault('jwks', { kind: 'status', status: 500 });
    const here = isolate();
    expect(await refusalOf(await here.call(token))).toEqual(cannotTell());
    expect(await rooms.ORIGIN.records()).toEqual([]);
    await emulator('DELETE', '/faults');
    await later(2);
    expect((await here.call(token)).status).toBe(200);
  });
});

describe('tokens that were revoked one by one', () => {
  const revoke = async ({ ring, owner }: Awaited<ReturnType<typeof setting>>, token: string) =>
    ring.revokeToken({
      name: {
        ...{ kind: 'token', owner, clientId: String(claimsOf(token).sub) },
        ...{ tokenHash: await hashOfToken(token), issuedAt: Number(claimsOf(token).iat) },
      },
      expiresAt: Number(claimsOf(token).exp),
      ...{ by: { kind: 'owner', owner }, author: BY },
    });

  it('are refused, and the other tokens of the same key are not', async () => {
    const it = await setting();
    const other = await oddToken({ claims: { ...claimsOf(it.token), jti: 'another' } });
    await revoke(it, it.token);
    await expectBad(it.token);
    expect((await call(other, '/v1/strict/a')).status).toBe(200);
    expect((await call(it.key, '/v1/strict/a')).status).toBe(200);
  });

  it('are refused in every other spelling (JWT-15)', async () => {
    const it = await setting();
    await revoke(it, it.token);
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const parts = it.token.split('.');
    const respelled = parts.flatMap((part, i) => {
      const last = alphabet.indexOf(part.slice(-1));
      const flipped = part.length % 4 === 0 ? [] : [alphabet.charAt(last ^ 1), alphabet.charAt(last ^ 2)];
      const spellings = [`${part}=`, `${part}==`, part.replaceAll('-', '+').replaceAll('_', '/')];
      return [...spellings, ...flipped.map((end) => part.slice(0, -1) + end)]
        .filter((each) => each !== part)
        .map((each) => parts.with(i, each).join('.'));
    });
    expect(respelled.length).toBeGreaterThan(8);
    for (const spelling of respelled) {
      inUse(spelling);
      expect((await call(spelling, '/v1/strict/a')).status, spelling.slice(-20)).toBe(401);
    }
    for (const scheme of ['bearer', 'BEARER', 'Bearer  '])
      expect(
        (await call('', '/v1/strict/a', { headers: { authorization: `${scheme} ${it.token}` } })).status,
      ).toBe(401);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('in use elsewhere die within a lease', async () => {
    const it = await setting();
    const here = isolate();
    expect((await here.call(it.token)).status).toBe(200);
    await revoke(it, it.token);
    await later(5);
    await rooms.ORIGIN.reset();
    expect(await refusalOf(await here.call(it.token))).toEqual(BAD);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });

  it('are kept by their hash until they have ended by themselves', async () => {
    const it = await setting();
    await revoke(it, it.token);
    const { revoked_tokens } = await dumpOfRing(it.stub);
    expect(revoked_tokens).toEqual([
      { token_hash: await hashOfToken(it.token), expires_at: claimsOf(it.token).exp },
    ]);
    vi.useFakeTimers({ toFake: ['Date'], now: Number(claimsOf(it.token).exp) * 1000 });
    await runDurableObjectAlarm(it.stub);
    expect((await dumpOfRing(it.stub)).revoked_tokens).toHaveLength(1);
    vi.setSystemTime(Date.now() + 61_000);
    await runDurableObjectAlarm(it.stub);
    expect((await dumpOfRing(it.stub)).revoked_tokens).toEqual([]);
  });

  it('keep a Ring alive that has nothing else, and let it go after', async () => {
    const session = await signIn();
    const stub = await ringStub(session);
    const ring = stub as unknown as Ring;
    const owner = ownerOf(session);
    const issuedAt = Math.floor(Date.now() / 1000);
    const any = ringsUnder({ foreignClients: 'any' });
    await ring.revokeToken({
      name: { kind: 'token', clientId: 'm2m-client-test-1', tokenHash: 'hash', issuedAt, owner },
      ...{ expiresAt: issuedAt + 300, by: { kind: 'owner', owner }, author: BY },
    });
    any.mockRestore();
    await runDurableObjectAlarm(stub);
    expect((await dumpOfRing(stub)).ring).toHaveLength(1);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 400_000 });
    await runDurableObjectAlarm(stub);
    expect(await dumpOfRing(stub)).toMatchObject({ ring: [{}], revoked_tokens: [], audit: [{}] });
    // What was done is kept longer than what it was done to.
    vi.setSystemTime(Date.now() + AUDIT_DAYS * 86_400_000);
    await runDurableObjectAlarm(stub);
    expect(await dumpOfRing(stub)).toEqual({});
  });
});
