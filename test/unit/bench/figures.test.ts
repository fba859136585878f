import { describe, expect, it } from 'vitest';
import { compare, spread, summarize, summarizePaced } from '../../../bench/figures.ts';
import { roundsOf, sample } from './samples.ts';

describe('figures', () => {
  it.each([
    [[3, 1, 2], { median: 2, min: 1, max: 3 }],
    [[4, 1, 2, 3], { median: 2.5, min: 1, max: 4 }],
    [[7], { median: 7, min: 7, max: 7 }],
  ])('the median of %j', (numbers, expected) => {
    expect(spread(numbers)).toEqual(expected);
  });

  it('a ratio is of the two rounds that stood side by side, not of two medians', () => {
    const rounds = roundsOf({
      pass: [100, 100, 200].map((rps) => sample({ rps })),
      mine: [50, 90, 100].map((rps) => sample({ rps })),
    });
    expect(summarize(rounds, 'mine').ratio).toEqual({ median: 0.5, min: 0.5, max: 0.9 });
  });

  it('a variant outside of workerd is a ratio of its own bare proxy', () => {
    const rounds = roundsOf({
      pass: [sample({ rps: 100, cpu_us: 10 })],
      proxy: [sample({ rps: 1_000, cpu_us: 20 })],
      mine: [sample({ rps: 500, cpu_us: 80 })],
    });
    const { ratio, cpu_ratio } = summarize(rounds, 'mine', 'proxy');
    expect([ratio?.median, cpu_ratio?.median]).toEqual([0.5, 0.25]);
  });

  it('without what it is compared with there is no ratio', () => {
    const rounds = roundsOf({ mine: [sample({})], pass: [] });
    expect(summarize(rounds, 'mine')).toMatchObject({ ratio: null, cpu_ratio: null, contract_ratio: null });
    expect(compare(rounds, 'nobody', 'mine', 'rps')).toBeNull();
  });

  it('a round that was measured of one alone is left out', () => {
    const rounds = roundsOf({
      pass: [sample({ p50_ms: 2 })],
      mine: [sample({ p50_ms: 3 }), sample({ p50_ms: 9 })],
    });
    expect(summarizePaced(rounds, 'mine').p50_ratio).toEqual({ median: 1.5, min: 1.5, max: 1.5 });
  });
});
