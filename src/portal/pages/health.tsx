import { CHECKS, type Health } from '../../model/health.ts';
import type { Found, ReconciliationReport } from '../../model/ports.ts';
import { savedOf, type TokenCounts } from '../../model/token-days.ts';
import { type Frame, Layout } from '../layout.tsx';
import { LocalTime, RelativeTime } from '../time.tsx';
import { number, WORDS } from '../words.ts';
import { Fact } from './fact.tsx';

const { health: words } = WORDS;

/** How the deployment is, what tokens cost, and where to look for the rest. */
export const HealthPage = ({
  frame,
  health,
  tokens,
}: {
  readonly frame: Frame;
  readonly health: Health;
  readonly tokens: TokenCounts | null;
}) => (
  <Layout title={words.title} frame={frame} width="form">
    <h1>{words.title}</h1>
    <p class="soft">{words.text}</p>
    <Checks health={health} now={frame.now} />
    <h2>{words.reconciliation}</h2>
    {health.checks.lobby ? <Reconciliation report={health.reconciliation} /> : <p>{words.unknownRun}</p>}
    <h2>{words.tokens}</h2>
    {tokens === null ? <p>{words.noTokens}</p> : <Tokens {...tokens} />}
    <h2>{words.look}</h2>
    <p>
      {words.notHere} {health.isCounted ? words.counted : words.notCounted} {words.alerts}
    </p>
  </Layout>
);

const Checks = ({ health, now }: { readonly health: Health; readonly now: number }) => {
  const [signing, ...published] = health.assertionKids;
  return (
    <dl>
      {CHECKS.map((check) => (
        <Fact name={words.checks[check]}>
          {health.checks[check] ? words.good : <strong>{words.bad}</strong>}
          {health.checks[check] ? null : <p class="soft">{words.advice[check]}</p>}
        </Fact>
      ))}
      <Fact name={words.keysFetched}>
        {health.jwksFetchedAt === null ? words.never : <RelativeTime at={health.jwksFetchedAt} now={now} />}
      </Fact>
      <Fact name={words.assertionKey}>
        <code>{signing}</code>
        {published.map((kid) => (
          <>
            {`, ${words.alsoPublished} `}
            <code>{kid}</code>
          </>
        ))}
      </Fact>
      <Fact name={words.version}>
        {health.version === null ? (
          words.noVersion
        ) : (
          <>
            <code>{health.version.id}</code> {health.version.tag}
          </>
        )}
      </Fact>
    </dl>
  );
};

const Reconciliation = ({ report }: { readonly report: ReconciliationReport | null }) =>
  report === null ? (
    <p>{words.noRun}</p>
  ) : (
    <>
      <dl>
        <Fact name={words.outcomes[report.status]}>{report.because}</Fact>
        <Fact name={words.began}>
          <LocalTime at={report.startedAt} />
        </Fact>
        {report.finishedAt === null ? null : (
          <Fact name={words.ended}>
            <LocalTime at={report.finishedAt} />
          </Fact>
        )}
        <Fact name={words.clients}>{number(report.clients)}</Fact>
        <Fact name={words.found}>{foundIn(report)}</Fact>
      </dl>
      {report.orphansLeft > 0 ? <p class="note">{words.orphansLeft(report.orphansLeft)}</p> : null}
      {report.dryRun ? <p class="soft">{words.dryRun}</p> : null}
    </>
  );

/** Of what there was any. */
const foundIn = ({ counts }: ReconciliationReport): string =>
  (Object.entries(counts) as [Found, number][])
    .filter(([, count]) => count > 0)
    .map(([found, count]) => `${number(count)} ${words.counts[found]}`)
    .join(', ') || number(0);

const Tokens = (counts: TokenCounts) => (
  <dl>
    <Fact name={words.spent}>{number(counts.spent)}</Fact>
    <Fact name={words.saved}>{number(savedOf(counts))}</Fact>
    <Fact name={words.presented}>{number(counts.presented)}</Fact>
  </dl>
);
