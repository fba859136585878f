import { accentOn } from './accent.ts';
import { CHART_STYLE } from './charts/style.ts';
import { PORTAL_STYLE } from './style.ts';

const DARK = '@media (prefers-color-scheme: dark)';

/** The whole style; with the operator's colour in place of ours, as far as it can be read. */
export const brandStyle = (accent: string | null): string => {
  const style = PORTAL_STYLE + CHART_STYLE;
  if (accent === null) return style;
  const { light, dark } = backgrounds();
  return `${style}${HOVER}${variables(accent, light)}${DARK} { ${variables(accent, dark)}}\n`;
};

/** Of an accent that can just be read, a brighter one cannot: under the pointer a button is raised instead. */
const HOVER = 'button:hover, .button:hover { filter: none; box-shadow: 0 1px 4px rgb(0 0 0 / .4); }\n';

/** What links and buttons stand on, as the style has it. Exported for the test that each is found. */
export const backgrounds = (): Readonly<Record<'light' | 'dark', readonly string[]>> => {
  const [light = '', dark = ''] = PORTAL_STYLE.split(DARK);
  return { light: backgroundsIn(light), dark: backgroundsIn(dark) };
};

const backgroundsIn = (style: string): readonly string[] =>
  [...style.matchAll(/--(?:back|panel|warn|code|done): (#[\da-f]{6});/g)].map(([, colour = '']) => colour);

const variables = (accent: string, on: readonly string[]): string => {
  const colours = accentOn(accent, on);
  return `:root { --link: ${colours.link}; --on: ${colours.on}; }\n`;
};
