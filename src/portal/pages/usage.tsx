import type { LimitStanding, UsageReport } from '../../model/life.ts';
import { type Frame, Layout } from '../layout.tsx';
import type { PlacePaths } from '../paths.ts';
import type { UsageRangeName } from '../usage-ranges.ts';
import { WORDS } from '../words.ts';
import { LimitsPanel, UsagePanel } from './usage-parts.tsx';

const { usage: words } = WORDS;

/** What everything of somebody's used, and what is left. */
export const UsagePage = ({
  frame,
  paths,
  range,
  used,
  limits,
}: {
  readonly frame: Frame;
  readonly paths: PlacePaths;
  readonly range: UsageRangeName;
  readonly used: UsageReport;
  readonly limits: readonly LimitStanding[];
}) => (
  <Layout title={words.title} frame={frame} width="wide">
    <h1>{words.title}</h1>
    <p class="soft">{words.text}</p>
    <UsagePanel path={paths.usage} range={range} used={used} />
    <LimitsPanel limits={limits} now={frame.now} />
  </Layout>
);
