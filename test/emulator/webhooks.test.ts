import { createHmac } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { serve } from '../../tools/serve/index.ts';
import { stytchEmulator } from '../outside/edge.ts';
import { type RecordingOrigin, recordingOrigin, type Seen } from '../outside/recording-origin.ts';
import {
  ADA,
  type Answer,
  basic,
  LIN,
  PROJECT_ID,
  SECRET as PROJECT_SECRET,
  refusal,
  startEmulator,
} from './emulator.ts';

const SECRET = `whsec_${Buffer.from('a secret of 32 bytes for a test!').toString('base64')}`;
const OTHER_SECRET = `whsec_${Buffer.from('another one, of somebody strange').toString('base64')}`;
const ADA_ID = 'user-test-ada00000-0000-4000-8000-000000000001';
const ORGANIZATION_ID = 'organization-test-0a900000-0000-4000-8000-000000000003';
const MEMBER_ID = 'member-test-3e3be000-0000-4000-8000-000000000004';
const MEMBER = { organization_id: ORGANIZATION_ID, member_id: MEMBER_ID };
const NOW = '2030-01-01T00:00:00Z';

let receiver: RecordingOrigin;
let emulator: Awaited<ReturnType<typeof startEmulator>>;
beforeAll(async () => {
  receiver = await recordingOrigin();
  emulator = await startEmulator({ WEBHOOK_URL: `${receiver.url}/hook?a=b`, WEBHOOK_SECRET: SECRET });
});
afterAll(async () => {
  await emulator.server.close();
  await receiver.stop();
});
beforeEach(async () => {
  await emulator.door('POST', 'reset');
  receiver.reset();
});

const users = () => emulator.stytch.users;
const members = () => emulator.b2b.organizations.members;
const settle = () => emulator.door('POST', 'webhooks/settle');
const send = (wish: object) => emulator.door('POST', 'webhooks/send', wish);
/** Tries again at once, and so many times. */
const retrying = (times: number) =>
  emulator.door('PUT', 'webhooks', { url: `${receiver.url}/hook`, retriesMs: Array(times).fill(0) });

const headersOf = ({ headers }: Seen): Record<string, string> =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]));
const eventOf = (seen: Seen | undefined) => JSON.parse(seen?.body.toString() ?? 'null');

/** Svix's headers under the names of Standard Webhooks, whose signature is the same. */
const standard = (headers: Record<string, string>) => ({
  'webhook-id': headers['svix-id'] ?? '',
  'webhook-timestamp': headers['svix-timestamp'] ?? '',
  'webhook-signature': headers['svix-signature'] ?? '',
});
const verifies = (headers: Record<string, string>, body: string, secret = SECRET): boolean => {
  try {
    new Webhook(secret).verify(body, standard(headers));
    return true;
  } catch {
    return false;
  }
};

/** Waits until nothing is on its way, and answers what came. */
const received = async (): Promise<readonly Seen[]> => {
  await settle();
  return receiver.records();
};

describe('an event', () => {
  test('of a created user has the user, and the signature of Svix', async () => {
    const { user } = await users().create({ email: 'new@example.com' });
    const [seen, ...others] = await received();
    expect([seen?.method, seen?.target, others]).toEqual(['POST', '/hook?a=b', []]);
    expect(eventOf(seen)).toEqual({
      ...{ project_id: PROJECT_ID, action: 'CREATE', object_type: 'user', source: 'DIRECT' },
      event_id: expect.stringMatching(/^webhook-event-test-[0-9a-f-]{36}$/),
      id: user.user_id,
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
      vertical: 'CONSUMER',
      user,
    });
    const headers = headersOf(seen as Seen);
    const body = String(seen?.body);
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'svix-id': expect.stringMatching(/^msg_\w{27,}$/),
      'svix-timestamp': expect.stringMatching(/^\d{10}$/),
    });
    // RFC 2104, as Svix documents it: over id, timestamp and body, with the secret's base64 decoded.
    const signed = `${headers['svix-id']}.${headers['svix-timestamp']}.${body}`;
    const mac = createHmac('sha256', Buffer.from(SECRET.slice(6), 'base64'))
      .update(signed)
      .digest('base64');
    expect(headers['svix-signature']).toBe(`v1,${mac}`);
    expect([verifies(headers, body), verifies(headers, body, OTHER_SECRET)]).toEqual([true, false]);
  });

  test('of a changed user has the user as it is now', async () => {
    const { user } = await users().update({ user_id: ADA_ID, trusted_metadata: { plan: 'pro' } });
    const [seen] = await received();
    expect(eventOf(seen)).toMatchObject({ action: 'UPDATE', object_type: 'user', id: ADA_ID, user });
  });

  test('of a deleted user has its id alone', async () => {
    await users().delete({ user_id: ADA_ID });
    const [seen] = await received();
    expect(eventOf(seen)).toMatchObject({ action: 'DELETE', object_type: 'user', id: ADA_ID });
    expect(eventOf(seen)).not.toHaveProperty('user');
  });

  test('tells of a user who was named by external_id under Stytch’s own id', async () => {
    await users().update({ user_id: ADA_ID, external_id: 'mine-1' });
    await users().delete({ user_id: 'mine-1' });
    expect((await received()).map((seen) => eventOf(seen).id)).toEqual([ADA_ID, ADA_ID]);
  });

  test('tells of a user who came with a password', async () => {
    const email = 'new@example.com';
    const { user_id } = await emulator.stytch.passwords.create({ email, password: 'a long password' });
    expect((await received()).map(eventOf)).toMatchObject([{ action: 'CREATE', id: user_id }]);
  });

  test('goes by the emulator’s clock', async () => {
    await emulator.door('POST', 'clock', { now: NOW, frozen: true });
    await users().delete({ user_id: ADA_ID });
    const [seen] = await received();
    expect(eventOf(seen).timestamp).toBe('2030-01-01T00:00:00.000000Z');
    expect(headersOf(seen as Seen)['svix-timestamp']).toBe('1893456000');
  });

  test('is not made of what was refused, of a sign-in, of a seed or of an M2M client', async () => {
    await refusal(users().delete({ user_id: 'user-test-none' }));
    await refusal(users().create({ email: ADA.email }));
    await refusal(members().delete({ ...MEMBER, member_id: 'member-test-none' }));
    await emulator.stytch.passwords.authenticate({ ...ADA, session_duration_minutes: 5 });
    await emulator.door('POST', 'seed', { users: [{ email: 'seeded@example.com' }] });
    const { m2m_client } = await emulator.stytch.m2m.clients.create({ scopes: ['read'] });
    await emulator.stytch.m2m.clients.delete({ client_id: m2m_client.client_id });
    expect(await received()).toEqual([]);
  });

  test('is made although the answer to the call was lost', async () => {
    await emulator.door('POST', 'faults', {
      endpoint: 'users.delete',
      kind: 'status',
      effect: 'done',
      times: 1,
    });
    expect(await refusal(users().delete({ user_id: ADA_ID }))).toMatchObject({ status_code: 500 });
    expect((await received()).map(eventOf)).toMatchObject([{ action: 'DELETE', id: ADA_ID }]);
  });
});

describe('a member', () => {
  test('is deleted: sessions end, nobody signs in, and the event has the id alone', async () => {
    const signIn = () => emulator.b2b.passwords.authenticate({ organization_id: ORGANIZATION_ID, ...LIN });
    const { session_token } = await signIn();
    expect(await members().delete(MEMBER)).toMatchObject({ status_code: 200, member_id: MEMBER_ID });
    expect(await refusal(emulator.b2b.sessions.authenticate({ session_token }))).toMatchObject({
      error_type: 'session_not_found',
    });
    expect(await refusal(signIn())).toMatchObject({ status_code: 404, error_type: 'email_not_found' });
    for (const call of [() => members().delete(MEMBER), () => members().update({ ...MEMBER, name: 'Lin' })])
      expect(await refusal(call())).toMatchObject({ status_code: 404, error_type: 'member_not_found' });
    const [seen, ...others] = await received();
    expect(others).toEqual([]);
    expect(eventOf(seen)).toEqual({
      ...{ project_id: PROJECT_ID, event_id: expect.any(String), timestamp: expect.any(String) },
      ...{ action: 'DELETE', object_type: 'member', source: 'DIRECT', id: MEMBER_ID, vertical: 'B2B' },
    });
  });

  test('is reactivated, and signs in as before', async () => {
    await members().delete(MEMBER);
    const { member } = await members().reactivate(MEMBER);
    expect(member).toMatchObject({
      member_id: MEMBER_ID,
      status: 'active',
      email_address: LIN.email_address,
    });
    await expect(
      emulator.b2b.passwords.authenticate({ organization_id: ORGANIZATION_ID, ...LIN }),
    ).resolves.toMatchObject({ member_id: MEMBER_ID });
    await members().reactivate(MEMBER);
    expect((await received()).map(eventOf)).toMatchObject([
      { action: 'DELETE' },
      { action: 'UPDATE', object_type: 'member', id: MEMBER_ID, member: { status: 'active' } },
    ]);
  });

  test('is created, and changed: roles are replaced, metadata is merged', async () => {
    const made = await members().create({
      ...{ organization_id: 'example', email_address: 'new@example.com', name: 'New' },
      ...{ roles: ['reader'], trusted_metadata: { a: 1, b: 2 } },
    });
    const { member_id } = made;
    expect(made.member).toMatchObject({ organization_id: ORGANIZATION_ID, status: 'active', name: 'New' });
    const { member } = await members().update({
      ...{ organization_id: ORGANIZATION_ID, member_id, roles: ['writer'] },
      trusted_metadata: { b: null, c: 3 },
    } as never);
    expect(member).toMatchObject({ name: 'New', trusted_metadata: { a: 1, c: 3 } });
    expect(member.roles.map(({ role_id }) => role_id)).toEqual(['stytch_member', 'writer']);
    expect((await received()).map(eventOf)).toMatchObject([
      { action: 'CREATE', id: member_id, member: made.member },
      { action: 'UPDATE', id: member_id, member },
    ]);
  });

  const email_address = 'new@example.com';
  const refused: readonly (readonly [string, () => Promise<unknown>, string])[] = [
    [
      'of an organization that is not there',
      () => members().create({ organization_id: 'organization-test-none', email_address }),
      'organization_not_found',
    ],
    [
      'of another organization',
      async () => {
        const { organizationIds } = await emulator.door('POST', 'seed', {
          organizations: [{ organization_slug: 'other' }],
        });
        await members().delete({ ...MEMBER, organization_id: organizationIds[0] });
      },
      'member_not_found',
    ],
    [
      'whose e-mail address is taken, in whatever case',
      () => members().create({ ...MEMBER, email_address: 'LIN@example.com' }),
      'duplicate_member_email',
    ],
    ['without an e-mail address', () => members().create({ ...MEMBER, email_address: '' }), 'invalid_email'],
    ['whose roles are no list', () => members().update({ ...MEMBER, roles: 'x' as never }), 'bad_request'],
  ];
  test.each(refused)('%s is refused', async (_, call, error_type) => {
    expect(await refusal(call())).toMatchObject({ error_type });
    expect(await received()).toEqual([]);
  });
});

describe('a delivery', () => {
  test('is listed with all that was sent, and what came of it', async () => {
    await users().delete({ user_id: ADA_ID });
    const { url, deliveries } = await settle();
    const [seen] = receiver.records();
    const { 'content-type': _, ...svix } = deliveries[0].attempts[0].headers;
    expect([url, deliveries.length]).toEqual([`${receiver.url}/hook?a=b`, 1]);
    expect(deliveries[0]).toMatchObject({
      ...{ id: svix['svix-id'], url, state: 'delivered', body: String(seen?.body) },
      attempts: [{ at: expect.any(String), status: 200, problem: null }],
    });
    expect(headersOf(seen as Seen)).toMatchObject(svix);
  });

  test('that fails is tried again, with the same id and body, until it is answered with 2xx', async () => {
    await retrying(3);
    receiver.next({ status: 500 }, { status: 404 }, { status: 204 });
    expect(await users().delete({ user_id: ADA_ID })).toMatchObject({ status_code: 200 });
    const { deliveries } = await settle();
    const records = receiver.records();
    expect(deliveries[0].state).toBe('delivered');
    expect(deliveries[0].attempts.map(({ status }: { status: number }) => status)).toEqual([500, 404, 204]);
    expect(new Set(records.map((seen) => `${headersOf(seen)['svix-id']} ${seen.body}`)).size).toBe(1);
    expect(records.map((seen) => verifies(headersOf(seen), String(seen.body)))).toEqual([true, true, true]);
  });

  // Wrangler's own proxy would answer 500 to both, so the emulator runs here without it.
  test.each([
    ['redirected is not sent elsewhere', { status: 307, headers: [['location', '/elsewhere']] }, 307],
    ['met by silence has no status', { fail: 'reset' }, null],
  ] as const)('that is %s', async (_, reply, status) => {
    receiver.always('/hook', reply);
    await using bare = await serve({ services: [stytchEmulator()] });
    const url = `http://127.0.0.1:${bare.port('stytch')}`;
    const door = async (method: string, path: string, body: object): Promise<Answer['body']> => {
      const init = { method, body: JSON.stringify(body) };
      return await (await fetch(`${url}/_emulator/webhooks${path}`, init)).json();
    };
    await door('PUT', '', { url: `${receiver.url}/hook`, retriesMs: [] });
    expect(await door('POST', '/send', {})).toMatchObject({
      ...{ status, problem: status === null ? expect.stringMatching(/./) : null },
    });
    expect(receiver.records().map(({ target }) => target)).toEqual(['/hook']);
    await fetch(`${url}/v1/users/${ADA_ID}`, {
      ...{ method: 'DELETE', headers: { authorization: basic(PROJECT_ID, PROJECT_SECRET) } },
    });
    expect((await door('POST', '/settle', {})).deliveries).toMatchObject([
      { state: 'failed', attempts: [{ status }] },
    ]);
    expect(receiver.records().map(({ target }) => target)).toEqual(['/hook', '/hook']);
  });

  test('that fails each time is given up, and no call of the API fails with it', async () => {
    await retrying(2);
    receiver.always('*', { status: 503 });
    expect(await users().delete({ user_id: ADA_ID })).toMatchObject({ status_code: 200 });
    const { deliveries } = await settle();
    expect(deliveries[0]).toMatchObject({ state: 'failed' });
    expect(deliveries[0].attempts).toMatchObject(Array(3).fill({ status: 503, problem: null }));
    expect(receiver.records()).toHaveLength(3);
  });

  test('does not hold up the answer to the call', async () => {
    receiver.always('*', { fail: 'hang' });
    expect(await users().delete({ user_id: ADA_ID })).toMatchObject({ status_code: 200 });
    const { deliveries } = await emulator.door('GET', 'webhooks');
    expect(deliveries).toMatchObject([{ state: 'pending', attempts: [] }]);
  });

  test.each([
    ['waits for an answer', { fail: 'hang' }, 0],
    ['waits to be tried again', { status: 500 }, 3_600_000],
  ] as const)('that %s is given up when it is forgotten', async (_, reply, retryMs) => {
    await emulator.door('PUT', 'webhooks', { url: receiver.url, retriesMs: [retryMs] });
    receiver.always('*', reply);
    await users().update({ user_id: ADA_ID, name: { first_name: 'A' } });
    await vi.waitUntil(() => receiver.records().length === 1);
    expect((await emulator.door('DELETE', 'webhooks')).deliveries).toEqual([]);
    expect(await settle()).toMatchObject({ deliveries: [] });
    expect(receiver.records()).toHaveLength(1);
  });
});

describe('the destination', () => {
  test('is what the side door says, until it is reset', async () => {
    await emulator.door('PUT', 'webhooks', { url: `${receiver.url}/other`, secret: OTHER_SECRET });
    await users().update({ user_id: ADA_ID, name: { first_name: 'A' } });
    const [seen] = await received();
    expect(seen?.target).toBe('/other');
    expect(verifies(headersOf(seen as Seen), String(seen?.body), OTHER_SECRET)).toBe(true);
    await emulator.door('POST', 'reset');
    expect(await emulator.door('GET', 'webhooks')).toEqual({
      url: `${receiver.url}/hook?a=b`,
      deliveries: [],
    });
  });

  test('may be nowhere', async () => {
    expect((await emulator.door('PUT', 'webhooks', { url: null })).url).toBeNull();
    await users().delete({ user_id: ADA_ID });
    expect(await settle()).toEqual({ url: null, deliveries: [] });
    expect(await send({})).toEqual({ error: 'there is no url to send to' });
    expect(receiver.records()).toEqual([]);
  });

  test.each([
    [{ url: 'ftp://example.com' }, 'url must be an http URL, or null'],
    [{ url: 'hook' }, 'url must be an http URL, or null'],
    [{}, 'url must be an http URL, or null'],
    [{ url: 'http://x', secret: 'whsec_' }, 'secret must be whsec_ and base64'],
    [{ url: 'http://x', secret: 'whsec_c2Vj_mV0' }, 'secret must be whsec_ and base64'],
    [{ url: 'http://x', secret: 'c2VjcmV0' }, 'secret must be whsec_ and base64'],
    [{ url: 'http://x', retriesMs: [-1] }, 'retriesMs must be an array of numbers'],
  ])('%o is refused', async (wish, error) => {
    expect(await emulator.door('PUT', 'webhooks', wish)).toEqual({ error });
  });
});

describe('an event of the caller’s choosing', () => {
  test('is signed, and sent once, with the receiver’s answer', async () => {
    receiver.next({ status: 503, body: 'not now' });
    const { status, problem, text, sent } = await send({
      event: { action: 'DELETE', source: 'DASHBOARD', id: ADA_ID, object_type: 'user' },
    });
    expect([status, problem, text]).toEqual([503, null, 'not now']);
    const [seen, ...others] = receiver.records();
    expect([String(seen?.body), others]).toEqual([sent.body, []]);
    expect(eventOf(seen)).toMatchObject({
      ...{ project_id: PROJECT_ID, event_id: expect.any(String), vertical: 'CONSUMER' },
      ...{ action: 'DELETE', source: 'DASHBOARD', id: ADA_ID, object_type: 'user' },
    });
    expect(headersOf(seen as Seen)).toMatchObject(sent.headers);
    expect(verifies(sent.headers, sent.body)).toBe(true);
    expect((await emulator.door('GET', 'webhooks')).deliveries).toEqual([]);
  });

  test('may be a replay, to the byte', async () => {
    await users().delete({ user_id: ADA_ID });
    const { deliveries } = await settle();
    const [{ body, attempts }] = deliveries;
    await send({ body, headers: attempts[0].headers });
    const [first, second] = receiver.records();
    const svix = ({ headers, body }: Seen) => [standard(headersOf({ headers } as Seen)), String(body)];
    expect(svix(second as Seen)).toEqual(svix(first as Seen));
  });

  test('may have an altered body under a true signature', async () => {
    await users().update({ user_id: ADA_ID, name: { first_name: 'A' } });
    const { deliveries } = await settle();
    const body = deliveries[0].body.replace('"UPDATE"', '"DELETE"');
    const { sent } = await send({ body, headers: deliveries[0].attempts[0].headers });
    expect([sent.body, verifies(sent.headers, sent.body)]).toEqual([body, false]);
  });

  test('may be old, with a signature that is good for its time', async () => {
    const { sent } = await send({ headers: { 'Svix-Timestamp': '1700000000', 'svix-id': 'msg_mine' } });
    const signed = new Webhook(SECRET).sign('msg_mine', new Date(1_700_000_000_000), sent.body);
    expect(sent.headers).toMatchObject({ 'svix-timestamp': '1700000000', 'svix-signature': signed });
  });

  test('may lack a header or a field, be signed with another secret, or be no JSON', async () => {
    const bare = await send({ headers: { 'svix-signature': null }, event: { event_id: null } });
    expect(bare.sent.headers).not.toHaveProperty('svix-signature');
    expect(JSON.parse(bare.sent.body)).not.toHaveProperty('event_id');
    const forged = await send({ secret: OTHER_SECRET });
    expect(verifies(forged.sent.headers, forged.sent.body)).toBe(false);
    expect(verifies(forged.sent.headers, forged.sent.body, OTHER_SECRET)).toBe(true);
    expect((await send({ body: '{"action":' })).sent.body).toBe('{"action":');
  });

  test('that cannot be sent tells so', async () => {
    const { status, problem } = await send({ headers: { 'no header': 'x' } });
    expect([status, problem]).toEqual([null, expect.stringMatching(/./)]);
    expect(receiver.records()).toEqual([]);
  });

  test.each([
    [{ event: [] }, 'event must be an object'],
    [{ body: {} }, 'body must be a text'],
    [{ headers: { a: 1 } }, 'headers must be texts, or null'],
    [{ secret: 'whsec_?' }, 'secret must be whsec_ and base64'],
  ])('%o is refused', async (wish, error) => {
    expect(await send(wish)).toEqual({ error });
    expect(receiver.records()).toEqual([]);
  });
});

test('without WEBHOOK_URL nothing is sent', async () => {
  const silent = await startEmulator();
  try {
    await silent.stytch.users.delete({ user_id: ADA_ID });
    expect(await silent.door('POST', 'webhooks/settle')).toEqual({ url: null, deliveries: [] });
  } finally {
    await silent.server.close();
  }
});
