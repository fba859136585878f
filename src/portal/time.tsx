import { left, moment, relative } from './moments.ts';
import { LANG, WORDS } from './words.ts';

interface At {
  /** Milliseconds. */
  readonly at: number;
  readonly now: number;
}

/** How long ago or ahead. The script keeps it true, and tells the whole time in the reader's own zone. */
export const RelativeTime = ({ at, now }: At) => (
  <time datetime={iso(at)} title={utc(at)} data-relative>
    {relative(at, now, LANG)}
  </time>
);

/** The whole time: in UTC, and with the script in the reader's own zone. */
export const LocalTime = ({ at }: Pick<At, 'at'>) => (
  <time datetime={iso(at)} data-local>
    {utc(at)}
  </time>
);

/** What is left until then. The script counts it down. */
export const Countdown = ({ at, now }: At) => (
  <time datetime={iso(at)} title={utc(at)} data-countdown={WORDS.over}>
    {at <= now ? WORDS.over : left(at, now, LANG)}
  </time>
);

const iso = (at: number): string => new Date(at).toISOString();

const utc = (at: number): string => moment(at, LANG, 'UTC');
