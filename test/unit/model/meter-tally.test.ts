import { describe, expect, it } from 'vitest';
import { type Book, cellMs, emptyBook, putUnits } from '../../../src/model/book.ts';
import { type Month, monthAt, monthTally, windowTally } from '../../../src/model/meter-tally.ts';

const NOW = Date.UTC(2026, 10, 30, 23, 59, 50);
const DECEMBER = Date.UTC(2026, 11);

describe('a sliding window, as an ask meets it', () => {
  const LIMIT = { requests: 10, perSeconds: 128 };
  const bookOf = (...spends: readonly (readonly [agoMs: number, units: number])[]): Book => {
    const book = emptyBook(LIMIT.perSeconds);
    for (const [agoMs, units] of spends) putUnits(book, NOW - agoMs, units, NOW);
    return book;
  };
  const tallyOf = (book: Book, requests = LIMIT.requests) =>
    windowTally('key', { ...LIMIT, requests }, book, NOW);

  it('has the limit less what is booked, and says which limit it is', () => {
    const tally = tallyOf(bookOf([5_000, 4]));
    expect(tally).toMatchObject({ name: 'key', ...LIMIT });
    expect(tally.free()).toBe(6);
    tally.charge(NOW, 6);
    expect(tally.free()).toBe(0);
  });

  it('has less than nothing after the limit was lowered, and tells nobody so', () => {
    const tally = tallyOf(bookOf([5_000, 4]), 3);
    expect([tally.free(), tally.level().free]).toEqual([-1, 0]);
  });

  it('says when a cost fits, and when units become free next', () => {
    const book = bookOf([10_000, 1], [5_000, 4]);
    expect(cellMs(book)).toBe(1_000);
    const tally = tallyOf(book);
    expect(tally.freesInMs(5)).toBe(0);
    expect(tally.freesInMs(6)).toBe(119_000);
    expect(tally.freesInMs(7)).toBe(124_000);
    expect(tally.level()).toEqual({ name: 'key', ...LIMIT, free: 5, freesInMs: 119_000 });
  });

  it('that has nothing left frees a unit when enough has left, which need not be the oldest', () => {
    expect(tallyOf(bookOf([10_000, 1], [5_000, 9])).level()).toMatchObject({ free: 0, freesInMs: 119_000 });
    expect(tallyOf(bookOf([10_000, 1], [5_000, 4]), 4).level()).toMatchObject({
      free: 0,
      freesInMs: 124_000,
    });
  });

  it('of which nothing is taken frees nothing', () => {
    expect(tallyOf(bookOf()).level()).toMatchObject({ free: 10, freesInMs: 0 });
  });
});

describe('a month', () => {
  it('is the UTC month of now, until the first instant of the next', () => {
    expect(monthAt(null, NOW)).toEqual({ name: '2026-11', endsAt: DECEMBER, units: 0 });
    expect(monthAt(null, Date.UTC(2026, 11, 31))).toEqual({
      name: '2026-12',
      endsAt: Date.UTC(2027, 0),
      units: 0,
    });
  });

  it('keeps what was granted in it, and is forgotten whole when it is over', () => {
    const november: Month = { name: '2026-11', endsAt: DECEMBER, units: 7 };
    expect(monthAt(november, DECEMBER - 1)).toBe(november);
    expect(monthAt(november, DECEMBER)).toEqual({ name: '2026-12', endsAt: Date.UTC(2027, 0), units: 0 });
  });

  const tallyOf = (units: number, requests = 10) => {
    const month: Month = { name: '2026-11', endsAt: DECEMBER, units };
    return { month, tally: monthTally(requests, month, NOW) };
  };

  it('is as long as it is', () => {
    expect(tallyOf(0).tally).toMatchObject({ name: 'month', requests: 10, perSeconds: 30 * 86_400 });
    const december: Month = { name: '2026-12', endsAt: Date.UTC(2027, 0), units: 0 };
    expect(monthTally(10, december, DECEMBER + 5).perSeconds).toBe(31 * 86_400);
  });

  it('is charged whenever the units may be spent', () => {
    const { month, tally } = tallyOf(4);
    tally.charge(DECEMBER + 5_000, 3);
    expect([month.units, tally.free()]).toEqual([7, 3]);
  });

  it('has room now or when it is over', () => {
    const { tally } = tallyOf(4);
    expect([tally.freesInMs(6), tally.freesInMs(7)]).toEqual([0, 10_000]);
  });

  it('frees what was taken when it is over', () => {
    const level = { name: 'month', requests: 10, perSeconds: 30 * 86_400 };
    expect(tallyOf(0).tally.level()).toEqual({ ...level, free: 10, freesInMs: 0 });
    expect(tallyOf(1).tally.level()).toEqual({ ...level, free: 9, freesInMs: 10_000 });
    expect(tallyOf(12).tally.level()).toEqual({ ...level, free: 0, freesInMs: 10_000 });
  });
});
