import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  A_DAY,
  called,
  clientAtStytch,
  keyIn,
  keyOfSomebody,
  ringOf,
  rotationOf,
  work,
} from '../rotation.ts';
import {
  BY,
  call,
  dumpOfRing,
  emulator,
  fault,
  isolate,
  issueKey,
  later,
  notGood,
  now,
  ownerOf,
  refusalOf,
  ringStub,
  rooms,
  signIn,
  stytchCalls,
} from '../world.ts';
import { crash } from './life/real.ts';

const BAD = notGood('acme-api');
const NONE = { challenge: null, retryAfter: null };

beforeEach(async () => {
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
  await rooms.ORIGIN.reset();
});
afterEach(now);

const rotations = async (session: string) => (await dumpOfRing(await ringStub(session))).rotations ?? [];

describe('two rotations at once', () => {
  it('are one rotation: the other is told so', async () => {
    const { rotate, key_id } = await keyOfSomebody();
    await fault('m2m.rotate.start', { kind: 'latency', latencyMs: 200 });
    const answers = await Promise.all([rotate(), rotate(), rotate()]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409]);
    for (const answer of answers) {
      if (answer.status === 200) await keyIn(answer);
      else expect(await refusalOf(answer)).toEqual({ status: 409, code: 'already_rotating', ...NONE });
    }
    expect((await stytchCalls())['m2m.rotate.start']).toBe(1);
    expect((await clientAtStytch(key_id))?.next_client_secret_last_four).not.toBeNull();
  });

  it('the second of which comes while Stytch is still to be told of the first is told to wait', async () => {
    const { begin, finish, rotate } = await keyOfSomebody();
    await begin();
    await fault('m2m.rotate', { kind: 'status', status: 503 });
    await finish();
    expect(await refusalOf(await rotate())).toEqual({ status: 409, code: 'conflict', ...NONE });
  });
});

describe('a revoke while Stytch is asked for a second secret', () => {
  it('wins: the key is dead, nobody gets a secret, and the client is gone at Stytch', async () => {
    const { key, key_id, rotate, revoke, session } = await keyOfSomebody();
    await fault('m2m.rotate.start', { kind: 'latency', latencyMs: 300 });
    const rotating = rotate(A_DAY, { 'idempotency-key': 'one' });
    await called('m2m.rotate.start');
    expect((await revoke()).status).toBe(200);
    expect(await refusalOf(await rotating)).toEqual({ status: 404, code: 'not_found', ...NONE });
    expect(await refusalOf(await call(key, '/v1/strict/1'))).toEqual(BAD);
    await later(3);
    await work(session);
    expect(await clientAtStytch(key_id)).toBeNull();
    expect(await rotations(session)).toEqual([]);
    // Whoever asks the same again is not told that it is still under way.
    expect((await rotate(A_DAY, { 'idempotency-key': 'one' })).status).toBe(404);
  });

  it('during the overlap takes both secrets, and what the Vault kept of each', async () => {
    const { key, begin, revoke, session, key_id } = await keyOfSomebody();
    const next = await begin();
    const here = isolate();
    for (const each of [key, next]) expect((await here.call(each)).status).toBe(200);
    const { secrets = [] } = await dumpOfRing(await ringStub(session));
    const kept = async () =>
      Promise.all(secrets.map(({ fingerprint }) => rooms.VAULT.get(`t1.${String(fingerprint)}`)));
    await vi.waitFor(async () => expect((await kept()).filter((each) => each !== null)).toHaveLength(2));
    await revoke();
    await vi.waitFor(async () => expect(await kept()).toEqual([null, null]));
    await later(5);
    for (const each of [key, next]) expect(await refusalOf(await here.call(each))).toEqual(BAD);
    expect(await clientAtStytch(key_id)).toBeNull();
  });

  it('while Stytch is still to be told of its end, the Vault forgets that of the dead secret too', async () => {
    const { key, begin, finish, revoke, session } = await keyOfSomebody();
    await begin();
    expect((await call(key)).status).toBe(200);
    const [old] = (await dumpOfRing(await ringStub(session))).tokens ?? [];
    const kept = () => rooms.VAULT.get(`t1.${String(old?.fingerprint)}`);
    await vi.waitFor(async () => expect(await kept()).not.toBeNull());
    await fault('m2m.rotate', { kind: 'status', status: 503 });
    await finish();
    expect(await kept()).not.toBeNull();
    await revoke();
    await vi.waitFor(async () => expect(await kept()).toBeNull());
  });
});

describe('a machine that dies while Stytch is asked', () => {
  it('delivers no secret; Stytch’s rotation is cancelled, and the next one works', async () => {
    const { key, key_id, rotate, session, user } = await keyOfSomebody();
    await fault('m2m.rotate.start', { kind: 'latency', latencyMs: 300 });
    const rotating = rotate(A_DAY, { 'idempotency-key': 'one' });
    await called('m2m.rotate.start');
    await crash(await ringStub(session));
    expect((await rotating).status).toBe(503);
    await vi.waitFor(async () =>
      expect((await clientAtStytch(key_id))?.next_client_secret_last_four).not.toBeNull(),
    );
    // As far as anybody knows it is still under way.
    const again = await rotate(A_DAY, { 'idempotency-key': 'one' });
    expect(await refusalOf(again)).toEqual({ status: 409, code: 'idempotency_key_in_use', ...NONE });
    expect((await rotate()).status).toBe(409);
    expect((await call(key)).status).toBe(200);
    await emulator('DELETE', '/faults');
    await later(61);
    await work(session);
    expect((await clientAtStytch(key_id))?.next_client_secret_last_four).toBeNull();
    const fresh = rotationOf(await signIn(user), { key_id });
    const next = await keyIn(await fresh.rotate(A_DAY, { 'idempotency-key': 'one' }));
    for (const each of [key, next]) expect((await isolate().call(each)).status).toBe(200);
  });

  it('and whose answer is lost is the same at once', async () => {
    const { key, key_id, rotate, begin, session } = await keyOfSomebody();
    await fault('m2m.rotate.start', { kind: 'status', status: 503, effect: 'done', times: 1 });
    expect((await rotate()).status).toBe(503);
    await vi.waitFor(async () => expect(await rotations(session)).toEqual([]));
    expect((await clientAtStytch(key_id))?.next_client_secret_last_four).toBeNull();
    const next = await begin();
    for (const each of [key, next]) expect((await isolate().call(each)).status).toBe(200);
  });
});

describe('a deadline', () => {
  it('finishes by itself: from then on the old secret is dead, and Stytch is told', async () => {
    const { key, key_id, begin, session, user } = await keyOfSomebody();
    const next = await begin(3_600);
    await later(3_590);
    const here = isolate();
    for (const each of [key, next]) expect((await here.call(each)).status).toBe(200);
    await later(10);
    await work(session);
    await later(5);
    expect(await refusalOf(await here.call(key))).toEqual(BAD);
    expect((await here.call(next)).status).toBe(200);
    expect((await clientAtStytch(key_id))?.next_client_secret_last_four).toBeNull();
    expect(await rotationOf(await signIn(user), { key_id }).shown()).toMatchObject({
      ...{ status: 'active', rotation: null, last_four: next.slice(-4) },
    });
  });

  it('holds at the Ring even where its alarm is late', async () => {
    const { key, begin, session } = await keyOfSomebody();
    const next = await begin(3_600);
    await later(3_600);
    expect(await rotations(session)).toMatchObject([{ status: 'open' }]);
    expect(await refusalOf(await isolate().call(key))).toEqual(BAD);
    expect((await isolate().call(next)).status).toBe(200);
  });

  it('of no overlap is at once', async () => {
    const { key, begin } = await keyOfSomebody();
    expect((await call(key)).status).toBe(200);
    const next = await begin(0);
    expect(await refusalOf(await call(key, '/v1/strict/1'))).toEqual(BAD);
    expect((await call(next, '/v1/strict/1')).status).toBe(200);
  });

  it('of no overlap is told of: by when the old secret is dead everywhere; with one, both are good', async () => {
    const { rotate, session } = await keyOfSomebody();
    const answered = async (overlapSeconds: number) => {
      const answer = (await (await rotate(overlapSeconds)).clone().json()) as Record<string, unknown>;
      await keyIn(Response.json(answer));
      return answer;
    };
    const before = Date.now();
    const { effective_by, rotation } = await answered(0);
    expect([Date.parse(String(effective_by)) >= before + 5_000, rotation]).toEqual([true, null]);
    await work(session);
    expect(await answered(3_600)).toMatchObject({ effective_by: null, status: 'rotating' });
  });

  it('of more rotations than one alarm works on ends each, and cancels none', async () => {
    const session = await signIn();
    const ring = await ringOf(session);
    await ring.setLimits(ownerOf(session), { keysLimit: 50 }, BY);
    const next: string[] = [];
    for (let i = 0; i < 23; i++) {
      const issued = await issueKey(session, ['items:read']);
      next.push(await rotationOf(session, issued).begin(3_600));
    }
    await emulator('DELETE', '/counters');
    await later(3_600);
    for (let i = 0; i < 4; i++) await work(session);
    const calls = await stytchCalls();
    expect([calls['m2m.rotate'], calls['m2m.rotate.cancel']]).toEqual([23, undefined]);
    expect(await rotations(session)).toEqual([]);
    const here = isolate();
    for (const each of next) expect((await here.call(each)).status).toBe(200);
  }, 30_000);
});

describe('an Idempotency-Key', () => {
  const ONE = { 'idempotency-key': 'one' };

  it('makes a repeat the same answer without the secret, and no second rotation', async () => {
    const { rotate } = await keyOfSomebody();
    const first = await (await rotate(A_DAY, ONE)).clone().json();
    await keyIn(Response.json(first));
    const again = await rotate(A_DAY, ONE);
    expect([again.status, await again.json()]).toEqual([200, { ...(first as object), key: null }]);
    expect((await stytchCalls())['m2m.rotate.start']).toBe(1);
  });

  it('with another body is 422', async () => {
    const { rotate } = await keyOfSomebody();
    await keyIn(await rotate(A_DAY, ONE));
    expect(await refusalOf(await rotate(60, ONE))).toEqual({
      ...{ status: 422, code: 'idempotency_key_reused', ...NONE },
    });
  });

  it('for another key of the same user is 422, and nothing is rotated', async () => {
    const { session, rotate } = await keyOfSomebody();
    await keyIn(await rotate(A_DAY, ONE));
    const other = rotationOf(session, await issueKey(session));
    expect(await refusalOf(await other.rotate(A_DAY, ONE))).toEqual({
      ...{ status: 422, code: 'idempotency_key_reused', ...NONE },
    });
    expect((await other.shown()).status).toBe('active');
  });

  it('while the first is under way is 409', async () => {
    const { rotate } = await keyOfSomebody();
    await fault('m2m.rotate.start', { kind: 'latency', latencyMs: 200 });
    const answers = await Promise.all([rotate(A_DAY, ONE), rotate(A_DAY, ONE)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
    for (const answer of answers) {
      if (answer.status === 200) await keyIn(answer);
      else expect(await refusalOf(answer)).toEqual({ status: 409, code: 'idempotency_key_in_use', ...NONE });
    }
  });
});
