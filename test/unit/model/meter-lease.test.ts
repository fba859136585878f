import { describe, expect, it } from 'vitest';
import { type Book, cellMs, emptyBook, putUnits } from '../../../src/model/book.ts';
import type { Report } from '../../../src/model/lease-wire.ts';
import { type Lease, redate } from '../../../src/model/meter-lease.ts';

/** A cell of this window is a second. */
const PER_SECONDS = 128;
const NOW = 1_000_000;
const GRANTED = NOW - 4_000;
const EXPIRES = NOW + 1_000;

const LEASE: Lease = {
  ...{ purses: [''], month: null, decided: 0, units: 10, grantedAt: GRANTED, expiresAt: EXPIRES },
  ...{ forgetAt: NOW + 61_000, open: 10, total: 0, closed: false },
};

/** Where the units of a lease of ten stand after a report: seconds from now, and how many. */
const dated = (spent: Report['spent'], fresh: number): readonly (readonly [number, number])[] => {
  const book: Book = emptyBook(PER_SECONDS);
  putUnits(book, EXPIRES, 10, NOW);
  redate(book, LEASE, spent, fresh, NOW);
  expect(cellMs(book)).toBe(1_000);
  return book.cells.map(([cell, units]) => [cell - NOW / 1_000, units]);
};

describe('what a report says of a lease', () => {
  it('moves the units that are new from the end of the lease to when they were spent', () => {
    expect(
      dated(
        [
          [3_000, 2],
          [1_000, 1],
        ],
        3,
      ),
    ).toEqual([
      [-3, 2],
      [-1, 1],
      [1, 7],
    ]);
  });

  it('takes the newest for what is new', () => {
    const spent = [
      [3_000, 2],
      [1_000, 1],
    ] as const;
    expect(dated(spent, 2)).toEqual([
      [-3, 1],
      [-1, 1],
      [1, 8],
    ]);
    expect(dated(spent, 1)).toEqual([
      [-1, 1],
      [1, 9],
    ]);
    expect(dated(spent, 0)).toEqual([[1, 10]]);
  });

  it('leaves at the end of the lease what the log does not date', () => {
    expect(dated([[1_000, 1]], 5)).toEqual([
      [-1, 1],
      [1, 9],
    ]);
    expect(dated([], 5)).toEqual([[1, 10]]);
  });

  it('dates nothing before the grant, nor in the future', () => {
    expect(dated([[50_000, 1]], 1)).toEqual([
      [-4, 1],
      [1, 9],
    ]);
    expect(dated([[-50_000, 1]], 1)).toEqual([
      [0, 1],
      [1, 9],
    ]);
  });

  it('dates nothing after the end of the lease, however late the report comes', () => {
    const book: Book = emptyBook(PER_SECONDS);
    const late = EXPIRES + 20_000;
    putUnits(book, EXPIRES, 10, NOW);
    redate(book, LEASE, [[0, 4]], 4, late);
    expect(book.cells).toEqual([[EXPIRES / 1_000, 10]]);
  });

  it('is not misled by units that are less than none', () => {
    expect(
      dated(
        [
          [3_000, 2],
          [1_000, -5],
        ],
        2,
      ),
    ).toEqual([
      [-3, 2],
      [1, 8],
    ]);
  });

  it('moves no more than there is at the end of the lease', () => {
    const book: Book = emptyBook(PER_SECONDS);
    putUnits(book, EXPIRES, 3, NOW);
    redate(book, LEASE, [[1_000, 5]], 5, NOW);
    expect(book.cells).toEqual([[NOW / 1_000 - 1, 3]]);
  });
});
