import fc from 'fast-check';
import { LRUCache } from 'lru-cache';
import { describe, expect, it } from 'vitest';
import { createBounded } from '../../../src/store/bounded.ts';

const MAX = 5;
const MAX_WEIGHT = 12;

interface Value {
  weight: number;
}

const open = () => {
  const told: unknown[] = [];
  const ours = createBounded<Value>({
    ...{ max: MAX, maxWeight: MAX_WEIGHT },
    weightOf: ({ weight }) => weight,
    gone: (value, name, evicted) => void told.push([name, value.weight, evicted]),
  });
  return { ours, told };
};

/** The same of Node's own tools' cache. */
const openTheirs = () => {
  const told: unknown[] = [];
  const theirs = new LRUCache<string, Value>({
    ...{ max: MAX, maxSize: MAX_WEIGHT },
    sizeCalculation: ({ weight }) => weight,
    dispose: (value, name, reason) => void told.push([name, value.weight, reason === 'evict']),
  });
  return { theirs, told };
};

const name = fc.constantFrom(...'abcdefgh');

const step = fc.oneof(
  fc.record({ does: fc.constant('set' as const), name, weight: fc.integer({ min: 1, max: 13 }) }),
  fc.record({ does: fc.constantFrom('get' as const, 'peek' as const, 'delete' as const), name }),
);

describe('what is kept within bounds', () => {
  it('is what lru-cache keeps, in its order, and goes when and as it goes there', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const { ours, told } = open();
        const { theirs, told: theirsTold } = openTheirs();
        for (const one of steps) {
          if ('weight' in one) {
            ours.set(one.name, { weight: one.weight });
            theirs.set(one.name, { weight: one.weight });
          } else {
            const found = ours[one.does](one.name);
            const theirFind = theirs[one.does](one.name);
            if (one.does !== 'delete') expect(found).toEqual(theirFind);
          }
          expect(ours.oldest()?.name).toBe(theirs.rkeys().next().value);
          expect([...'abcdefgh'].map((each) => ours.peek(each))).toEqual(
            [...'abcdefgh'].map((each) => theirs.peek(each)),
          );
          expect(told).toEqual(theirsTold);
        }
      }),
    );
  });

  it('weighs what it weighed when it was put in, until it is put in again', () => {
    const { ours, told } = open();
    const growing: Value = { weight: 1 };
    ours.set('growing', growing);
    ours.set('other', { weight: 2 });
    growing.weight = MAX_WEIGHT;
    ours.set('third', { weight: 9 });
    expect(told).toEqual([]);
    ours.set('growing', growing);
    expect(told.slice(1)).toEqual([
      ['other', 2, true],
      ['third', 9, true],
    ]);
    ours.delete('growing');
    ours.set('all', { weight: MAX_WEIGHT });
    expect(ours.peek('all')).toEqual({ weight: MAX_WEIGHT });
  });
});
