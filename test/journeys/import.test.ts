import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Env, latchkeyFor } from '../../src/assemble.ts';
import { lobbyName } from '../../src/ring/lobby-name.ts';
import { foreignClient, type Pair, rotated } from '../foreign.ts';
import { asOperator, OPERATOR, tokenOf, told } from '../operators.ts';
import { inUse } from '../secrets.ts';
import settings from '../settings.ts';
import { KeyRing, Lobby, latchkey } from '../worker.ts';
import {
  API,
  atOrigin,
  atStytch,
  cannotTell,
  desk,
  dumpOfRing,
  emulator,
  fault,
  isolate,
  issueKey,
  later,
  notGood,
  now,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
  subjectOf,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const NOT_PROVEN = { status: 403, code: 'client_not_proven', ...NONE };
const OWNED = { status: 409, code: 'client_owned', ...NONE };
const CONFLICT = { status: 409, code: 'conflict', ...NONE };
const UNAVAILABLE = { status: 503, code: 'unavailable', challenge: null, retryAfter: '5' };
const badId = { status: 400, code: 'request_invalid', ...NONE };
const limitReached = { status: 409, code: 'key_limit_reached', ...NONE };

let session: string;
let userId: string;

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  session = await signIn();
  userId = subjectOf(session);
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(async () => {
  for (const each of spies.splice(0)) each.mockRestore();
  await now();
});

/** What stands in a world's place during one test. */
const spies: { readonly mockRestore: () => void }[] = [];

/** The Durable Object is gone in the middle of whatever it did. */
const crash = (stub: DurableObjectStub) =>
  runInDurableObject(stub, (_instance, state) => state.abort('the machine died')).catch(() => null);

const imported = (pair: Pair, more: object = {}, headers = {}, owner = userId): Promise<Response> => {
  const { clientId: client_id, clientSecret: client_secret } = pair;
  const body = { client_id, client_secret, ...more };
  return asOperator('POST', `/v1/users/${owner}/keys/import`, body, headers);
};

/** A request of somebody who has the pair, in an isolate that knows nothing yet. */
const asPair = ({ clientId, clientSecret }: Pair, path = '/v1/items/1', here = isolate()) => {
  const pair = btoa(`${clientId}:${clientSecret}`);
  inUse(pair);
  return here.fetch(`${API}${path}`, { headers: { authorization: `Basic ${pair}` } });
};

const BAD_PAIR = {
  ...notGood('acme-api'),
  challenge: `Basic realm="acme-api", charset="UTF-8", ${notGood('acme-api').challenge}`,
};

const lobbyOf = ({ clientId }: Pair) => rooms.LOBBY.getByName(lobbyName(clientId));

/** What a client's Lobby has written down of it. */
const claimOf = async ({ clientId }: Pair) => {
  const { owners = [] } = await dumpOfRing(lobbyOf({ clientId, clientSecret: '' }));
  return owners.find(({ client_id }) => client_id === clientId)?.owner_id ?? null;
};

const clientAtStytch = async ({ clientId }: Pair) => {
  const answer = await atStytch('GET', `/v1/m2m/clients/${clientId}`);
  return ((await answer.json()) as { m2m_client: Record<string, unknown> }).m2m_client;
};

/** Changes a client at Stytch, before anything is counted. */
const changed = async ({ clientId }: Pair, change: object): Promise<void> => {
  await atStytch('PUT', `/v1/m2m/clients/${clientId}`, change);
  await emulator('DELETE', '/counters');
};

const trail = async () => (await dumpOfRing(await ringStub(session))).audit ?? [];

/** How often Stytch's M2M API and its token endpoint were called, the operator's own token left out. */
const callsAtStytch = async () => {
  const calls = { ...(await stytchCalls()) };
  const { tokensByClient } = (await emulator('GET', '/counters')) as {
    tokensByClient: Record<string, number>;
  };
  calls.token = (calls.token ?? 0) - (tokensByClient[OPERATOR] ?? 0);
  return { token: calls.token, get: calls['m2m.get'] ?? 0, update: calls['m2m.update'] ?? 0 };
};

describe('an import', () => {
  it('makes a client a key of the owner, whose name its tokens have from then on', async () => {
    const pair = await foreignClient(null);
    const { clientId } = pair;
    await changed(pair, { trusted_metadata: { team: 'billing' } });
    const answer = await imported(pair, { name: 'Billing' });
    expect([answer.status, await answer.json()]).toEqual([
      201,
      {
        key_id: clientId,
        owner: { kind: 'user', id: userId, organization_id: null },
        ...{ created_by: OPERATOR, name: 'Billing', description: '', scopes: ['items:read', 'items:write'] },
        ...{ limit: null, status: 'active', last_four: '', created_at: expect.any(String) },
        ...{ expires_at: null, ended_at: null, last_used_at: null, last_used_from: null },
        ...{ ip_allowlist: null, rotation: null, device_client: null },
      },
    ]);
    expect(answer.headers.get('location')).toBe(`/v1/users/${userId}/keys/${clientId}`);
    expect(await callsAtStytch()).toEqual({ token: 1, get: 1, update: 1 });
    expect(await clientAtStytch(pair)).toMatchObject({
      ...{ client_name: 'Billing', scopes: ['items:read', 'items:write'], status: 'active' },
      trusted_metadata: { team: 'billing', user_id: userId, owner_kind: 'user' },
    });
    expect(await trail()).toMatchObject([
      {
        ...{ action: 'key.imported', actor_kind: 'operator', actor_id: OPERATOR, client_id: clientId },
        details: JSON.stringify({ name: 'Billing', scopes: ['items:read', 'items:write'] }),
      },
    ]);
  });

  it('is in force for the very next request with the pair, which is the owner’s', async () => {
    const pair = await foreignClient(null);
    expect(await refusalOf(await asPair(pair))).toEqual(BAD_PAIR);
    await imported(pair);
    expect((await asPair(pair)).status).toBe(200);
    expect([await atOrigin('x-latchkey-user-id'), await atOrigin('x-latchkey-key-id')]).toEqual([
      userId,
      pair.clientId,
    ]);
    // One token to prove the secret, which named nobody, and one that names the owner.
    expect((await callsAtStytch()).token).toBe(2);
    const { key_id } = (await told(desk(session, 'GET', `/v1/keys/${pair.clientId}`))) as { key_id: string };
    expect(key_id).toBe(pair.clientId);
  });

  it('of a client whose tokens name the owner already wastes none', async () => {
    const pair = await foreignClient(userId);
    expect((await imported(pair)).status).toBe(201);
    expect((await asPair(pair)).status).toBe(200);
    expect((await callsAtStytch()).token).toBe(1);
  });

  it('takes name and description as Stytch has them where none are given', async () => {
    const pair = await foreignClient(null);
    await changed(pair, { client_description: 'of old' });
    expect(await told(imported(pair))).toMatchObject({ name: 'foreign', description: 'of old' });
  });

  it('MG-18 › shows no name that is not plain text of a key’s length, and leaves it at Stytch as it is', async () => {
    const pair = await foreignClient(null);
    const client_name = `\u202Egnp\u2066.exe\r\n\t cafe\u0301 ${'💻'.repeat(40)}`;
    await changed(pair, { client_name, client_description: `a\u0000b${'x'.repeat(1_000)}` });
    const { name, description } = (await told(imported(pair))) as { name: string; description: string };
    expect([name.length <= 64, name]).toEqual([true, `gnp .exe    café ${'💻'.repeat(23)}`]);
    expect(description).toBe(`a b${'x'.repeat(253)}`);
    expect(await clientAtStytch(pair)).toMatchObject({ client_name });
  });

  it('MG-18 › of a client without a name is called by its id', async () => {
    const pair = await foreignClient(null);
    await changed(pair, { client_name: '\u200E\n' });
    expect(await told(imported(pair))).toMatchObject({ name: pair.clientId });
  });

  it('for a member and for an organisation says so in the metadata', async () => {
    for (const [id, metadata] of [
      ['member-test-1', { user_id: 'member-test-1', owner_kind: 'member' }],
      [
        'organization-test-1',
        {
          user_id: 'organization-test-1',
          owner_kind: 'organization',
          organization_id: 'organization-test-1',
        },
      ],
    ] as const) {
      const pair = await foreignClient(null);
      expect((await imported(pair, {}, {}, id)).status).toBe(201);
      expect((await clientAtStytch(pair)).trusted_metadata).toEqual(metadata);
      expect((await asPair(pair)).status).toBe(200);
    }
  });

  it('is answered as before when it is repeated, and does nothing again', async () => {
    const pair = await foreignClient(null);
    const header = { 'idempotency-key': 'one' };
    const first = await imported(pair, {}, header);
    const again = await imported(pair, {}, header);
    const once = await imported(pair);
    expect([first.status, again.status, once.status]).toEqual([201, 201, 200]);
    const body = await first.json();
    expect([await again.json(), await once.json()]).toEqual([body, body]);
    expect(await callsAtStytch()).toEqual({ token: 1, get: 1, update: 1 });
    expect(await trail()).toHaveLength(1);
  });
});

describe('a token of before the import', () => {
  it('lets nobody in, as a token', async () => {
    const pair = await foreignClient(null);
    const token = await tokenOf(pair.clientId, pair.clientSecret);
    await imported(pair);
    expect(await refusalOf(await isolate().call(token))).toEqual(notGood('acme-api'));
    expect((await asPair(pair)).status).toBe(200);
  });

  it('that was kept between the claim and the name stands in nobody’s way afterwards', async () => {
    const pair = await foreignClient(null);
    await fault('m2m.update', { kind: 'hang', times: 1 });
    const importing = imported(pair);
    await vi.waitFor(async () => expect((await stytchCalls())['m2m.update']).toBe(1), 5_000);
    // Claimed, and not named: Stytch says whom the token names, which is nobody, and the Lobby remembers it.
    expect(await refusalOf(await asPair(pair))).toEqual(BAD_PAIR);
    await emulator('DELETE', '/faults');
    expect((await importing).status).toBe(201);
    expect((await asPair(pair)).status).toBe(200);
  });

  it('that was on its way all the while stands in nobody’s way either', async () => {
    const pair = await foreignClient(null);
    const gate = Promise.withResolvers<void>();
    let held = 0;
    const real = latchkey(env as unknown as Env).lobbyPorts();
    const ports = vi.spyOn(Lobby.prototype as unknown as { ports: () => object }, 'ports');
    spies.push(ports);
    ports.mockReturnValue({
      ...real,
      stytch: {
        ...real.stytch,
        exchange: async (...pairOf: Parameters<typeof real.stytch.exchange>) => {
          const answer = await real.stytch.exchange(...pairOf);
          // The import asks first, and then somebody with the pair.
          if (++held === 2) await gate.promise;
          return answer;
        },
      },
    });
    await crash(lobbyOf(pair));
    await fault('m2m.update', { kind: 'hang', times: 1 });
    const importing = imported(pair);
    await vi.waitFor(async () => expect((await stytchCalls())['m2m.update']).toBe(1), 5_000);
    const early = asPair(pair);
    await vi.waitFor(() => expect(held).toBe(2), 5_000);
    await emulator('DELETE', '/faults');
    expect((await importing).status).toBe(201);
    gate.resolve();
    expect((await early).status).toBe(401);
    expect((await asPair(pair)).status).toBe(200);
    await crash(lobbyOf(pair));
  });
});

describe('while Stytch’s token endpoint is silent', () => {
  const silence = () => fault('token', { kind: 'status', status: 500 });

  it('a pair is good on the word of its import', async () => {
    const pair = await foreignClient(null);
    await imported(pair);
    await silence();
    expect((await asPair(pair)).status).toBe(200);
    expect(await atOrigin('x-latchkey-user-id')).toBe(userId);
  });

  it('a token of before its import is no verdict on a pair', async () => {
    const pair = await foreignClient(null);
    await fault('m2m.update', { kind: 'hang', times: 1 });
    const importing = imported(pair);
    await vi.waitFor(async () => expect((await stytchCalls())['m2m.update']).toBe(1), 5_000);
    expect((await asPair(pair)).status).toBe(401);
    await emulator('DELETE', '/faults');
    await importing;
    await silence();
    expect(await refusalOf(await asPair(pair))).toEqual(cannotTell());
  });
});

describe('an import is refused', () => {
  /** What must not have happened. */
  const nothingHappened = async (pair: Pair, claim: string | null = null) => {
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
    expect([await claimOf(pair), await callsAtStytch()]).toMatchObject([claim, { update: 0 }]);
    expect(await refusalOf(await asPair(pair))).toEqual(BAD_PAIR);
  };

  it('with a secret that is wrong, or of a client that nobody has', async () => {
    const pair = { ...(await foreignClient(null)), clientSecret: 'another secret of some length' };
    inUse(pair.clientSecret);
    expect(await refusalOf(await imported(pair))).toEqual(NOT_PROVEN);
    await nothingHappened(pair);
    const nobodys = { ...pair, clientId: 'm2m-client-test-nobodys' };
    expect(await refusalOf(await imported(nobodys))).toEqual(NOT_PROVEN);
    await nothingHappened(nobodys);
  });

  it('of a client that is not active', async () => {
    const pair = await foreignClient(null);
    await changed(pair, { status: 'inactive' });
    expect(await refusalOf(await imported(pair))).toEqual(NOT_PROVEN);
    await nothingHappened(pair);
  });

  it('of a client whose token names another owner: it is his', async () => {
    const pair = await foreignClient();
    expect(await refusalOf(await imported(pair))).toEqual(OWNED);
    await nothingHappened(pair);
    expect((await imported(pair, {}, {}, pair.owner.id)).status).toBe(201);
  });

  it('of a client that another owner imported, without asking Stytch', async () => {
    const pair = await foreignClient(null);
    const first = subjectOf(await signIn());
    await imported(pair, {}, {}, first);
    await emulator('DELETE', '/counters');
    expect(await refusalOf(await imported(pair))).toEqual(OWNED);
    expect([await claimOf(pair), await callsAtStytch()]).toEqual([first, { token: 0, get: 0, update: 0 }]);
    expect((await asPair(pair)).status).toBe(200);
    expect(await atOrigin('x-latchkey-user-id')).toBe(first);
  });

  it('of an operator, of a key of ours, and of what is no client, without asking Stytch', async () => {
    const { key_id } = await issueKey(await signIn());
    await emulator('DELETE', '/counters');
    for (const clientId of [
      OPERATOR,
      key_id,
      `acme_test_${'0'.repeat(28)}`,
      'oldacme_live_x',
      'user-test-1',
    ]) {
      const pair = { clientId, clientSecret: 'copper-kettle-quiet-lantern' };
      expect(await refusalOf(await imported(pair))).toEqual({
        ...badId,
        errors: [{ pointer: '/client_id', detail: expect.stringMatching(/./) }],
      });
    }
    expect(await callsAtStytch()).toEqual({ token: 0, get: 0, update: 0 });
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });

  it('of a client with a scope of latchkey’s own, and the claim is given up', async () => {
    const pair = await foreignClient(null);
    await changed(pair, { scopes: ['items:read', 'latchkey:admin'] });
    expect(await refusalOf(await imported(pair))).toEqual({
      ...{ status: 403, code: 'scope_not_grantable', ...NONE },
      scopes: ['latchkey:admin'],
    });
    await nothingHappened(pair);
  });

  it('of a client that is gone when it was claimed, and somebody else may have it then', async () => {
    const pair = await foreignClient(null);
    const body = {
      status_code: 404,
      request_id: 'x',
      error_type: 'm2m_client_not_found',
      error_message: 'x',
    };
    await fault('m2m.get', { kind: 'status', status: 404, body, times: 1 });
    expect(await refusalOf(await imported(pair))).toEqual(NOT_PROVEN);
    await nothingHappened(pair);
    expect((await imported(pair, {}, {}, subjectOf(await signIn()))).status).toBe(201);
  });

  it('of a client that Stytch will not have changed, and the claim is given up', async () => {
    const pair = await foreignClient(null);
    const body = {
      status_code: 400,
      request_id: 'x',
      error_type: 'metadata_too_many_keys',
      error_message: 'x',
    };
    await fault('m2m.update', { kind: 'status', status: 400, body, times: 1 });
    expect(await refusalOf(await imported(pair))).toMatchObject({ status: 502, code: 'client_refused' });
    expect(await claimOf(pair)).toBeNull();
  });

  it('where foreign clients are not taken at all', async () => {
    const off = latchkeyFor({ ...settings, foreignClients: 'off' });
    const ports = vi.spyOn(KeyRing.prototype as unknown as { ports: (vars: Env) => object }, 'ports');
    spies.push(ports.mockImplementation((vars) => off(vars).ringPorts()));
    const answer = await imported(await foreignClient(null));
    expect(await refusalOf(answer)).toEqual({ status: 404, code: 'not_configured', ...NONE });
  });

  it('while its owner is suspended, and once his data was deleted, without asking Stytch', async () => {
    const pair = await foreignClient(null);
    const path = `/v1/users/${userId}`;
    await asOperator('PUT', `${path}/suspension`, { reason: 'abuse' });
    expect(await refusalOf(await imported(pair))).toEqual({ status: 403, code: 'owner_suspended', ...NONE });
    await asOperator('DELETE', path);
    expect(await refusalOf(await imported(pair))).toEqual({ status: 410, code: 'owner_deleted', ...NONE });
    expect([await claimOf(pair), await callsAtStytch()]).toEqual([null, { token: 0, get: 0, update: 0 }]);
  });

  it('after ten wrong secrets in a minute, and says when to come back', async () => {
    const pair = await foreignClient(null);
    for (let i = 0; i < 10; i++) {
      const clientSecret = `wrong secret number ${i} of some length`;
      expect(await refusalOf(await imported({ ...pair, clientSecret }))).toEqual(NOT_PROVEN);
    }
    expect(await refusalOf(await imported(pair))).toEqual({
      ...{ status: 429, code: 'too_many_attempts', challenge: null },
      retryAfter: expect.stringMatching(/^[1-9]\d?$/),
    });
    await later(61);
    expect((await imported(pair)).status).toBe(201);
  });

  it('of a client whose key was revoked here, for ever', async () => {
    const pair = await foreignClient(null);
    await imported(pair);
    await desk(session, 'DELETE', `/v1/keys/${pair.clientId}`);
    expect(await refusalOf(await imported(pair))).toEqual(NOT_PROVEN);
    expect(await refusalOf(await imported(pair, {}, {}, subjectOf(await signIn())))).toEqual(OWNED);
  });
});

describe('imports at once', () => {
  it('30 of one client by 30 owners make one owner, and one call of the token endpoint', async () => {
    const pair = await foreignClient(null);
    const owners = Array.from({ length: 30 }, () => `user-test-${crypto.randomUUID()}`);
    const answers = await Promise.all(owners.map((owner) => imported(pair, {}, {}, owner)));
    const codes = await Promise.all(
      answers.map(async (each) => (each.status === 201 ? 'imported' : (await refusalOf(each)).code)),
    );
    expect([codes.filter((code) => code === 'imported').length, new Set(codes)]).toEqual([
      1,
      new Set(['imported', 'client_owned']),
    ]);
    const first = owners[codes.indexOf('imported')];
    expect(await claimOf(pair)).toBe(first);
    expect((await clientAtStytch(pair)).trusted_metadata).toMatchObject({ user_id: first });
    expect((await callsAtStytch()).token).toBe(1);
    expect((await asPair(pair)).status).toBe(200);
    expect(await atOrigin('x-latchkey-user-id')).toBe(first);
  });

  it('of one client by one owner are one, and the others are told so', async () => {
    const pair = await foreignClient(null);
    const answers = await Promise.all(Array.from({ length: 5 }, () => imported(pair)));
    const refused = answers.filter(({ status }) => status !== 201 && status !== 200);
    expect(answers.some(({ status }) => status === 201)).toBe(true);
    for (const each of refused) expect(await refusalOf(each)).toEqual(CONFLICT);
    expect(await trail()).toHaveLength(1);
    expect(await callsAtStytch()).toEqual({ token: 1, get: 1, update: 1 });
  });

  it('never come to more keys than the limit, with keys that are made meanwhile', async () => {
    const pairs = await Promise.all(Array.from({ length: 6 }, () => foreignClient(null)));
    const wish = { name: 'n', scopes: ['items:read'] };
    const answers = await Promise.all([
      ...pairs.map((pair) => imported(pair)),
      ...pairs.map(() => desk(session, 'POST', '/v1/keys', wish)),
    ]);
    const made = answers.filter(({ status }) => status === 201);
    for (const each of made) inUse(((await each.json()) as { key?: string }).key ?? 'none');
    expect(made).toHaveLength(5);
    for (const each of answers.filter((one) => !made.includes(one)))
      expect(await refusalOf(each)).toEqual(limitReached);
    expect(await told(asOperator('GET', `/v1/users/${userId}`))).toMatchObject({ live_keys: 5 });
  });

  it('hold their slots from the start: what would be too many changes nothing at Stytch', async () => {
    const pairs = await Promise.all(Array.from({ length: 8 }, () => foreignClient(null)));
    await emulator('DELETE', '/counters');
    const answers = await Promise.all(pairs.map((pair) => imported(pair)));
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 201, 201, 201, 201, 409, 409, 409]);
    expect(await callsAtStytch()).toEqual({ token: 5, get: 5, update: 5 });
  });

  it('at the limit Stytch is not asked', async () => {
    await asOperator('PUT', `/v1/users/${userId}/limits`, { plan: null, keys_limit: 0 });
    expect(await refusalOf(await imported(await foreignClient(null)))).toEqual(limitReached);
    expect((await callsAtStytch()).token).toBe(0);
  });
});

describe('one Idempotency-Key', () => {
  const header = { 'idempotency-key': 'one' };

  it.each<[string, (pair: Pair) => Promise<Response>]>([
    ['another client', async () => imported(await foreignClient(null), {}, header)],
    ['another name', (pair) => imported(pair, { name: 'other' }, header)],
    ['another secret', (pair) => imported({ ...pair, clientSecret: 'another secret' }, {}, header)],
  ])('with %s is refused', async (_, again) => {
    const pair = await foreignClient(null);
    expect((await imported(pair, {}, header)).status).toBe(201);
    const refusal = { status: 422, code: 'idempotency_key_reused', ...NONE };
    expect(await refusalOf(await again(pair))).toEqual(refusal);
    expect(await trail()).toHaveLength(1);
  });

  it('twice at once is done once', async () => {
    const pair = await foreignClient(null);
    await fault('m2m.get', { kind: 'hang', times: 1 });
    const first = imported(pair, {}, header);
    await vi.waitFor(async () => expect((await stytchCalls())['m2m.get']).toBe(1), 5_000);
    const refusal = (code: string, status: number) => ({ status, code, ...NONE });
    expect(await refusalOf(await imported(pair, {}, header))).toEqual(refusal('idempotency_key_in_use', 409));
    expect(await refusalOf(await imported(pair, { name: 'other' }, header))).toEqual(
      refusal('idempotency_key_reused', 422),
    );
    expect(await refusalOf(await imported(pair))).toEqual(CONFLICT);
    await emulator('DELETE', '/faults');
    expect((await first).status).toBe(201);
    expect((await imported(pair, {}, header)).status).toBe(201);
    expect(await trail()).toHaveLength(1);
  });
});

describe('an import that was cut off', () => {
  const header = { 'idempotency-key': 'one' };

  it.each([
    ['token', null],
    ['m2m.get', 'claimed'],
    ['m2m.update', 'claimed'],
  ])('by the silence of %s is 503, and a repeat completes it', async (endpoint, claim) => {
    const pair = await foreignClient(null);
    const asked = () => imported(pair, {}, header);
    await asked; // The operator's own token comes from the same endpoint.
    const skip = endpoint === 'token' ? 1 : 0;
    await fault(endpoint, { kind: 'status', status: 500, skip });
    expect(await refusalOf(await asked())).toEqual(UNAVAILABLE);
    expect(await claimOf(pair)).toBe(claim === null ? null : userId);
    expect(await trail()).toEqual([]);
    // What is claimed and not imported opens nothing, and is nobody else's.
    await emulator('DELETE', '/faults');
    expect(await refusalOf(await asPair(pair))).toEqual(BAD_PAIR);
    if (claim !== null)
      expect(await refusalOf(await imported(pair, {}, {}, subjectOf(await signIn())))).toEqual(OWNED);
    expect((await asked()).status).toBe(201);
    expect((await asPair(pair)).status).toBe(200);
    expect(await trail()).toHaveLength(1);
  });

  it.each(['m2m.get', 'm2m.update'])(
    'by a crash while %s is waited for is completed by a repeat',
    async (endpoint) => {
      const pair = await foreignClient(null);
      await fault(endpoint, { kind: 'hang', times: 1, effect: 'done' });
      const first = imported(pair, {}, header);
      await vi.waitFor(async () => expect((await stytchCalls())[endpoint]).toBe(1), 5_000);
      await crash(await ringStub(session));
      await emulator('DELETE', '/faults');
      expect(await refusalOf(await first)).toEqual({ ...UNAVAILABLE, retryAfter: '1' });
      expect([await claimOf(pair), await trail()]).toEqual([userId, []]);
      expect((await imported(pair, {}, header)).status).toBe(201);
      expect((await asPair(pair)).status).toBe(200);
      expect(await trail()).toHaveLength(1);
    },
  );

  it('by a crash of the Lobby leaves no claim, or this owner’s', async () => {
    const pair = await foreignClient(null);
    await fault('token', { kind: 'hang', times: 1, skip: 1 });
    const first = imported(pair, {}, header);
    await vi.waitFor(async () => expect((await stytchCalls()).token).toBe(2), 5_000);
    await crash(lobbyOf(pair));
    await emulator('DELETE', '/faults');
    expect(await refusalOf(await first)).toEqual(UNAVAILABLE);
    expect(await claimOf(pair)).toBeNull();
    expect((await imported(pair, {}, header)).status).toBe(201);
  });

  it('by a deletion of its owner gives the client up', async () => {
    const pair = await foreignClient(null);
    await fault('m2m.update', { kind: 'hang', times: 1 });
    const first = imported(pair);
    await vi.waitFor(async () => expect((await stytchCalls())['m2m.update']).toBe(1), 5_000);
    await asOperator('DELETE', `/v1/users/${userId}`);
    await emulator('DELETE', '/faults');
    expect(await refusalOf(await first)).toEqual({ status: 410, code: 'owner_deleted', ...NONE });
    expect(await claimOf(pair)).toBeNull();
    expect(await refusalOf(await asPair(pair))).toEqual(BAD_PAIR);
  });
});

describe('an imported key', () => {
  it('is listed on pages like any other', async () => {
    const made = [];
    for (let i = 0; i < 3; i++) {
      const pair = await foreignClient(null);
      await imported(pair);
      made.unshift(pair.clientId);
      await later(1);
    }
    const found = [];
    for (let next: string | null = '?limit=1'; next !== null; ) {
      const page = (await told(asOperator('GET', `/v1/users/${userId}/keys${next}`))) as {
        data: { key_id: string }[];
        next_cursor: string | null;
      };
      found.push(...page.data.map(({ key_id }) => key_id));
      next = page.next_cursor === null ? null : `?limit=1&cursor=${page.next_cursor}`;
    }
    expect(found).toEqual(made);
  });

  it('is narrowed at once, and widened within what its client has', async () => {
    const pair = await foreignClient(null);
    await imported(pair);
    const path = `/v1/users/${userId}/keys/${pair.clientId}`;
    await told(asOperator('PATCH', path, { scopes: ['items:read'] }));
    expect((await asPair(pair)).status).toBe(200);
    expect(await atOrigin('x-latchkey-scopes')).toBe('items:read');
    await runDurableObjectAlarm(await ringStub(session));
    expect(await clientAtStytch(pair)).toMatchObject({ scopes: ['items:read'] });
    expect(await told(asOperator('PATCH', path, { scopes: ['items:write'] }))).toMatchObject({
      scopes: ['items:write'],
    });
    expect(await clientAtStytch(pair)).toMatchObject({ scopes: ['items:write'] });
  });

  it('is not rotated here', async () => {
    const pair = await foreignClient(null);
    await imported(pair);
    const path = `/v1/users/${userId}/keys/${pair.clientId}/rotate`;
    expect(await refusalOf(await asOperator('POST', path, { overlap_seconds: 0 }))).toEqual({
      ...{ status: 409, code: 'made_elsewhere', ...NONE },
    });
    // At Stytch it is, and both secrets are the owner's.
    const next = await rotated(pair);
    expect([(await asPair(pair)).status, (await asPair(next)).status]).toEqual([200, 200]);
  });

  it('ends at its end, and with its revocation, here and at Stytch', async () => {
    const [ending, revoked] = [await foreignClient(null), await foreignClient(null)];
    await imported(ending);
    await imported(revoked);
    const soon = new Date(Date.now() + 60_000).toISOString();
    await asOperator('PATCH', `/v1/users/${userId}/keys/${ending.clientId}`, { expires_at: soon });
    await desk(session, 'DELETE', `/v1/keys/${revoked.clientId}`);
    expect([(await asPair(ending)).status, (await asPair(revoked)).status]).toEqual([200, 401]);
    await later(61);
    expect((await asPair(ending)).status).toBe(401);
    const ring = await ringStub(session);
    await runDurableObjectAlarm(ring);
    for (const { clientId } of [ending, revoked])
      expect((await atStytch('GET', `/v1/m2m/clients/${clientId}`)).status).toBe(404);
    const { data } = (await told(asOperator('GET', `/v1/users/${userId}/keys?status=all`))) as {
      data: { status: string }[];
    };
    expect(data.map(({ status }) => status).sort()).toEqual(['expired', 'revoked']);
  });
});
