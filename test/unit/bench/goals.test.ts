import { describe, expect, it } from 'vitest';
import { judge } from '../../../bench/goals.ts';
import { VARIANTS } from '../../../bench/variants/index.ts';
import { roundsOf, sample } from './samples.ts';

const judged = (full: Parameters<typeof roundsOf>[0], paced: Parameters<typeof roundsOf>[0], says: string) =>
  judge(roundsOf(full), roundsOf(paced)).find((goal) => goal.says.startsWith(says));

const rps = (...figures: readonly number[]) => figures.map((each) => sample({ rps: each }));

describe('goals', () => {
  it.each([
    [89, false, false],
    [90, true, false],
    [95, true, true],
  ])('a warm key at %i hundredths of the pass-through: %s, %s', (of, met, stretch_met) => {
    const goal = judged(
      { pass: rps(100), warm_api_key: rps(of) },
      {},
      'throughput of a warm key, of the bare',
    );
    expect(goal).toMatchObject({ met, stretch_met });
  });

  it('it is the median of the rounds that meets a goal', () => {
    const goal = judged(
      { pass: rps(100, 100, 100), warm_m2m_jwt: rps(50, 91, 99) },
      {},
      'throughput of a warm M2M token, of the bare',
    );
    expect(goal).toMatchObject({ met: true, measured: { median: 0.91, min: 0.5, max: 0.99 } });
  });

  it.each([
    [2.4, false],
    [2.5, true],
  ])('a warm key at %f times the tutorial: %s', (times, met) => {
    const goal = judged(
      { tutorial: rps(100), warm_api_key: rps(100 * times) },
      {},
      'throughput of a warm key, of the t',
    );
    expect(goal).toMatchObject({ met, stretch: null, stretch_met: null });
  });

  it('latencies are judged by the paced rounds alone', () => {
    const [pass, warm] = [[sample({ p90_ms: 4 })], [sample({ p90_ms: 5.01 })]];
    const slow = [sample({ p90_ms: 1 })];
    expect(
      judged({ pass, warm_api_key: slow }, { pass, warm_api_key: warm }, 'p90 of a warm key'),
    ).toMatchObject({ met: false });
    expect(judged({ pass, warm_api_key: warm }, {}, 'p90 of a warm key')).toMatchObject({ met: null });
  });

  it('a refusal of a made-up key may take no more CPU than a pass-through', () => {
    const of = (cpu_us: number) =>
      judged(
        { pass: [sample({ cpu_us: 100 })], made_up_key: [sample({ cpu_us })] },
        {},
        'CPU of a made-up key',
      )?.met;
    expect([of(99), of(101)]).toEqual([true, false]);
  });

  it('what was not measured is neither met nor missed', () => {
    for (const goal of judge(new Map(), new Map()))
      expect(goal).toMatchObject({ measured: null, met: null, stretch_met: null });
  });

  it('every goal is of variants that there are', () => {
    const one = [sample({})];
    const full = new Map(VARIANTS.map(({ name }) => [name, one]));
    const paced = new Map(VARIANTS.filter((each) => each.paced).map(({ name }) => [name, one]));
    expect(judge(full, paced).filter(({ met }) => met === null)).toEqual([]);
  });
});
