import { describe, expect, it } from 'vitest';
import { CHART_STYLE } from '../../../../src/portal/charts/style.ts';
import { PORTAL_STYLE } from '../../../../src/portal/style.ts';

type Rgb = readonly [number, number, number];

/** What colours look like to whoever cannot tell some (Machado, Oliveira, Fernandes 2009, whole deficiency; linear RGB). */
const SIGHTS: Readonly<Record<string, readonly [Rgb, Rgb, Rgb]>> = {
  everybody: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  'the red-blind': [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  'the green-blind': [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  'the blue-blind': [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

const BLACK: Rgb = [0, 0, 0];

/** The variables of the theme; the light one's come first in the sheet. */
const variable = (style: string, name: string, theme: 'light' | 'dark'): Rgb => {
  const found = [...style.matchAll(new RegExp(`--${name}: (#[0-9a-f]{6})`, 'g'))].map(([, colour]) => colour);
  return linear(found[theme === 'light' ? 0 : 1] ?? '');
};

/** WCAG 2.2, relative luminance: sRGB without its gamma. */
const linear = (hex: string): Rgb => {
  const [red = 0, green = 0, blue = 0] = (hex.match(/[0-9a-f]{2}/g) ?? []).map((pair) => {
    const share = Number.parseInt(pair, 16) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return [red, green, blue];
};

const dot = (a: Rgb, b: Rgb): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

const contrast = (a: Rgb, b: Rgb): number => {
  const [darker = 0, lighter = 0] = [a, b]
    .map((rgb) => dot(rgb, [0.2126, 0.7152, 0.0722]))
    .toSorted((x, y) => x - y);
  return (lighter + 0.05) / (darker + 0.05);
};

/** CIE L*a*b* of D65: distances in it are about as large as they look. */
const lab = (rgb: Rgb): Rgb => {
  const f = (t: number): number => (t > 0.008856 ? Math.cbrt(t) : 7.787 * t + 16 / 116);
  const [x, y, z] = [
    f(dot(rgb, [0.4124, 0.3576, 0.1805]) / 0.95047),
    f(dot(rgb, [0.2126, 0.7152, 0.0722])),
    f(dot(rgb, [0.0193, 0.1192, 0.9505]) / 1.08883),
  ];
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
};

const clamp = (share: number): number => Math.min(1, Math.max(0, share));

const distance = (a: Rgb, b: Rgb, [red, green, blue]: readonly [Rgb, Rgb, Rgb]): number => {
  const seen = (rgb: Rgb): Rgb => lab([clamp(dot(red, rgb)), clamp(dot(green, rgb)), clamp(dot(blue, rgb))]);
  const [from, to] = [seen(a), seen(b)];
  return Math.hypot(from[0] - to[0], from[1] - to[1], from[2] - to[2]);
};

describe.each(['light', 'dark'] as const)('the colours of charts, %s', (theme) => {
  const colour = (name: string): Rgb => variable(CHART_STYLE, name, theme);

  it.each(['admitted', 'limited', 'refused'])(
    '--%s stands out from the panel by 3:1 (WCAG 2.2 §1.4.11)',
    (name) => {
      expect(contrast(colour(name), variable(PORTAL_STYLE, 'panel', theme))).toBeGreaterThanOrEqual(3);
    },
  );

  it('what stands at the axes can be read (§1.4.3)', () => {
    const [soft, panel] = ['soft', 'panel'].map((name) => variable(PORTAL_STYLE, name, theme));
    expect(contrast(soft ?? BLACK, panel ?? BLACK)).toBeGreaterThanOrEqual(4.5);
  });

  it.each(Object.entries(SIGHTS))('%s can tell any two of them apart', (_, sight) => {
    // 10 are told apart at a glance; small areas beside each other ask for more.
    for (const [a, b] of [
      ['admitted', 'limited'],
      ['limited', 'refused'],
      ['refused', 'admitted'],
    ] as const)
      expect(distance(colour(a), colour(b), sight)).toBeGreaterThan(30);
  });
});
