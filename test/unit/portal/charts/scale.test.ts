import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { heights, sumOf, ticks } from '../../../../src/portal/charts/scale.ts';

const COUNT = fc.oneof(fc.nat(20), fc.maxSafeNat());

describe('ticks', () => {
  it.each([
    [1, [0, 1]],
    [5, [0, 1, 2, 3, 4, 5]],
    [7, [0, 2, 4, 6, 8]],
    [11, [0, 5, 10, 15]],
    [100, [0, 20, 40, 60, 80, 100]],
    [2_345, [0, 500, 1_000, 1_500, 2_000, 2_500]],
    [9_007_199_254_740_991, [0, 2e15, 4e15, 6e15, 8e15, 1e16]],
  ])('up to %i: %j', (most, expected) => {
    expect(ticks(most)).toEqual(expected);
  });

  it('of nothing there is a line at 0, and one above it', () => {
    expect(ticks(0)).toEqual([0, 1]);
  });

  it('they are whole, equally far apart, at most six, and the last one is not under what there is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }), (most) => {
        const lines = ticks(most);
        const [, step = 0] = lines;
        expect(lines.length).toBeLessThanOrEqual(6);
        expect(lines).toEqual(lines.map((_, i) => i * step));
        expect(Number.isInteger(step)).toBe(true);
        expect(/^[125]0*$|e\+/.test(String(step))).toBe(true);
        expect(lines.at(-1)).toBeGreaterThanOrEqual(most);
        expect(lines.at(-2)).toBeLessThan(most);
      }),
    );
  });
});

describe('heights', () => {
  it.each([
    [[50, 30, 20], 100, [50, 30, 20]],
    [[0, 0, 0], 100, [0, 0, 0]],
    [[100, 0, 0], 100, [100, 0, 0]],
    // A single refusal beside a million is seen, and the bar is as high as it was.
    [[999_999, 0, 1], 1_000_000, [98, 0, 2]],
    [[1, 1, 1], 1_000_000, [2, 2, 2]],
  ])('%j of %i are %j of 100', (counts, top, expected) => {
    expect(heights(counts, top, 100)).toEqual(expected);
  });

  it('together they are as high as their sum, nothing is under 0, and what is there is seen', () => {
    fc.assert(
      fc.property(fc.tuple(COUNT, COUNT, COUNT), (counts) => {
        const top = ticks(sumOf(counts)).at(-1) ?? 1;
        const stack = heights(counts, top, 100);
        const whole = Math.round((sumOf(counts) / top) * 100);
        expect(stack.map((height) => height > 0)).toEqual(counts.map((count) => count > 0));
        expect(stack.every((height) => height === 0 || height >= 2)).toBe(true);
        expect(sumOf(stack)).toBeGreaterThanOrEqual(whole);
        if (whole >= 6) expect(sumOf(stack)).toBe(whole);
      }),
    );
  });
});
