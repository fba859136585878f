import { describe, expect, it, vi } from 'vitest';
import { left, moment, relative } from '../../../src/portal/moments.ts';

const NOW = Date.UTC(2026, 10, 26, 12, 0, 0);
const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];

describe('relative', () => {
  it.each([
    [0, 'now'],
    [-59 * SECOND, 'now'],
    [59 * SECOND, 'now'],
    [-MINUTE, '1 minute ago'],
    [-3 * MINUTE - 59 * SECOND, '3 minutes ago'],
    [-HOUR + 1, '59 minutes ago'],
    [2 * HOUR, 'in 2 hours'],
    [-DAY, '1 day ago'],
    [-47 * HOUR, '1 day ago'],
    [30 * DAY, 'in 30 days'],
    [-61 * DAY, '2 months ago'],
    [-366 * DAY, '1 year ago'],
  ])('%d ms is %s', (ms, expected) => {
    expect(relative(NOW + ms, NOW, 'en')).toBe(expected);
  });

  it('is said in the language of the page', () => {
    expect(relative(NOW - 3 * MINUTE, NOW, 'de')).toBe('vor 3 Minuten');
  });
});

describe('left', () => {
  it.each([
    [-DAY, '0m 00s'],
    [0, '0m 00s'],
    [1, '0m 01s'],
    [65 * SECOND, '1m 05s'],
    [HOUR - 1 * SECOND, '59m 59s'],
    [HOUR, '1h 00m'],
    [2 * HOUR + 14 * MINUTE, '2h 14m'],
    [DAY - SECOND, '23h 59m'],
    [DAY, '1d 0h'],
    [3 * DAY + 5 * HOUR + 59 * MINUTE, '3d 5h'],
  ])('%d ms are %s', (ms, expected) => {
    expect(left(NOW + ms, NOW, 'en')).toBe(expected);
  });
});

describe('moment', () => {
  it('says its zone', () => {
    expect(moment(NOW, 'en', 'UTC')).toBe('Nov 26, 2026, 12:00 UTC');
    expect(moment(NOW, 'en', 'Europe/Berlin')).toBe('Nov 26, 2026, 13:00 GMT+1');
    expect(moment(Date.UTC(2026, 0, 1), 'en', 'UTC')).toBe('Jan 1, 2026, 00:00 UTC');
  });
});

it('a format is made once, and not for each time of a list', () => {
  const made = [
    vi.spyOn(Intl, 'RelativeTimeFormat'),
    vi.spyOn(Intl, 'DateTimeFormat'),
    vi.spyOn(Intl, 'NumberFormat'),
  ];
  for (let i = 0; i < 50; i++) {
    relative(NOW - i * HOUR, NOW, 'en-AU');
    moment(NOW - i * HOUR, 'en-AU', 'Europe/Berlin');
    left(NOW + i * MINUTE, NOW, 'en-AU');
  }
  // Of minutes and seconds, one digit or two; what is now is said otherwise than what was.
  expect(made.map(({ mock }) => mock.calls.length)).toEqual([2, 1, 2]);
  vi.restoreAllMocks();
});
