import { describe, expect, it } from 'vitest';
import { axisTimes, bucketName } from '../../../../src/portal/charts/times.ts';
import { DAY_MS, days, HOUR_MS, hours } from './usage.ts';

const starts = (buckets: readonly { readonly at: number }[]) => buckets.map(({ at }) => at);

describe('bucketName', () => {
  it.each([
    ['2026-11-26T00:00:00Z', DAY_MS, 'Nov 26'],
    ['2026-11-26T09:00:00Z', HOUR_MS, 'Nov 26, 09:00–10:00'],
    ['2026-11-26T23:00:00Z', HOUR_MS, 'Nov 26, 23:00–00:00'],
    ['2026-11-26T18:00:00Z', 6 * HOUR_MS, 'Nov 26, 18:00–00:00'],
  ])('%s for %i ms is %s', (at, stepMs, expected) => {
    expect(bucketName(Date.parse(at), stepMs)).toBe(expected);
  });
});

describe('axisTimes', () => {
  it('of a day: every three hours of UTC, every six where there is little room', () => {
    const times = axisTimes(starts(hours('2026-11-25T14:00:00Z', Array(24).fill({}))), HOUR_MS);
    expect(times.map(({ text }) => text)).toEqual(
      ['15', '18', '21', '00', '03', '06', '09', '12'].map((hour) => `${hour}:00`),
    );
    expect(times.map(({ isMinor }) => isMinor)).toEqual(Array(4).fill([true, false]).flat());
    expect(times[0]?.index).toBe(1);
  });

  it('of a week: every day where it begins', () => {
    const sixes = [...Array(28).keys()].map((i) => Date.parse('2026-11-20T00:00:00Z') + i * 6 * HOUR_MS);
    expect(axisTimes(sixes, 6 * HOUR_MS).map(({ index, text }) => [index, text])).toEqual(
      ['Fri', 'Sat', 'Sun', 'Mon', 'Tue', 'Wed', 'Thu'].map((day, i) => [i * 4, day]),
    );
  });

  it('of months: their first days, and their middles where there is room', () => {
    const times = axisTimes(starts(days('2026-08-29T00:00:00Z', Array(90).fill({}))), DAY_MS);
    expect(times.map(({ text }) => text)).toEqual(['Sep 1', 'Sep 15', 'Oct 1', 'Oct 15', 'Nov 1', 'Nov 15']);
    expect(times.filter(({ isMinor }) => !isMinor).map(({ text }) => text)).toEqual([
      'Sep 1',
      'Oct 1',
      'Nov 1',
    ]);
  });
});
