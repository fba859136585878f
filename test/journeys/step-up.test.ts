import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { latchkeyFor } from '../../src/assemble.ts';
import type { Ring } from '../../src/model/ports.ts';
import { inUse } from '../secrets.ts';
import settings from '../settings.ts';
import {
  API,
  accessToken,
  atStytch,
  BY,
  call,
  DESK,
  dumpOfRing,
  type Isolate,
  isolate,
  issueKey,
  later,
  newUser,
  now,
  oddToken,
  ownerOf,
  PROJECT,
  refusalOf,
  ringStub,
  rooms,
  send,
  stytchClients,
} from '../world.ts';

/** What `/v1/fresh/**` allows, and the Desk of `strictDesk`. */
const MAX_AGE = 120;

/** More than a test takes until it looks. To the second it is shown where no clock runs: `unit/gate/authorize`. */
const SOME_SECONDS = 10;

const tooOld = (realm: string) => ({
  ...{ status: 401, code: 'insufficient_user_authentication', retryAfter: null, max_age: MAX_AGE },
  challenge: `Bearer realm="${realm}", error="insufficient_user_authentication", error_description="More recent authentication is required", max_age="${MAX_AGE}"`,
});
const AT_API = tooOld('acme-api');

/** A desk that asks for a fresh sign-in before it makes a key. */
const strictDesk = latchkeyFor({ ...settings, desk: { maxAuthAgeSeconds: MAX_AGE } });

interface Session {
  readonly session_token: string;
  readonly session_jwt: string;
}

const sessionAt = async (path: string, body: object): Promise<Session> => {
  const answer = await atStytch('POST', path, { session_duration_minutes: 60, ...body });
  expect(answer.status).toBe(200);
  const session: Session = await answer.json();
  inUse(session.session_jwt);
  inUse(session.session_token);
  return session;
};

/** Signs in with a password: in a session that is there already, that is step-up. */
const signIn = (user: object, session: Partial<Session> = {}): Promise<Session> =>
  sessionAt('/v1/passwords/authenticate', {
    ...user,
    ...(session.session_token === undefined ? {} : { session_token: session.session_token }),
  });

/** A new JWT of a session, as pages get one every few minutes; nobody signs in for it. */
const refreshed = ({ session_token }: Session): Promise<Session> =>
  sessionAt('/v1/sessions/authenticate', { session_token });

/** A session of a new user whose factors were used so many seconds ago. */
const usedAgo = (ages: readonly number[], of: 'user' | 'member' = 'user'): Promise<string> => {
  const at = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();
  const claim = {
    ...{ id: 'session-test-1', started_at: at(-3_600), expires_at: at(600), roles: [`stytch_${of}`] },
    authentication_factors: ages.map((age) => ({ type: 'otp', last_authenticated_at: at(-age) })),
  };
  const sub = `${of}-test-${crypto.randomUUID()}`;
  return oddToken({
    kind: of === 'user' ? 'session' : 'memberSession',
    claims: { sub, 'https://stytch.com/session': claim },
  });
};

const originCalls = async (): Promise<number> => (await rooms.ORIGIN.records()).length;

const FRESH = '/v1/fresh/1';

beforeEach(() => rooms.ORIGIN.reset());
afterEach(now);

describe('a route that wants a fresh sign-in', () => {
  it('lets a session in for as long as that and not longer, though its JWT is new', async () => {
    const session = await signIn(await newUser());
    expect((await call(session.session_jwt, FRESH)).status).toBe(200);
    await later(MAX_AGE - SOME_SECONDS);
    expect((await call(session.session_jwt, FRESH)).status).toBe(200);
    await later(SOME_SECONDS + 1);
    const calls = await originCalls();
    const { session_jwt } = await refreshed(session);
    for (const jwt of [session.session_jwt, session_jwt])
      expect(await refusalOf(await call(jwt, FRESH))).toEqual(AT_API);
    expect(await originCalls()).toBe(calls);
    // Elsewhere it is as good as before.
    expect((await call(session_jwt, '/v1/items/1')).status).toBe(200);
  });

  it('lets the same session in again once its user has signed in again', async () => {
    const user = await newUser();
    const session = await signIn(user);
    await later(MAX_AGE + 1);
    expect(await refusalOf(await call(session.session_jwt, FRESH))).toEqual(AT_API);
    const again = await signIn(user, session);
    expect(again.session_token).toBe(session.session_token);
    expect((await call(again.session_jwt, FRESH)).status).toBe(200);
    // The JWT of before does not become younger by that.
    expect(await refusalOf(await call(session.session_jwt, FRESH))).toEqual(AT_API);
  });

  it('asks no Ring about a session that is too old, and takes nothing of the limit', async () => {
    const session = await usedAgo([MAX_AGE + 1]);
    const stub = await ringStub(session);
    const here = isolate();
    for (let i = 0; i < 20; i++) expect((await here.call(session, FRESH)).status).toBe(401);
    expect(here.calls.filter((each) => each !== 'kv.get')).toEqual([]);
    expect(await dumpOfRing(stub)).toEqual({});
    await (stub as unknown as Ring).setLimits(ownerOf(session), { plan: 'tiny' }, BY);
    const statuses = [];
    for (let i = 0; i < 12; i++) {
      statuses.push((await here.call(session)).status);
      expect((await here.call(session, FRESH)).status).toBe(401);
    }
    expect(statuses.filter((status) => status === 200)).toHaveLength(10);
  });

  it('has no RateLimit of the user in its refusal', async () => {
    const { session_jwt } = await signIn(await newUser());
    expect((await call(session_jwt, '/v1/items/1')).headers.get('ratelimit')).not.toBeNull();
    await later(MAX_AGE + 1);
    expect((await call(session_jwt, FRESH)).headers.get('ratelimit')).toBeNull();
  });

  it('takes no key, pair or access token, which say of nobody when he signed in', async () => {
    const { session_jwt } = await signIn(await newUser());
    const { key } = await issueKey(session_jwt);
    const pair = btoa(`${key.slice(0, 38)}:${key.slice(39)}`);
    inUse(pair);
    const KIND = { status: 403, code: 'credential_kind_not_allowed', challenge: null, retryAfter: null };
    for (const authorization of [`Bearer ${key}`, `Basic ${pair}`, `Bearer ${await accessToken(key)}`]) {
      const refused = await send(`${API}${FRESH}`, { headers: { authorization } });
      expect(await refusalOf(refused)).toEqual(KIND);
    }
    expect(await originCalls()).toBe(0);
  });

  it('is no verdict on the scopes, nor on a session that is not good: in the order of the refusals', async () => {
    const { session_jwt } = await signIn(await newUser());
    const none = await send(`${API}${FRESH}`);
    expect([none.status, ((await none.json()) as { code: string }).code]).toEqual([
      401,
      'credential_missing',
    ]);
    const forged = await oddToken({ kind: 'session', signer: 'foreign' });
    expect(await refusalOf(await call(forged, FRESH))).toMatchObject({ code: 'invalid_token' });
    await later(301);
    expect(await refusalOf(await call(session_jwt, FRESH))).toMatchObject({ code: 'invalid_token' });
    expect(await originCalls()).toBe(0);
  });

  it.each([
    ['the latest of several factors', [900, 60, 600], true],
    ['no factor that is recent enough', [900, MAX_AGE + 1], false],
  ])('goes by %s', async (_, ages, isGood) => {
    const token = await usedAgo(ages);
    expect((await call(token, FRESH)).status).toBe(isGood ? 200 : 401);
    expect(await originCalls()).toBe(isGood ? 1 : 0);
  });
});

describe('a B2B route that wants a fresh sign-in', () => {
  const b2b = latchkeyFor({
    ...settings,
    stytch: { projectId: PROJECT, vertical: 'b2b' },
    roles: { stytch_member: ['items:read'] },
  });
  it('asks it of members too', async () => {
    const here = isolate({}, b2b);
    expect((await here.call(await usedAgo([MAX_AGE - SOME_SECONDS], 'member'), FRESH)).status).toBe(200);
    await rooms.ORIGIN.reset();
    expect(await refusalOf(await here.call(await usedAgo([MAX_AGE + 1], 'member'), FRESH))).toEqual(AT_API);
    expect(await originCalls()).toBe(0);
  });
});

describe('a Desk that wants a fresh sign-in for a key', () => {
  const WISH = { name: 'n', scopes: ['items:read'] };
  const made = async (here: Isolate, jwt: string): Promise<Response> => {
    const answer = await here.desk(jwt, 'POST', '/v1/keys', WISH);
    if (answer.status === 201) inUse(((await answer.clone().json()) as { key: string }).key);
    return answer;
  };

  it('makes none for a session that is too old, and Stytch is not asked for one', async () => {
    const here = isolate({}, strictDesk);
    const user = await newUser();
    const session = await signIn(user);
    await later(MAX_AGE + 1);
    const { session_jwt } = await refreshed(session);
    expect(await refusalOf(await made(here, session_jwt))).toEqual(tooOld(DESK));
    expect([here.calls.filter((each) => each !== 'kv.get'), await stytchClients(session_jwt)]).toEqual([
      [],
      [],
    ]);
    expect(await dumpOfRing(await ringStub(session_jwt))).toEqual({});
    const again = await signIn(user, session);
    expect((await made(here, again.session_jwt)).status).toBe(201);
  });

  it('shows keys to it and revokes them all the same', async () => {
    const here = isolate({}, strictDesk);
    const session = await signIn(await newUser());
    const { key_id } = (await (await made(here, session.session_jwt)).json()) as { key_id: string };
    await later(MAX_AGE + 1);
    const { session_jwt } = await refreshed(session);
    expect((await here.desk(session_jwt, 'GET', '/v1/keys')).status).toBe(200);
    expect((await here.desk(session_jwt, 'GET', `/v1/keys/${key_id}`)).status).toBe(200);
    expect((await here.desk(session_jwt, 'GET', '/v1/whoami')).status).toBe(200);
    expect((await here.desk(session_jwt, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
  });

  it('tells a key that it is none of these, whatever its age', async () => {
    const { key } = await issueKey((await signIn(await newUser())).session_jwt);
    expect(await refusalOf(await made(isolate({}, strictDesk), key))).toMatchObject({
      ...{ status: 403, code: 'credential_kind_not_allowed', challenge: null },
    });
  });

  it('does not ask where the file does not say so', async () => {
    const session = await signIn(await newUser());
    await later(MAX_AGE + 1);
    expect((await made(isolate(), (await refreshed(session)).session_jwt)).status).toBe(201);
  });
});
