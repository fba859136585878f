import { describe, expect, it } from 'vitest';
import type { GraceReport } from '../../../src/model/lease-wire.ts';
import { openBelated } from '../../../src/model/meter-belated.ts';
import type { Tally } from '../../../src/model/meter-tally.ts';

const NOW = 1_000_000;

/** A limit that writes down what it is charged: how long before now, and how much. */
const ledger = (perSeconds: number) => {
  const charged: (readonly [agoMs: number, units: number])[] = [];
  const tally: Tally = {
    ...{ name: 'owner', requests: 10, perSeconds, free: () => 0, freesInMs: () => 0 },
    charge: (at, units) => {
      if (units !== 0) charged.push([NOW - at, units]);
    },
    level: () => ({ name: 'owner', requests: 10, perSeconds, free: 0, freesInMs: 0 }),
  };
  return { charged, tally };
};

const told = (total: number, spent: GraceReport['spent'], graceId = 'grace'): GraceReport => ({
  ...{ graceId, total, spent },
});

/** What limits are charged when a report comes. */
const booked = (...reports: readonly GraceReport[]) => {
  const [one, other] = [ledger(60), ledger(10)];
  const belated = openBelated();
  for (const report of reports) belated.book(report, [one.tally, other.tally], NOW);
  expect(other.charged).toEqual(one.charged);
  return one.charged;
};

describe('units that were admitted while nobody could ask', () => {
  it('are booked on every limit, each when it was spent', () => {
    const spent = [
      [3_000, 2],
      [1_000, 1],
    ] as const;
    expect(booked(told(3, spent))).toEqual([
      [1_000, 1],
      [3_000, 2],
    ]);
  });

  it('are booked once, however often they are told', () => {
    const report = told(2, [[3_000, 2]]);
    expect(booked(report, report, told(1, [[3_000, 1]]), report)).toEqual([[3_000, 2]]);
  });

  it('are booked for what is new in a longer report, the newest first', () => {
    const longer = told(5, [
      [3_000, 2],
      [500, 3],
    ]);
    expect(booked(told(2, [[2_900, 2]]), longer)).toEqual([
      [2_900, 2],
      [500, 3],
    ]);
    expect(booked(told(2, [[2_900, 2]]), told(4, [[500, 3]]))).toEqual([
      [2_900, 2],
      [500, 2],
    ]);
  });

  it('of two graces are two things', () => {
    expect(booked(told(1, [[9, 1]]), told(1, [[9, 1]], 'other'))).toHaveLength(2);
  });

  it('are never booked in the future, nor taken away, whatever a report says', () => {
    expect(booked(told(3, [[-5_000, 3]]))).toEqual([[0, 3]]);
    expect(booked(told(3, [[100, -3]]))).toEqual([]);
    expect(booked(told(-3, [[100, 3]]))).toEqual([]);
    expect(
      booked(
        told(2, [
          [100, 2],
          [50, -3],
        ]),
      ),
    ).toEqual([[100, 2]]);
  });

  it('are remembered for a minute longer than the longest window that they are in', () => {
    const { charged, tally } = ledger(60);
    const short = ledger(1).tally;
    const belated = openBelated();
    const report = told(1, [[0, 1]]);
    belated.book(report, [short, tally], NOW);
    belated.forget(NOW + 119_999);
    belated.book(report, [short, tally], NOW);
    expect(charged).toHaveLength(1);
    belated.forget(NOW + 120_000);
    belated.book(report, [short, tally], NOW);
    expect(charged).toHaveLength(2);
  });

  it('are remembered from when they were told of last', () => {
    const { charged, tally } = ledger(60);
    const belated = openBelated();
    const [first, other] = [told(1, [[0, 1]]), told(1, [[0, 1]], 'other')];
    belated.book(first, [tally], NOW);
    belated.book(other, [tally], NOW + 1);
    belated.book(first, [tally], NOW + 60_000);
    belated.forget(NOW + 120_001);
    for (const report of [first, other]) belated.book(report, [tally], NOW + 120_001);
    // The other is booked anew: its memory was over.
    expect(charged).toHaveLength(3);
  });
});
