import { BarChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent, LegendComponent, MarkLineComponent, TitleComponent } from 'echarts/components';
import { type EChartsCoreOption, init, use } from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { darkRules, INK, PAPER, QUIET } from './colours.ts';

use([BarChart, CustomChart, LineChart, ScatterChart]);
use([GridComponent, LegendComponent, MarkLineComponent, TitleComponent, SVGRenderer]);

/** What a plot says in words. */
export interface Words {
  readonly title: string;
  /** One line under the title: what was measured, and how to read it. */
  readonly says: string;
  /** The figures, for those who do not see the picture. */
  readonly figures: string;
}

export const WIDTH = 860;
/** What is above the plot itself: title, one line, the names of the series if there are several, what goals are called. */
export const headOf = (series: number): number => (series > 1 ? 102 : 78);
/** What is below it: ticks and the name of the axis. */
export const FOOT = 52;

/** An SVG of its own: the same text for the same input, without a script, readable on light and dark pages. */
export const draw = (words: Words, height: number, option: EChartsCoreOption): string => {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width: WIDTH, height });
  try {
    chart.setOption({ ...option, ...frame(words) });
    return finished(chart.renderToSVGString(), words);
  } finally {
    chart.dispose();
  }
};

const frame = ({ title, says }: Words): EChartsCoreOption => ({
  animation: false,
  backgroundColor: PAPER.light,
  title: {
    ...{ text: title, subtext: says, left: 16, top: 12, itemGap: 6, padding: 0 },
    textStyle: { fontSize: 16, fontWeight: 'bold', color: INK.light },
    subtextStyle: { fontSize: 12, color: QUIET.light },
  },
});

/** The drawing with its words in it, and without what is only for a page that has a script, or counts what was drawn before. */
const finished = (svg: string, { title, says, figures }: Words): string => {
  const [head = '', body = ''] = split(
    svg
      .replace(/ (class|ecmeta_\w+)="[^"]*"/g, '')
      .replace(INVISIBLE, '')
      .replace(/\bzr\d+-/g, 'zr-')
      .replace(/<style[\s\S]*?<\/style>\s*/g, '')
      .replace(/font-family:sans-serif/g, "font-family:system-ui,'Segoe UI',Helvetica,Arial,sans-serif"),
    svg.indexOf('>') + 1,
  );
  return `${head.replace('<svg', '<svg role="img" aria-labelledby="title desc"')}
<title id="title">${escaped(title)}</title>
<desc id="desc">${escaped(`${says} ${figures}`)}</desc>
<style>@media (prefers-color-scheme: dark){${darkRules()}}</style>${body.trimEnd()}
`;
};

/** Areas for the mouse, and boxes around texts that have no border. */
const INVISIBLE = /<path [^>]*(fill="none" pointer-events="visible"|stroke-width="0")><\/path>\n/g;

const split = (text: string, at: number): readonly [string, string] => [text.slice(0, at), text.slice(at)];

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
