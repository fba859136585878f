import type { LimitStanding, UsageReport } from '../../model/life.ts';
import { LimitBar } from '../charts/limit-bar.tsx';
import { UsageChart } from '../charts/usage-chart.tsx';
import { left as timeLeft } from '../moments.ts';
import { withQuery } from '../paths.ts';
import { barsOf, USAGE_RANGES, type UsageRangeName } from '../usage-ranges.ts';
import { LANG, WORDS } from '../words.ts';

const { usage: words } = WORDS;

/** Use over a range, and the way to the other ranges. */
export const UsagePanel = ({
  path,
  range,
  used,
}: {
  /** Of the page, without the range. */
  readonly path: string;
  readonly range: UsageRangeName;
  readonly used: UsageReport;
}) => (
  <section aria-labelledby="usage">
    <div class="heading">
      <h2 id="usage">{words.requests}</h2>
      <nav aria-label={words.range} class="ranges">
        <ul>
          {USAGE_RANGES.map((name) => (
            <li>
              <a href={withQuery(path, { range: name })} aria-current={name === range ? 'true' : undefined}>
                {words.ranges[name]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
    </div>
    <UsageChart id="chart" {...barsOf(range, used)} />
    <p class="hint">{words.about}</p>
  </section>
);

/** Limits, and what is left of each now. */
export const LimitsPanel = ({
  limits,
  now,
}: {
  readonly limits: readonly LimitStanding[];
  readonly now: number;
}) => (
  <section aria-labelledby="limits">
    <h2 id="limits">{words.limits}</h2>
    {limits.map(({ name, requests, perSeconds, left, wholeAt }) => (
      <LimitBar
        name={words.limitNames[name](words.period(perSeconds))}
        left={left}
        limit={requests}
        note={wholeAt === null ? null : words.whole(timeLeft(wholeAt, now, LANG))}
      />
    ))}
  </section>
);
