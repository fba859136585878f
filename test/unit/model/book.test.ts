import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Book,
  bookedUnits,
  cellMs,
  emptyAt,
  emptyBook,
  freesInMs,
  nextLeavesInMs,
  putUnits,
  recell,
  slide,
  takeUnits,
} from '../../../src/model/book.ts';
import { runs } from '../../property.ts';

const NOW = 1_795_000_000_000;

const bookOf = (perSeconds: number, spends: readonly (readonly [agoMs: number, units: number])[]): Book => {
  const book = emptyBook(perSeconds);
  for (const [agoMs, units] of spends) putUnits(book, NOW - agoMs, units, NOW);
  return book;
};

const spends = (perSeconds: number) =>
  fc.array(fc.tuple(fc.integer({ min: -5000, max: perSeconds * 1000 - 1 }), fc.integer({ min: 1, max: 9 })), {
    maxLength: 30,
  });

describe('book', () => {
  it('counts a unit for the whole window after it was spent, and at most one cell longer', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 3600 }),
        fc.integer({ min: 0, max: 10_000_000 }),
        (perSeconds, offset) => {
          const at = NOW + offset;
          const book = emptyBook(perSeconds);
          putUnits(book, at, 3, at);
          slide(book, at + perSeconds * 1000 - 1);
          expect(bookedUnits(book)).toBe(3);
          slide(book, at + perSeconds * 1000 + cellMs(book));
          expect(bookedUnits(book)).toBe(0);
        },
      ),
      { numRuns: runs(500) },
    );
  });

  it('stays sorted, one entry a cell, whatever the order of bookings', () => {
    fc.assert(
      fc.property(spends(60), (booked) => {
        const { cells } = bookOf(60, booked);
        expect(cells).toEqual([...new Map(cells)].sort(([one], [other]) => one - other));
        expect(bookedUnits({ perSeconds: 60, cells })).toBe(
          booked.reduce((sum, [, units]) => sum + units, 0),
        );
      }),
      { numRuns: runs(500) },
    );
  });

  it('strikes out only what is in the cell', () => {
    const book = bookOf(60, [[0, 3]]);
    expect(takeUnits(book, NOW - 30_000, 5)).toBe(0);
    expect(takeUnits(book, NOW, 5)).toBe(3);
    expect(book.cells).toEqual([]);
  });

  it('strikes out in the cell that is meant, whatever stands before and behind it', () => {
    const spends = [
      [30_000, 3],
      [20_000, 4],
      [0, 5],
    ] as const;
    const book = bookOf(60, spends);
    expect([25_000, 10_000, 40_000].map((agoMs) => takeUnits(book, NOW - agoMs, 1))).toEqual([0, 0, 0]);
    expect([20_000, 30_000].map((agoMs) => takeUnits(book, NOW - agoMs, 2))).toEqual([2, 2]);
    expect(book.cells.map(([, units]) => units)).toEqual([1, 2, 5]);
    expect(takeUnits(book, NOW - 20_000, 9)).toBe(2);
    expect(book.cells.map(([, units]) => units)).toEqual([1, 5]);
  });

  it('ignores a unit that has already slid out, to the moment', () => {
    expect(bookOf(60, [[61_000, 3]]).cells).toEqual([]);
    // Cells of a second each: what was spent in the last one that counts, and just before it.
    expect(bookOf(128, [[128_000, 3]]).cells).toHaveLength(1);
    expect(bookOf(128, [[128_001, 3]]).cells).toEqual([]);
  });

  it('says when a cost fits: not a moment later, and no sooner than that', () => {
    fc.assert(
      fc.property(spends(10), fc.integer({ min: 1, max: 20 }), (booked, cost) => {
        const book = bookOf(10, booked);
        const requests = Math.max(20, bookedUnits(book));
        const wait = freesInMs(book, requests, cost, NOW);
        if (wait > 0) {
          slide(book, NOW + wait - 0.01);
          expect(requests - bookedUnits(book)).toBeLessThan(cost);
        }
        slide(book, NOW + wait);
        expect(requests - bookedUnits(book)).toBeGreaterThanOrEqual(cost);
      }),
      { numRuns: runs(500) },
    );
  });

  it('names a finite wait for a cost over the limit', () => {
    expect(freesInMs(bookOf(10, [[0, 5]]), 5, 6, NOW)).toBe(10_000);
  });

  it('is empty when its last unit has left, and not before', () => {
    const book = bookOf(60, [
      [50_000, 1],
      [-5_000, 1],
    ]);
    expect(nextLeavesInMs(book, NOW)).toBeGreaterThan(10_000);
    slide(book, emptyAt(book) - 1);
    expect(bookedUnits(book)).toBe(1);
    slide(book, emptyAt(book));
    expect(book.cells).toEqual([]);
    expect(emptyAt(book)).toBe(0);
    expect(nextLeavesInMs(book, NOW)).toBe(0);
  });

  it('lets no unit leave early when its window changes length', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 1, max: 120 }),
        fc.integer({ min: 0, max: 120_000 }),
        (before, after, agoMs) => {
          fc.pre(agoMs < Math.min(before, after) * 1000);
          const book = recell(bookOf(before, [[agoMs, 2]]), after, NOW);
          expect(book.perSeconds).toBe(after);
          slide(book, NOW - agoMs + after * 1000 - 1);
          expect(bookedUnits(book)).toBe(2);
          slide(book, NOW - agoMs + after * 1000 + (before + after) * 10);
          expect(bookedUnits(book)).toBe(0);
        },
      ),
      { numRuns: runs(500) },
    );
  });
});
