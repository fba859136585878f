export type { Axis } from './axis.ts';
export { type Bars, bars } from './bars.ts';
export { type Lines, lines } from './lines.ts';
export type { Goal, Value } from './series.ts';
