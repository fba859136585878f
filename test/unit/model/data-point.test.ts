import { describe, expect, it } from 'vitest';
import { BLOBS, DOUBLES, dataPointOf } from '../../../src/model/data-point.ts';

describe('a data point', () => {
  it('has every column at its place, and those that a line has not empty', () => {
    const point = dataPointOf({ event: 'request', ring: 'R'.repeat(17), status: 200, units: 5 }, 'version-1');
    expect(point.indexes).toEqual(['R'.repeat(17)]);
    expect(point.blobs.slice(0, 3)).toEqual(['1', 'version-1', 'request']);
    expect(point.blobs[2 + BLOBS.indexOf('status')]).toBe('200');
    expect(point.doubles[DOUBLES.indexOf('units')]).toBe(5);
    expect(point.blobs.filter((blob) => blob !== '')).toHaveLength(4);
    expect(point.doubles.filter((double) => double !== 0)).toEqual([5]);
  });

  it('stays within what Analytics Engine takes: 20 blobs, 20 doubles, 96 bytes of index', () => {
    const long = Object.fromEntries([...BLOBS, 'ring'].map((field) => [field, 'x'.repeat(1_000)]));
    const { indexes, blobs, doubles } = dataPointOf(long, '');
    expect(blobs.length).toBeLessThanOrEqual(20);
    expect(doubles.length).toBeLessThanOrEqual(20);
    expect(indexes[0]).toHaveLength(96);
    expect(blobs.join('').length).toBeLessThanOrEqual(16_384);
  });

  it.each([null, undefined, Number.NaN, Number.POSITIVE_INFINITY, '12', true])(
    'has 0 where a number is %s',
    (value) => {
      expect(dataPointOf({ bytes: value }, '').doubles.every((double) => double === 0)).toBe(true);
    },
  );
});
