import { moment, relative, second } from './say.ts';

const iso = (at: number): string => new Date(at).toISOString();

/** "3 minutes ago"; when exactly, for who points at it. The script keeps it true. */
export const Ago = ({ at, now }: { readonly at: number; readonly now: number }) => (
  <time datetime={iso(at)} title={second(at)} data-relative="">
    {relative(at, now)}
  </time>
);

/** A moment to the minute; the script tells it in the reader's own zone. */
export const Moment = ({ at }: { readonly at: number }) => (
  <time datetime={iso(at)} data-local="">
    {moment(at)}
  </time>
);

/** Time that is left; the script counts it down. */
export const Countdown = ({ at, now }: { readonly at: number; readonly now: number }) => (
  <time datetime={iso(at)} title={second(at)} data-countdown="">
    {relative(at, now)}
  </time>
);
