import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KeyUse, Ring } from '../../src/model/ports.ts';
import { memberWith, operatorOf, visit } from '../places.ts';
import {
  call,
  cannotTell,
  desk,
  isolate,
  issueKey,
  later,
  newUser,
  now,
  ownerOf,
  refusalOf,
  ringStub,
  signIn,
  subjectOf,
} from '../world.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

interface KeyUsage {
  readonly key_id: string;
  readonly totals: Omit<KeyUse, 'keyId'>;
  readonly data: readonly (Omit<KeyUse, 'keyId'> & { readonly at: string })[];
}

const NOTHING = { admitted: 0, refused: 0, limited: 0 };

let user: Awaited<ReturnType<typeof newUser>>;
let session: string;
let key: string;
let keyId: string;
let other: string;

/** In the middle of an hour of the middle of a day, where the clocks then stand: no bucket ends meanwhile. */
beforeEach(async () => {
  const noon = Math.floor(Date.now() / DAY_MS) * DAY_MS + 1.5 * DAY_MS + HOUR_MS / 2;
  await later((noon - Date.now()) / 1000);
  user = await newUser();
  session = await signIn(user);
  ({ key, key_id: keyId } = await issueKey(session));
  ({ key_id: other } = await issueKey(session));
});
afterEach(now);

const asked = (...ids: readonly string[]): string =>
  ids.map((id) => `key_id=${encodeURIComponent(id)}`).join('&');

const usageOf = async (query: string): Promise<readonly KeyUsage[]> => {
  const answer = await desk(session, 'GET', `/v1/usage/keys?${query}`);
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  return ((await answer.json()) as { data: KeyUsage[] }).data;
};

/** Tells the Ring of use, as an isolate would, some hours from the last one. */
const used = async (hours: number, ...uses: readonly KeyUse[]): Promise<void> => {
  await later(hours * 3_600);
  const ring = (await ringStub(session)) as unknown as Ring;
  const ask = {
    ...{ leaseId: crypto.randomUUID(), isolate: 'isolate', purse: '', costs: [], wantsLease: false },
    ...{ rate: 0, used: 0, held: 0, reports: [] },
  };
  const credential = { kind: 'session', owner: ownerOf(session), tokenHash: 'x'.repeat(43) } as const;
  await ring.admit({ credential, others: [], wantToken: false, ask, uses, seen: null });
  session = await signIn(user);
};

const use = (id: string, admitted: number, refused = 0, limited = 0): KeyUse => ({
  ...{ keyId: id, admitted, refused, limited },
});

describe('usage of several keys', () => {
  it('is that of each, in the order they are named, and leaves out hours without any', async () => {
    await used(0, use(keyId, 5, 1), use(other, 7), use('session', 9));
    await used(2, use(keyId, 11, 0, 3));
    const running = Math.floor(Date.now() / HOUR_MS) * HOUR_MS;
    const at = (hoursAgo: number) => `${new Date(running - hoursAgo * HOUR_MS).toISOString().slice(0, 19)}Z`;
    const range = { from: at(23), to: at(-1), by: 'hour' };
    expect(await usageOf(asked(other, 'session', keyId))).toEqual([
      {
        ...{ key_id: other, ...range, totals: { ...NOTHING, admitted: 7 }, approximate: true },
        data: [{ at: at(2), ...NOTHING, admitted: 7 }],
      },
      {
        ...{ key_id: 'session', ...range, totals: { ...NOTHING, admitted: 9 }, approximate: true },
        data: [{ at: at(2), ...NOTHING, admitted: 9 }],
      },
      {
        ...{ key_id: keyId, ...range, totals: { admitted: 16, refused: 1, limited: 3 }, approximate: true },
        data: [
          { at: at(2), admitted: 5, refused: 1, limited: 0 },
          { at: at(0), admitted: 11, refused: 0, limited: 3 },
        ],
      },
    ]);
  });

  it('says of each what is said of it alone, by hour and by day, with what is out on lease', async () => {
    await used(0, use(keyId, 5), use(other, 6));
    await used(30, use(keyId, 8, 2), use(other, 1, 1, 1));
    await used(25, use(other, 2));
    expect((await call(key)).status).toBe(200);
    const all = { by: 'hour', from: new Date(Date.now() - 7 * DAY_MS).toISOString() };
    for (const query of [
      all,
      { by: 'day' },
      { by: 'hour' },
      { ...all, to: new Date(Date.now() - DAY_MS).toISOString() },
    ]) {
      const range = new URLSearchParams(query);
      const together = await usageOf(`${asked(keyId, other)}&${range}`);
      for (const [i, id] of [keyId, other].entries()) {
        const answer = await desk(session, 'GET', `/v1/keys/${id}/usage?${range}`);
        const alone = (await answer.json()) as KeyUsage;
        const data = alone.data.filter(({ admitted, refused, limited }) => admitted + refused + limited > 0);
        expect(together[i]).toEqual({ ...alone, data });
      }
    }
    const [busy] = await usageOf(asked(keyId));
    expect(busy?.totals.admitted).toBeGreaterThanOrEqual(1);
  });

  it('takes a hundred keys in one call of the Ring, and each once', async () => {
    await used(0, use(keyId, 3));
    const here = isolate();
    const many = Array.from({ length: 98 }, (_, i) => `m2m-client-test-${i}`);
    const answer = await here.desk(session, 'GET', `/v1/usage/keys?${asked(keyId, ...many, keyId)}`);
    const { data } = (await answer.json()) as { data: KeyUsage[] };
    expect(data).toHaveLength(99);
    expect(data.map(({ totals }) => totals.admitted)).toEqual([3, ...many.map(() => 0)]);
    expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual(['ring.usageOfKeys']);
  });

  it('is served to an organisation and to an operator', async () => {
    await used(0, use(keyId, 4));
    const operator = await operatorOf(subjectOf(session));
    const seen = await visit(operator, 'GET', `/usage/keys?${asked(keyId)}`);
    expect(await seen.json()).toMatchObject({ data: [{ key_id: keyId, totals: { admitted: 4 } }] });
    const member = await visit(await memberWith(['keymaster']), 'GET', `/usage/keys?${asked('session')}`);
    expect(await member.json()).toMatchObject({ data: [{ key_id: 'session', totals: NOTHING, data: [] }] });
  });
});

describe('usage of several keys refuses', () => {
  const invalid = (pointer: string) => ({
    ...{ status: 400, code: 'request_invalid', challenge: null, retryAfter: null },
    errors: [{ pointer, detail: expect.stringMatching(/./) }],
  });

  it.each([
    ['no key', () => '', '/key_id'],
    ['an empty key', () => 'key_id=', '/key_id/0'],
    ['an id with a space', () => 'key_id=a%20b', '/key_id/0'],
    ['an id that is no key', () => `${asked(keyId)}&key_id=${'x'.repeat(129)}`, '/key_id/1'],
    ['a hundred and one', () => asked(...Array.from({ length: 101 }, (_, i) => `k${i}`)), '/key_id'],
    ['a bucket that is none', () => `${asked(keyId)}&by=minute`, '/by'],
    [
      '32 days by hour',
      () => `${asked(keyId)}&from=${new Date(Date.now() - 32 * DAY_MS).toISOString()}`,
      '/from',
    ],
    [
      'a range ahead',
      () => `${asked(keyId)}&from=${new Date(Date.now() + 2 * DAY_MS).toISOString()}`,
      '/from',
    ],
  ])('%s, by its pointer, and asks no Ring', async (_, query, pointer) => {
    const here = isolate();
    const refused = await refusalOf(await here.desk(session, 'GET', `/v1/usage/keys?${query()}`));
    expect(refused).toEqual(invalid(pointer));
    expect(here.calls.filter((each) => each.startsWith('ring.'))).toEqual([]);
  });

  it('to tell of another owner’s keys: they were never used', async () => {
    await used(0, use(keyId, 5));
    const mallory = await signIn();
    const never = `${keyId.slice(0, 27)}${'0'.repeat(11)}`;
    const answer = await desk(
      mallory,
      'GET',
      `/v1/usage/keys?${asked(keyId, never, "' OR 1=1 --".replaceAll(' ', ''))}`,
    );
    const { data } = (await answer.json()) as { data: KeyUsage[] };
    expect(data.map(({ totals, data: buckets }) => [totals, buckets])).toEqual(data.map(() => [NOTHING, []]));
  });

  it.each([
    ['silence', async () => Promise.reject(new Error('the Ring is down'))],
    ['no list', async () => ({})],
    ['a key without its name', async () => [{ buckets: [] }]],
    ['a bucket without its hour', async () => [{ keyId: 'x', buckets: [{ at: 'now' }] }]],
  ])('to guess what a Ring means by %s', async (_, usageOfKeys) => {
    const odd = { getByName: () => ({ usageOfKeys }) };
    const answer = await isolate({ KEY_RING: odd }).desk(session, 'GET', `/v1/usage/keys?${asked(keyId)}`);
    expect(await refusalOf(answer)).toEqual(cannotTell());
  });

  it('anything but to be read', async () => {
    const answer = await desk(session, 'POST', '/v1/usage/keys');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET']);
  });
});
