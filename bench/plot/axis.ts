import { GRID, INK, QUIET } from './colours.ts';

/** One axis of figures. */
export interface Axis {
  /** What is shown, with its unit: "requests/s". */
  readonly name: string;
  /** Each step is ten times the last, if `log`. */
  readonly scale?: 'linear' | 'log';
  /** Where it begins and ends, if not where the figures do. */
  readonly min?: number;
  readonly max?: number;
}

/** An axis as the library has it. */
export const valueAxis = ({ name, scale = 'linear', min, max }: Axis) => ({
  ...{ type: scale === 'log' ? 'log' : 'value', name, nameLocation: 'middle', nameGap: 28 },
  ...(min === undefined ? {} : { min }),
  ...(max === undefined ? {} : { max }),
  nameTextStyle: { color: QUIET.light, fontSize: 12 },
  axisLine: { show: true, lineStyle: { color: GRID.light } },
  axisLabel: { color: QUIET.light, fontSize: 12, hideOverlap: true, formatter: briefly },
  splitLine: { lineStyle: { color: GRID.light } },
});

/** An axis of names, the first of them on top. */
export const nameAxis = (names: readonly string[], position: 'left' | 'right') => ({
  ...{ type: 'category', data: names, inverse: true, position },
  axisTick: { show: false },
  axisLine: { show: false },
  axisLabel: { color: position === 'left' ? INK.light : QUIET.light, fontSize: 12, interval: 0 },
});

/** As short as a tick may be: 0.05, 3, 20k, 1.5M. */
const briefly = (value: number): string => {
  const size = Math.abs(value);
  if (size >= 1e6) return `${trimmed(value / 1e6)}M`;
  if (size >= 1e4) return `${trimmed(value / 1e3)}k`;
  return trimmed(value);
};

const trimmed = (value: number): string => String(Number(value.toPrecision(3)));

/** About as wide as a text of this size is drawn, rather more: what the layout leaves for it. */
export const widthOf = (texts: readonly string[]): number =>
  Math.ceil(Math.max(0, ...texts.map(({ length }) => length)) * 6.9);
