import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Ring } from '../../src/model/ports.ts';
import { memberWith, operatorOf, visit } from '../places.ts';
import {
  BY,
  call,
  cannotTell,
  desk,
  dumpOfRing,
  isolate,
  issueKey,
  later,
  now,
  ownerOf,
  refusalOf,
  ringStub,
  signIn,
  subjectOf,
} from '../world.ts';

interface Limit {
  readonly name: string;
  readonly requests: number;
  readonly per_seconds: number;
  readonly left: number;
  readonly whole_at: string | null;
}

interface Limits {
  readonly plan: string | null;
  readonly keys_limit: number | null;
  readonly keys: { readonly limit: number; readonly used: number };
  readonly limits: readonly Limit[];
}

let session: string;

beforeEach(async () => {
  await later(0);
  session = await signIn();
});
afterEach(now);

const limitsOf = async (path = ''): Promise<Limits> => {
  const answer = await desk(session, 'GET', `/v1/limits${path}`);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return answer.json();
};

const onPlan = async (plan: string): Promise<void> => {
  const ring = (await ringStub(session)) as unknown as Ring;
  await ring.setLimits(ownerOf(session), { plan }, BY);
};

const WHOLE = { name: 'owner', requests: 600, per_seconds: 60, left: 600, whole_at: null };

describe('GET /v1/limits', () => {
  it('tells of everything where nobody did anything, and leaves no trace', async () => {
    expect(await limitsOf()).toEqual({
      ...{ plan: null, keys_limit: null, keys: { limit: 5, used: 0 }, limits: [WHOLE] },
    });
    expect(await dumpOfRing(await ringStub(session))).toEqual({});
  });

  it('counts keys that live, and no others', async () => {
    const { key_id } = await issueKey(session);
    await issueKey(session);
    expect((await limitsOf()).keys).toEqual({ limit: 5, used: 2 });
    await desk(session, 'DELETE', `/v1/keys/${key_id}`);
    expect((await limitsOf()).keys).toEqual({ limit: 5, used: 1 });
  });

  it('tells what is left, what is out on lease counting as used, and can be had in full', async () => {
    await onPlan('tiny');
    const { key } = await issueKey(session);
    const here = isolate();
    for (let i = 0; i < 3; i++) expect((await here.call(key, '/v1/strict/x')).status).toBe(200);
    const { limits } = await limitsOf();
    expect(limits).toMatchObject([{ name: 'owner', requests: 10, per_seconds: 60 }]);
    const left = limits[0]?.left ?? 0;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(7);
    // Another isolate, which has none of the leases, is given as many and no more.
    const there = isolate();
    const statuses: number[] = [];
    for (let i = 0; i <= left; i++) statuses.push((await there.call(key, '/v1/strict/x')).status);
    expect(statuses).toEqual([...Array.from({ length: left }, () => 200), 429]);
    expect((await limitsOf()).limits[0]?.left).toBe(0);
  });

  it('tells when all of it is left again, and then it is', async () => {
    await onPlan('tiny');
    const { key } = await issueKey(session);
    for (let i = 0; i < 5; i++) await call(key);
    const wholeAt = Date.parse((await limitsOf()).limits[0]?.whole_at ?? '');
    expect(wholeAt).toBeGreaterThan(Date.now());
    expect(wholeAt).toBeLessThanOrEqual(Date.now() + 70_000);
    await later((wholeAt - Date.now()) / 1000);
    expect((await limitsOf()).limits).toMatchObject([{ left: 10, whole_at: null }]);
  });

  it('tells of a month’s quota besides', async () => {
    await onPlan('trial');
    const { key } = await issueKey(session);
    for (let i = 0; i < 4; i++) expect((await call(key)).status).toBe(200);
    const { plan, limits } = await limitsOf();
    const today = new Date();
    const ends = Date.UTC(today.getUTCFullYear(), today.getUTCMonth() + 1);
    expect(plan).toBe('trial');
    expect(limits.map(({ name }) => name)).toEqual(['owner', 'month']);
    expect(limits[1]).toMatchObject({
      ...{ requests: 20, whole_at: `${new Date(ends).toISOString().slice(0, 19)}Z` },
      per_seconds: (ends - Date.UTC(today.getUTCFullYear(), today.getUTCMonth())) / 1000,
    });
    expect(limits[1]?.left).toBeLessThanOrEqual(16);
  });

  it('tells of the own limit of a key, of that key alone', async () => {
    const own = { limit: { requests: 20, per_seconds: 30 } };
    const { key, key_id } = await issueKey(session, ['items:read'], own);
    const { key_id: other } = await issueKey(session);
    expect((await call(key, '/v1/strict/x')).status).toBe(200);
    const { limits } = await limitsOf(`?key_id=${key_id}`);
    expect(limits).toMatchObject([
      { name: 'owner', requests: 600 },
      { name: 'key', requests: 20, per_seconds: 30 },
    ]);
    expect(limits[1]?.left).toBeLessThanOrEqual(19);
    expect(limits[1]?.whole_at).not.toBeNull();
    for (const path of ['', `?key_id=${other}`]) {
      expect((await limitsOf(path)).limits.map(({ name }) => name)).toEqual(['owner']);
    }
  });

  it('changes nothing by telling', async () => {
    await onPlan('trial');
    const own = { limit: { requests: 20, per_seconds: 30 } };
    const { key, key_id } = await issueKey(session, ['items:read'], own);
    await call(key);
    const ring = await ringStub(session);
    const before = await dumpOfRing(ring);
    await Promise.all([limitsOf(), limitsOf(`?key_id=${key_id}`), limitsOf()]);
    expect(await dumpOfRing(ring)).toEqual(before);
  });

  it('is the same for an operator, and an organisation has its own', async () => {
    await onPlan('tiny');
    await issueKey(session);
    const operator = await operatorOf(subjectOf(session));
    expect(await (await visit(operator, 'GET', '/limits')).json()).toEqual(await limitsOf());
    const member = await visit(await memberWith(['keymaster']), 'GET', '/limits');
    expect(await member.json()).toMatchObject({ plan: null, keys: { used: 0 }, limits: [WHOLE] });
  });
});

describe('GET /v1/limits refuses', () => {
  const NOT_FOUND = { status: 404, code: 'not_found', challenge: null, retryAfter: null };

  it.each(['x', `acme_test_${'0'.repeat(28)}`, 'm2m-client-test-1', '', 'session'])(
    'a key that is none: %j',
    async (id) => {
      const answer = await desk(session, 'GET', `/v1/limits?key_id=${id}`);
      expect(await refusalOf(answer)).toEqual(NOT_FOUND);
    },
  );

  it('another owner’s key as it does one that never was, and asks no Ring', async () => {
    const { key_id } = await issueKey(await signIn());
    const here = isolate();
    const answer = await here.desk(session, 'GET', `/v1/limits?key_id=${key_id}`);
    expect(await refusalOf(answer)).toEqual(NOT_FOUND);
    expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
  });

  it('a key id longer than any', async () => {
    const answer = await desk(session, 'GET', `/v1/limits?key_id=${'x'.repeat(257)}`);
    expect(await refusalOf(answer)).toMatchObject({ status: 400, errors: [{ pointer: '/key_id' }] });
  });

  const standing = { plan: null, keysLimit: null, keys: { limit: 1, used: 0 }, limits: [] };
  it.each([
    ['silence', async () => Promise.reject(new Error('the Ring is down'))],
    ['nothing', async () => undefined],
    ['no keys', async () => ({ ...standing, keys: null })],
    ['a limit without what is left', async () => ({ ...standing, limits: [{ name: 'owner', requests: 1 }] })],
  ])('to guess what a Ring means by %s', async (_, limits) => {
    const odd = { getByName: () => ({ limits }) };
    const answer = await isolate({ KEY_RING: odd }).desk(session, 'GET', '/v1/limits');
    expect(await refusalOf(answer)).toEqual(cannotTell());
  });
});
