import { kept } from '../kept.ts';
import { LANG } from '../words.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const inUtc = (options: Intl.DateTimeFormatOptions) => {
  const format = kept(() => new Intl.DateTimeFormat(LANG, { ...options, timeZone: 'UTC' }));
  return (at: number): string => format().format(at);
};

const DATE = inUtc({ month: 'short', day: 'numeric' });
const WEEKDAY = inUtc({ weekday: 'short' });
const TIME = inUtc({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** A bucket by name: the UTC day, or its hours. */
export const bucketName = (at: number, stepMs: number): string =>
  stepMs >= DAY_MS ? DATE(at) : `${DATE(at)}, ${TIME(at)}–${TIME(at + stepMs)}`;

/** A time that stands under an axis. */
export interface AxisTime {
  /** Of which bucket. */
  readonly index: number;
  readonly text: string;
  /** Whether it is left out where there is little room. */
  readonly isMinor: boolean;
}

/** Round times for an axis of hours, of a week or of months. */
export const axisTimes = (starts: readonly number[], stepMs: number): readonly AxisTime[] => {
  const { isRound, isMinor, text } = axisFor(starts.length * stepMs);
  return starts.flatMap((at, index) =>
    isRound(at) ? [{ index, text: text(at), isMinor: isMinor(at) }] : [],
  );
};

interface Axis {
  readonly isRound: (at: number) => boolean;
  readonly isMinor: (at: number) => boolean;
  readonly text: (at: number) => string;
}

const axisFor = (spanMs: number): Axis => {
  if (spanMs <= 2 * DAY_MS)
    return { isRound: every(3 * HOUR_MS), isMinor: (at) => !every(6 * HOUR_MS)(at), text: TIME };
  if (spanMs <= 10 * DAY_MS) return { isRound: every(DAY_MS), isMinor: () => false, text: WEEKDAY };
  const dayOfMonth = (at: number): number => new Date(at).getUTCDate();
  return {
    isRound: (at) => every(DAY_MS)(at) && [1, 15].includes(dayOfMonth(at)),
    isMinor: (at) => dayOfMonth(at) !== 1,
    text: DATE,
  };
};

const every =
  (ms: number) =>
  (at: number): boolean =>
    at % ms === 0;
