import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { committedFiles } from '../../tools/check/project.ts';
import { placesOf } from '../../tools/fuzz/find.ts';
import { withOneMore } from '../../tools/fuzz/keep.ts';
import { PROPERTIES, readOptions } from '../../tools/fuzz/options.ts';
import { type Broken, holds, parametersOf, RUNS } from '../property.ts';

/** Broken by one number of four billion, which no chance finds. */
const needle = fc.property(fc.integer(), (number) => number !== 1_234_567_890);

const brokenBy = async (property: fc.IRawProperty<unknown>, kept = {}): Promise<Broken | null> => {
  try {
    await holds('0', property, undefined, kept);
    return null;
  } catch (error) {
    return (error as { broken: Broken }).broken;
  }
};

describe('a property', () => {
  it('is tried on what broke it once, and then on as many new inputs as are asked for', async () => {
    expect(await brokenBy(needle)).toBeNull();
    const broken = await brokenBy(needle, { '0': [[1], [1_234_567_890]] });
    expect(broken).toMatchObject({ name: '0', runs: 2, counterExample: [1_234_567_890] });
    expect(parametersOf('0', { '0': [[1], [2]] })).toMatchObject({
      ...{ numRuns: RUNS + 2, examples: [[1], [2]] },
    });
  });

  it('that is broken says by which input, made small, and how it is found again', async () => {
    const property = fc.property(fc.record({ list: fc.array(fc.nat()) }), ({ list }) =>
      list.every((each) => each < 100),
    );
    const broken = await brokenBy(property);
    expect(broken).toMatchObject({ counterExample: [{ list: [100] }], seed: expect.any(Number) });
    expect(broken?.path).toMatch(/^\d+(?::\d+)*$/);
  });

  it('has no input kept that JSON would make another one', async () => {
    const odd = fc.property(fc.constant(Number.NaN), () => false);
    expect(await brokenBy(odd)).toMatchObject({ counterExample: null });
  });
});

describe('what broke a property', () => {
  const broken = { name: '7', seed: 1, path: '0', runs: 1, counterExample: [{ steps: [] }] };

  it('is kept once, in the order of the properties', () => {
    const once = withOneMore('{ "10": [[1]] }', broken) ?? '';
    expect(JSON.parse(once)).toEqual({ '7': [[{ steps: [] }]], '10': [[1]] });
    expect(withOneMore(once, broken)).toBeNull();
    expect(withOneMore(once, { ...broken, counterExample: null })).toBeNull();
    const other = withOneMore(once, { ...broken, name: '5 identity', counterExample: [2] }) ?? '';
    expect(Object.keys(JSON.parse(other)).sort()).toEqual(['10', '5 identity', '7']);
  });

  it('is kept under the name of a property that there is', () => {
    const tests = committedFiles().filter((path) => /^test\/.*\.test\.ts$/.test(path));
    const sources = tests.map((path) => readFileSync(path, 'utf8'));
    const names = Object.keys(JSON.parse(readFileSync('test/counter-examples.json', 'utf8')));
    for (const name of names)
      expect([name, sources.some((source) => source.includes(`holds('${name}'`))]).toEqual([name, true]);
  });
});

describe('npm run fuzz', () => {
  it('finds tests of all ten properties, each in its project', () => {
    for (const property of PROPERTIES) expect([property, placesOf(property)]).not.toEqual([property, []]);
    expect(placesOf(10)).toEqual([{ project: 'workerd', file: 'test/journeys/life-model.test.ts' }]);
    expect(placesOf(1)).not.toContainEqual(placesOf(10)[0]);
  });

  it.each([
    [[], { runs: 10_000, seed: 2 ** 30, minutes: null, only: PROPERTIES }],
    [['--runs', '5', '--seed=-7', '--only', '1,10'], { runs: 5, seed: -7, only: [1, 10] }],
    [['--minutes', '0.5'], { runs: 1_000_000_000, minutes: 0.5 }],
  ])('reads %j', (given, options) => {
    expect(readOptions(given, () => 0.5)).toMatchObject(options);
  });

  it.each([
    [['--runs', '0'], '--runs'],
    [['--runs', 'many'], '--runs'],
    [['--seed', '1e9'], '--seed'],
    [['--only', '11'], '--only'],
    [['--only', ''], '--only'],
    [['--minutes', '0'], '--minutes'],
    [['--run', '1'], '--run'],
    [['--seed'], '--seed'],
  ])('says what is wrong with %j', (given, what) => {
    expect(readOptions(given, () => 0.5)).toContain(what);
  });
});
