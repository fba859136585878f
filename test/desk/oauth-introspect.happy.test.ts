import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import type { Ring } from '../../src/model/ports.ts';
import { foreignClient, lobbiesUnder } from '../foreign.ts';
import { asBearer, asClient, ask, basic, halves, INACTIVE } from '../oauth.ts';
import { asOperator, OPERATOR, operatorToken, tokenOf } from '../operators.ts';
import { ringsUnder } from '../rings.ts';
import { keyOfSomebody } from '../rotation.ts';
import settings from '../settings.ts';
import {
  API,
  accessToken,
  BY,
  call,
  claimsOf,
  DESK,
  desk,
  dumpOfRing,
  emulator,
  isolate,
  issueKey,
  later,
  now,
  oddToken,
  ownerOf,
  PROJECT,
  ringStub,
  rooms,
  send,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

const ISSUER = `stytch.com/${PROJECT}`;

/** What is told of a token to whoever asks. */
const told = async (
  token: string,
  headers: Readonly<Record<string, string>>,
  more: object = {},
): Promise<Record<string, unknown>> => {
  const answer = await ask('introspect', { token, ...more }, headers);
  expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'application/json']);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  return answer.json();
};

/** What is told of a key that has no end. */
const ofKey = (session: string, key_id: string, scope = 'items:read') => ({
  ...{ active: true, scope, client_id: key_id, sub: subjectOf(session), token_type: 'Bearer' },
  ...{ iss: DESK, aud: 'acme-api', iat: expect.any(Number) },
});

beforeEach(async () => {
  await rooms.ORIGIN.reset();
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
});
const undo: { mockRestore(): void }[] = [];
afterEach(async () => {
  for (const each of undo.splice(0)) each.mockRestore();
  await now();
});

describe('POST /oauth2/introspect tells of a key', () => {
  it('whose it is, what it may do, for whom, and since when', async () => {
    const session = await signIn();
    const before = Math.floor(Date.now() / 1000);
    const { key, key_id } = await issueKey(session);
    const answer = await told(key, asClient(key));
    expect(answer).toEqual(ofKey(session, key_id));
    expect(answer.iat).toBeGreaterThanOrEqual(before);
    expect(answer.iat).toBeLessThanOrEqual(Date.now() / 1000);
  });

  it('when it ends, where it does', async () => {
    const session = await signIn();
    const expires_at = new Date(Math.floor(Date.now() / 1000 + 3_600) * 1000).toISOString();
    const { key, key_id } = await issueKey(session, ['items:read'], { expires_at });
    const exp = Date.parse(expires_at) / 1000;
    expect(await told(key, asClient(key))).toEqual({ ...ofKey(session, key_id), exp });
    expect(await told(await accessToken(key), asClient(key))).toMatchObject({ active: true });
  });

  it('to its client by Basic and in the form, to the key itself, to its owner and to an operator', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const askers = [
      [asClient(key), {}],
      [{}, halves(key)],
      [asBearer(key), {}],
      [{ 'x-api-key': key }, {}],
      [asBearer(await accessToken(key)), {}],
      [asBearer(session), {}],
      [asBearer(await operatorToken()), {}],
    ] as const;
    for (const [headers, form] of askers)
      expect(await told(key, headers, form)).toEqual(ofKey(session, key_id));
  });

  it('to an operator by its pair, by Basic and in the form', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const client_secret = 'copper-kettle-quiet-lantern';
    const whole = ofKey(session, key_id);
    expect(await told(key, basic(OPERATOR, client_secret))).toEqual(whole);
    expect(await told(key, {}, { client_id: OPERATOR, client_secret })).toEqual(whole);
  });

  it('with both secrets of a rotation, and with the new one alone after it', async () => {
    const it = await keyOfSomebody();
    const next = await it.begin();
    const whole = ofKey(it.session, it.key_id, 'items:read items:write');
    for (const each of [it.key, next]) expect(await told(each, asBearer(it.session))).toEqual(whole);
    await it.finish();
    const after = [it.key, next].map((each) => ask('introspect', { token: each }, asBearer(it.session)));
    const [old, kept] = await Promise.all(after.map(async (each) => (await each).text()));
    expect([old, JSON.parse(kept ?? '')]).toEqual([INACTIVE, whole]);
  });

  it('the scopes that it has now', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session, ['items:read', 'items:write']);
    expect(await told(key, asClient(key))).toEqual(ofKey(session, key_id, 'items:read items:write'));
    await desk(session, 'PATCH', `/v1/keys/${key_id}`, { scopes: ['items:write'] });
    expect(await told(key, asClient(key))).toEqual(ofKey(session, key_id, 'items:write'));
  });
});

describe('POST /oauth2/introspect tells of an access token', () => {
  it('what stands in it', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session, ['items:read', 'items:write']);
    const token = await accessToken(key);
    const { iat, exp, aud } = claimsOf(token);
    for (const asker of [asClient(key), asBearer(token), asBearer(session), asBearer(await operatorToken())])
      expect(await told(token, asker)).toEqual({
        ...{ active: true, scope: 'items:read items:write', client_id: key_id, sub: subjectOf(session) },
        ...{ token_type: 'Bearer', iat, exp, iss: ISSUER, aud },
      });
  });

  it('no more scopes than its Ring still grants, and no later end than its key’s', async () => {
    const session = await signIn();
    const expires_at = new Date(Math.floor(Date.now() / 1000 + 300) * 1000).toISOString();
    const { key, key_id } = await issueKey(session, ['items:read', 'items:write'], { expires_at });
    const token = await accessToken(key);
    await desk(session, 'PATCH', `/v1/keys/${key_id}`, { scopes: ['items:write'] });
    const answer = await told(token, asBearer(session));
    expect(answer).toMatchObject({ active: true, scope: 'items:write', exp: Date.parse(expires_at) / 1000 });
  });

  it('of a client that was made elsewhere, as its owner’s', async () => {
    const session = await signIn();
    const foreign = await foreignClient(subjectOf(session));
    const { clientId: client_id, clientSecret: client_secret } = foreign;
    const path = `/v1/users/${subjectOf(session)}/keys/import`;
    expect((await asOperator('POST', path, { client_id, client_secret })).status).toBe(201);
    const token = await tokenOf(client_id, client_secret);
    for (const asker of [basic(client_id, client_secret), asBearer(session), asBearer(await operatorToken())])
      expect(await told(token, asker)).toMatchObject({
        ...{ active: true, client_id, sub: subjectOf(session), scope: 'items:read items:write' },
      });
  });

  it('of a client that nobody owns, as its own', async () => {
    const { clientId, clientSecret } = await foreignClient(null);
    const file = { foreignClients: 'any', ownerlessClients: 'own' } as const;
    undo.push(lobbiesUnder(file), ringsUnder(file));
    const here = isolate({}, latchkeyFor({ ...settings, ...file }));
    const token = await tokenOf(clientId, clientSecret);
    const answer = await ask('introspect', { token }, asBearer(token), here.fetch);
    expect(await answer.json()).toMatchObject({ active: true, client_id: clientId, sub: clientId });
  });

  it('of an operator, to operators, by its signature: there is no Ring to ask', async () => {
    const token = await operatorToken();
    const here = isolate();
    const answer = await ask('introspect', { token }, asBearer(token), here.fetch);
    const { iat, exp, aud, scope } = claimsOf(token);
    expect(await answer.json()).toEqual({
      ...{ active: true, scope, client_id: OPERATOR, sub: OPERATOR },
      ...{ token_type: 'Bearer', iat, exp, iss: ISSUER, aud },
    });
    expect(here.calls.filter((each) => /^(ring|lobby)\./.test(each))).toEqual([]);
  });
});

describe('POST /oauth2/introspect tells of a session', () => {
  it('whose it is, and what his roles let him do', async () => {
    const session = await signIn();
    const { iat, exp, aud } = claimsOf(session);
    for (const asker of [asBearer(session), asBearer(await operatorToken())])
      expect(await told(session, asker)).toEqual({
        ...{ active: true, scope: 'items:read items:write admin:all', sub: subjectOf(session) },
        ...{ token_type: 'Bearer', iat, exp, iss: ISSUER, aud },
      });
  });

  it('when the session ends, where its JWT would live longer', async () => {
    const ends = Math.floor(Date.now() / 1000) + 60;
    const session = {
      ...{ id: 'session-test-1', expires_at: new Date(ends * 1000).toISOString().replace('.000', '') },
      ...{ started_at: new Date().toISOString(), last_accessed_at: new Date().toISOString() },
      authentication_factors: [],
    };
    const sub = `user-test-${crypto.randomUUID()}`;
    const token = await oddToken({ kind: 'session', claims: { sub, 'https://stytch.com/session': session } });
    expect(Number(claimsOf(token).exp)).toBeGreaterThan(ends);
    expect(await told(token, asBearer(token))).toMatchObject({ active: true, sub, exp: ends });
  });
});

describe('to introspect a key is no use of it', () => {
  it('spends nothing, is not counted, and is not when it was last used', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const here = isolate();
    const token = await accessToken(key);
    const operator = asBearer(await operatorToken());
    for (let i = 0; i < 5; i++)
      for (const each of [key, token, session])
        expect(await (await ask('introspect', { token: each }, operator, here.fetch)).json()).toMatchObject({
          active: true,
        });
    const { uses, leases, secrets, keys } = await dumpOfRing(await ringStub(session));
    expect([uses ?? [], leases ?? []]).toEqual([[], []]);
    expect(keys).toMatchObject([{ client_id: key_id, last_used_at: null }]);
    expect(secrets).toMatchObject([{ last_used_at: null }]);
    const answer = await send(`${API}/v1/heavy`, { headers: { 'x-api-key': key } });
    expect(answer.headers.get('ratelimit')).toMatch(/^"owner";r=590;/);
  });

  it('is told to somebody who is over his limit', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const ring = (await ringStub(session)) as unknown as Ring;
    await ring.setLimits(ownerOf(session), { plan: 'tiny' }, BY);
    for (let i = 0; i < 12; i++) await call(key);
    expect((await call(key)).status).toBe(429);
    expect(await told(key, asClient(key))).toMatchObject({ active: true });
  });

  it('does not count as refused where the key could not have been used', async () => {
    const session = await signIn();
    const { key } = await issueKey(session, ['items:read'], { ip_allowlist: ['192.0.2.1'] });
    const here = isolate();
    const operator = asBearer(await operatorToken());
    for (let i = 0; i < 3; i++)
      expect(await (await ask('introspect', { token: key }, operator, here.fetch)).text()).toBe(INACTIVE);
    await here.fetch(`${API}/v1/items/1`, {
      headers: { 'x-api-key': key, 'cf-connecting-ip': '192.0.2.1' },
    });
    await later(5);
    await here.fetch(`${API}/v1/strict/1`, {
      headers: { 'x-api-key': key, 'cf-connecting-ip': '192.0.2.1' },
    });
    const { uses } = await dumpOfRing(await ringStub(session));
    expect(uses?.reduce((sum, { refused }) => sum + Number(refused), 0)).toBe(0);
  });

  it('of a warm key costs no call of Stytch, and one exchange of a cold one', async () => {
    const { key } = await issueKey(await signIn());
    for (let i = 0; i < 3; i++) await told(key, asClient(key));
    expect((await stytchCalls()).token).toBe(1);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});
