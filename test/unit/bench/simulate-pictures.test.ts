import { describe, expect, it } from 'vitest';
import { pictures } from '../../../bench/simulate/pictures.ts';
import { type Run, runOf } from '../../../bench/simulate/report.ts';
import { type Scenario, USUAL } from '../../../bench/simulate/scenario.ts';

const SCENARIO: Scenario = {
  ...{ ...USUAL, name: 'x', group: 'x', limit: { requests: 1_000, perSeconds: 10 } },
  ...{ requestsPerSecond: 50, windows: 1, warmUpWindows: 1 },
};

/** A run of each kind that a plot shows, two points of each line. */
const runs = (): readonly Run[] => {
  const run = runOf(SCENARIO, 1, true);
  return ['one isolate', 'scale', 'leaseSeconds'].flatMap((group) =>
    [1, 2].map((times) => ({
      ...{ ...run, group, load: 0.25 * times },
      scenario: { ...SCENARIO, isolates: 10 * times, leaseSeconds: times, serviceMs: 1 },
    })),
  );
};

describe('the plots of the simulation', () => {
  it('are one for each question, in files of their own', () => {
    expect(Object.keys(pictures(runs()))).toEqual([
      ...['simulation-calls.svg', 'simulation-waits.svg', 'simulation-unused.svg'],
      ...['simulation-isolates.svg', 'simulation-lease.svg'],
    ]);
  });

  it('are the same bytes for the same runs', () => {
    expect(pictures(runs())).toEqual(pictures(runs()));
  });
});
