import { describe, expect, it } from 'vitest';
import { observed, perSecond, type Rate } from '../../../src/model/lease-rate.ts';

const NOW = 1_000_000;

/** A flow of so many units each so many ms, from NOW on, for so long. */
const flow = (units: number, everyMs: number, ms: number): Rate | null => {
  let rate: Rate | null = null;
  for (let at = 0; at < ms; at += everyMs) rate = observed(rate, units, NOW + at);
  return rate;
};

describe('how much is asked for', () => {
  it('is nothing where nothing was', () => {
    expect(perSecond(null, NOW)).toBe(0);
    expect(perSecond(null, NOW, 5)).toBe(0);
  });

  it.each([
    [1, 10, 500],
    [1, 10, 10_000],
    [5, 100, 10_000],
  ])('of %i units each %i ms is found after %i ms, whenever the flow began', (units, everyMs, ms) => {
    const rate = perSecond(flow(units, everyMs, ms), NOW + ms);
    expect(Math.abs(rate / ((units * 1_000) / everyMs) - 1)).toBeLessThan(0.05);
  });

  it('of a burst is read over a quarter of a second', () => {
    const rate = perSecond(observed(observed(null, 1, NOW), 1, NOW), NOW);
    // Two units in 250 ms of a memory of 2 s.
    expect(rate).toBeCloseTo(2 / (2 * (1 - Math.exp(-0.125))), 9);
    expect(perSecond(observed(observed(null, 1, NOW), 1, NOW), NOW + 250)).toBeCloseTo(
      rate * Math.exp(-0.125),
      9,
    );
  });

  it('is forgotten by half in 1.4 s', () => {
    const rate = flow(1, 10, 20_000);
    const before = perSecond(rate, NOW + 19_990);
    expect(perSecond(rate, NOW + 19_990 + 2_000 * Math.LN2) / before).toBeCloseTo(0.5, 3);
  });

  it('leaves out the latest units, and is never less than nothing', () => {
    const two = observed(observed(null, 3, NOW), 4, NOW);
    expect(perSecond(two, NOW, 4)).toBeCloseTo(perSecond(observed(null, 3, NOW), NOW), 9);
    expect(perSecond(observed(null, 3, NOW), NOW, 3)).toBe(0);
    expect(perSecond(observed(null, 3, NOW), NOW, 5)).toBe(0);
  });

  it('does not grow by a clock that runs backwards', () => {
    const rate = observed(null, 3, NOW);
    expect(perSecond(rate, NOW - 60_000)).toBe(perSecond(rate, NOW));
  });
});
