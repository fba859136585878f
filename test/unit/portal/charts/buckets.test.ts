import { describe, expect, it } from 'vitest';
import { requestsIn, totalsOf } from '../../../../src/model/life.ts';
import { joined } from '../../../../src/portal/charts/buckets.ts';
import { HOUR_MS, hours } from './usage.ts';

describe('joined', () => {
  it('hours become times that begin where those of UTC do, and nothing is lost', () => {
    const buckets = hours(
      '2026-11-26T04:00:00Z',
      [...Array(9).keys()].map((i) => ({ admitted: i, refused: 1 })),
    );
    const sixes = joined(buckets, 6 * HOUR_MS);
    expect(sixes).toEqual([
      { at: Date.parse('2026-11-26T00:00:00Z'), admitted: 1, limited: 0, refused: 2 },
      { at: Date.parse('2026-11-26T06:00:00Z'), admitted: 27, limited: 0, refused: 6 },
      { at: Date.parse('2026-11-26T12:00:00Z'), admitted: 8, limited: 0, refused: 1 },
    ]);
    expect(totalsOf(sixes)).toEqual(totalsOf(buckets));
  });

  it('of nothing is nothing', () => {
    expect(joined([], HOUR_MS)).toEqual([]);
    expect(requestsIn(totalsOf([]))).toBe(0);
  });
});
