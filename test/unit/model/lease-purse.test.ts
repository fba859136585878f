import { describe, expect, it } from 'vitest';
import type { HeldLease } from '../../../src/model/lease-log.ts';
import { remember } from '../../../src/model/lease-past.ts';
import {
  type Call,
  giveBack,
  hold,
  holdFailed,
  inFlight,
  isLive,
  isOver,
  left,
  MAX_HELD_LEASES,
  openPurse,
  type Purse,
  type PurseOptions,
  see,
  weightOf,
} from '../../../src/model/lease-purse.ts';

const NOW = 1_000_000;
const LEASE_MS = 5_000;

const empty = (more: Partial<PurseOptions> = {}): Purse =>
  openPurse({ isolate: 'i', leaseMs: LEASE_MS, newLeaseId: () => 'new', ...more }, 'key-1');

const lease = (leaseId: string, more: Partial<HeldLease> = {}): HeldLease => ({
  ...{ leaseId, until: NOW + LEASE_MS, left: 10, total: 0, acknowledged: 0, closed: false, log: [] },
  ...more,
});

const call = (more: Partial<Call> = {}): Call => ({
  ...{ leaseId: 'c', sentAt: NOW, costs: [], used: 0, reports: [], grace: null },
  ...{ failed: false, untimed: false, ...more },
});

const WINDOW_MS = 128_000;
/** A purse with a grace, and a past of so many cells. */
const withPast = (cells: number, windowMs = WINDOW_MS): Purse => {
  const purse = empty({ graceMs: 30_000 });
  if (purse.grace !== null) purse.grace.pasts = [{ windowMs, cells: [] }];
  for (let cell = 0; cell < cells; cell++)
    remember(purse.grace?.pasts ?? [], { from: NOW + cell * 1_000, to: NOW + cell * 1_000, units: 1 }, NOW);
  return purse;
};

describe('a purse', () => {
  it('is for the owner or one key, and has a grace only where one is configured', () => {
    expect(empty()).toMatchObject({ name: 'key-1', leases: [], calls: [], grace: null, scarce: false });
    expect(empty({ graceMs: 0 }).grace).toBeNull();
    expect(empty({ graceMs: 1 }).grace).toMatchObject({ pasts: [], began: null, untold: null });
  });

  it('has what is in leases that are neither closed nor over', () => {
    const purse = empty();
    purse.leases = [
      lease('a', { left: 3 }),
      lease('b', { left: 5, closed: true }),
      lease('c', { left: 7, until: NOW + 1 }),
    ];
    expect([left(purse, NOW), left(purse, NOW + 1), left(purse, NOW + LEASE_MS)]).toEqual([10, 3, 0]);
    expect([NOW + LEASE_MS - 1, NOW + LEASE_MS].map((now) => isLive(lease('a'), now))).toEqual([true, false]);
  });

  it('knows which calls are under way: those that somebody waits for, and those of its own', () => {
    const purse = empty();
    const flights = (...calls: Call[]) => {
      purse.calls = calls;
      return inFlight(purse);
    };
    expect(flights()).toEqual({ waiting: false, background: false });
    expect(flights(call())).toEqual({ waiting: false, background: true });
    expect(flights(call({ costs: [1] }))).toEqual({ waiting: true, background: false });
    expect(flights(call({ failed: true }), call({ costs: [1], failed: true }))).toEqual({
      ...{ waiting: false, background: false },
    });
    expect(flights(call({ failed: true }), call({ costs: [1] }), call())).toEqual({
      ...{ waiting: true, background: true },
    });
  });

  it('holds 32 leases at the most: the oldest makes room, unreported', () => {
    const purse = empty();
    for (let index = 0; index < MAX_HELD_LEASES; index++) hold(purse, lease(`l${index}`), NOW);
    expect(purse.leases).toHaveLength(32);
    hold(purse, lease('one more'), NOW);
    expect(purse.leases).toHaveLength(32);
    expect([purse.leases[0]?.leaseId, purse.leases.at(-1)?.leaseId]).toEqual(['l1', 'one more']);
  });

  it('remembers what the lease that made room was spent on, and of no other', () => {
    const purse = withPast(0);
    for (let index = 0; index < MAX_HELD_LEASES; index++)
      hold(purse, lease(`l${index}`, { log: [NOW, index + 1] }), NOW);
    expect(purse.grace?.pasts[0]?.cells).toEqual([]);
    hold(purse, lease('one more'), NOW);
    expect(purse.grace?.pasts[0]?.cells).toEqual([NOW, NOW, 1]);
  });

  it('takes what a failed call may have brought for a lease that is never spent', () => {
    const purse = empty();
    const alive = call({ leaseId: 'alive' });
    purse.calls = [call({ leaseId: 'lost', failed: true }), alive];
    holdFailed(purse, NOW);
    expect(purse.calls).toEqual([alive]);
    expect(purse.leases).toEqual([lease('lost', { until: Number.NEGATIVE_INFINITY, left: 0, closed: true })]);
  });
});

describe('a clock that runs backwards', () => {
  it('closes every lease, those under way too, and forgets what was dated by it', () => {
    const purse = empty();
    see(purse, NOW);
    purse.leases = [lease('a')];
    purse.calls = [call()];
    purse.rate = { startedAt: NOW, seenAt: NOW, weight: 1 };
    purse.refusal = { cost: 1, until: NOW + 1, retryAt: NOW + 1, by: ['owner'] };
    purse.renewNotBefore = NOW + 1;
    purse.answeredAt = NOW;
    see(purse, NOW - 1);
    expect(purse).toMatchObject({
      ...{ leases: [{ closed: true }], calls: [{ untimed: true }], rate: null, refusal: null },
      ...{ renewNotBefore: Number.NEGATIVE_INFINITY, answeredAt: NOW - 1, lastSeen: NOW - 1 },
    });
  });

  it('leaves undated what was spent, and no past to repeat', () => {
    const purse = withPast(3);
    const { grace } = purse;
    see(purse, NOW);
    purse.leases = [lease('a', { log: [NOW, 1], total: 1 })];
    if (grace !== null) {
      grace.began = { since: NOW, caps: [], leftOfMonth: 1, probeNotBefore: NOW };
      grace.heardOf = NOW;
    }
    see(purse, NOW - 1);
    expect(purse.leases).toMatchObject([{ log: [], total: 1 }]);
    expect(grace).toMatchObject({
      ...{ began: null, heardOf: Number.NEGATIVE_INFINITY, pasts: [{ windowMs: WINDOW_MS, cells: [] }] },
    });
  });

  it('is not one that stands still', () => {
    const purse = empty();
    see(purse, NOW);
    purse.leases = [lease('a')];
    see(purse, NOW);
    expect(purse.leases).toMatchObject([{ closed: false }]);
  });
});

describe('a purse that is given back', () => {
  it('closes and forgets every lease, those of failed calls too, and keeps what was spent for its grace', () => {
    const purse = withPast(0);
    const held = lease('a', { log: [NOW - 100, 2], total: 2, left: 8 });
    purse.leases = [held];
    purse.calls = [call({ leaseId: 'lost', failed: true })];
    expect(giveBack(purse, NOW)).toEqual([
      { leaseId: 'a', total: 2, spent: [[90, 2]], closed: true },
      { leaseId: 'lost', total: 0, spent: [], closed: true },
    ]);
    expect(held.closed).toBe(true);
    expect([purse.leases, purse.grace?.pasts[0]?.cells]).toEqual([[], [NOW - 100, NOW - 100, 2]]);
  });
});

describe('a purse is over', () => {
  const seen = (purse: Purse): Purse => {
    see(purse, NOW);
    return purse;
  };

  it('when the Ring would hear no report of its leases any more', () => {
    const purse = seen(empty());
    expect([65_000, 65_001].map((ms) => isOver(purse, NOW + ms))).toEqual([false, true]);
  });

  it('not while it refuses something', () => {
    const purse = seen(empty());
    purse.refusal = { cost: 1, until: NOW + 70_000, retryAt: NOW, by: ['owner'] };
    expect([69_999, 70_000].map((ms) => isOver(purse, NOW + ms))).toEqual([false, true]);
  });

  it('not while there is a past that one could repeat', () => {
    const purse = seen(withPast(1));
    expect([WINDOW_MS, WINDOW_MS + 1].map((ms) => isOver(purse, NOW + ms))).toEqual([false, true]);
    expect(isOver(seen(withPast(0)), NOW + 65_001)).toBe(true);
  });

  it('not while something is to be told of a grace', () => {
    const purse = seen(withPast(0));
    if (purse.grace !== null) purse.grace.untold = lease('grace');
    expect(isOver(purse, NOW + 3_600_000)).toBe(false);
  });
});

describe('what a purse weighs', () => {
  it('is its leases, and one at the least', () => {
    const purse = empty();
    const weights = [0, 1, 2].map((count) => {
      purse.leases = Array.from({ length: count }, () => lease('a'));
      return weightOf(purse);
    });
    expect(weights).toEqual([1, 1, 2]);
  });

  it('is more by one for each 64 cells of its past', () => {
    expect([0, 63, 64, 127, 128].map((cells) => weightOf(withPast(cells)))).toEqual([1, 1, 2, 2, 3]);
  });
});
