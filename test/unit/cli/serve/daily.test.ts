import { expect, test } from 'vitest';
import { nextAfter, readDaily } from '../../../../cli/serve/daily.ts';

const at = (text: string): number => Date.parse(text);

test('a time of the day is read, as minutes after midnight', () => {
  expect(readDaily(['23 3 * * *', '0 0 * * *', '59 23 * * *'])).toEqual({ ok: true, value: [203, 0, 1439] });
});

test.each(['* * * * *', '*/5 3 * * *', '23 3 * * 1', '60 3 * * *', '23 24 * * *', '23 3', ''])(
  'what is not once a day is refused: %s',
  (cron) => {
    expect(readDaily(['23 3 * * *', cron])).toMatchObject({
      ok: false,
      refusal: [expect.stringContaining('cron')],
    });
  },
);

test.each([
  ['2026-11-26T03:22:59Z', '2026-11-26T03:23:00Z'],
  ['2026-11-26T03:23:00Z', '2026-11-26T14:00:00Z'],
  ['2026-11-26T14:00:01Z', '2026-11-27T03:23:00Z'],
])('after %s comes %s', (moment, next) => {
  expect(nextAfter([203, 840], at(moment))).toBe(at(next));
});

test('without a time of the day none comes', () => {
  expect(nextAfter([], at('2026-11-26T00:00:00Z'))).toBe(Number.POSITIVE_INFINITY);
});
