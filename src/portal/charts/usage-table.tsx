import { requestsIn, type UsageBucket } from '../../model/life.ts';
import { WORDS } from '../words.ts';
import { OUTCOMES } from './buckets.ts';
import { bucketName } from './times.ts';

const { charts: words } = WORDS;

const DAY_MS = 86_400_000;

/** The exact numbers of a chart, for whoever cannot see it or wants to know. Of times without any request it says nothing. */
export const UsageTable = ({
  buckets,
  stepMs,
}: {
  readonly buckets: readonly UsageBucket[];
  readonly stepMs: number;
}) => (
  <details class="chart-numbers">
    <summary>{words.numbers}</summary>
    <table>
      <thead>
        <tr>
          <th scope="col">{stepMs >= DAY_MS ? words.day : words.hour}</th>
          {OUTCOMES.map((outcome) => (
            <th scope="col">{words[outcome]}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {buckets
          .filter((bucket) => requestsIn(bucket) > 0)
          .map((bucket) => (
            <tr>
              <th scope="row">{bucketName(bucket.at, stepMs)}</th>
              {OUTCOMES.map((outcome) => (
                <td>{words.count(bucket[outcome])}</td>
              ))}
            </tr>
          ))}
      </tbody>
    </table>
  </details>
);
