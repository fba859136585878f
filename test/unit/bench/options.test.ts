import { describe, expect, it } from 'vitest';
import { HELP, readOptions } from '../../../bench/options.ts';
import { expectedMinutes, turns } from '../../../bench/plan.ts';
import { VARIANTS } from '../../../bench/variants/index.ts';

const namesOf = (args: readonly string[]): readonly string[] | string => {
  const options = readOptions(args);
  return typeof options === 'string' ? options : options.variants.map(({ name }) => name);
};

describe('options of the benchmark', () => {
  it('everything, if nothing is said', () => {
    expect(readOptions([])).toEqual({ rounds: 5, seconds: 3, variants: VARIANTS, json: false, help: false });
  });

  it('by name and by group, in the order of a round', () => {
    expect(namesOf(['--only', 'refusal,pass'])).toEqual([
      ...['pass', 'made_up_key', 'expired_jwt', 'expired_key', 'wrong_scope'],
    ]);
  });

  it.each([
    [['--only', 'pass,nobody'], 'There is no variant and no group "nobody".'],
    [['--rounds', '0'], '--rounds and --seconds must be whole numbers from 1 to 600.'],
    [['--seconds', '1.5'], '--rounds and --seconds must be whole numbers from 1 to 600.'],
    [['--fast'], "Unknown option '--fast'"],
    [['pass'], "Unexpected argument 'pass'"],
  ])('%j is refused and says why', (args, problem) => {
    expect(readOptions(args)).toContain(problem);
  });

  it('help names every variant', () => {
    expect(VARIANTS.filter(({ name }) => !HELP.includes(name))).toEqual([]);
  });

  it('no two variants have one name, and every base is there', () => {
    const names = VARIANTS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(VARIANTS.filter(({ base }) => base !== undefined && !names.includes(base))).toEqual([]);
  });

  it('a whole run of five rounds takes no more than twenty minutes', () => {
    expect(expectedMinutes({ rounds: 5, seconds: 3 }, VARIANTS)).toBeLessThanOrEqual(20);
  });

  it('each round begins with another variant, and has all of them', () => {
    expect([1, 2, 3, 4].map((round) => turns(['a', 'b', 'c'], round).join(''))).toEqual([
      ...['abc', 'bca', 'cab', 'abc'],
    ]);
    expect(turns([], 3)).toEqual([]);
  });
});
