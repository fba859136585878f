import { describe, expect, it } from 'vitest';
import { spread, summarize } from '../../../bench/figures.ts';

const sample = (rps: number, cpu_us = 100) => ({
  ...{ rps, cpu_us, p50_ms: 1, p90_ms: 2, p99_ms: 3 },
  foreign_cores: 0,
});

describe('figures', () => {
  it.each([
    [[3, 1, 2], { median: 2, min: 1, max: 3 }],
    [[4, 1, 2, 3], { median: 2.5, min: 1, max: 4 }],
    [[7], { median: 7, min: 7, max: 7 }],
  ])('the median of %j', (numbers, expected) => {
    expect(spread(numbers)).toEqual(expected);
  });

  it('a ratio is of the two rounds that stood side by side, not of two medians', () => {
    const mine = [sample(50), sample(90), sample(100)];
    const floor = [sample(100), sample(100), sample(200)];
    expect(summarize(mine, floor, undefined).ratio).toEqual({ median: 0.5, min: 0.5, max: 0.9 });
    expect(summarize(mine, undefined, floor).contract_ratio).toEqual({ median: 0.5, min: 0.5, max: 0.9 });
  });

  it('without the floor there is no ratio', () => {
    expect(summarize([sample(1)], undefined, undefined)).toMatchObject({
      ...{ ratio: null, cpu_ratio: null, contract_ratio: null },
    });
  });
});
