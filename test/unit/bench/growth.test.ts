import { describe, expect, it } from 'vitest';
import { amountsOf, PARTS, readOptions } from '../../../bench/growth/options.ts';
import { problemsOf } from '../../../bench/growth/report.ts';
import { type Row, steepIn, type Table, tableText } from '../../../bench/growth/table.ts';
import { inTurn, timing } from '../../../bench/growth/timing.ts';
import { written } from '../../../bench/json.ts';

const at = (median: number) => ({ median, p99: 2 * median, min: median, max: 3 * median });
const row = (name: string, ...medians: readonly number[]): Row => ({ name, timings: medians.map(at) });
const table = (...rows: readonly Row[]): Table => ({ of: 'keys', sizes: [10, 1_000], rows, more: [] });

describe('what is kept', () => {
  it('is written as the formatter has it: figures and texts in a row on one line', () => {
    const kept = { sizes: [10, 1_000], more: [{ name: 'a: b, [c]', texts: ['1 MiB', '2 MiB'] }] };
    const row = '{\n      "name": "a: b, [c]",\n      "texts": ["1 MiB", "2 MiB"]\n    }';
    expect(written(kept)).toBe(`{\n  "sizes": [10, 1000],\n  "more": [\n    ${row}\n  ]\n}\n`);
  });
});

describe('the options of bench:growth', () => {
  it('are all parts, whole, unless something else is said', () => {
    expect(readOptions([])).toEqual({ only: PARTS, quick: false, help: false });
  });

  it.each([
    [['--only', 'leases,keys'], { only: ['keys', 'leases'], quick: false, help: false }],
    [['--quick'], { only: PARTS, quick: true, help: false }],
  ])('%j', (args, expected) => {
    expect(readOptions(args)).toEqual(expected);
  });

  it.each([
    [['--only', 'keys,nothing'], 'There is no part "nothing".'],
    [['--rounds', '3'], "Unknown option '--rounds'"],
  ])('%j is none of them, and why is told', (args, why) => {
    expect(readOptions(args)).toContain(why);
  });

  it('are up to 100,000, and less where it has to be quick', () => {
    expect(amountsOf({ quick: false }).sizes).toEqual([10, 1_000, 100_000]);
    expect(Math.max(...amountsOf({ quick: true }).sizes)).toBeLessThan(100_000);
  });
});

describe('the figures', () => {
  it('are the median, the 99th percentile and the ends', () => {
    const durations = Array.from({ length: 200 }, (_, i) => 200 - i);
    expect(timing(durations)).toEqual({ median: 100.5, p99: 198, min: 1, max: 200 });
    expect(timing([7])).toEqual({ median: 7, p99: 7, min: 7, max: 7 });
  });

  it('are taken in turns, and what warms up is not among them', async () => {
    const asked: string[] = [];
    const timings = await inTurn(['a', 'b'], 3, async (one, round) => asked.push(`${one}${round}`));
    expect(timings).toHaveLength(2);
    expect(asked.slice(-4)).toEqual(['a1', 'b1', 'a2', 'b2']);
    expect(asked.length).toBeGreaterThan(6);
  });
});

describe('what grows', () => {
  it('is what takes twice as long, and a millisecond more, and has no reason', () => {
    const rows = [
      row('flat', 1, 1.9),
      row('of noise', 0.1, 1),
      row('steep', 1, 2.1),
      { ...row('known', 1, 90), grows: 'it looks at all' },
    ];
    expect(steepIn(table(...rows))).toEqual(['steep']);
  });

  it('fails the run, as a lease does that was refused', () => {
    const keys = table(row('steep', 1, 5));
    expect(problemsOf({ keys, owners: null, leases: null })).toEqual(['not flat: steep']);
    const load = {
      rate: 1,
      seconds: 1,
      asked: 1,
      answeredPerSecond: 1,
      refused: 2,
      latency: at(1),
      cpuMicros: 1,
    };
    const leases = { load, way: load, askMicros: 1, loads: [load] };
    expect(problemsOf({ keys: null, owners: table(row('flat', 1, 1)), leases })).toEqual([
      '2 leases were refused',
    ]);
  });

  it('is told in a table', () => {
    const text = tableText({
      ...table(row('warm', 1, 1.234)),
      more: [{ name: 'database', texts: ['1 MiB', '2 MiB'] }],
    });
    expect(text.split('\n')).toEqual([
      '| ms, median (p99) | 10 keys | 1,000 keys |',
      '|---|---|---|',
      '| warm | 1.00 (2.0) | 1.23 (2.5) |',
      '| database | 1 MiB | 2 MiB |',
    ]);
  });
});
