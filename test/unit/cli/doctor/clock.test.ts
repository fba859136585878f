import { expect, test } from 'vitest';
import { readDate, skewProblem, skewSeconds } from '../../../../cli/doctor/clock.ts';

const NOW = 1_800_000_000_000;

test.each([
  ['within the second that was asked in', NOW - 999, NOW, NOW, 0],
  ['between the question and the answer', NOW + 3_000, NOW, NOW + 10_000, 0],
  ['a second that had begun before the question', NOW - 1_000, NOW, NOW + 10, 0],
  ['ahead', NOW + 70_000, NOW, NOW + 10_000, 60],
  ['behind, and no answer that took long hides it', NOW - 61_000, NOW, NOW + 10_000, -60],
])('RFC 9110 §5.6.7 › a clock %s', (_, theirs, before, after, seconds) => {
  expect(skewSeconds(theirs, before, after)).toBe(seconds);
});

test('a Date that is none is no time', () => {
  expect(readDate('Fri, 15 Jan 2027 08:00:00 GMT')).toBe(NOW);
  for (const value of [null, '', 'soon']) expect(readDate(value)).toBeNull();
});

test('a few seconds are forgiven, as the Worker forgives them, in either direction', () => {
  for (const seconds of [0, 5, -5]) expect(skewProblem("Stytch's", seconds)).toEqual([]);
  expect(skewProblem("Stytch's", 5.6)).toEqual(["Stytch's clock is 6 s ahead of this machine's"]);
  expect(skewProblem("the edge's", -90)).toEqual(["the edge's clock is 90 s behind this machine's"]);
});
