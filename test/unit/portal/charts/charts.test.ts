import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { LimitBar } from '../../../../src/portal/charts/limit-bar.tsx';
import { UsageChart } from '../../../../src/portal/charts/usage-chart.tsx';
import { UsageLine } from '../../../../src/portal/charts/usage-line.tsx';
import { DAY_MS, days, HOUR_MS, hours } from './usage.ts';

const START = '2026-08-29T00:00:00Z';

/** Ninety busy days: other counts on each, over the limit now and then, refusals more often. */
const QUARTER = days(
  START,
  [...Array(90).keys()].map((i) => ({
    admitted: (i * 7_919) % 4_987,
    limited: i % 17 === 5 ? (i * 31) % 400 : 0,
    refused: i % 6 === 2 ? (i * 13) % 90 : 0,
  })),
);

const drawn = (buckets = QUARTER, stepMs = DAY_MS): string =>
  String(UsageChart({ id: 'used', buckets, stepMs }));

/** The tag's attributes, of each one that there is. */
const tags = (html: string, tag: string): readonly string[] =>
  [...html.matchAll(new RegExp(`<${tag}\\b([^>]*)>`, 'g'))].map(([, attributes = '']) => attributes);

const textsOf = (html: string, tag: string): readonly string[] =>
  [...html.matchAll(new RegExp(`<${tag}\\b[^>]*>([^<]*)</${tag}>`, 'g'))].map(([, text = '']) => text);

describe('UsageChart', () => {
  it('tells of each day what became of its requests, to whoever points at it', () => {
    const html = drawn(days(START, [{ admitted: 1_234, refused: 5 }, {}, { limited: 2 }]));
    expect(textsOf(html, 'title')).toEqual([
      '1,241 requests in 3 days',
      'Aug 29: 1,234 admitted, 5 refused',
      'Aug 30: no requests',
      'Aug 31: 2 over the limit',
    ]);
    expect(textsOf(html, 'desc')).toEqual(['1,234 admitted, 2 over the limit, 5 refused']);
    expect(textsOf(html, 'b')).toEqual(['1,234', '2', '5']);
  });

  it('has the exact numbers in a table, without the days on which there was nothing', () => {
    const html = drawn(days(START, [{ admitted: 1_234, refused: 5 }, {}, { limited: 2 }]));
    expect(textsOf(html, 'th')).toEqual([
      ...['Day', 'Admitted', 'Over the limit', 'Refused'],
      ...['Aug 29', 'Aug 31'],
    ]);
    expect(textsOf(html, 'td')).toEqual(['1,234', '0', '5', '0', '2', '0']);
    expect(tags(html, 'th').filter((each) => each.includes('scope="row"'))).toHaveLength(2);
  });

  it('stacks each outcome upon the one before it, on a round axis', () => {
    const html = drawn(days(START, [{ admitted: 50, limited: 30, refused: 20 }, { admitted: 10 }]));
    // What is above is drawn first, from the bottom on.
    const paths = tags(html, 'path').filter((each) => /d="(M\d+ 100v-\d+)+"/.test(each));
    expect(paths).toEqual([
      ' stroke="url(#used-refused)" d="M4 100v-100"',
      ' stroke="url(#used-limited)" d="M4 100v-80"',
      ' d="M4 100v-50M12 100v-10"',
    ]);
    expect(textsOf(html, 'li')).toEqual(['0', '20', '40', '60', '80', '100']);
  });

  it('is told from another on the same page by its id, and names itself by its title and text', () => {
    const html = drawn();
    const ids = [...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toEqual(['used-title', 'used-text', 'used-limited', 'used-refused']);
    expect(html).toContain('role="img" aria-labelledby="used-title used-text"');
  });

  it('has no style and no script of its own: neither would be let in', () => {
    expect(drawn()).not.toMatch(/ style=|<style|<script| on[a-z]+=/);
  });

  it('says so where there was no request', () => {
    for (const buckets of [[], days(START, Array(90).fill({}))])
      expect(drawn(buckets)).toBe('<p class="chart-empty">No requests in this time.</p>');
  });

  it('one hour alone, and numbers as large as there are, are drawn as well', () => {
    const [one] = hours(START, [{ admitted: Number.MAX_SAFE_INTEGER }]);
    const html = drawn(one === undefined ? [] : [one], HOUR_MS);
    expect(html).toContain('9,007,199,254,740,991 requests in 60 minutes');
    expect(textsOf(html, 'li').at(-1)).toBe('10,000T');
    expect(html).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('weighs less than 3 KB for ninety days, compressed', () => {
    expect(gzipSync(drawn()).length).toBeLessThan(3 * 1024);
  });
});

describe('UsageLine', () => {
  const line = (counts: readonly number[]): string =>
    String(
      UsageLine({
        buckets: hours(
          START,
          counts.map((admitted) => ({ admitted })),
        ),
        stepMs: 6 * HOUR_MS,
      }),
    );

  /** The points of its path, from where it begins on. */
  const points = (html: string): readonly (readonly [number, number])[] => {
    const [, x = '', y = '', steps = ''] = /d="M(\d+) (\d+)(?:l([^"]*))?/.exec(html) ?? [];
    const numbers = (steps.match(/-?\d+/g) ?? []).map(Number);
    const all: (readonly [number, number])[] = [[Number(x), Number(y)]];
    for (let i = 0; i < numbers.length; i += 2) {
      const [atX, atY] = all.at(-1) ?? [0, 0];
      all.push([atX + (numbers[i] ?? 0), atY + (numbers[i + 1] ?? 0)]);
    }
    return all;
  };

  it('goes from edge to edge, highest where there was most, and says the sum', () => {
    const html = line([0, 5, 10, 0]);
    expect(points(html)).toEqual([
      [2, 22],
      [41, 12],
      [79, 2],
      [118, 22],
    ]);
    expect(textsOf(html, 'title')).toEqual(['15 requests in 24 hours']);
    expect(tags(html, 'svg')[0]).toContain('role="img"');
  });

  it('is one path of less than 400 bytes for a week, whatever the numbers', () => {
    const week = [...Array(28).keys()].map((i) => ((i * 7_919) % 4_987) + 9e14 * (i % 2));
    const html = line(week);
    expect(html.length).toBeLessThan(400);
    expect(tags(html, 'path')).toHaveLength(1);
    expect(points(html)).toHaveLength(28);
    for (const [x, y] of points(html)) {
      expect(x >= 2 && x <= 118).toBe(true);
      expect(y >= 2 && y <= 22).toBe(true);
    }
  });

  it.each([
    ['nothing', [0, 0, 0], 'No requests in 18 hours'],
    ['one time alone', [1], '1 request in 6 hours'],
    ['no time', [], 'No requests in 0 seconds'],
  ])('%s is a line as well', (_, counts, said) => {
    const html = line(counts);
    expect(html).toMatch(/d="M2 \d+[hl][\d -]+"/);
    expect(textsOf(html, 'title')).toEqual([said]);
  });
});

describe('LimitBar', () => {
  it('says in words and as a meter what is left', () => {
    const html = String(LimitBar({ name: 'Requests per minute', left: 540, limit: 6_000 }));
    expect(textsOf(html, 'span')).toEqual(['Requests per minute', '540 of 6,000 left']);
    expect(tags(html, 'meter')).toEqual([' max="6000" value="540" low="600" high="1500" optimum="6000"']);
    // The meter is named by the label that it stands in.
    expect(html).toMatch(/<label>.*<meter[^>]*><\/meter><\/label>/);
  });

  it('says what there is to say besides', () => {
    const note = 'Whole again in 40 seconds.';
    expect(textsOf(String(LimitBar({ name: 'a', left: 0, limit: 1, note })), 'p')).toEqual([note]);
  });
});
