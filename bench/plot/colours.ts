/** What is drawn in a colour, on a light page and on a dark one. */
interface Colour {
  readonly light: string;
  readonly dark: string;
}

export const PAPER: Colour = { light: '#ffffff', dark: '#0d1117' };
export const INK: Colour = { light: '#1f2328', dark: '#e6edf3' };
/** For what explains: ticks, units, what a line means. */
export const QUIET: Colour = { light: '#59636e', dark: '#9198a1' };
export const GRID: Colour = { light: '#d1d9e0', dark: '#3d444d' };

/** One for each series, in order; two that stand side by side differ in brightness too. */
export const SERIES: readonly Colour[] = [
  { light: '#0969da', dark: '#4493f8' },
  { light: '#bc4c00', dark: '#f0883e' },
  { light: '#1a7f37', dark: '#3fb950' },
  { light: '#8250df', dark: '#ab7df8' },
  { light: '#bf3989', dark: '#db61a2' },
  { light: '#6e7781', dark: '#b1bac4' },
];

/** A plot is drawn in its light colours; where the reader's system is dark, these rules put others in their place. */
export const darkRules = (): string =>
  [PAPER, INK, QUIET, GRID, ...SERIES]
    .flatMap(({ light, dark }) => [`[fill="${light}"]{fill:${dark}}`, `[stroke="${light}"]{stroke:${dark}}`])
    .join('');
