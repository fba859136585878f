import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accentOn, contrast } from '../../../src/portal/accent.ts';
import { backgrounds, brandStyle } from '../../../src/portal/brand-style.ts';
import { PORTAL_STYLE } from '../../../src/portal/style.ts';

const hex = (value: number) => `#${value.toString(16).padStart(6, '0')}`;
const anyColour = fc.integer({ min: 0, max: 0xffffff }).map(hex);
const channels = (colour: string) => [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));

describe('contrast (WCAG 2.2)', () => {
  it.each([
    ['#000000', '#ffffff', 21],
    ['#ffffff', '#ffffff', 1],
    ['#777777', '#ffffff', 4.48],
    ['#767676', '#ffffff', 4.54],
    ['#ff0000', '#ffffff', 4.0],
    ['#0000ff', '#000000', 2.44],
  ])('of %s on %s is %d, both ways', (a, b, expected) => {
    expect(contrast(a, b)).toBeCloseTo(expected, 1);
    expect(contrast(b, a)).toBe(contrast(a, b));
  });
});

describe.each(['light', 'dark'] as const)('an accent in the %s theme', (theme) => {
  const all = backgrounds()[theme];

  it('knows what it stands on', () => {
    expect(all).toHaveLength(5);
  });

  it('is readable on all of it, and what stands on it as well, whatever was wished for (§1.4.3)', () => {
    fc.assert(
      fc.property(anyColour, (wanted) => {
        const { link, on } = accentOn(wanted, all);
        expect(link).toMatch(/^#[\da-f]{6}$/);
        for (const background of all) expect(contrast(link, background)).toBeGreaterThanOrEqual(4.5);
        expect(contrast(on, link)).toBeGreaterThanOrEqual(4.5);
      }),
      { numRuns: 500 },
    );
  });

  it('is the one wished for where that can be read', () => {
    fc.assert(
      fc.property(anyColour, (wanted) => {
        const isReadable = all.every((background) => contrast(wanted, background) >= 4.5);
        expect(accentOn(wanted, all).link === wanted).toBe(isReadable);
      }),
      { numRuns: 500 },
    );
  });

  it('is changed no further than is needed, in one direction alone', () => {
    const direction = theme === 'light' ? -1 : 1;
    const end = theme === 'light' ? 0 : 255;
    fc.assert(
      fc.property(anyColour, (wanted) => {
        const { link } = accentOn(wanted, all);
        if (link === wanted) return;
        const [before, after] = [channels(wanted), channels(link)];
        for (const [i, value] of after.entries())
          expect(Math.sign(value - (before[i] ?? 0)) * direction).toBeGreaterThanOrEqual(0);
        // A step back towards what was wished for, by the channel that tells it best, and it cannot be read.
        const ranges = before.map((value) => Math.abs(end - value));
        const i = ranges.indexOf(Math.max(...ranges));
        const changed = Math.abs((after[i] ?? 0) - (before[i] ?? 0));
        const share = (changed - 0.5) / (ranges[i] ?? 0) - 1 / 255;
        const back = before.map((value) => Math.round(value + (end - value) * Math.max(0, share)));
        const colour = hex(back.reduce((sum, value) => sum * 256 + value, 0));
        expect(all.every((background) => contrast(colour, background) >= 4.5)).toBe(false);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the style of a brand', () => {
  it('is ours where there is no accent', () => {
    expect(brandStyle(null).startsWith(PORTAL_STYLE)).toBe(true);
    expect(brandStyle(null).match(/--link: /g)).toEqual(PORTAL_STYLE.match(/--link: /g));
  });

  it('says the accent after all else, for each theme', () => {
    const style = brandStyle('#ffd400');
    expect(style.startsWith(brandStyle(null))).toBe(true);
    const [light, dark] = (['light', 'dark'] as const).map((theme) => {
      const { link, on } = accentOn('#ffd400', backgrounds()[theme]);
      return `:root { --link: ${link}; --on: ${on}; }\n`;
    });
    expect(style.endsWith(`${light}@media (prefers-color-scheme: dark) { ${dark}}\n`)).toBe(true);
  });
});
