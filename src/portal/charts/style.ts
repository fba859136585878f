/**
 * The look of charts. Three colours that the colour-blind can tell apart and that stand out from a panel by 3:1 in both
 * themes (WCAG 2.2 §1.4.11); the tests compute both.
 */
export const CHART_STYLE = `:root { --admitted: #3574d4; --limited: #c2610c; --refused: #6b1f5c; }
@media (prefers-color-scheme: dark) {
  :root { --admitted: #5a9bf6; --limited: #f5b04d; --refused: #d9548f; }
}
@media (forced-colors: active) {
  :root { --admitted: CanvasText; --limited: CanvasText; --refused: CanvasText; --panel: Canvas; }
}
.chart {
  container-type: inline-size; display: grid; grid-template-columns: auto minmax(0, 1fr); column-gap: .5rem;
  margin: 1rem 0; font-size: .8125rem; line-height: 1.25rem; font-variant-numeric: tabular-nums;
}
.chart figcaption, .chart-numbers { grid-column: 1 / -1; }
.chart-legend { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 0 0 1rem; padding: 0; list-style: none; }
.chart-legend li { margin: 0; }
.chart-legend svg { width: .75rem; height: .75rem; vertical-align: -.05rem; }
.chart-counts {
  display: flex; flex-direction: column-reverse; justify-content: space-between; margin: 0; padding: 0; list-style: none;
  height: 11.25rem; text-align: right; color: var(--soft);
}
.chart-counts li { margin: 0; }
.chart-bars { display: block; width: 100%; height: 10rem; margin: .625rem 0; overflow: visible; }
.chart-grid { fill: none; stroke: var(--line); vector-effect: non-scaling-stroke; }
.chart-stacks { fill: none; stroke: var(--admitted); shape-rendering: crispEdges; }
.chart-legend svg { fill: var(--admitted); }
.chart-limited { fill: var(--limited); }
.chart-refused { fill: var(--refused); }
.chart-cut { fill: none; stroke: var(--panel); }
.chart-columns rect { fill: currentColor; fill-opacity: 0; }
.chart-columns rect:hover { fill-opacity: .1; }
.chart-times { grid-column: 2; width: 100%; height: 1.5em; margin-top: -.5rem; overflow: visible; }
.chart-times text { fill: var(--soft); text-anchor: middle; }
@container (max-width: 26rem) { .chart-times .minor { display: none; } }
.chart-numbers summary { color: var(--soft); cursor: pointer; padding: .25rem 0; }
.chart-numbers table { width: 100%; border-collapse: collapse; }
.chart-numbers th, .chart-numbers td {
  padding: .25rem .5rem .25rem 0; border-bottom: 1px solid var(--line); text-align: right; font-weight: 400;
  overflow-wrap: anywhere;
}
.chart-numbers th:first-child { text-align: left; }
.chart-numbers thead th { color: var(--soft); vertical-align: bottom; }
.chart-empty { padding: 2.5rem 1rem; border: 1px dashed var(--line); border-radius: .5rem; text-align: center; color: var(--soft); }
.usage-line { display: block; width: 7.5rem; height: 1.5rem; }
.usage-line path { fill: none; stroke: var(--admitted); stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: round; }
.limit-bar label { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1rem; margin: 1rem 0 0; font-weight: 400; }
.limit-bar .left { color: var(--soft); font-variant-numeric: tabular-nums; }
.limit-bar .hint { margin: 0; }
.limit-bar meter {
  flex: 0 0 100%; height: .625rem; margin: .35rem 0; overflow: hidden; appearance: none;
  border: 1px solid var(--edge); border-radius: .3125rem; background: var(--field);
}
.limit-bar meter::-webkit-meter-inner-element { display: block; }
.limit-bar meter::-webkit-meter-bar { position: static; block-size: 100%; border: 0; border-radius: 0; background: none; }
.limit-bar meter::-webkit-meter-optimum-value { background: var(--admitted); }
.limit-bar meter::-webkit-meter-suboptimum-value { background: var(--limited); }
.limit-bar meter::-webkit-meter-even-less-good-value { background: var(--refused); }
.limit-bar meter::-moz-meter-bar { background: var(--refused); }
.limit-bar meter:-moz-meter-optimum::-moz-meter-bar { background: var(--admitted); }
.limit-bar meter:-moz-meter-sub-optimum::-moz-meter-bar { background: var(--limited); }
`;
