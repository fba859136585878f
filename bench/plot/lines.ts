import type { CustomSeriesRenderItemAPI } from 'echarts';
import { type Axis, valueAxis } from './axis.ts';
import { draw, FOOT, headOf } from './draw.ts';
import { colourOf, ends, type Goal, goalLines, legend, type Value, written } from './series.ts';
import { whisker } from './whisker.ts';

/** Figures over a figure. */
export interface Lines {
  readonly title: string;
  /** One line under the title: what was measured, and how to read it. */
  readonly says: string;
  readonly x: Axis;
  readonly y: Axis;
  /** Points in the order in which a line takes them. */
  readonly series: readonly {
    readonly name: string;
    readonly points: readonly (readonly [x: number, y: Value])[];
  }[];
  /** A dot is for points that have no order. */
  readonly mark?: 'line' | 'dot';
  /** Lines that lie across, at a value of `y`. */
  readonly goals?: readonly Goal[];
  /** How many digits after the point a figure is told with. */
  readonly digits?: number;
}

/** Lines or dots over `x`, with a whisker where a point has a spread. */
export const lines = ({ title, says, x, y, series, mark = 'line', goals = [], digits }: Lines): string => {
  const figures = series.map(({ name, points }) => `${name}: ${told(points, digits)}.`);
  return draw({ title, says, figures: `${y.name} over ${x.name}. ${figures.join(' ')}` }, HEIGHT, {
    grid: { left: 72, right: 32, top: headOf(series.length), bottom: FOOT, outerBoundsMode: 'none' },
    legend: legend(series.map(({ name }) => name)),
    xAxis: valueAxis(x),
    yAxis: { ...valueAxis(y), nameGap: 50 },
    series: series.flatMap(({ name, points }, s) => [
      {
        ...{ type: mark === 'line' ? 'line' : 'scatter', name, silent: true, color: colourOf(s) },
        ...{ symbol: SYMBOLS[s % SYMBOLS.length], showSymbol: points.length <= MOST_SYMBOLS },
        ...{ symbolSize: mark === 'line' ? 7 : 8, lineStyle: { width: 2, type: DASHES[s % DASHES.length] } },
        data: points.map(([at, value]) => [at, ends(value)[0]]),
        ...(s === 0 ? { markLine: goalLines('y', goals) } : {}),
      },
      {
        ...{ type: 'custom', silent: true, renderItem: renderer(colourOf(s)), encode: { x: 0, y: [1, 2] } },
        data: points.flatMap(([at, value]) => {
          const [, least, greatest] = ends(value);
          return least === greatest ? [] : [[at, least, greatest]];
        }),
      },
    ]),
  });
};

const HEIGHT = 400;

/** More points than this are told apart by their line alone. */
const MOST_SYMBOLS = 24;

/** Whoever sees no colours has the forms. */
const SYMBOLS = ['circle', 'rect', 'triangle', 'diamond', 'emptyCircle', 'emptyRect'] as const;
const DASHES = ['solid', 'dashed', 'dotted'] as const;

const renderer = (colour: string) => (_: unknown, api: CustomSeriesRenderItemAPI) => {
  const point = (dimension: number): readonly [number, number] => {
    const [x = 0, y = 0] = api.coord([Number(api.value(0)), Number(api.value(dimension))]);
    return [x, y];
  };
  return { type: 'group' as const, children: whisker(point(1), point(2), colour) };
};

/** All points if they are few; of many where they begin, where they end, and their greatest. */
const told = (points: Lines['series'][number]['points'], digits: number | undefined): string => {
  const say = ([x, value]: (typeof points)[number]): string => `${written(value, digits)} at ${x}`;
  if (points.length <= MOST_SYMBOLS) return points.map(say).join(', ');
  const greatest = points.reduce((most, each) => (ends(each[1])[0] > ends(most[1])[0] ? each : most));
  return [...points.slice(0, 1), ...points.slice(-1), greatest]
    .map((point, i) => `${['from ', 'to ', 'at most '][i]}${say(point)}`)
    .join(', ');
};
