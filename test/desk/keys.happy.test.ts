import { runDurableObjectAlarm } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { inUse } from '../secrets.ts';
import {
  atStytch,
  call,
  desk,
  emulator,
  issueKey,
  later,
  newUser,
  now,
  post,
  ringStub,
  rooms,
  signIn,
  subjectOf,
} from '../world.ts';

const SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

beforeEach(async () => {
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});

afterEach(now);

describe('POST /v1/keys', () => {
  it('answers 201 with the key object and, this once, the key', async () => {
    const session = await signIn();
    const wish = {
      name: ' Cafe\u0301 robot ',
      description: 'nightly',
      scopes: ['items:write', 'items:read'],
    };
    const before = Math.floor(Date.now() / 1000) * 1000;
    const response = await desk(session, 'POST', '/v1/keys', {
      ...wish,
      expires_at: '2099-01-01T02:00:00+02:00',
    });
    const body = (await response.json()) as { key: string; key_id: string; created_at: string };
    inUse(body.key);
    expect(response.status).toBe(201);
    const owner = subjectOf(session);
    expect(body).toEqual({
      key_id: expect.stringMatching(/^acme_test_[0-9A-Za-z]{28}$/),
      owner: { kind: 'user', id: owner, organization_id: null },
      created_by: owner,
      name: 'Café robot',
      description: 'nightly',
      scopes: ['items:write', 'items:read'],
      limit: null,
      status: 'active',
      last_four: body.key.slice(-4),
      created_at: expect.stringMatching(SECONDS),
      expires_at: '2099-01-01T00:00:00Z',
      ended_at: null,
      last_used_at: null,
      last_used_from: null,
      ip_allowlist: null,
      rotation: null,
      device_client: null,
      key: expect.stringMatching(/^acme_test_[0-9A-Za-z]{28}_[0-9A-Za-z]{61}$/),
    });
    expect(body.key.startsWith(`${body.key_id}_`)).toBe(true);
    expect(Date.parse(body.created_at)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(body.created_at)).toBeLessThanOrEqual(Date.now());
    expect(Object.fromEntries(response.headers)).toMatchObject({
      location: `/v1/keys/${body.key_id}`,
      'content-type': 'application/json',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'x-request-id': expect.stringMatching(/^[A-Za-z0-9_-]{8,64}$/),
    });
  });

  it('takes the body in JSON with a charset, and fills in what may be left out', async () => {
    const session = await signIn();
    const response = await post(
      session,
      JSON.stringify({ name: 'n', scopes: ['items:read'] }),
      'Application/JSON; charset=utf-8',
    );
    const body = (await response.json()) as { key: string };
    inUse(body.key);
    expect([response.status, body]).toMatchObject([201, { description: '', expires_at: null }]);
  });

  it('makes a client at Stytch that has exactly the scopes, and names its owner', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session, ['items:read'], { name: 'robot', description: 'nightly' });
    const { m2m_client } = (await (await atStytch('GET', `/v1/m2m/clients/${key_id}`)).json()) as {
      m2m_client: object;
    };
    expect(m2m_client).toMatchObject({
      client_id: key_id,
      client_name: 'robot',
      client_description: 'nightly',
      status: 'active',
      scopes: ['items:read'],
      trusted_metadata: { user_id: subjectOf(session), owner_kind: 'user', made_by: 'latchkey' },
    });
  });

  it('a name and a description may be as long as they say, and a key may have every scope of its owner', async () => {
    const session = await signIn();
    const { key } = await issueKey(session, ['items:read', 'items:write'], {
      name: 'n'.repeat(64),
      description: 'd'.repeat(256),
    });
    expect((await call(key)).status).toBe(200);
    expect((await call(key, '/v1/items/1', { method: 'DELETE' })).status).toBe(200);
  });

  it('two keys of one name are two keys', async () => {
    const session = await signIn();
    const [one, other] = await Promise.all([issueKey(session), issueKey(session)]);
    expect(one.key_id).not.toBe(other.key_id);
    expect(one.key_id.slice(0, 27)).toBe(other.key_id.slice(0, 27));
  });
});

describe('GET /v1/keys', () => {
  it('lists newest first, page by page, each key once', async () => {
    const session = await signIn();
    const made: string[] = [];
    for (let i = 0; i < 5; i++)
      made.unshift((await issueKey(session, ['items:read'], { name: `n${i}` })).key_id);
    const pages: string[][] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const response = await desk(session, 'GET', `/v1/keys?limit=2${from}`);
      const page = (await response.json()) as { data: { key_id: string }[]; next_cursor: string | null };
      expect(Object.keys(page)).toEqual(['data', 'next_cursor']);
      pages.push(page.data.map((each) => each.key_id));
      cursor = page.next_cursor;
    }
    expect(pages.map((page) => page.length)).toEqual([2, 2, 1]);
    expect(new Set(pages.flat())).toEqual(new Set(made));
    expect(pages.flat()[0]).toBe(made[0]);
    expect(pages.flat()[4]).toBe(made[4]);
  });

  it('a page goes on where the last one ended, though its last key was revoked and others came', async () => {
    const session = await signIn();
    for (let i = 0; i < 3; i++) {
      await issueKey(session);
      await later(1);
    }
    const first = await listed(session, '?limit=2');
    await desk(session, 'DELETE', `/v1/keys/${first.data[1]?.key_id}`);
    await later(1);
    await issueKey(session);
    const second = await listed(session, `?limit=2&cursor=${first.next_cursor}`);
    expect(second).toMatchObject({ data: [{ name: 'test' }], next_cursor: null });
    expect(first.data.map((each) => each.key_id)).not.toContain(second.data[0]?.key_id);
  });

  it('filters by status; without one, only the living', async () => {
    const session = await signIn();
    const living = await issueKey(session);
    const revoked = await issueKey(session);
    const short = { expires_at: new Date(Date.now() + 60_000).toISOString() };
    const expired = await issueKey(session, ['items:read'], short);
    await desk(session, 'DELETE', `/v1/keys/${revoked.key_id}`);
    await later(61);
    expect((await call(expired.key, '/v1/strict/1')).status).toBe(401);
    await retire(session);
    const ids = async (query: string) =>
      (await listed(session, query)).data.map((each) => each.key_id).sort();
    expect(await ids('')).toEqual([living.key_id]);
    expect(await ids('?status=active')).toEqual([living.key_id]);
    expect(await ids('?status=revoked')).toEqual([revoked.key_id]);
    expect(await ids('?status=expired')).toEqual([expired.key_id]);
    expect(await ids('?status=all')).toEqual([living.key_id, revoked.key_id, expired.key_id].sort());
  });

  it('is empty for somebody without keys', async () => {
    const response = await desk(await signIn(), 'GET', '/v1/keys');
    expect([response.status, await response.json()]).toEqual([200, { data: [], next_cursor: null }]);
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

describe('GET /v1/keys/{key_id}', () => {
  it('answers the object of the list, and never the key', async () => {
    const session = await signIn();
    const { key, key_id, ...rest } = await issueKey(session);
    const response = await desk(session, 'GET', `/v1/keys/${key_id}`);
    expect([response.status, response.headers.get('cache-control')]).toEqual([200, 'no-store']);
    const one = await response.json();
    expect(one).toEqual({ key_id, ...rest });
    expect((await listed(session, '')).data).toEqual([one]);
    expect(JSON.stringify(one)).not.toContain(key.slice(39, 83));
  });

  it('says when the key was last used, as soon as a lease was accounted for', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    expect((await call(key)).status).toBe(200);
    await later(6);
    expect((await call(key)).status).toBe(200);
    const one = await (await desk(session, 'GET', `/v1/keys/${key_id}`)).json();
    expect(one).toMatchObject({ last_used_at: expect.stringMatching(SECONDS) });
  });

  it('answers HEAD like GET, without the body', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    const response = await desk(session, 'HEAD', `/v1/keys/${key_id}`);
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

describe('DELETE /v1/keys/{key_id}', () => {
  it('answers the revoked key and by when it is dead everywhere', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const before = Date.now();
    const response = await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    const body = (await response.json()) as { effective_by: string; ended_at: string };
    expect(response.status).toBe(200);
    expect(response.headers.get('cache-control')).toBe('no-store');
    expect(body).toMatchObject({
      key_id,
      status: 'revoked',
      ended_at: expect.stringMatching(SECONDS),
      effective_by: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
    // No lease of before the answer is older than five seconds, and the time is rounded up.
    expect(Date.parse(body.effective_by)).toBeGreaterThanOrEqual(before + 5_000);
    expect(Date.parse(body.effective_by)).toBeLessThanOrEqual(Date.now() + 5_000);
    expect(JSON.stringify(body)).not.toContain(key.slice(39, 83));
  });

  it('frees a slot', async () => {
    const session = await signIn();
    const keys = await Promise.all(Array.from({ length: 5 }, () => issueKey(session)));
    const sixth = { name: 'sixth', scopes: ['items:read'] };
    expect((await desk(session, 'POST', '/v1/keys', sixth)).status).toBe(409);
    await desk(session, 'DELETE', `/v1/keys/${keys[0]?.key_id}`);
    await issueKey(session);
  });
});

describe('the owner of a key', () => {
  it('is the same in every session of his, and nobody else', async () => {
    const user = await newUser();
    const { key_id } = await issueKey(await signIn(user));
    expect((await listed(await signIn(user), '')).data.map((each) => each.key_id)).toEqual([key_id]);
    expect((await listed(await signIn(), '')).data).toEqual([]);
  });
});

interface Page {
  readonly data: readonly { readonly key_id: string }[];
  readonly next_cursor: string | null;
}

const listed = async (session: string, query: string): Promise<Page> =>
  (await desk(session, 'GET', `/v1/keys${query}`)).json();

/** Lets the Ring's alarm retire what has expired. */
const retire = async (session: string): Promise<void> => {
  await runDurableObjectAlarm(await ringStub(session));
};
