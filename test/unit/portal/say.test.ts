import { describe, expect, it } from 'vitest';
import { day, placeOf } from '../../../src/portal/say.ts';
import { WORDS } from '../../../src/portal/words.ts';

describe('placeOf', () => {
  it.each([
    [{ city: 'Porto', country: 'PT' }, 'Porto, Portugal'],
    [{ city: null, country: 'PT' }, 'Portugal'],
    [{ city: 'Porto', country: null }, 'Porto'],
    [{ city: 'Porto', country: 'XX' }, 'Porto'],
    [{ city: null, country: 'T1' }, 'Tor'],
    [{ city: null, country: 'XX' }, null],
    [{ city: null, country: '<b>' }, null],
    [{ city: null, country: null }, null],
  ])('%j is %j', (from, expected) => {
    expect(placeOf(from)).toBe(expected);
  });
});

describe('times', () => {
  it('a day is a day of UTC', () => {
    expect(day(Date.parse('2026-11-26T23:59:59Z'))).toBe('Nov 26, 2026');
  });

  it.each([
    [1, 'Try again in 1 second.'],
    [60, 'Try again in 60 seconds.'],
    [121, 'Try again in 3 minutes.'],
    [7_201, 'Try again in 3 hours.'],
  ])('a wait of %i s is rounded up', (seconds, said) => {
    expect(WORDS.wait(seconds)).toBe(said);
  });

  it('the age of a sign-in is told in whole days and hours', () => {
    expect(WORDS.tooOld(86_400)).toBe('A sign-in of at most 24 hours ago is needed.');
    expect(WORDS.tooOld(604_800)).toBe('A sign-in of at most 7 days ago is needed.');
  });
});
