import type { SoakRun } from './run.ts';
import { quantile, type Tally } from './tally.ts';
import type { Taking } from './timeline.ts';

/** How long after the answer what was taken away could still be used, of one kind, in seconds. */
export interface Lateness {
  readonly kind: string;
  readonly count: number;
  /** Of them, those that were tried after they had to be gone. */
  readonly checked: number;
  readonly p50: number;
  readonly p90: number;
  readonly most: number;
}

/** Of each kind of taking away: what was not used after the answer counts as 0. */
export const latenessOf = (takings: readonly Taking[]): readonly Lateness[] =>
  [...Map.groupBy(takings, ({ kind }) => kind)]
    .map(([kind, mine]) => {
      const late = mine
        .map(({ lastAdmittedAt, answeredAt }) =>
          lastAdmittedAt === null ? 0 : (lastAdmittedAt - answeredAt) / 1000,
        )
        .sort((one, other) => one - other);
      const at = (share: number): number =>
        late[Math.min(late.length - 1, Math.floor(share * late.length))] ?? 0;
      const checked = mine.filter(({ probes }) => probes > 0).length;
      return { kind, count: mine.length, checked, p50: at(0.5), p90: at(0.9), most: late.at(-1) ?? 0 };
    })
    .sort((one, other) => one.kind.localeCompare(other.kind));

/** The run as it is kept. */
export const asJson = (run: SoakRun): string => {
  const { tally, ...rest } = run;
  const plain = {
    ...rest,
    ...figuresOf(run),
    answers: asObject(tally.answers),
    desk: asObject(tally.desk),
    times: timesOf(tally),
    lateness: latenessOf(tally.takings),
    violation_count: tally.violationCount,
    violations: tally.violations,
  };
  return `${JSON.stringify(plain, null, 2)}\n`;
};

const asObject = (counts: Tally['answers']) =>
  Object.fromEntries([...counts].map(([kind, statuses]) => [kind, Object.fromEntries(statuses)]));

const timesOf = (tally: Tally) =>
  [...tally.times]
    .map(([kind, times]) => ({
      ...{
        kind,
        count: times.count,
        p50: quantile(times, 0.5),
        p90: quantile(times, 0.9),
        p99: quantile(times, 0.99),
      },
    }))
    .sort((one, other) => other.count - one.count);

const figuresOf = ({ tally, seconds, cpu }: SoakRun) => ({
  requests: tally.requests,
  admitted: tally.admitted,
  web_sockets: tally.webSockets,
  cut_by_silence: tally.cutBySilence,
  unheard: tally.unheard,
  requests_per_second: tally.requests / seconds,
  latchkey_cpu_us_per_request: (cpu.latchkey / tally.requests) * 1e6,
});

/** The run as a page of Markdown. */
export const asMarkdown = (run: SoakRun): string => {
  const { tally, options, machine, load, findings, memory, seconds, stoppedBy } = run;
  const figures = figuresOf(run);
  const command = `npm run soak -- --requests ${options.requests} --keys ${options.keys} --users ${options.users} --seed ${options.seed}`;
  return `# Soak

\`${command}\`, ${run.date}: ${tally.requests} requests in ${seconds.toFixed(0)} s${stoppedBy === null ? '' : ` (ended early: ${stoppedBy})`},
${figures.requests_per_second.toFixed(0)}/s over ${options.connections} connections to ${options.isolates} isolates of one workerd. ${machine.cpu}, ${machine.cores} cores,
load average ${load.before.toFixed(1)} before and ${load.after.toFixed(1)} after; workerd ${machine.workerd}, Node ${machine.node}.

**${tally.violationCount === 0 ? 'No violation.' : `${tally.violationCount} violations.`}**

| | |
|---|---|
| let in, each answer its own | ${tally.admitted} |
| WebSockets | ${tally.webSockets} |
| answers and WebSockets broken off because a Ring was too slow | ${tally.cutBySilence} |
| refusals that were not heard, because the body was still on its way | ${tally.unheard} |
| Latchkey's CPU for each request | ${figures.latchkey_cpu_us_per_request.toFixed(0)} µs |
| keys, living at the end and in all | ${findings.keysLiving}, ${findings.keysEver} |
| clients at Stytch | ${findings.clientsAtStytch} |
| exchanges, and allowed by promise 4 | ${findings.exchanges}, ${findings.exchangesAllowed} |
| keys with one exchange more than that | ${findings.exchangedOnceMore} |
| requests after something had to be gone | ${tally.revocationsChecked} |
| audit trails verified, rows | ${findings.auditTrails}, ${findings.auditRows} |
| assertions proven at the origin | ${findings.assertionsProven} |

## Requests

${table(['kind', 'requests', 'by status', 'p50 ms', 'p90 ms', 'p99 ms'], rowsOf(tally, tally.answers, ''))}

## At the Desk

${table(['what', 'calls', 'by status', 'p50 ms', 'p90 ms', 'p99 ms'], rowsOf(tally, tally.desk, 'Desk: '))}

## What was taken away

Seconds from the answer to the start of the last request that was let in; checked: tried after \`effective_by\`.

${table(
  ['what', 'times', 'checked', 'p50 s', 'p90 s', 'most s'],
  latenessOf(tally.takings).map((late) => [
    late.kind,
    ...[late.count, late.checked].map(String),
    ...[late.p50, late.p90, late.most].map((value) => value.toFixed(2)),
  ]),
)}

## Limits

${table(
  ['limit', 'units', 'within s', 'let in', 'times refused', 'fullest window'],
  findings.limits.map(({ name, limit, perSeconds, admitted, refused, fullest }) => [
    name.replace(/^(\w+) .*(.{8})$/, '$1 …$2'),
    ...[limit, perSeconds, admitted, refused, fullest].map(String),
  ]),
)}

## Memory

${
  memory === null
    ? 'Too few samples for a trend.'
    : `Resident memory of workerd with all isolates and Rings: median ${memory.secondQuarterMiB} MiB in the second quarter, ${memory.lastQuarterMiB} MiB in the last: ${memory.growthMiB} MiB
more, of ${memory.boundMiB} that may be. Slope without the first quarter: ${memory.slopeMiB} MiB for each 100,000 requests.

${table(
  ['s', 'requests', 'MiB'],
  memory.samples
    .filter((_, i, all) => i % Math.ceil(all.length / 20) === 0 || i === all.length - 1)
    .map((sample) => [sample.seconds.toFixed(0), String(sample.requests), String(sample.residentMiB)]),
)}`
}
${violationsOf(tally)}`;
};

const violationsOf = ({ violations, violationCount }: Tally): string =>
  violationCount === 0
    ? ''
    : `
## Violations

The first ${violations.length} of ${violationCount}, whole in the JSON:

${violations.map(({ at, kind, problem, nonce, ms }) => `- ${at} ${kind} ${nonce}: ${problem} (${ms} ms)`).join('\n')}
`;

const rowsOf = (tally: Tally, counts: Tally['answers'], prefix: string): readonly (readonly string[])[] =>
  [...counts]
    .map(([kind, statuses]) => {
      const times = tally.times.get(prefix + kind);
      const all = [...statuses.values()].reduce((sum, n) => sum + n, 0);
      const by = [...statuses].sort(([one], [other]) => one - other).map(([status, n]) => `${status}: ${n}`);
      const ms = [0.5, 0.9, 0.99].map((share) =>
        times === undefined ? '–' : quantile(times, share).toFixed(1),
      );
      return { all, row: [kind, String(all), by.join(', '), ...ms] };
    })
    .sort((one, other) => other.all - one.all)
    .map(({ row }) => row);

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
