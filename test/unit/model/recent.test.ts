import { expect, it } from 'vitest';
import { putRecent } from '../../../src/model/recent.ts';

it('keeps the newest, and what is put in again is new again', () => {
  const entries = new Map<string, number>();
  for (const [key, value] of [
    ['a', 1],
    ['b', 2],
    ['a', 3],
    ['c', 4],
  ] as const)
    putRecent(entries, key, value, 2);
  expect([...entries]).toEqual([
    ['a', 3],
    ['c', 4],
  ]);
});
