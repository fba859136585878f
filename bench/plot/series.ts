import type { Spread } from '../figures.ts';
import { INK, QUIET, SERIES } from './colours.ts';
import { WIDTH } from './draw.ts';

/** What is shown: a figure alone, or a median between the least and the greatest. */
export type Value = Spread | number;

/** A value that something is held against: a line, with its meaning at the end. */
export interface Goal {
  readonly at: number;
  readonly says: string;
}

/** The names of the series, if there is anything to tell apart. */
export const legend = (names: readonly string[]) => ({
  ...{ show: names.length > 1, data: names, left: 16, top: 58, padding: 0, width: WIDTH - 32 },
  ...{ itemGap: 18, itemHeight: 10, itemWidth: 22, selectedMode: false },
  textStyle: { color: INK.light, fontSize: 12 },
});

export const colourOf = (index: number): string => SERIES[index % SERIES.length]?.light ?? INK.light;

/** What it stands at, and between what it lay. */
export const ends = (value: Value): readonly [at: number, least: number, greatest: number] =>
  typeof value === 'number' ? [value, value, value] : [value.median, value.min, value.max];

/** A value in words. */
export const written = (value: Value | null, digits?: number): string => {
  if (value === null) return '–';
  const [at, least, greatest] = ends(value).map((each) =>
    digits === undefined ? String(each) : each.toFixed(digits),
  );
  return at === least && at === greatest ? `${at}` : `${at} (${least}–${greatest})`;
};

/** Dashed lines across the plot; `x` for those that stand, from the top down as rows are counted, `y` for those that lie. */
export const goalLines = (along: 'x' | 'y', goals: readonly Goal[]) => ({
  ...{ silent: true, symbol: 'none', animation: false },
  lineStyle: { color: QUIET.light, type: 'dashed', width: 1.5 },
  data: goals.map(({ at, says }) => ({
    [along === 'x' ? 'xAxis' : 'yAxis']: at,
    label: {
      ...{ formatter: says, color: QUIET.light, fontSize: 12, textBorderWidth: 0 },
      ...(along === 'x' ? { position: 'start', distance: 4 } : { position: 'insideStartTop' }),
    },
  })),
});
