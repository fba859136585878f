import { beforeEach, describe, expect, it } from 'vitest';
import { inUse } from '../secrets.ts';
import {
  API,
  cannotTell,
  DESK,
  desk,
  emulator,
  fault,
  isolate,
  issueKey,
  notGood,
  oddToken,
  refusalOf,
  rooms,
  send,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

const whoami = (headers: Record<string, string>): Promise<Response> => send(`${DESK}/v1/whoami`, { headers });

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});

describe('GET /v1/whoami', () => {
  it('tells a session who it is and what it may give', async () => {
    const session = await signIn();
    const answer = await whoami({ authorization: `Bearer ${session}` });
    expect([answer.status, await answer.json()]).toEqual([
      200,
      {
        auth: 'session',
        user_id: subjectOf(session),
        organization_id: null,
        key_id: null,
        scopes: ['items:read', 'items:write', 'admin:all'],
      },
    ]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('tells a key the same however it is presented, and a pair that it is one', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session, ['items:write']);
    const pair = btoa(`${key.slice(0, 38)}:${key.slice(39)}`);
    inUse(pair);
    const who = {
      user_id: subjectOf(session),
      organization_id: null,
      key_id,
      scopes: ['items:write'],
    };
    for (const [headers, auth] of [
      [{ authorization: `Bearer ${key}` }, 'api_key'],
      [{ authorization: `bearer   ${key}` }, 'api_key'],
      [{ 'x-api-key': key }, 'api_key'],
      [{ authorization: `Basic ${pair}` }, 'client_credentials'],
    ] as const) {
      expect(await (await whoami(headers)).json()).toEqual({ auth, ...who });
    }
    expect((await stytchCalls()).token).toBe(1);
  });

  it('spends nothing of the owner’s limit', async () => {
    const { key } = await issueKey(await signIn());
    for (let i = 0; i < 10; i++) await whoami({ 'x-api-key': key });
    const answer = await send(`${API}/v1/heavy`, { headers: { 'x-api-key': key } });
    expect(answer.headers.get('ratelimit')).toMatch(/^"owner";r=590;/);
  });

  it.each([
    ['nothing', {}, 'credential_missing', `Bearer realm="${DESK}"`],
    ['a key that nobody made', { 'x-api-key': `acme_test_${'0'.repeat(28)}_${'0'.repeat(61)}` }],
    ['a JWT that is none', { authorization: 'Bearer a.b.c' }],
    ['a word', { authorization: 'Bearer word' }],
  ])(
    '%s is 401, and costs nothing',
    async (_, headers, code = 'invalid_token', challenge = notGood(DESK).challenge) => {
      const here = isolate();
      const refused = await refusalOf(
        await here.fetch(`${DESK}/v1/whoami`, { headers: headers as HeadersInit }),
      );
      expect(refused).toEqual({ status: 401, code, challenge, retryAfter: null });
      expect(here.calls.filter((each) => each.startsWith('ring.') || each === 'kv.put')).toEqual([]);
      expect((await stytchCalls()).token).toBeUndefined();
    },
  );

  it.each(['m2m', 'connectedApp', 'idToken', 'memberSession'])(
    'a token of kind %s is nobody',
    async (kind) => {
      const token = await oddToken({ kind });
      expect(await refusalOf(await whoami({ authorization: `Bearer ${token}` }))).toEqual(notGood(DESK));
    },
  );

  it('a key that cannot be looked up is 503', async () => {
    const { key } = await issueKey(await signIn());
    await fault('token', { kind: 'status', status: 500 });
    expect(
      await refusalOf(await isolate().fetch(`${DESK}/v1/whoami`, { headers: { 'x-api-key': key } })),
    ).toEqual(cannotTell());
  });

  it('a revoked key is nobody any more', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    expect(await refusalOf(await whoami({ 'x-api-key': key }))).toEqual(notGood(DESK));
  });
});
