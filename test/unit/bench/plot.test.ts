import { describe, expect, it } from 'vitest';
import { bars, type Lines, lines } from '../../../bench/plot/index.ts';

const around = (median: number) => ({ median, min: median * 0.9, max: median * 1.2 });
const NAMES = ['pass', 'warm_m2m_jwt', 'workers_oauth_provider'];

const RATIOS = bars({
  title: 'Requests/s <of> "pass" & others',
  says: 'Medians of 5 rounds.',
  axis: { name: 'ratio', min: 0 },
  rows: NAMES,
  series: [{ name: 'ratio', values: [around(1), around(0.5), null] }],
  goals: [{ at: 0.8, says: 'goal 0.80' }],
  digits: 2,
});

const LATENCIES = bars({
  title: 'Latency',
  says: 'At 1,000 requests/s.',
  axis: { name: 'ms', scale: 'log' },
  mark: 'dot',
  rows: NAMES,
  series: ['p50', 'p90', 'p99'].map((name, i) => ({
    name,
    values: NAMES.map((_, row) => around((row + 1) * 5 ** i)),
  })),
});

const GROWN: Lines = {
  title: 'Growth',
  says: 'Medians of 200.',
  x: { name: 'keys', scale: 'log' },
  y: { name: 'ms', min: 0 },
  series: [
    { name: 'list a page', points: [10, 1_000, 100_000].map((keys) => [keys, around(2)]) },
    { name: 'admission', points: Array.from({ length: 50 }, (_, i) => [i + 1, i === 20 ? 9 : 3]) },
  ],
  goals: [{ at: 4, says: 'at most 4' }],
};
const GROWTH = lines(GROWN);

const PLOTS = [
  ['bars', RATIOS],
  ['dots', LATENCIES],
  ['lines', GROWTH],
] as const;

/** Where each text of a plot stands, about as wide as it is drawn. */
const boxesOf = (svg: string) =>
  [...svg.matchAll(/<text ([^>]*)>([^<]*)<\/text>/g)].map(([, attributes = '', text = '']) => {
    const attribute = (name: string): string =>
      attributes.match(new RegExp(`(?:^| )${name}="([^"]*)"`))?.[1] ?? '';
    const [, toX = '', toY = ''] =
      attribute('transform').match(/(?:translate\(|,)([\d.-]+)[ ,]([\d.-]+)\)$/) ?? [];
    const [x, y] = [Number(toX) + Number(attribute('x')), Number(toY) + Number(attribute('y'))];
    const size = Number(attributes.match(/font-size:(\d+)/)?.[1]);
    const length = text.length * size * 0.55;
    const before = { start: 0, middle: 0.5, end: 1 }[attribute('text-anchor')] ?? 0;
    return attribute('transform').startsWith('matrix')
      ? { text, x: x - size / 2, y: y - length / 2, width: size, height: length }
      : { text, x: x - before * length, y: y - size / 2, width: length, height: size };
  });

describe.each(PLOTS)('a plot of %s', (_, svg) => {
  it('no text lies over another, or outside of the picture', () => {
    const boxes = boxesOf(svg);
    expect(boxes.length).toBeGreaterThan(8);
    const [, width, height] = (svg.match(/width="(\d+)" height="(\d+)"/) ?? []).map(Number);
    for (const box of boxes) {
      expect([box.text, box.x >= 0, box.x + box.width <= (width ?? 0)]).toEqual([box.text, true, true]);
      expect([box.text, box.y >= 0, box.y + box.height <= (height ?? 0)]).toEqual([box.text, true, true]);
    }
    const overlaps = boxes.flatMap((one, i) =>
      boxes
        .slice(i + 1)
        .filter(
          (other) =>
            one.x < other.x + other.width &&
            other.x < one.x + one.width &&
            one.y < other.y + other.height &&
            other.y < one.y + one.height,
        )
        .map((other) => `${one.text} / ${other.text}`),
    );
    expect(overlaps).toEqual([]);
  });

  it('each colour has another where the page is dark', () => {
    const used = [...svg.matchAll(/ (?:fill|stroke)="(#[0-9a-f]+)"/g)].map(([, colour]) => colour ?? '');
    expect(used.length).toBeGreaterThan(10);
    // Black fills lines, which have no area.
    const bare = used.filter((colour) => colour !== '#000' && !svg.includes(`[fill="${colour}"]{fill:#`));
    expect(bare).toEqual([]);
  });

  it('is a picture with a name and its figures in words, without a script', () => {
    expect(svg).toMatch(/^<svg role="img" aria-labelledby="title desc" /);
    expect(svg).not.toMatch(/<script|\bon\w+=|https?:\/\/(?!www\.w3\.org)/);
  });
});

describe('plots', () => {
  it('the same figures are the same picture, whatever was drawn before', () => {
    expect(lines(GROWN)).toBe(GROWTH);
  });

  it('words are escaped, in the picture and beside it', () => {
    expect(RATIOS).toContain('<title id="title">Requests/s &lt;of&gt; "pass" &amp; others</title>');
    expect(RATIOS).not.toContain('<of>');
  });

  it('a single series is told in full, with what was not measured', () => {
    expect(boxesOf(RATIOS).map(({ text }) => text)).toContain('0.50 (0.45–0.60)');
    expect(RATIOS).toContain(
      'ratio. pass: ratio 1.00 (0.90–1.20). warm_m2m_jwt: ratio 0.50 (0.45–0.60). workers_oauth_provider: not measured.',
    );
  });

  it('of a long line its ends and its greatest are told', () => {
    expect(GROWTH).toContain('admission: from 3 at 1, to 3 at 50, at most 9 at 21.');
  });
});
