import { type Lines, lines } from '../plot/index.ts';
import type { Run } from './report.ts';

/** The plots of a whole run, by the names of their files. */
export const pictures = (runs: readonly Run[]): Readonly<Record<string, string>> => {
  const one = runs.filter(({ group }) => group === 'one isolate');
  const scale = runs.filter(({ group, load }) => group === 'scale' && load < 1);
  const leases = runs.filter(({ group }) => group === 'leaseSeconds');
  return {
    'simulation-calls.svg': byLoad(
      one,
      'Calls to the Ring',
      'calls per 1,000 requests',
      'ring_calls_per_1000',
    ),
    'simulation-waits.svg': byLoad(
      one,
      'Requests that wait for the Ring',
      'waits per 1,000 requests',
      'waits_per_1000',
    ),
    'simulation-unused.svg': byLoad(
      one,
      'What is left unused of the limit',
      '% of the limit',
      'unused_share',
      100,
    ),
    'simulation-isolates.svg': lines({
      title: 'Calls to one Ring by the number of isolates',
      says: '1,000 requests/s of one owner, half of his limit; a Ring that takes 1 ms for a call.',
      x: { name: 'isolates', scale: 'log' },
      y: { name: 'calls/s', scale: 'log' },
      series: seriesOf(
        scale.filter(({ scenario }) => scenario.serviceMs === 1),
        ({ scenario }) => `${scenario.isolateSpread}`,
        ({ scenario }) => scenario.isolates,
        (run) => run.ring_calls_per_second,
      ),
      digits: 0,
    }),
    'simulation-lease.svg': lines({
      title: 'Calls to the Ring by leaseSeconds',
      says: '100 requests/s over ten isolates, far from even.',
      x: { name: 'leaseSeconds', scale: 'log' },
      y: { name: 'calls per 1,000 requests', min: 0 },
      series: seriesOf(
        leases,
        ({ load }) => `${load} of the limit`,
        ({ scenario }) => scenario.leaseSeconds,
        (run) => run.ring_calls_per_1000,
      ),
      digits: 0,
    }),
  };
};

type Figure = 'ring_calls_per_1000' | 'waits_per_1000' | 'unused_share';

const byLoad = (runs: readonly Run[], title: string, name: string, figure: Figure, times = 1): string =>
  lines({
    title,
    says: 'One isolate, 100 requests/s; the limit is what changes. By its window, and how far away the Ring is.',
    x: { name: 'load, in parts of the limit', min: 0.6 },
    y: { name, min: 0 },
    series: seriesOf(
      runs,
      ({ scenario }) => `${scenario.limit.perSeconds} s, ${scenario.roundTripMs[0]} ms`,
      ({ load }) => load,
      (run) => times * run[figure],
    ),
    digits: 1,
  });

/** One line for each name, its points in the order of `x`. */
const seriesOf = (
  runs: readonly Run[],
  name: (run: Run) => string,
  x: (run: Run) => number,
  y: (run: Run) => number,
): Lines['series'] =>
  [...Map.groupBy(runs, name)].map(([each, alike]) => ({
    name: each,
    points: alike.map((run) => [x(run), y(run)] as const).sort(([a], [b]) => a - b),
  }));
