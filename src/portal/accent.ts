/** A colour that is read on a background, and one that is read on it. Both as `#rrggbb`. */
export interface Accent {
  /** Of links, buttons and focus rings. */
  readonly link: string;
  /** Of text on buttons. */
  readonly on: string;
}

/** WCAG 2.2 §1.4.3, text of any size; more than the 3 that §1.4.11 asks of focus rings. */
const READABLE = 4.5;

/**
 * The accent nearest to the one wanted, on its way to black or to white, that is readable on every one of these backgrounds.
 * Contrast is the same both ways: the background that differs most from it is what is read on a button.
 */
export const accentOn = (wanted: string, backgrounds: readonly string[]): Accent => {
  const [black, white] = ['#000000', '#ffffff'];
  const end = leastContrast(black, backgrounds) > leastContrast(white, backgrounds) ? black : white;
  const steps = Array.from({ length: STEPS + 1 }, (_, step) => mixed(wanted, end, step / STEPS));
  const link = steps.find((colour) => leastContrast(colour, backgrounds) >= READABLE) ?? end;
  const [on = end] = backgrounds.toSorted((a, b) => contrast(b, link) - contrast(a, link));
  return { link, on };
};

/** As many as a channel has values: a finer step would be no other colour. */
const STEPS = 255;

/** WCAG 2.2, contrast ratio: 1 to 21. */
export const contrast = (a: string, b: string): number => {
  const [dark = 0, light = 0] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
};

const leastContrast = (colour: string, others: readonly string[]): number =>
  Math.min(...others.map((other) => contrast(colour, other)));

/** WCAG 2.2, relative luminance. */
const luminance = (colour: string): number => {
  const [red = 0, green = 0, blue = 0] = channelsOf(colour).map((value) => {
    const share = value / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};

const mixed = (from: string, to: string, share: number): string => {
  const ends = channelsOf(to);
  const values = channelsOf(from).map((value, i) => Math.round(value + ((ends[i] ?? 0) - value) * share));
  return `#${values.map((value) => value.toString(16).padStart(2, '0')).join('')}`;
};

const channelsOf = (colour: string): readonly number[] =>
  [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16));
