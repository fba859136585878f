import { expect, test } from 'vitest';
import { diff } from '../../../cli/diff.ts';

test('a change is shown with two lines around it, and what is alike is left out', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh';
  expect(diff(before, 'a\nb\nc\nD\ne\nf\ng\nh\ni')).toEqual([
    ...['  …', '  b', '  c', '- d', '+ D', '  e', '  f', '  g', '  h', '+ i'],
  ]);
  expect(diff(before, before)).toEqual([]);
});

test('what lies between two changes is a gap', () => {
  const before = 'a\nb\nc\nd\ne\nf\ng\nh';
  expect(diff(before, 'A\nb\nc\nd\ne\nf\ng\nH')).toEqual([
    ...['- a', '+ A', '  b', '  c', '  …', '  f', '  g', '- h', '+ H'],
  ]);
});
