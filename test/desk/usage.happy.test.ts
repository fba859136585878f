import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyUse, Ring } from '../../src/model/ports.ts';
import { memberWith, operatorOf, visit } from '../places.ts';
import { inUse } from '../secrets.ts';
import {
  call,
  desk,
  dumpOfRing,
  isolate,
  issueKey,
  later,
  newUser,
  now,
  ownerOf,
  ringStub,
  signIn,
  subjectOf,
} from '../world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const TODAY = Date.now();

interface Usage {
  readonly key_id: string | null;
  readonly from: string;
  readonly to: string;
  readonly by: string;
  readonly totals: Omit<KeyUse, 'keyId'>;
  readonly data: readonly (Omit<KeyUse, 'keyId'> & { readonly at: string })[];
  readonly approximate: boolean;
}

const usage = async (session: string, path: string): Promise<Usage> => {
  const answer = await desk(session, 'GET', path);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return answer.json();
};

/** A moment of one of the days to come, 1 for tomorrow: the clocks are moved there, and none of its hours runs yet. */
const moment = (day: number, time: string): string => {
  const midnight = Math.floor(TODAY / DAY_MS) * DAY_MS + day * DAY_MS;
  return `${new Date(midnight).toISOString().slice(0, 10)}T${time}Z`;
};

const until = (text: string): Promise<void> => later((Date.parse(text) - Date.now()) / 1000);

const NOTHING = { admitted: 0, refused: 0, limited: 0 };

/** Tells the Ring of use at one moment after the other, as an isolate would, and signs the user in again after days. */
const used = async (...uses: readonly (KeyUse & { readonly at: string })[]): Promise<void> => {
  const ring = (await ringStub(session)) as unknown as Ring;
  for (const [i, { at, ...use }] of uses.entries()) {
    await until(at);
    const ask = {
      ...{ leaseId: `${keyId}-${i}`, isolate: 'isolate', purse: '', costs: [], wantsLease: false },
      ...{ rate: 0, used: 0, held: 0, reports: [] },
    };
    const credential = { kind: 'session', owner: ownerOf(session), tokenHash: 'x'.repeat(43) } as const;
    await ring.admit({ credential, others: [], wantToken: false, ask, uses: [use], seen: null });
  }
  await until(moment(6, '00:00:00'));
  session = await signIn(user);
};

let user: Awaited<ReturnType<typeof newUser>>;
let session: string;
let key: string;
let keyId: string;

/** In the middle of an hour of the middle of a day, where the clocks then stand: no bucket ends meanwhile. */
beforeEach(async () => {
  await until(moment(1, '12:30:00'));
  user = await newUser();
  session = await signIn(user);
  ({ key, key_id: keyId } = await issueKey(session));
});
afterEach(now);

describe('usage by hour', () => {
  it('is 24 hours with the one that runs, each with its zero, where nobody used anything', async () => {
    const answer = await usage(session, `/v1/keys/${keyId}/usage`);
    const running = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    expect(answer).toMatchObject({ key_id: keyId, by: 'hour', totals: NOTHING, approximate: true });
    expect(answer.data).toHaveLength(24);
    expect(answer.data).toEqual(
      Array.from({ length: 24 }, (_, i) => ({
        ...{ at: stamp(running - (23 - i) * HOUR_MS), ...NOTHING },
      })),
    );
    expect([answer.from, answer.to]).toEqual([answer.data[0]?.at, stamp(running + HOUR_MS)]);
  });

  it('has in it what was just done, though it is still out on lease', async () => {
    expect((await call(key)).status).toBe(200);
    const { totals, data } = await usage(session, `/v1/keys/${keyId}/usage`);
    expect(totals.admitted).toBeGreaterThanOrEqual(1);
    expect(data.at(-1)?.admitted).toBe(totals.admitted);
  });

  it('counts in the hour that it was, between two moments that it says', async () => {
    const { key_id: other } = await issueKey(session);
    await used(
      { keyId, at: moment(2, '01:00:00'), admitted: 5, refused: 1, limited: 0 },
      { keyId, at: moment(2, '03:00:00'), admitted: 7, refused: 0, limited: 2 },
      { keyId: other, at: moment(2, '03:00:00'), admitted: 11, refused: 0, limited: 0 },
      { keyId: 'session', at: moment(2, '03:00:00'), admitted: 13, refused: 0, limited: 0 },
      { keyId, at: moment(2, '05:00:00'), admitted: 100, refused: 100, limited: 100 },
    );
    const range = `from=${moment(2, '01:59:00')}&to=${moment(2, '04:00:00')}`;
    expect(await usage(session, `/v1/keys/${keyId}/usage?${range}`)).toEqual({
      ...{ key_id: keyId, from: moment(2, '01:00:00'), to: moment(2, '04:00:00'), by: 'hour' },
      totals: { admitted: 12, refused: 1, limited: 2 },
      data: [
        { at: moment(2, '01:00:00'), admitted: 5, refused: 1, limited: 0 },
        { at: moment(2, '02:00:00'), ...NOTHING },
        { at: moment(2, '03:00:00'), admitted: 7, refused: 0, limited: 2 },
      ],
      approximate: true,
    });
    expect((await usage(session, `/v1/usage?${range}`)).totals.admitted).toBe(12 + 11 + 13);
    expect((await usage(session, `/v1/keys/session/usage?${range}`)).totals.admitted).toBe(13);
  });
});

describe('usage by day', () => {
  it('is thirty days of UTC with today', async () => {
    const { data, from } = await usage(session, '/v1/usage?by=day');
    const today = Math.floor(Date.now() / DAY_MS) * DAY_MS;
    expect(data).toHaveLength(30);
    expect([from, data.at(-1)?.at]).toEqual([stamp(today - 29 * DAY_MS), stamp(today)]);
  });

  it('adds up the hours of each day', async () => {
    await used(
      { keyId, at: moment(2, '00:00:00'), admitted: 1, refused: 0, limited: 0 },
      { keyId, at: moment(2, '23:00:00'), admitted: 2, refused: 0, limited: 0 },
      { keyId, at: moment(3, '00:00:00'), admitted: 4, refused: 0, limited: 0 },
    );
    const path = `/v1/keys/${keyId}/usage?by=day&from=${moment(2, '12:00:00')}&to=${moment(3, '12:00:00')}`;
    expect(await usage(session, path)).toMatchObject({
      totals: { admitted: 7 },
      data: [
        { at: moment(2, '00:00:00'), admitted: 3 },
        { at: moment(3, '00:00:00'), admitted: 4 },
      ],
    });
  });
});

describe('usage of a key', () => {
  it('is told after its end as well', async () => {
    await call(key);
    await desk(session, 'DELETE', `/v1/keys/${keyId}`);
    expect((await usage(session, `/v1/keys/${keyId}/usage`)).totals.admitted).toBeGreaterThan(0);
  });

  it('of somebody who never had a key is nothing, and makes him no Ring', async () => {
    const nobody = await signIn();
    expect((await usage(nobody, '/v1/usage')).totals).toEqual(NOTHING);
    expect((await usage(nobody, '/v1/keys/session/usage')).totals).toEqual(NOTHING);
    expect(await dumpOfRing(await ringStub(nobody))).toEqual({});
  });
});

describe('usage is served at three places', () => {
  it('to the operator, of any user', async () => {
    await call(key);
    const operator = await operatorOf(subjectOf(session));
    const own = await usage(session, `/v1/keys/${keyId}/usage`);
    const seen = await visit(operator, 'GET', `/keys/${keyId}/usage`);
    expect([seen.status, await seen.json()]).toEqual([200, own]);
    const all = await visit(operator, 'GET', '/usage');
    expect([all.status, await all.json()]).toEqual([200, await usage(session, '/v1/usage')]);
  });

  it('to a member with the role, of his organisation', async () => {
    const member = await memberWith(['keymaster']);
    const made = await visit(member, 'POST', '/keys', { name: 'n', scopes: ['items:read'] });
    const issued = (await made.json()) as { key: string; key_id: string };
    inUse(issued.key);
    expect((await isolate().call(issued.key)).status).toBe(200);
    for (const path of [`/keys/${issued.key_id}/usage`, '/usage']) {
      const answer = await visit(member, 'GET', path);
      const { totals } = (await answer.json()) as Usage;
      expect([answer.status, totals.admitted > 0]).toEqual([200, true]);
    }
  });
});

const stamp = (at: number): string => new Date(at).toISOString().replace('.000Z', 'Z');
