import { left, moment, relative } from '../moments.ts';
import { every } from './page.ts';

/**
 * Keeps times true while the page is open: `<time datetime data-relative>`, `<time datetime data-countdown="Over">` (the
 * value takes the place of the time once it is past), and `<time datetime data-local>` in the reader's own zone. The first two say
 * the whole time in their `title`.
 */
export const times = (): void => {
  const { lang, dataset } = document.documentElement;
  // By the clock of the edge: the reader's own may be wrong, and then keys would be used in the future.
  const ahead = dataset.now === undefined ? 0 : Number(dataset.now) - Date.now();

  const keep = (selector: string, say: (at: number, time: HTMLElement) => string): (() => void) => {
    const found = every<HTMLTimeElement>(selector).map((time) => ({ time, at: Date.parse(time.dateTime) }));
    const update = () => {
      for (const { time, at } of found) {
        const text = say(at, time);
        if (text !== time.textContent) time.textContent = text;
      }
    };
    update();
    return update;
  };

  for (const time of every<HTMLTimeElement>('time[data-relative],time[data-countdown]'))
    time.title = moment(Date.parse(time.dateTime), lang);
  keep('time[data-local]', (at) => moment(at, lang));
  const now = () => Date.now() + ahead;
  const relatives = keep('time[data-relative]', (at) => relative(at, now(), lang));
  const countdowns = keep(
    'time[data-countdown]',
    (at, { dataset: { countdown } }) => (at <= now() && countdown) || left(at, now(), lang),
  );
  setInterval(() => {
    relatives();
    countdowns();
  }, 1_000);
};
