import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { spellKey } from '../../src/model/key.ts';
import { openKeychain } from '../../src/model/keychain.ts';
import type { Lobby, Ring } from '../../src/model/ports.ts';
import { lobbyName } from '../../src/ring/lobby-name.ts';
import { foreignClient } from '../foreign.ts';
import { inUse, logged } from '../secrets.ts';
import {
  API,
  accessToken,
  BY,
  DESK,
  desk,
  emulator,
  fault,
  forgetTokens,
  type Isolate,
  isolate,
  issueKey,
  later,
  masterKeys,
  now,
  oddToken,
  ownerOf,
  ringStub,
  rooms,
  shown,
  signIn,
} from '../world.ts';

const ID = /^[A-Za-z0-9_-]{22}$/;

let count = 0;

/** Sends a request under an id of its own, and finds what was logged of it. */
const told = async (
  here: Isolate,
  url: string,
  headers: Record<string, string> = {},
  init: RequestInit = {},
): Promise<Readonly<Record<string, unknown>>> => {
  count += 1;
  const id = `test-request-${count}`;
  await here.fetch(url, { ...init, headers: { 'x-request-id': id, ...headers } });
  const lines = logged().filter((line) => line.event === 'request' && line.request_id === id);
  expect(lines).toHaveLength(1);
  return lines[0] ?? {};
};

const ms = expect.any(Number) as unknown as number;

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await rooms.ORIGIN.reset();
});
afterEach(now);

describe('a request at an API host', () => {
  it('is one line, with these fields and no other', async () => {
    const { key, key_id } = await issueKey(await signIn());
    const line = await told(isolate(), `${API}/v1/items/1?a=b`, { authorization: `Bearer ${key}` });
    expect(line).toEqual({
      event: 'request',
      host: 'api',
      request_id: expect.stringMatching(/^test-request-/),
      trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      span_id: expect.stringMatching(/^[0-9a-f]{16}$/),
      method: 'GET',
      route: '/v1/items/**',
      decision: 'forwarded',
      reason: null,
      because: null,
      status: 200,
      country: null,
      colo: null,
      credential: 'api_key',
      key_id,
      ring: key_id.slice('acme_test_'.length, 'acme_test_'.length + 17),
      tier: 'exchange',
      exchanges: 1,
      stytch_ms: ms,
      ring_ms: ms,
      kv_ms: ms,
      origin_ms: ms,
      gate_ms: ms,
      units: 1,
      bytes: null,
      share: 1,
    });
  });

  it('says where it came from, what it spent, and how long the answer is', async () => {
    const { key } = await issueKey(await signIn(), ['items:read', 'items:write']);
    await rooms.ORIGIN.next({ headers: [['content-length', '5']], body: 'hello' });
    const headers = { 'x-api-key': key, 'cf-ray': '8f2b3c4d5e6f7a8b-FRA', 'cf-ipcountry': 'DE' };
    const line = await told(isolate(), `${API}/v1/items/1`, headers, { method: 'POST' });
    expect(line).toMatchObject({ method: 'POST', country: 'DE', colo: 'FRA', units: 5, bytes: 5 });
    const odd = { ...headers, 'cf-ray': key, 'cf-ipcountry': key };
    expect(await told(isolate(), `${API}/v1/items/1`, odd)).toMatchObject({ country: null, colo: null });
    // Who is refused spends nothing, and Stytch gave nothing.
    const refused = await told(isolate(), `${API}/v1/payouts/1`, headers);
    expect(refused).toMatchObject({ status: 403, units: 0 });
    expect(await told(isolate(), `${API}/public/1`)).toMatchObject({ ring: null, units: 0, exchanges: 0 });
  });

  it('names the tier that answered', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    const headers = { 'x-api-key': key };
    const here = isolate();
    const url = `${API}/v1/items/1`;
    const tiers: unknown[] = [(await told(here, url, headers)).tier];
    tiers.push((await told(here, url, headers)).tier);
    await later(1);
    tiers.push((await told(here, `${API}/v1/strict/1`, headers)).tier);
    await vi.waitFor(async () => expect((await rooms.VAULT.list({ prefix: 't1.' })).keys).not.toEqual([]));
    tiers.push((await told(isolate(), url, headers)).tier);
    await forgetTokens(await ringStub(session));
    tiers.push((await told(isolate(), url, headers)).tier);
    await fault('token', { kind: 'status', status: 503 });
    await later(3_700);
    tiers.push((await told(here, url, headers)).tier);
    expect(tiers).toEqual(['exchange', 'memory', 'lease', 'ring', 'kv', 'grace']);
  });

  it('names the Ring for each of those who shared one ask', async () => {
    const { key } = await issueKey(await signIn());
    const headers = { 'x-api-key': key };
    const here = isolate();
    await told(here, `${API}/v1/items/1`, headers);
    await later(1);
    const lines = await Promise.all(
      Array.from({ length: 5 }, () => told(here, `${API}/v1/strict/1`, headers)),
    );
    expect(lines.map(({ tier }) => tier)).toEqual(Array(5).fill('lease'));
  });

  it('says where the time went, and that a warm key took none', async () => {
    const { key } = await issueKey(await signIn());
    const headers = { 'x-api-key': key };
    const here = isolate();
    await fault('token', { kind: 'latency', latencyMs: 60, times: 1 });
    const first = await told(here, `${API}/v1/items/1`, headers);
    expect(first.stytch_ms).toBeGreaterThanOrEqual(50);
    const second = await told(here, `${API}/v1/items/1`, headers);
    expect(second).toMatchObject({ tier: 'memory', stytch_ms: 0, ring_ms: 0, kv_ms: 0 });
  });

  it('names the kind of credential, and the key’s id as soon as its tag shows that it is ours', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const pair = btoa(`${key.slice(0, 38)}:${key.slice(39)}`);
    inUse(pair);
    const here = isolate();
    const of = async (path: string, headers: Record<string, string> = {}) => {
      const {
        credential,
        key_id: id,
        decision,
        reason,
        because,
      } = await told(here, `${API}${path}`, headers);
      return [credential, id, decision, reason, because];
    };
    const bogus = `acme_test_${'0'.repeat(28)}_${'0'.repeat(61)}`;
    const invalid = ['refused', 'credential_invalid'] as const;
    expect(await of('/v1/any/1', { authorization: `Basic ${pair}` })).toEqual([
      ...['client_credentials', key_id, 'forwarded', null, null],
    ]);
    expect(await of('/v1/any/1', { authorization: `Bearer ${session}` })).toEqual([
      ...['session', null, 'forwarded', null, null],
    ]);
    const token = await accessToken(key);
    expect(await of('/v1/any/1', { authorization: `Bearer ${token}` })).toEqual([
      ...['access_token', key_id, 'forwarded', null, null],
    ]);
    const forged = await oddToken({ kind: 'session', signer: 'foreign' });
    expect(await of('/v1/any/1', { authorization: `Bearer ${forged}` })).toEqual([
      ...['jwt', null, ...invalid, 'token'],
    ]);
    // What is known, it says of who is refused too: warm, cold, and by the Ring.
    for (const from of [here, isolate()]) {
      const kind = await told(from, `${API}/v1/pairs`, { authorization: `Bearer ${session}` });
      expect(kind).toMatchObject({ credential: 'session', reason: 'credential_kind_not_allowed' });
    }
    expect(await of('/v1/any/1')).toEqual(['none', null, 'refused', 'credential_missing', null]);
    expect(await of('/v1/any/1', { 'x-api-key': bogus })).toEqual(['api_key', null, ...invalid, 'grammar']);
    expect(await of('/v1/any/1', { 'x-api-key': 'word' })).toEqual(['unknown', null, ...invalid, 'grammar']);
    expect(await of('/v1/any/1', { authorization: 'Digest x' })).toEqual([
      ...['unsupported', null, 'refused', 'credential_missing', null],
    ]);
    expect(await of('/public/1', { 'x-api-key': key })).toEqual(['none', null, 'forwarded', null, null]);
    expect(await of('/v1/payouts/1', { 'x-api-key': key })).toEqual([
      ...['api_key', key_id, 'refused', 'insufficient_scope', null],
    ]);
    const { current } = await openKeychain(masterKeys());
    const wrong = await spellKey(key_id, 'z'.repeat(44), current);
    inUse(wrong);
    expect(await of('/v1/any/1', { 'x-api-key': wrong })).toEqual(['api_key', key_id, ...invalid, 'unknown']);
    await here.desk(session, 'DELETE', `/v1/keys/${key_id}`);
    await later(6);
    expect(await of('/v1/any/1', { 'x-api-key': key })).toEqual(['api_key', key_id, ...invalid, 'revoked']);
  });

  it('calls a foreign pair what it is as soon as somebody vouches for it', async () => {
    const session = await signIn();
    const owner = ownerOf(session);
    const { clientId, clientSecret } = await foreignClient(owner.id);
    const pair = btoa(`${clientId}:${clientSecret}`);
    inUse(pair);
    const of = async (here: Isolate) => {
      const { credential, key_id, status } = await told(here, `${API}/v1/any/1`, {
        authorization: `Basic ${pair}`,
      });
      return [credential, key_id, status];
    };
    expect(await of(isolate())).toEqual(['pair', null, 401]);
    const lobby = rooms.LOBBY.getByName(lobbyName(clientId)) as unknown as Lobby;
    expect(await lobby.claim({ clientId, owner })).toEqual(owner);
    const ring = (await ringStub(session)) as unknown as Ring;
    const adopted = await ring.adopt(
      owner,
      {
        ...{ clientId, createdBy: owner.id, name: 'billing', description: '', scopes: ['items:read'] },
        ...{ expiresAt: null, limit: null },
      },
      BY,
    );
    expect(adopted).toMatchObject({ ok: true });
    const here = isolate();
    expect(await of(here)).toEqual(['client_credentials', clientId, 200]);
    expect(await of(here)).toEqual(['client_credentials', clientId, 200]);
  });

  it('tells the log why a credential is not good, and the caller the same of all', async () => {
    const session = await signIn();
    const revoked = await issueKey(session);
    const short = { expires_at: new Date(Date.now() + 60_000).toISOString() };
    const expired = await issueKey(session, ['items:read'], short);
    const { current } = await openKeychain(masterKeys());
    const wrong = await spellKey(revoked.key_id, 'w'.repeat(44), current);
    inUse(wrong);
    await desk(session, 'DELETE', `/v1/keys/${revoked.key_id}`);
    await later(61);
    const before = logged().length;
    const answers = new Set<string>();
    for (const key of [revoked.key, expired.key, wrong, `${revoked.key.slice(0, -1)}-`, 'acme_test_x', 'x']) {
      answers.add(JSON.stringify(await shown(await isolate().call(key))));
    }
    expect(answers.size).toBe(1);
    const because = logged()
      .slice(before)
      .filter((line) => line.event === 'request')
      .map((line) => line.because);
    expect(because).toEqual(['revoked', 'expired', 'revoked', 'grammar', 'grammar', 'grammar']);
  });

  it('is a line though no route covers it, and the path is not in it', async () => {
    const here = isolate();
    for (const [url, reason, status] of [
      [`${API}/nothing/here`, 'no_route', 404],
      ['https://other.test/v1', 'host_unknown', 421],
      [`${API}/v1//items/1`, 'path_not_canonical', 400],
    ] as const) {
      expect(await told(here, url)).toMatchObject({ route: null, decision: 'refused', reason, status });
    }
    expect(JSON.stringify(logged())).not.toContain('nothing/here');
  });

  it('is a line when the origin fails', async () => {
    const { key } = await issueKey(await signIn());
    await rooms.ORIGIN.next({ fail: 'refuse' });
    const line = await told(isolate(), `${API}/v1/items/1`, { 'x-api-key': key });
    expect(line).toMatchObject({ decision: 'refused', reason: 'origin_failed', status: 502 });
  });
});

describe('a request at the Desk', () => {
  it('is one line, with these fields and no other', async () => {
    const session = await signIn();
    const { key_id } = await issueKey(session);
    const line = await told(isolate(), `${DESK}/v1/keys/${key_id}`, { authorization: `Bearer ${session}` });
    expect(line).toEqual({
      event: 'request',
      request_id: expect.stringMatching(/^test-request-/),
      host: 'desk',
      method: 'GET',
      route: '/v1/keys/{key_id}',
      decision: 'answered',
      reason: null,
      because: null,
      status: 200,
      credential: 'session',
      key_id: null,
      ring: key_id.slice('acme_test_'.length, 'acme_test_'.length + 17),
      tier: null,
      exchanges: 0,
      stytch_ms: ms,
      ring_ms: ms,
      kv_ms: ms,
      origin_ms: ms,
    });
  });

  it('is a line when it is refused, and when nothing is served there', async () => {
    const here = isolate();
    expect(await told(here, `${DESK}/v1/keys`)).toMatchObject({
      ...{ route: '/v1/keys', decision: 'refused', reason: 'credential_missing', status: 401 },
    });
    expect(await told(here, `${DESK}/nothing/there`)).toMatchObject({
      ...{ route: null, decision: 'refused', reason: 'not_found', status: 404 },
    });
    expect(await told(here, `${DESK}/v1/keys`, {}, { method: 'PUT' })).toMatchObject({
      ...{ route: null, decision: 'refused', reason: 'method_not_allowed', status: 405 },
    });
    expect(JSON.stringify(logged())).not.toContain('nothing/there');
  });
});

describe('no line carries a secret, wherever a client puts one', () => {
  it('in the path, the query, another header, another scheme, a body, at either host', async () => {
    const session = await signIn();
    const { key, key_id } = await issueKey(session);
    const here = isolate();
    const id = { 'x-request-id': key };
    const good = { authorization: `Bearer ${session}` };
    const requests: readonly [url: string, headers: Record<string, string>, init?: RequestInit][] = [
      [`${API}/v1/items/${key}`, good],
      [`${API}/v1/items/1?api_key=${key}`, {}],
      [`${API}/v1/items/1?q=${key}`, good],
      [`${API}/v1/items/1?access_token=${session}`, {}],
      [`${API}/${key}`, {}],
      [`${API}/v1/any/1`, { authorization: key }],
      [`${API}/v1/any/1`, { authorization: `Bearer ${key}, Bearer ${session}` }],
      [`${API}/v1/any/1`, { authorization: `Bearer  ${key} ${key}` }],
      [`${API}/v1/any/1`, { authorization: `Basic ${key}` }],
      [`${API}/v1/any/1`, { authorization: `Basic ${btoa(`${key_id}:${session}`)}` }],
      [`${API}/v1/any/1`, { authorization: `Token ${key}` }],
      [`${API}/v1/any/1`, { 'x-api-key': session }],
      [`${API}/v1/any/1`, { 'x-api-key': `${key}, ${key}` }],
      [`${API}/v1/any/1`, { ...good, 'x-api-key': key }],
      [
        `${API}/v1/any/1`,
        { ...good, cookie: `k=${key}`, 'user-agent': key, referer: `https://x/?k=${key}`, ...id },
      ],
      [`https://${key.slice(39, 60)}.test/${key}`, {}],
      [`${DESK}/v1/keys/${key}`, good],
      [`${DESK}/v1/keys?cursor=${key}`, good],
      [`${DESK}/problems/${key}`, {}],
      [`${DESK}/${key}`, good],
      [`${DESK}/v1/whoami?key=${key}`, { 'x-api-key': session }],
      ...[{ name: key }, { name: 'n', scopes: [key] }, { [key]: key }].map(
        (body) =>
          [
            `${DESK}/v1/keys`,
            { ...good, 'content-type': 'application/json' },
            { method: 'POST', body: JSON.stringify(body) },
          ] as [string, Record<string, string>, RequestInit],
      ),
    ];
    const before = logged().length;
    for (const [url, headers, init] of requests) {
      const answer = await here.fetch(url, { ...init, headers });
      expect([url, answer.headers.get('x-request-id')]).toEqual([url, expect.stringMatching(ID)]);
    }
    const lines = logged().slice(before);
    expect(lines.filter((line) => line.event === 'request')).toHaveLength(requests.length);
    // The eavesdropper looks for every spelling of them when the file is done; this is the plain one, at once.
    for (const secret of [key, key.slice(39), session, session.split('.')[2] ?? '']) {
      expect(JSON.stringify(lines)).not.toContain(secret);
    }
  });

  it('nor where somebody writes a secret in place of a client_id, as `curl -u KEY:x` does', async () => {
    const { key } = await issueKey(await signIn());
    const theirs = `sk_live_${'0123456789abcdef'.repeat(3)}`;
    const here = isolate();
    const before = logged().length;
    for (const text of [key, theirs]) {
      const authorization = `Basic ${btoa(`${text}:x`)}`;
      expect((await here.fetch(`${API}/v1/any/1`, { headers: { authorization } })).status).toBe(401);
    }
    const lines = JSON.stringify(logged().slice(before));
    expect(lines).not.toContain(key.slice(39));
    expect(lines).not.toContain(theirs);
  });

  it('nor do the lines of what went wrong at Stytch', async () => {
    const session = await signIn();
    const { key } = await issueKey(session);
    for (const wrong of [
      { kind: 'status', status: 400, body: { error: 'invalid_request', error_description: key } },
      { kind: 'foreignKey' },
      { kind: 'cut' },
    ]) {
      await emulator('DELETE', '/faults');
      await fault('token', wrong);
      expect((await isolate().call(key)).status).toBe(503);
    }
    await fault('m2m.create', {
      kind: 'status',
      status: 400,
      body: { error_type: 'm2m_client_x', error_message: key },
    });
    await desk(session, 'POST', '/v1/keys', { name: 'n', scopes: ['items:read'] });
    const events = new Set(logged().map((line) => line.event));
    expect([...events]).toEqual(expect.arrayContaining(['exchange', 'issue']));
    expect(JSON.stringify(logged())).not.toContain(key.slice(39));
  });
});

describe('a bug', () => {
  it('is a line with the place and not the message, and an answer that forwards nothing', async () => {
    const secret = 'a-message-that-quotes-what-was-presented';
    inUse(secret);
    const KEY_RING = {
      getByName: () => {
        throw new Error(secret);
      },
    };
    const here = isolate({ KEY_RING });
    const session = await signIn();
    const answer = await here.desk(session, 'GET', '/v1/keys');
    expect([answer.status, answer.headers.get('content-type')]).toEqual([500, 'application/problem+json']);
    expect(await answer.text()).not.toContain(secret);
    const { key } = await issueKey(session);
    const refused = await here.call(key);
    expect([refused.status, await refused.json()]).toMatchObject([500, { code: 'internal' }]);
    expect(logged().filter((line) => line.decision === 'failed')).toMatchObject([
      { event: 'request', reason: 'internal', status: 500, error: 'Error' },
      { event: 'request', reason: 'internal', status: 500, error: 'Error' },
    ]);
    expect(await rooms.ORIGIN.records()).toEqual([]);
  });
});
