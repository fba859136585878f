import type { CustomSeriesRenderItemAPI, CustomSeriesRenderItemParams } from 'echarts';
import { type Axis, nameAxis, valueAxis, widthOf } from './axis.ts';
import { INK } from './colours.ts';
import { draw, FOOT, headOf } from './draw.ts';
import { colourOf, ends, type Goal, goalLines, legend, type Value, written } from './series.ts';
import { whisker } from './whisker.ts';

/** Figures of several things side by side, each a row. */
export interface Bars {
  readonly title: string;
  /** One line under the title: what was measured, and how to read it. */
  readonly says: string;
  readonly axis: Axis;
  /** Names of the rows, from top to bottom. */
  readonly rows: readonly string[];
  /** Of each row a value or none, in the order of the rows. */
  readonly series: readonly { readonly name: string; readonly values: readonly (Value | null)[] }[];
  /** A dot is for what has no nought to begin at, as on an axis by powers of ten. */
  readonly mark?: 'bar' | 'dot';
  readonly goals?: readonly Goal[];
  /** How many digits after the point a figure is told with. */
  readonly digits?: number;
}

/** Rows of bars or dots, with a whisker from the least to the greatest; a row's only value is written out on the right. */
export const bars = ({ title, says, axis, rows, series, mark = 'bar', goals = [], digits }: Bars): string => {
  // Where each row has its one value, there is room for it on the right, and no need of places side by side.
  const isOneEach = rows.every((_, row) => series.filter(({ values }) => hasValue(values, row)).length <= 1);
  const column = isOneEach ? rows.map((_, row) => oneOf(series, row, digits)) : [];
  const slot = mark === 'bar' && !isOneEach ? SLOT : 0;
  const head = headOf(series.length);
  const height = head + FOOT + rows.length * (slot === 0 ? ROW : ROW - SLOT + slot * series.length);
  const figures = rows.map((row, i) => `${row}: ${inWords(series, i, digits)}.`);
  return draw({ title, says, figures: `${axis.name}. ${figures.join(' ')}` }, height, {
    grid: {
      ...{ left: 24 + widthOf(rows), right: column.length === 0 ? 32 : 24 + widthOf(column) },
      ...{ top: head, bottom: FOOT, outerBoundsMode: 'none' },
    },
    legend: legend(series.map(({ name }) => name)),
    xAxis: valueAxis(axis),
    yAxis: [nameAxis(rows, 'left'), nameAxis(column, 'right')],
    series: series.map(({ name, values }, s) => ({
      ...{ type: 'custom', name, silent: true, itemStyle: { color: colourOf(s) } },
      data: rows.flatMap((_, row) => {
        const value = values[row] ?? null;
        return value === null ? [] : [[row, ...ends(value)]];
      }),
      encode: { y: 0, x: [1, 2, 3] },
      renderItem: renderer(mark, colourOf(s), (s - (series.length - 1) / 2) * slot),
      ...(s === 0 ? { markLine: goalLines('x', goals) } : {}),
    })),
  });
};

type Series = Bars['series'];

const hasValue = (values: Series[number]['values'], row: number): boolean => (values[row] ?? null) !== null;

const oneOf = (series: Series, row: number, digits: number | undefined): string =>
  written(series.find(({ values }) => hasValue(values, row))?.values[row] ?? null, digits);

/** What is known of a row. */
const inWords = (series: Series, row: number, digits: number | undefined): string =>
  series
    .filter(({ values }) => hasValue(values, row))
    .map(({ name, values }) => `${name} ${written(values[row] ?? null, digits)}`)
    .join(', ') || 'not measured';

/** Pixels from row to row, and from bar to bar within one. */
const ROW = 26;
const SLOT = 16;
const HALF_BAR = 6;
const RADIUS = 5;

const renderer =
  (mark: 'bar' | 'dot', colour: string, shift: number) =>
  ({ coordSys }: CustomSeriesRenderItemParams, api: CustomSeriesRenderItemAPI) => {
    const point = (dimension: number): readonly [number, number] => {
      const [x = 0, y = 0] = api.coord([Number(api.value(dimension)), Number(api.value(0))]);
      return [x, y + shift];
    };
    const [[x, y], least, greatest] = [point(1), point(2), point(3)];
    const left = (coordSys as unknown as { readonly x: number }).x;
    const shape =
      mark === 'dot'
        ? { type: 'circle' as const, shape: { cx: x, cy: y, r: RADIUS }, style: { fill: colour } }
        : {
            type: 'rect' as const,
            shape: { x: left, y: y - HALF_BAR, width: Math.max(1, x - left), height: 2 * HALF_BAR },
            style: { fill: colour },
          };
    const hidden = greatest[0] - least[0] < 1;
    const spread = hidden ? [] : whisker(least, greatest, mark === 'dot' ? colour : INK.light);
    return { type: 'group' as const, children: [shape, ...spread] };
  };
