import { describe, expect, it } from 'vitest';
import { type Ask, judge } from '../../../bench/soak/judge.ts';
import { MAX_GROWTH_MIB, trendOf } from '../../../bench/soak/memory.ts';
import { fullestWindow, type Meter, mayBeOver, openMeter } from '../../../bench/soak/meter.ts';
import type { Seen } from '../../../bench/soak/origin.ts';
import { type Key, type Owner, ofSecret } from '../../../bench/soak/people.ts';
import { latenessOf } from '../../../bench/soak/report.ts';
import { openTally, quantile, time } from '../../../bench/soak/tally.ts';
import { ask, openTimeline, possible, withdraw } from '../../../bench/soak/timeline.ts';
import type { Reply } from '../../../bench/soak/wire.ts';

const T = 1_000_000;
const LEASE_MS = 5_000;

describe('a timeline', () => {
  it('knows one value while nothing was asked for', () => {
    expect(possible(openTimeline(true), T, T + 1, false)).toEqual([true]);
  });

  it.each([
    ['before it was asked for', T - 10, T - 1, false, [true]],
    ['while it is under way', T - 10, T + 1, false, [false, true]],
    ['until it is sure', T + 5_000, T + 5_001, false, [false, true]],
    ['when it is sure', T + 5_001, T + 5_002, false, [false]],
    ['strictly: as soon as it was answered', T + 101, T + 102, true, [false]],
  ])('of something taken away: %s', (_, from, to, isStrict, expected) => {
    const timeline = openTimeline(true);
    Object.assign(ask(timeline, false, T), { sureAt: T + 5_000, strictlySureAt: T + 100 });
    expect(possible(timeline, from, to, isStrict)).toEqual(expected);
  });

  it('takes both for possible for ever when no answer came, and only what was before when it was refused', () => {
    const timeline = openTimeline(true);
    const setting = ask(timeline, false, T);
    expect(possible(timeline, T + 1e9, T + 1e9, true)).toEqual([false, true]);
    withdraw(timeline, setting);
    expect(possible(timeline, T + 1e9, T + 1e9, true)).toEqual([true]);
  });
});

describe('a limit, from outside', () => {
  const meterOf = (admitted: Meter['admitted']): Meter => {
    const meter = openMeter('m', 10, 10);
    meter.admitted.push(...admitted);
    return meter;
  };

  it('counts what was decided within one window for certain', () => {
    const each = (from: number) => ({ from, to: from + 50, cost: 5 });
    expect(fullestWindow(meterOf([each(T + 9_000), each(T), each(T + 10_100)]))).toBe(10);
    expect(fullestWindow(meterOf([each(T), each(T + 100), each(T + 9_900)]))).toBe(15);
  });

  it('does not count what may have been decided outside of it', () => {
    expect(fullestWindow(meterOf([{ from: T, to: T + 11_000, cost: 5 }]))).toBe(0);
  });

  it('is over only where half of it was asked for, as long as a lease may be on the book', () => {
    const meter = openMeter('m', 10, 10);
    meter.asked.push({ at: T, cost: 5 });
    expect(mayBeOver(meter, LEASE_MS, T + 19_000)).toBe(true);
    expect(mayBeOver(meter, LEASE_MS, T + 21_000)).toBe(false);
    expect(mayBeOver(openMeter('m', 10, 10), LEASE_MS, T)).toBe(false);
  });
});

const somebody = (): { readonly owner: Owner; readonly key: Key } => {
  const owner: Owner = {
    ...{
      number: 0,
      userId: 'user-1',
      sessionToken: '',
      session: { jwt: 'a.b.c', expiresAt: T },
      meter: null,
    },
    ...{ suspended: openTimeline(false), keys: [], isBusy: false, auditRows: 0 },
  };
  const secret = { key: 'soak_test_1_s', pair: btoa('soak_test_1:s'), alive: openTimeline(true) };
  const key: Key = {
    ...{ keyId: 'soak_test_1', owner, name: 'k', alive: openTimeline(true), meter: null },
    scopes: openTimeline<readonly string[]>(['items:read', 'items:write']),
    ...{ secrets: [secret], tokens: [], expiresAt: null, isRevoked: false, isUnclear: false },
    ...{ rotationEndsAt: null, tokensUnclearUntil: 0, generation: 0, allowedExchanges: 1, parts: new Set() },
  };
  return { owner, key };
};

const askOf = (key: Key, more: Partial<Ask> = {}): Ask => {
  const [secret] = key.secrets;
  if (secret === undefined) throw new Error('a key without a secret');
  return {
    ...{ kind: 'bearer', nonce: 'n1', requestId: 'soak-00000001', method: 'GET', path: '/v1/items/n1' },
    ...{ lines: [], body: null, isChunked: false, host: 'api.soak' },
    expected: { type: 'caller', credential: ofSecret(key, secret, 'bearer'), route: 'read' },
    ...more,
  };
};

const SEEN: Seen = {
  ...{ at: T, nonce: 'n1', requestId: 'soak-00000001', method: 'GET', path: '/v1/items/n1' },
  ...{ user: 'user-1', key: 'soak_test_1', auth: 'api_key', scopes: 'items:read items:write' },
  ...{ hasCredential: false, assertion: 'proven' },
};

const replyOf = (status: number, fields: Readonly<Record<string, string>>, body: string): Reply => ({
  status,
  field: (name) => fields[name] ?? null,
  body: Buffer.from(body),
});

const admitted = (seen: Partial<Seen> = {}): Reply => {
  const text = JSON.stringify({ ...SEEN, ...seen });
  return replyOf(200, { 'x-request-id': 'soak-00000001', 'x-seen': text }, text);
};

const refused = (status: number, code: string, fields: Readonly<Record<string, string>> = {}): Reply =>
  replyOf(
    status,
    { 'x-request-id': 'soak-00000001', 'www-authenticate': 'Bearer', ...fields },
    JSON.stringify({ status, code, request_id: 'soak-00000001' }),
  );

const SPAN = { startedAt: T, endedAt: T + 10 };
const problems = (key: Key, reply: Reply, more: Partial<Ask> = {}): readonly string[] =>
  judge(askOf(key, more), reply, SPAN).problems;

describe('an answer', () => {
  it('that is its own is right', () => {
    expect(problems(somebody().key, admitted())).toEqual([]);
  });

  it.each<[string, Partial<Seen>]>([
    ['another user', { user: 'user-2' }],
    ['nobody', { user: null, key: null, scopes: null, auth: 'anonymous' }],
    ['another key', { key: 'soak_test_2' }],
    ['another kind of credential', { auth: 'client_credentials' }],
    ['more scopes', { scopes: 'items:read items:write reports:read' }],
    ['fewer scopes', { scopes: 'items:read' }],
    ['another request', { nonce: 'n2' }],
    ['another request id', { requestId: 'soak-00000002' }],
    ['another path', { path: '/v1/items/n2' }],
    ['another method', { method: 'POST' }],
    ['a credential that was passed on', { hasCredential: true }],
    ['an assertion that is not good', { assertion: 'signature_invalid' }],
  ])('of %s is wrong', (_, seen) => {
    expect(problems(somebody().key, admitted(seen))).not.toEqual([]);
  });

  it.each([
    [
      'a body that is not its own',
      replyOf(200, { 'x-request-id': 'soak-00000001', 'x-seen': JSON.stringify(SEEN) }, 'x'),
    ],
    ['a 503', refused(503, 'unavailable')],
    ['a 500', refused(500, 'internal')],
    ['a 401 for what is good', refused(401, 'invalid_token')],
    ['a 403 for what it may', refused(403, 'insufficient_scope')],
    ['a 429 for whom no limit is near', refused(429, 'rate_limited')],
    ['a refusal of another request', refused(401, 'invalid_token', { 'x-request-id': 'soak-00000002' })],
  ])('that is %s is wrong', (_, reply) => {
    expect(problems(somebody().key, reply)).not.toEqual([]);
  });

  it('to a dead key is right as a 401 with its challenge, and wrong without or if let in', () => {
    const { key } = somebody();
    Object.assign(ask(key.alive, false, T - 9_000), { sureAt: T - 1, strictlySureAt: T - 8_000 });
    expect(problems(key, refused(401, 'invalid_token'))).toEqual([]);
    const silent = { 'x-request-id': 'soak-00000001' };
    const body = JSON.stringify({ code: 'invalid_token', request_id: 'soak-00000001' });
    expect(problems(key, replyOf(401, silent, body))).toEqual(['a 401 without a challenge']);
    expect(problems(key, admitted())).toEqual(['let in with a dead key']);
  });

  it('to a key that is dead within the lease may be either, but not on a strict route', () => {
    const { key } = somebody();
    Object.assign(ask(key.alive, false, T - 100), { sureAt: T + 4_900, strictlySureAt: T - 50 });
    expect(problems(key, admitted())).toEqual([]);
    expect(problems(key, refused(401, 'invalid_token'))).toEqual([]);
    const { expected } = askOf(key);
    const strict = { path: '/v1/strict/n1', expected: { ...expected, route: 'strict' } } as Partial<Ask>;
    expect(problems(key, admitted({ path: '/v1/strict/n1' }), strict)).toEqual(['let in with a dead key']);
  });

  it('to a suspended owner is a 403, and to a narrowed key not let in with what it lacks', () => {
    const { owner, key } = somebody();
    const sure = { sureAt: T - 1, strictlySureAt: T - 1 };
    Object.assign(ask(owner.suspended, true, T - 9_000), sure);
    expect(problems(key, refused(403, 'owner_suspended'))).toEqual([]);
    expect(problems(key, admitted())).toEqual(['let in though suspended']);
    const other = somebody().key;
    Object.assign(ask<readonly string[]>(other.scopes, ['items:write'], T - 9_000), sure);
    expect(problems(other, refused(403, 'insufficient_scope'))).toEqual([]);
    expect(problems(other, admitted({ scopes: 'items:write' }))).toEqual(['let in without the scope']);
  });

  it('to nobody who may be nobody is one without an identity, and a refusal is the one that was meant', () => {
    const { key } = somebody();
    const nobody = { user: null, key: null, scopes: null, auth: 'anonymous' };
    expect(problems(key, admitted(nobody), { expected: { type: 'anonymous' } })).toEqual([]);
    expect(problems(key, admitted(), { expected: { type: 'anonymous' } })).not.toEqual([]);
    const expected = { type: 'refused', status: 400, code: 'path_not_canonical' } as const;
    expect(problems(key, refused(400, 'path_not_canonical'), { expected })).toEqual([]);
    expect(problems(key, refused(400, 'invalid_request'), { expected })).not.toEqual([]);
    expect(problems(key, admitted(), { expected })).not.toEqual([]);
  });
});

describe('memory', () => {
  const samples = (of: (i: number) => number) =>
    Array.from({ length: 40 }, (_, i) => ({ seconds: i, requests: i * 10_000, residentMiB: of(i) }));

  it('that levels off has no trend; that grows has one, in its slope too', () => {
    expect(trendOf(samples((i) => (i < 10 ? 20 * i : 200)))).toMatchObject({ growthMiB: 0, slopeMiB: 0 });
    const grown = trendOf(samples((i) => 100 + 5 * i));
    expect(grown?.growthMiB).toBeGreaterThan(MAX_GROWTH_MIB);
    expect(grown?.slopeMiB).toBe(50);
  });

  it('of a short run says nothing', () => {
    expect(trendOf(samples(() => 1).slice(0, 10))).toBeNull();
    expect(trendOf(samples(() => 1).map((each) => ({ ...each, requests: 10 })))).toBeNull();
  });
});

it('what was taken away is told by how long it could still be used', () => {
  const taking = (lastAdmittedAt: number | null, probes: number) => ({
    ...{ kind: 'revoked', answeredAt: T, effectiveBy: T + 5_000, lastAdmittedAt, probes },
  });
  expect(latenessOf([taking(null, 1), taking(T + 2_000, 0), taking(T + 4_000, 3)])).toEqual([
    { kind: 'revoked', count: 3, checked: 2, p50: 2, p90: 4, most: 4 },
  ]);
});

it('times are told to a twentieth', () => {
  const tally = openTally();
  for (let ms = 1; ms <= 100; ms++) time(tally, 'bearer', ms);
  const times = tally.times.get('bearer');
  expect(times === undefined ? 0 : quantile(times, 0.5) / 50).toBeCloseTo(1, 1);
  expect(times === undefined ? 0 : quantile(times, 0.99) / 99).toBeCloseTo(1, 1);
});
