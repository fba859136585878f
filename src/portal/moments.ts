import { kept } from './kept.ts';

/**
 * Times in words, for the edge and for the browser: what the script puts in place of a text is the same text with other
 * numbers, so that nothing on the page moves.
 */

const momentFormat = kept(
  (lang: string, timeZone: string | undefined) =>
    new Intl.DateTimeFormat(lang, {
      ...{ year: 'numeric', month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' },
      ...{ hourCycle: 'h23', timeZoneName: 'short', timeZone },
    }),
);

const relativeFormat = kept(
  (lang: string, numeric: 'auto' | 'always') => new Intl.RelativeTimeFormat(lang, { numeric }),
);

const partFormat = kept(
  (lang: string, unit: string, minimumIntegerDigits: number) =>
    new Intl.NumberFormat(lang, { style: 'unit', unitDisplay: 'narrow', unit, minimumIntegerDigits }),
);

/** A time in full, with the name of its zone; in the reader's own zone where none is named. */
export const moment = (at: number, lang: string, timeZone?: string): string =>
  momentFormat(lang, timeZone).format(at);

/** How long ago or ahead, in the largest unit that there is one of: `3 minutes ago`, `in 2 hours`; `now` for less. */
export const relative = (at: number, now: number, lang: string): string => {
  const seconds = (at - now) / 1000;
  const [unit, size] = UNITS.find(([, each]) => Math.abs(seconds) >= each) ?? ['second', Infinity];
  // Only of nothing there is a word that is always true: `yesterday` may be the day before.
  const numeric = unit === 'second' ? 'auto' : 'always';
  return relativeFormat(lang, numeric).format(Math.trunc(seconds / size) + 0, unit);
};

/** What is left until then: `1d 4h`, `2h 14m`, and in the last hour `14m 05s`. Never less than nothing. */
export const left = (at: number, now: number, lang: string): string => {
  const seconds = Math.max(0, Math.ceil((at - now) / 1000));
  const [days, hours, minutes] = [seconds / 86_400, seconds / 3_600, seconds / 60].map(Math.floor);
  const part = (value: number, unit: string, digits = 1): string =>
    partFormat(lang, unit, digits).format(value);
  if (days) return `${part(days, 'day')} ${part((hours ?? 0) % 24, 'hour')}`;
  if (hours) return `${part(hours, 'hour')} ${part((minutes ?? 0) % 60, 'minute', 2)}`;
  return `${part(minutes ?? 0, 'minute')} ${part(seconds % 60, 'second', 2)}`;
};

/** In seconds; months and years are those of the mean Gregorian calendar. */
const UNITS: readonly (readonly [unit: Intl.RelativeTimeFormatUnit, seconds: number])[] = [
  ['year', 31_556_952],
  ['month', 2_629_746],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
];
