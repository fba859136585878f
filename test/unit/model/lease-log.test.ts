import { describe, expect, it } from 'vitest';
import {
  acknowledge,
  agesOf,
  boundLogs,
  entriesOf,
  entryMs,
  type HeldLease,
  MAX_LOG_ENTRIES,
  reportOf,
  spendFrom,
  unitsAfter,
} from '../../../src/model/lease-log.ts';

const NOW = 1_000_000;

const lease = (more: Partial<HeldLease> = {}): HeldLease => ({
  ...{ leaseId: 'a', until: NOW + 5_000, left: 10, total: 0, acknowledged: 0, closed: false, log: [] },
  ...more,
});

describe('an entry of a log', () => {
  it('is as long as a cell of the shortest window, and half a second at the most', () => {
    expect(entryMs([{ requests: 1, perSeconds: 16 }])).toBe(125);
    expect(
      entryMs([
        { requests: 1, perSeconds: 32 },
        { requests: 1, perSeconds: 8 },
      ]),
    ).toBe(62.5);
    expect(entryMs([{ requests: 1, perSeconds: 3_600 }])).toBe(500);
    expect(entryMs([])).toBe(500);
  });

  it('holds what is spent in it, at its latest moment', () => {
    const held = lease();
    for (const [ms, units] of [
      [0, 1],
      [90, 2],
      [100, 3],
      [250, 1],
    ] as const)
      spendFrom(held, units, NOW + ms, 100);
    expect(held).toMatchObject({ left: 3, total: 7, log: [NOW + 90, 3, NOW + 100, 3, NOW + 250, 1] });
    expect(entriesOf(held.log)).toEqual([
      [NOW + 90, 3],
      [NOW + 100, 3],
      [NOW + 250, 1],
    ]);
  });
});

it('the first that is spent is dated, also where the clock has just begun', () => {
  const held = lease();
  spendFrom(held, 2, 50, 100);
  expect(held.log).toEqual([50, 2]);
});

describe('the logs of a purse', () => {
  const log = (entries: number, from = NOW): number[] =>
    Array.from({ length: entries }, (_, index) => [from + index, 1]).flat();

  it('are left alone up to 128 entries in all', () => {
    const leases = [lease({ log: log(MAX_LOG_ENTRIES - 1) }), lease({ log: log(1) })];
    boundLogs(leases);
    expect(leases.map((each) => each.log.length / 2)).toEqual([MAX_LOG_ENTRIES - 1, 1]);
  });

  it('beyond that, the two oldest entries of the longest become one, at the later date', () => {
    const leases = [lease({ log: log(1) }), lease({ log: log(MAX_LOG_ENTRIES + 1) }), lease()];
    boundLogs(leases);
    expect(leases.map((each) => each.log.length / 2)).toEqual([1, MAX_LOG_ENTRIES - 1, 0]);
    expect(entriesOf(leases[1]?.log ?? []).slice(0, 2)).toEqual([
      [NOW + 2, 3],
      [NOW + 3, 1],
    ]);
  });

  it('of one entry each cannot be merged', () => {
    const leases = Array.from({ length: MAX_LOG_ENTRIES + 2 }, () => lease({ log: log(1) }));
    boundLogs(leases);
    expect(leases.every((each) => each.log.length === 2)).toBe(true);
  });

  it('of as few as two entries can', () => {
    const leases = [
      lease({ log: log(2) }),
      ...Array.from({ length: MAX_LOG_ENTRIES - 1 }, () => lease({ log: log(1) })),
    ];
    boundLogs(leases);
    expect(leases[0]?.log).toEqual([NOW + 1, 2]);
  });

  it('say how much was spent after a moment', () => {
    expect(unitsAfter([NOW, 1, NOW + 5, 2, NOW + 9, 4], NOW + 5)).toBe(4);
    expect(unitsAfter([NOW, 1, NOW + 5, 2, NOW + 9, 4], NOW - 1)).toBe(7);
    expect(unitsAfter([], NOW)).toBe(0);
  });

  it('tell ages, a little less than they are and never less than nothing', () => {
    expect(agesOf([NOW - 100, 2, NOW - 5, 1], NOW)).toEqual([
      [90, 2],
      [0, 1],
    ]);
  });
});

describe('a report', () => {
  it('says what was spent, and leaves a lease with units and time open', () => {
    const held = lease({ left: 7, total: 3, log: [NOW - 100, 3] });
    expect(reportOf(held, NOW)).toEqual({ leaseId: 'a', total: 3, spent: [[90, 3]], closed: false });
    expect(held.closed).toBe(false);
  });

  it.each([
    ['is over', { until: NOW }],
    ['is empty', { left: 0 }],
    ['was closed before', { closed: true }],
  ])('closes a lease that %s, for good', (_, more) => {
    const held = lease(more);
    expect(reportOf(held, NOW).closed).toBe(true);
    expect(held.closed).toBe(true);
  });

  it('that is booked takes out of the log what it told, oldest first, and gives it back as a log', () => {
    const held = lease({ total: 9, acknowledged: 1, log: [NOW, 2, NOW + 5, 3, NOW + 9, 3] });
    expect(acknowledge(held, { total: 5 })).toEqual([NOW, 2, NOW + 5, 2]);
    expect(held).toMatchObject({ acknowledged: 5, log: [NOW + 5, 1, NOW + 9, 3] });
    expect(acknowledge(held, { total: 6 })).toEqual([NOW + 5, 1]);
    expect(held).toMatchObject({ acknowledged: 6, log: [NOW + 9, 3] });
  });

  it('that is booked twice, or later than a longer one, takes nothing', () => {
    const held = lease({ total: 5, acknowledged: 4, log: [NOW, 1] });
    for (const total of [4, 2]) expect(acknowledge(held, { total })).toEqual([]);
    expect(held).toMatchObject({ acknowledged: 4, log: [NOW, 1] });
  });

  it('that tells more than the log dates takes the whole log', () => {
    const held = lease({ total: 9, log: [NOW, 2] });
    expect(acknowledge(held, { total: 9 })).toEqual([NOW, 2]);
    expect(held).toMatchObject({ acknowledged: 9, log: [] });
  });
});
