import { afterEach, describe, expect, it } from 'vitest';
import { approve, approverOf, begin, decide, devices, given, held, poll, refused } from '../devices.ts';
import { ask, oauthRefusal } from '../oauth.ts';
import { logged } from '../secrets.ts';
import {
  call,
  DESK,
  desk,
  isolate,
  issueKey,
  later,
  now,
  rooms,
  signIn,
  stytchClient,
  subjectOf,
} from '../world.ts';

afterEach(now);

const CLIENT = {
  'cf-connecting-ip': '203.0.113.7',
  'user-agent': 'node-fetch/1.0',
};

describe('POST /oauth2/device_authorization', () => {
  it('answers the codes, and where to type them', async () => {
    const answer = await ask('device_authorization', { client_id: 'acme-cli' });
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('pragma')]).toEqual([
      ...[200, 'no-store', 'no-cache'],
    ]);
    const codes = (await answer.json()) as Record<string, string>;
    expect(codes).toEqual({
      device_code: expect.stringMatching(/^[A-Z]{8}[0-9A-Za-z]{54}$/),
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}$/),
      verification_uri: `${DESK}/device`,
      verification_uri_complete: `${DESK}/device?user_code=${codes.user_code}`,
      ...{ expires_in: 600, interval: 5 },
    });
  });

  it('costs one call of a Lobby, and one more to count where the address is known', async () => {
    const here = isolate();
    const askAs = (headers: Record<string, string>) =>
      ask('device_authorization', { client_id: 'acme-cli' }, headers, here.fetch);
    expect((await askAs({})).status).toBe(200);
    expect(here.calls).toEqual(['lobby.beginDevice']);
    expect((await askAs(CLIENT)).status).toBe(200);
    expect(here.calls.slice(1)).toEqual(['lobby.countTry', 'lobby.beginDevice']);
  });

  it('is logged with the client that asks, and so is its poll; a client that nobody knows has no name', async () => {
    const since = logged().length;
    const codes = await begin();
    await poll(codes.device_code);
    await ask('device_authorization', { client_id: 'made-up' });
    const lines = logged().slice(since);
    expect(lines.map(({ route, reason, key_id }) => [route, reason, key_id])).toEqual([
      ['/oauth2/device_authorization', null, 'acme-cli'],
      ['/oauth2/token', 'authorization_pending', 'acme-cli'],
      ['/oauth2/device_authorization', 'client_invalid', null],
    ]);
  });
});

describe('a device that waits', () => {
  it('is shown to whoever typed its code: which client, what for, from where, and what would be made', async () => {
    const codes = await begin({ device_name: '  Ada’s laptop ' }, CLIENT);
    const session = await signIn();
    const asking = held(await devices().open(codes.user_code, approverOf(session)));
    expect(asking).toEqual({
      ...{ userCode: codes.user_code, claim: expect.stringMatching(/^[\w-]{22}$/) },
      ...{ clientId: 'acme-cli', clientTitle: 'Acme CLI', keyName: 'Acme CLI on Ada’s laptop' },
      ...{ scopes: ['items:read', 'items:write'], beyond: [], keyExpiresAt: null },
      from: { address: '203.0.113.7', country: null, city: null, client: 'node' },
      expiresAt: expect.any(Number),
    });
  });

  it('is found however its code is typed', async () => {
    const { user_code } = await begin();
    const by = approverOf(await signIn());
    const plain = user_code.replace('-', '');
    for (const typed of [user_code, plain, plain.toLowerCase(), ` ${user_code} `, plain.split('').join(' ')])
      expect(held(await devices().open(typed, by)).userCode).toBe(user_code);
  });

  it('says what the user cannot grant, and asks for it in vain', async () => {
    const { user_code, device_code } = await begin();
    const session = await signIn();
    const nobody = { ...approverOf(session), roles: [] };
    const { scopes, beyond, claim } = held(await devices().open(user_code, nobody));
    expect([scopes, beyond]).toEqual([[], ['items:read', 'items:write']]);
    const decided = await devices().decide({ userCode: user_code, claim, isApproved: true }, nobody);
    expect(decided).toEqual({
      ok: false,
      refusal: { reason: 'scope_not_grantable', scopes: ['items:read', 'items:write'] },
    });
    expect(await oauthRefusal(await poll(device_code))).toEqual(refused('authorization_pending'));
  });

  it('of a client whose keys end says when', async () => {
    const { user_code } = await begin({ client_id: 'acme-reader' });
    const at = Date.now();
    const { keyExpiresAt, keyName, scopes } = held(
      await devices().open(user_code, approverOf(await signIn())),
    );
    expect([keyName, scopes]).toEqual(['Acme Reader', ['items:read']]);
    expect(Math.abs((keyExpiresAt ?? 0) - at - 30 * 86_400_000)).toBeLessThan(10_000);
  });
});

describe('a key that a device is given', () => {
  it('is the user’s, with what he granted, and opens the API', async () => {
    const codes = await begin({ scope: 'items:read', device_name: 'laptop' });
    expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('authorization_pending'));
    const session = await signIn();
    await approve(session, codes.user_code);
    const answer = await poll(codes.device_code);
    expect(answer.headers.get('pragma')).toBe('no-cache');
    const token = await given(answer);
    expect(token).toEqual({
      access_token: expect.stringMatching(/^acme_test_/),
      ...{ token_type: 'Bearer', scope: 'items:read', key_id: expect.stringMatching(/^acme_test_/) },
    });
    expect(token.access_token.startsWith(token.key_id)).toBe(true);
    const key = (await (await desk(session, 'GET', `/v1/keys/${token.key_id}`)).json()) as object;
    expect(key).toMatchObject({
      ...{ name: 'Acme CLI on laptop', scopes: ['items:read'], status: 'active', expires_at: null },
      ...{ created_by: subjectOf(session), device_client: 'acme-cli' },
      description: 'Made for Acme CLI (acme-cli), which its user let in by a code.',
    });
    await rooms.ORIGIN.reset();
    expect((await call(token.access_token)).status).toBe(200);
    expect((await call(token.access_token, '/v1/items/1', { method: 'POST' })).status).toBe(403);
    expect((await stytchClient(token.key_id)).scopes).toEqual(['items:read']);
  });

  it('is in the list and in the trail, and dies when it is revoked', async () => {
    const codes = await begin();
    const session = await signIn();
    const { sessionId } = approverOf(session);
    held(await decide(session, codes.user_code, true, '198.51.100.4'));
    const { access_token, key_id } = await given(await poll(codes.device_code));
    const list = (await (await desk(session, 'GET', '/v1/keys')).json()) as { data: { key_id: string }[] };
    expect(list.data.map((each) => each.key_id)).toEqual([key_id]);
    const trail = (await (await desk(session, 'GET', '/v1/audit')).json()) as { data: object[] };
    expect(trail.data).toMatchObject([
      {
        ...{ action: 'key.created', key_id, via: sessionId, address: '198.51.100.4' },
        actor: { kind: 'user', id: subjectOf(session) },
        details: { name: 'Acme CLI', scopes: ['items:read', 'items:write'], device_client: 'acme-cli' },
      },
    ]);
    expect((await isolate().call(access_token)).status).toBe(200);
    expect((await desk(session, 'DELETE', `/v1/keys/${key_id}`)).status).toBe(200);
    expect((await isolate().call(access_token)).status).toBe(401);
  });

  it('ends when its client’s keys do, and says so', async () => {
    const codes = await begin({ client_id: 'acme-reader' });
    const session = await signIn();
    await approve(session, codes.user_code);
    const token = await given(await poll(codes.device_code, 'acme-reader'));
    expect(token.expires_in).toBeGreaterThan(30 * 86_400 - 10);
    expect(token.expires_in).toBeLessThanOrEqual(30 * 86_400);
    expect((await isolate().call(token.access_token)).status).toBe(200);
    await later(30 * 86_400 + 10);
    expect((await isolate().call(token.access_token)).status).toBe(401);
  });

  it('has a name that fits, of whole characters', async () => {
    const codes = await begin({ device_name: '💻'.repeat(32) });
    const asking = await approve(await signIn(), codes.user_code);
    expect(asking.keyName).toBe(`Acme CLI on ${'💻'.repeat(26)}`);
    const { key_id } = await given(await poll(codes.device_code));
    expect(key_id).toMatch(/^acme_test_/);
  });

  it('is none that was made by hand: those name no device client', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    const key = await (await desk(session, 'GET', `/v1/keys/${key_id}`)).json();
    expect(key).toMatchObject({ device_client: null });
  });
});

describe('a user who says no', () => {
  it('is heard: the device is told at once, and again', async () => {
    const codes = await begin();
    const session = await signIn();
    const { keyName } = held(await decide(session, codes.user_code, false));
    expect(keyName).toBe('Acme CLI');
    for (let i = 0; i < 2; i++)
      expect(await oauthRefusal(await poll(codes.device_code))).toEqual(refused('access_denied'));
    const list = (await (await desk(session, 'GET', '/v1/keys')).json()) as { data: [] };
    expect(list.data).toEqual([]);
  });
});
