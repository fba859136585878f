import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClientAtStytch } from '../../src/model/life.ts';
import type { Ring } from '../../src/model/ports.ts';
import { foreignClient } from '../foreign.ts';
import { asOperator } from '../operators.ts';
import {
  accessToken,
  atStytch,
  call,
  desk,
  dumpOfRing,
  emulator,
  fault,
  issueKey,
  later,
  now,
  refusalOf,
  ringStub,
  signIn,
  stytchCalls,
  stytchClient,
  subjectOf,
} from '../world.ts';

type Line = Readonly<Record<string, unknown>> & { readonly type: string };

const BAD = { status: 401, code: 'invalid_token' };
const KNOWN = { status: 409, code: 'owner_known', challenge: null };

let session: string;
let path: string;

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  session = await signIn();
  path = `/v1/users/${subjectOf(session)}`;
});
afterEach(now);

const exported = async (): Promise<readonly Line[]> => {
  const text = await (await asOperator('GET', `${path}/export`)).text();
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
};

/** As a Ring whose storage is gone. */
const lose = async (): Promise<void> => {
  const ring = await ringStub(session);
  await runInDurableObject(ring, (_object, { storage }) => storage.deleteAll());
  await evictDurableObject(ring);
};

const step = (name: string, lines: readonly unknown[]): Promise<Response> =>
  asOperator('POST', `${path}/restore`, { step: name, lines });

const ofTypes = (lines: readonly Line[], ...types: readonly string[]): readonly Line[] =>
  types.flatMap((type) => lines.filter((line) => line.type === type));

/** All steps, as `latchkey restore` takes them; the last answer. */
const restore = async (lines: readonly Line[]): Promise<Response> => {
  // The isolate's leases and refusals of before are over.
  await later(60);
  const begun = await step('begin', ofTypes(lines, 'owner'));
  if (begun.status !== 200) return begun;
  const more = await step('lines', ofTypes(lines, 'audit_anchor', 'audit', 'key'));
  return more.status === 200 ? step('end', ofTypes(lines, 'owner', 'end')) : more;
};

/** An export of a user with a living key and a tombstone; then his Ring is lost. */
const lost = async () => {
  const living = await issueKey(session, ['items:read', 'items:write'], { name: 'robot' });
  const dead = await issueKey(session);
  await desk(session, 'DELETE', `/v1/keys/${dead.key_id}`);
  expect((await call(living.key)).status).toBe(200);
  const token = await accessToken(living.key);
  const lines = await exported();
  await lose();
  return { living, dead, token, lines };
};

/** A client as Stytch has it. */
const clientAtStytch = async (keyId: string) => {
  const answer = await atStytch('GET', `/v1/m2m/clients/${keyId}`);
  const { m2m_client: client } = (await answer.json()) as { m2m_client: Record<string, unknown> };
  return {
    name: String(client.client_name),
    description: String(client.client_description),
    scopes: client.scopes as readonly string[],
  };
};

const statusesOf = async (): Promise<Readonly<Record<string, string>>> => {
  const { data } = (await (await asOperator('GET', `${path}/keys?status=all`)).json()) as {
    data: readonly { key_id: string; status: string }[];
  };
  return Object.fromEntries(data.map(({ key_id, status }) => [key_id, status]));
};

describe('a Ring that was lost and is restored', () => {
  it('admits its living keys, whose secrets prove themselves anew, and none that had ended', async () => {
    const { living, dead, token, lines } = await lost();
    await later(60);
    expect(await refusalOf(await call(living.key))).toMatchObject(BAD);
    expect((await restore(lines)).status).toBe(200);
    await later(60);
    expect((await call(living.key)).status).toBe(200);
    expect(await refusalOf(await call(dead.key))).toMatchObject(BAD);
    // Whatever was given before the loss may have been ended since.
    expect(await refusalOf(await call(token))).toMatchObject(BAD);
    expect((await call(await accessToken(living.key))).status).toBe(200);
    expect(await statusesOf()).toEqual({ [living.key_id]: 'active', [dead.key_id]: 'revoked' });
    const wrong = `${living.key.slice(0, -8)}00000000`;
    expect((await call(wrong)).status).toBe(401);
  });

  it('has its trail, chained as it was, and the restore behind it', async () => {
    const { lines } = await lost();
    await restore(lines);
    const again = ofTypes(await exported(), 'audit');
    const before = ofTypes(lines, 'audit');
    expect(again.slice(0, before.length)).toEqual(before);
    expect(again.slice(before.length).map(({ action }) => action)).toEqual([
      'owner.restored',
      'owner.exported',
    ]);
    const [head] = ofTypes(lines, 'end') as unknown as { audit_head: { seq: number } }[];
    expect(again[before.length]).toMatchObject({
      details: { keys: 1, audit_seq: head?.audit_head.seq },
      actor: { kind: 'operator' },
    });
  });

  it('can rotate and revoke its keys again', async () => {
    const { living, lines } = await lost();
    await restore(lines);
    await later(60);
    session = await signIn();
    const at = `${path}/keys/${living.key_id}`;
    expect((await asOperator('POST', `${at}/rotate`, { overlap_seconds: 60 })).status).toBe(200);
    expect((await asOperator('DELETE', at)).status).toBe(200);
    await later(60);
    expect(await refusalOf(await call(living.key))).toMatchObject(BAD);
  });

  it.each([
    ['is gone', 'DELETE', undefined],
    ['is inactive', 'PUT', { status: 'inactive' }],
    ['has none of its scopes', 'PUT', { scopes: ['admin:all'] }],
  ] as const)('ends a key whose client at Stytch %s since the export', async (_, method, body) => {
    const { living, lines } = await lost();
    expect((await atStytch(method, `/v1/m2m/clients/${living.key_id}`, body)).status).toBe(200);
    expect((await restore(lines)).status).toBe(200);
    expect((await statusesOf())[living.key_id]).toBe('revoked');
    expect(await refusalOf(await call(living.key))).toMatchObject(BAD);
  });

  it('gives a key no scope that it has lost at Stytch since, and does not give it back there', async () => {
    const { living, lines } = await lost();
    await atStytch('PUT', `/v1/m2m/clients/${living.key_id}`, { scopes: ['items:read'] });
    await restore(lines);
    const { keys } = await dumpOfRing(await ringStub(session));
    expect(keys?.find(({ client_id }) => client_id === living.key_id)).toMatchObject({
      scopes: '["items:read"]',
    });
    await runDurableObjectAlarm(await ringStub(session));
    expect((await stytchClient(living.key_id)).scopes).toEqual(['items:read']);
  });

  it.each([
    ['suspended', async () => asOperator('PUT', `${path}/suspension`, { reason: 'unpaid' })],
    ['deleted', async () => asOperator('DELETE', path)],
  ])('of an owner who was %s is so again', async (_, end) => {
    await issueKey(session);
    expect((await end()).status).toBe(200);
    const lines = await exported();
    const { suspension, deletion } = lines[0] as unknown as Record<string, unknown>;
    await lose();
    expect(await (await restore(lines)).json()).toMatchObject({ suspension, deletion });
    expect(suspension).not.toBeNull();
  });

  it('has its imported clients, unless they are somebody else’s by now', async () => {
    const pair = await foreignClient(null);
    const body = { client_id: pair.clientId, client_secret: pair.clientSecret };
    expect((await asOperator('POST', `${path}/keys/import`, body)).status).toBe(201);
    const lines = await exported();
    await lose();
    expect((await restore(lines)).status).toBe(200);
    await later(60);
    const basic = { authorization: `Basic ${btoa(`${pair.clientId}:${pair.clientSecret}`)}` };
    expect((await call('', '/v1/items/1', { headers: basic })).status).toBe(200);
  });
});

describe('a restore', () => {
  it('is never made over a Ring that is there', async () => {
    await issueKey(session);
    const lines = await exported();
    const before = await dumpOfRing(await ringStub(session));
    for (const asked of [step('begin', ofTypes(lines, 'owner')), step('lines', ofTypes(lines, 'audit'))])
      expect(await refusalOf(await asked)).toMatchObject(KNOWN);
    expect(await dumpOfRing(await ringStub(session))).toEqual(before);
  });

  it('keeps everything of the owner’s out until it is over, and nobody can lift that', async () => {
    const { living, lines } = await lost();
    await later(60);
    await step('begin', ofTypes(lines, 'owner'));
    await step('lines', ofTypes(lines, 'audit', 'key'));
    await later(60);
    expect(await refusalOf(await call(living.key))).toMatchObject({ status: 403, code: 'owner_suspended' });
    for (const [method, body] of [
      ['DELETE', undefined],
      ['PUT', { reason: 'unpaid' }],
    ] as const)
      expect((await asOperator(method, `${path}/suspension`, body)).status).toBe(409);
    expect((await step('end', ofTypes(lines, 'owner', 'end'))).status).toBe(200);
    await later(60);
    expect((await call(living.key)).status).toBe(200);
  });

  it('is no time at which a key can be revoked: what is still to come, or comes again, would live', async () => {
    const { living, lines } = await lost();
    await step('begin', ofTypes(lines, 'owner'));
    await step('lines', ofTypes(lines, 'audit', 'key'));
    const before = await dumpOfRing(await ringStub(session));
    const key = `/v1/keys/${living.key_id}`;
    for (const asked of [
      asOperator('DELETE', `${path}/keys`),
      asOperator('DELETE', `${path}/keys/${living.key_id}`),
      desk(session, 'DELETE', key),
    ])
      expect(await refusalOf(await asked)).toMatchObject({ status: 409, code: 'conflict' });
    expect(await dumpOfRing(await ringStub(session))).toEqual(before);
    await step('end', ofTypes(lines, 'owner', 'end'));
    expect(await (await asOperator('DELETE', `${path}/keys`)).json()).toMatchObject({ revoked: 1 });
    await later(60);
    expect(await refusalOf(await call(living.key))).toMatchObject(BAD);
  });

  it('brings back nothing of an owner who was deleted while Stytch was asked', async () => {
    const { living, lines } = await lost();
    await step('begin', ofTypes(lines, 'owner'));
    await step('lines', ofTypes(lines, 'audit'));
    const asked = (await stytchCalls())['m2m.get'] ?? 0;
    await fault('m2m.get', { kind: 'hang', times: 1 });
    const coming = step('lines', ofTypes(lines, 'key'));
    await vi.waitFor(async () => expect((await stytchCalls())['m2m.get']).toBe(asked + 1), 5_000);
    expect((await asOperator('DELETE', path)).status).toBe(200);
    await emulator('DELETE', '/faults');
    expect(await refusalOf(await coming)).toMatchObject(KNOWN);
    expect(await statusesOf()).not.toHaveProperty(living.key_id);
  });

  it('is no time at which a reconciliation takes a client for nobody’s', async () => {
    const { living, lines } = await lost();
    const ring = (await ringStub(session)) as unknown as Ring;
    const client: ClientAtStytch = {
      ...{ clientId: living.key_id, ...(await clientAtStytch(living.key_id)), marked: true },
      ...{ status: 'active' as const, madeAt: Date.now() - 86_400_000, ownerId: subjectOf(session) },
    };
    expect(await ring.reconcile([client], true)).toEqual(['orphan']);
    await step('begin', ofTypes(lines, 'owner'));
    expect(await ring.reconcile([client], false)).toEqual(['young']);
    await step('lines', ofTypes(lines, 'audit', 'key'));
    expect(await ring.reconcile([client], false)).toEqual(['same']);
  });

  it('that was cut off is begun anew, and a step that is said twice is done once', async () => {
    const { living, lines } = await lost();
    await step('begin', ofTypes(lines, 'owner'));
    await step('lines', ofTypes(lines, 'audit').slice(0, 1));
    expect((await restore(lines)).status).toBe(200);
    const dump = await dumpOfRing(await ringStub(session));
    expect((await step('end', ofTypes(lines, 'owner', 'end'))).status).toBe(200);
    expect((await dumpOfRing(await ringStub(session))).audit).toEqual(dump.audit);
    expect((await statusesOf())[living.key_id]).toBe('active');
  });

  it('waits for Stytch, and goes on where it was', async () => {
    const { living, lines } = await lost();
    await step('begin', ofTypes(lines, 'owner'));
    await fault('m2m.get', { kind: 'status', status: 503 });
    const silent = await step('lines', ofTypes(lines, 'audit', 'key'));
    expect([silent.status, silent.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
    expect(await statusesOf()).not.toHaveProperty(living.key_id);
    await emulator('DELETE', '/faults');
    expect((await step('lines', ofTypes(lines, 'audit', 'key'))).status).toBe(200);
    expect((await step('end', ofTypes(lines, 'owner', 'end'))).status).toBe(200);
  });

  it.each<[what: string, change: (line: Line) => unknown, pointer: string]>([
    [
      'an altered row',
      (line) => (line.type === 'audit' ? { ...line, address: '192.0.2.7' } : line),
      '/lines/0',
    ],
    ['a row of another place', (line) => (line.seq === 1 ? { ...line, seq: 2 } : line), '/lines/0'],
    [
      'a key of another owner',
      (line) => (line.type === 'key' ? { ...line, key_id: `acme_test_${'0'.repeat(28)}` } : line),
      '/lines/4',
    ],
    [
      'a scope of operators',
      (line) => (line.type === 'key' ? { ...line, scopes: ['latchkey:admin'] } : line),
      '/lines/4',
    ],
    [
      'an address that is none',
      (line) => (line.type === 'key' ? { ...line, ip_allowlist: ['192.0.2.256'] } : line),
      '/lines/4',
    ],
    ['a line of use', (line) => (line.type === 'key' ? { ...line, type: 'usage' } : line), '/lines/4'],
  ])('refuses %s, and says where', async (_, change, pointer) => {
    const { lines } = await lost();
    await step('begin', ofTypes(lines, 'owner'));
    const answer = await step('lines', ofTypes(lines, 'audit', 'key').map(change));
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({
      code: 'request_invalid',
      errors: [{ pointer, detail: expect.any(String) }],
    });
  });

  it('does not end before the trail leads to its head', async () => {
    const { lines } = await lost();
    await step('begin', ofTypes(lines, 'owner'));
    await step('lines', ofTypes(lines, 'audit').slice(0, -1));
    expect((await step('end', ofTypes(lines, 'owner', 'end'))).status).toBe(400);
  });

  it('of an export that was made another’s is refused, and leaves no Ring', async () => {
    const { lines } = await lost();
    const [line] = ofTypes(lines, 'owner') as readonly (Line & { owner: object })[];
    const another = { ...line, owner: { ...line?.owner, id: 'user-test-somebody-else' } };
    expect((await step('begin', [another])).status).toBe(400);
    expect(Object.keys(await dumpOfRing(await ringStub(session)))).toEqual([]);
  });

  it('of another owner’s export is refused', async () => {
    const { lines } = await lost();
    path = `/v1/users/${subjectOf(await signIn())}`;
    expect((await step('begin', ofTypes(lines, 'owner'))).status).toBe(400);
    expect((await asOperator('GET', path)).status).toBe(200);
  });

  it('is for operators alone', async () => {
    const { lines } = await lost();
    const answer = await desk(session, 'POST', `${path}/restore`, { step: 'begin', lines: [lines[0]] });
    expect(answer.status).toBe(403);
    expect(Object.keys(await dumpOfRing(await ringStub(session)))).toEqual([]);
  });
});
