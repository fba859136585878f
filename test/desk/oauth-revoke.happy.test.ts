import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { foreignClient } from '../foreign.ts';
import { asBearer, asClient, ask, basic, halves, isActive, somebody } from '../oauth.ts';
import { asOperator, OPERATOR, operatorToken, tokenOf } from '../operators.ts';
import { keyOfSomebody } from '../rotation.ts';
import { inUse } from '../secrets.ts';
import {
  API,
  accessToken,
  call,
  desk,
  dumpOfRing,
  emulator,
  fault,
  isolate,
  issueKey,
  later,
  now,
  oddToken,
  ringStub,
  rooms,
  signIn,
  stytchClients,
  subjectOf,
} from '../world.ts';

type Headers = Readonly<Record<string, string>>;

const revoke = (token: string, headers: Headers = {}, more: object = {}): Promise<Response> =>
  ask('revoke', { token, ...more }, headers);

/** Revokes, and is told so (RFC 7009 §2.2). */
const revoked = async (token: string, headers: Headers = {}, more: object = {}): Promise<void> => {
  const answer = await revoke(token, headers, more);
  expect([answer.status, await answer.text(), answer.headers.get('cache-control')]).toEqual([
    200,
    '',
    'no-store',
  ]);
};

const BOTH = ['items:read', 'items:write'];

/** The last rows of a user's trail, newest first. */
const trailOf = async (session: string): Promise<readonly Record<string, unknown>[]> => {
  const other = await oddToken({ kind: 'session', claims: { sub: subjectOf(session) } });
  const page = await desk(other, 'GET', '/v1/audit');
  return ((await page.json()) as { data: Record<string, unknown>[] }).data;
};

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(now);

describe('POST /oauth2/revoke ends a key', () => {
  it('everywhere within a lease, at once for introspection and strict routes, and at Stytch', async () => {
    const { key, key_id, session, token } = await somebody(BOTH);
    const here = isolate();
    expect((await here.call(key)).status).toBe(200);
    await revoked(key, asClient(key));
    expect([await isActive(key), await isActive(token)]).toEqual([false, false]);
    await rooms.ORIGIN.reset();
    for (const each of [key, token]) expect((await call(each, '/v1/strict/1')).status).toBe(401);
    expect((await isolate().call(key)).status).toBe(401);
    await later(5);
    expect((await here.call(key)).status).toBe(401);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    const shown = await desk(session, 'GET', `/v1/keys/${key_id}`);
    expect(await shown.json()).toMatchObject({ status: 'revoked' });
    await expect.poll(() => stytchClients(session), { timeout: 5_000 }).toEqual([]);
  });

  it.each([
    ['its client by Basic', async ({ key }: Somebody) => [asClient(key), {}] as const],
    ['its client in the form', async ({ key }: Somebody) => [{}, halves(key)] as const],
    ['itself', async ({ key }: Somebody) => [asBearer(key), {}] as const],
    ['itself as X-API-Key', async ({ key }: Somebody) => [{ 'x-api-key': key }, {}] as const],
    ['a token of its client', async ({ token }: Somebody) => [asBearer(token), {}] as const],
    ['its owner', async ({ session }: Somebody) => [asBearer(session), {}] as const],
    ['an operator', async () => [asBearer(await operatorToken()), {}] as const],
  ])('for %s', async (_, by) => {
    const it = await somebody(BOTH);
    await revoked(it.key, ...(await by(it)));
    expect(await isActive(it.key)).toBe(false);
  });

  it('with a paste’s spaces and line end around it, and whatever the hint', async () => {
    const { key, session } = await somebody(BOTH);
    await revoked(` ${key}\r\n`, asBearer(session), { token_type_hint: 'refresh_token' });
    expect(await isActive(key)).toBe(false);
  });

  it('while Stytch is silent, which is told later', async () => {
    const { key, session } = await somebody(BOTH);
    const asker = asBearer(session);
    await fault('m2m.delete', { kind: 'status', status: 500 });
    await fault('token', { kind: 'status', status: 500 });
    await revoked(key, asker);
    expect((await call(key, '/v1/strict/1')).status).toBe(401);
    expect(await stytchClients(session)).toHaveLength(1);
  });

  it('and says in the trail who did it and that it was revoked, not leaked', async () => {
    const { key, key_id, session } = await somebody(BOTH);
    const userId = subjectOf(session);
    await revoked(key, { ...asClient(key), 'cf-connecting-ip': '192.0.2.7' });
    const [row, ...others] = await trailOf(session);
    expect(row).toMatchObject({
      ...{ action: 'key.revoked', key_id, via: key_id, address: '192.0.2.7', details: {} },
      actor: { kind: 'client', id: key_id },
    });
    expect(others.filter(({ action }) => action === 'key.leaked')).toEqual([]);

    const second = await issueKey(session);
    await revoked(second.key, asBearer(session));
    expect((await trailOf(session))[0]).toMatchObject({ actor: { kind: 'user', id: userId } });
    const third = await issueKey(session);
    await revoked(third.key, asBearer(await operatorToken()));
    expect((await trailOf(session))[0]).toMatchObject({
      ...{ action: 'key.revoked', key_id: third.key_id, via: OPERATOR },
      actor: { kind: 'operator', id: OPERATOR },
    });
  });
});

describe('POST /oauth2/revoke, during a rotation', () => {
  it('ends the old secret alone', async () => {
    const it = await keyOfSomebody();
    const next = await it.begin();
    await revoked(it.key, asClient(it.key));
    expect([await isActive(it.key), await isActive(next)]).toEqual([false, true]);
    expect(await it.shown()).toMatchObject({ status: 'active', rotation: null });
    expect((await trailOf(it.session))[0]).toMatchObject({
      ...{ action: 'key.rotation_finished', details: { because: 'revoked' } },
    });
  });

  it('ends the new secret alone', async () => {
    const it = await keyOfSomebody();
    const next = await it.begin();
    await revoked(next, asClient(next));
    expect([await isActive(it.key), await isActive(next)]).toEqual([true, false]);
    expect((await trailOf(it.session))[0]).toMatchObject({
      ...{ action: 'key.rotation_cancelled', details: { because: 'revoked' } },
    });
  });
});

describe('POST /oauth2/revoke ends a token', () => {
  it.each([
    ['its client by Basic', async ({ key }: Somebody) => [asClient(key), {}] as const],
    ['its client in the form', async ({ key }: Somebody) => [{}, halves(key)] as const],
    ['the key of its client', async ({ key }: Somebody) => [asBearer(key), {}] as const],
    ['itself', async ({ token }: Somebody) => [asBearer(token), {}] as const],
    ['its owner', async ({ session }: Somebody) => [asBearer(session), {}] as const],
    ['an operator', async () => [asBearer(await operatorToken()), {}] as const],
  ])('for %s, and that token alone', async (_, by) => {
    const it = await somebody(BOTH);
    const here = isolate();
    expect((await here.call(it.token)).status).toBe(200);
    await revoked(it.token, ...(await by(it)));
    expect([await isActive(it.token), await isActive(it.key), await isActive(it.session)]).toEqual([
      ...[false, true, true],
    ]);
    await rooms.ORIGIN.reset();
    expect((await call(it.token, '/v1/strict/1')).status).toBe(401);
    await later(5);
    expect((await here.call(it.token)).status).toBe(401);
    expect(await rooms.ORIGIN.records()).toEqual([]);
    const another = await accessToken(it.key);
    expect([(await here.call(another)).status, (await here.call(it.key)).status]).toEqual([200, 200]);
  });

  it('of somebody suspended, and it is still dead when he is no longer', async () => {
    const { session, key, token } = await somebody(BOTH);
    const path = `/v1/users/${subjectOf(session)}/suspension`;
    expect((await asOperator('PUT', path, { reason: 'a test' })).status).toBe(200);
    expect((await call(token, '/v1/strict/1')).status).toBe(403);
    await revoked(token, asBearer(session));
    expect((await asOperator('DELETE', path)).status).toBe(200);
    await later(5);
    expect([await isActive(token), await isActive(key)]).toEqual([false, true]);
  });

  it('of an imported client, in its owner’s Ring, for the client and for its owner', async () => {
    const session = await signIn();
    const { clientId: client_id, clientSecret: client_secret } = await foreignClient(subjectOf(session));
    const path = `/v1/users/${subjectOf(session)}/keys/import`;
    expect((await asOperator('POST', path, { client_id, client_secret })).status).toBe(201);
    for (const by of [basic(client_id, client_secret), asBearer(session)]) {
      const token = await tokenOf(client_id, client_secret);
      expect((await call(token)).status).toBe(200);
      await revoked(token, by);
      expect(await isActive(token)).toBe(false);
      expect((await call(token, '/v1/strict/1')).status).toBe(401);
      // Of one second Stytch makes one token.
      await later(2);
    }
    const { revoked_tokens } = await dumpOfRing(await ringStub(session));
    expect(revoked_tokens).toHaveLength(2);
  });

  it('of an imported client of somebody suspended, though this isolate was told so', async () => {
    const session = await signIn();
    const { clientId: client_id, clientSecret: client_secret } = await foreignClient(subjectOf(session));
    const user = `/v1/users/${subjectOf(session)}`;
    await asOperator('POST', `${user}/keys/import`, { client_id, client_secret });
    const token = await tokenOf(client_id, client_secret);
    await asOperator('PUT', `${user}/suspension`, { reason: 'a test' });
    expect((await call(token, '/v1/strict/1')).status).toBe(403);
    await revoked(token, asBearer(session));
    await asOperator('DELETE', `${user}/suspension`);
    await later(5);
    expect(await isActive(token)).toBe(false);
  });

  it('and tells the trail who did it, once', async () => {
    const { session, key, key_id, token } = await somebody(BOTH);
    await revoked(token, asClient(key));
    await revoked(token, asClient(key));
    const rows = await trailOf(session);
    expect(rows.slice(0, 2)).toMatchObject([
      {
        ...{ action: 'token.revoked', key_id, via: key_id, details: {} },
        actor: { kind: 'client', id: key_id },
      },
      { action: 'key.created' },
    ]);
  });

  it('that the token endpoint gave, which gives another one from then on', async () => {
    const { key } = await somebody(BOTH);
    const given = async (): Promise<string> => {
      const answer = await ask('token', { grant_type: 'client_credentials' }, asClient(key));
      const { access_token } = (await answer.json()) as { access_token: string };
      inUse(access_token);
      return access_token;
    };
    const first = await given();
    expect(await given()).toBe(first);
    await revoked(first, asClient(key));
    await later(5);
    const second = await given();
    expect(second).not.toBe(first);
    expect([await isActive(first), await isActive(second), await isActive(key)]).toEqual([false, true, true]);
  });
});

describe('POST /oauth2/revoke ends a token of an imported client', () => {
  it('and its pair goes on, and is given another one', async () => {
    const session = await signIn();
    const { clientId: client_id, clientSecret: client_secret } = await foreignClient(subjectOf(session));
    const path = `/v1/users/${subjectOf(session)}/keys/import`;
    await asOperator('POST', path, { client_id, client_secret });
    const pair = basic(client_id, client_secret);
    const given = async (): Promise<string> => {
      const answer = await ask('token', { grant_type: 'client_credentials' }, pair);
      expect(answer.status).toBe(200);
      const { access_token } = (await answer.json()) as { access_token: string };
      inUse(access_token);
      return access_token;
    };
    const here = isolate();
    const byPair = (at = here): Promise<Response> => at.fetch(`${API}/v1/items/1`, { headers: pair });
    expect((await byPair()).status).toBe(200);
    const first = await given();
    expect(await given()).toBe(first);
    await revoked(first, pair);
    expect(await isActive(first)).toBe(false);
    expect([(await byPair()).status, (await byPair(isolate())).status]).toEqual([200, 200]);
    await later(6);
    const second = await given();
    expect(second).not.toBe(first);
    expect([await isActive(second), (await byPair()).status]).toEqual([true, 200]);
  });
});

type Somebody = Awaited<ReturnType<typeof somebody>>;
