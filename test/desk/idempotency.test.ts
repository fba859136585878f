import { evictDurableObject } from 'cloudflare:test';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { inUse } from '../secrets.ts';
import {
  BY,
  call,
  desk,
  dumpOfRing,
  emulator,
  fault,
  type Issued,
  later,
  newUser,
  now,
  ownerOf,
  refusalOf,
  ringStub,
  signIn,
  stytchCalls,
  stytchClients,
} from '../world.ts';

const NONE = { challenge: null, retryAfter: null };
const WISH = { name: 'once', scopes: ['items:read'] };
let user: Awaited<ReturnType<typeof newUser>>;
let session: string;

const create = (name: string, body: object = WISH, as = session) =>
  desk(as, 'POST', '/v1/keys', body, { 'idempotency-key': name });

const made = async (answer: Response): Promise<Issued> => {
  const body = (await answer.json()) as Issued;
  if (typeof body.key === 'string') inUse(body.key);
  return body;
};

beforeEach(async () => {
  user = await newUser();
  session = await signIn(user);
  await emulator('DELETE', '/faults');
  await emulator('DELETE', '/counters');
});

afterEach(now);

describe('Idempotency-Key', () => {
  it('answers a repeat the same, without the secret, and Stytch is not asked again', async () => {
    const first = await create('one');
    const { key, ...rest } = await made(first);
    const again = await create('one');
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(await made(again)).toEqual({ ...rest, key: null });
    expect(again.headers.get('location')).toBe(first.headers.get('location'));
    expect((await stytchCalls())['m2m.create']).toBe(1);
    expect((await call(key)).status).toBe(200);
  });

  it('is about what was understood: other spaces and members in another order are the same request', async () => {
    const { key_id } = await made(await create('one', { name: 'once', scopes: ['items:read'] }));
    const again = await create('one', { scopes: ['items:read'], name: ' once ' });
    expect(await made(again)).toMatchObject({ key_id, key: null });
  });

  it('with another body is 422', async () => {
    await made(await create('one'));
    expect(await refusalOf(await create('one', { ...WISH, name: 'twice' }))).toEqual({
      ...{ status: 422, code: 'idempotency_key_reused', ...NONE },
    });
  });

  it('while the first request is under way is 409, and one key is made', async () => {
    await fault('m2m.create', { kind: 'latency', latencyMs: 300 });
    const answers = await Promise.all(Array.from({ length: 5 }, () => create('one')));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([201, 409, 409, 409, 409]);
    for (const answer of answers) if (answer.status === 201) await made(answer);
    expect(await refusalOf(answers.find(({ status }) => status === 409) as Response)).toEqual({
      ...{ status: 409, code: 'idempotency_key_in_use', ...NONE },
    });
    expect(await stytchClients(session)).toHaveLength(1);
  });

  it('of another user is another', async () => {
    const other = await signIn();
    const [one, two] = [await made(await create('same')), await made(await create('same', WISH, other))];
    expect(one.key_id).not.toBe(two.key_id);
    expect(two.key).not.toBeNull();
  });

  it('of a request that came to nothing can be used again', async () => {
    await fault('m2m.create', { kind: 'status', status: 503 });
    expect((await create('one')).status).toBe(503);
    await emulator('DELETE', '/faults');
    const answer = await create('one');
    expect(answer.status).toBe(201);
    expect((await made(answer)).key).not.toBeNull();
  });

  it('outlives the Ring’s memory, and is forgotten after a day', async () => {
    const { key_id } = await made(await create('one'));
    await evictDurableObject(await ringStub(session));
    expect(await made(await create('one'))).toMatchObject({ key_id, key: null });
    await later(86_401);
    const fresh = await signIn(user);
    const next = await made(await create('one', WISH, fresh));
    expect(next.key_id).not.toBe(key_id);
    expect(next.key).not.toBeNull();
  });

  it('is kept as a hash, and so is what was asked', async () => {
    await made(await create('my-very-own-name'));
    const { idempotency } = await dumpOfRing(await ringStub(session));
    expect(JSON.stringify(idempotency)).not.toContain('my-very-own-name');
    expect(idempotency).toMatchObject([{ client_id: expect.any(String), answer: expect.any(String) }]);
  });

  it.each(['x'.repeat(256), 'a b', 'é'])('%j is refused', async (name) => {
    expect(await refusalOf(await create(name))).toMatchObject({ status: 400, code: 'request_invalid' });
  });
});

describe('races', () => {
  it('30 parallel creates at a limit of 10 make exactly 10', async () => {
    const ring = (await ringStub(session)) as unknown as Ring;
    await ring.setLimits(ownerOf(session), { keysLimit: 10 }, BY);
    const answers = await Promise.all(
      Array.from({ length: 30 }, () => desk(session, 'POST', '/v1/keys', WISH)),
    );
    const keys = await Promise.all(answers.filter(({ status }) => status === 201).map(made));
    expect(keys).toHaveLength(10);
    for (const answer of answers.filter(({ status }) => status !== 201))
      expect(await refusalOf(answer)).toEqual({
        ...{ status: 409, code: 'key_limit_reached', ...NONE },
      });
    expect([...(await stytchClients(session))].sort()).toEqual(keys.map(({ key_id }) => key_id).sort());
  });
});
