import { RECONCILED } from '../../model/life.ts';
import type { Found, ReconciliationReport, ReconciliationRequest } from '../../model/ports.ts';
import type { Finding } from './judge-page.ts';
import type { Run } from './run-tables.ts';

/** How many findings a report tells by name. */
const FINDINGS_KEPT = 100;

/** What is not worth a line in a report. */
const AS_IT_SHOULD_BE: ReadonlySet<Found> = new Set(['same', 'young', 'foreign']);

/** Whether something is, or was, to be done about a client. */
export const isAmiss = ({ found }: Pick<Finding, 'found'>): boolean => !AS_IT_SHOULD_BE.has(found);

/** A run that has seen nothing yet. */
export const newRun = (id: string, { dryRun, by, maxOrphans }: ReconciliationRequest, now: number): Run => ({
  ...{ id, status: 'running', because: null, dryRun, by, maxOrphans, startedAt: now, finishedAt: null },
  ...{
    clients: 0,
    counts: NOTHING,
    masterKeys: {},
    orphansLeft: 0,
    findings: [],
    cursor: null,
    trouble: null,
  },
});

const NOTHING = Object.fromEntries([...RECONCILED, 'failed'].map((found) => [found, 0])) as Record<
  Found,
  number
>;

/** A run as it is shown. */
export const reportOf = ({ maxOrphans, cursor, trouble, ...report }: Run): ReconciliationReport => report;

/** What a report says after so many more clients. */
export const counted = (
  run: Run,
  judged: readonly Finding[],
): Pick<Run, 'clients' | 'counts' | 'masterKeys' | 'findings'> => {
  const counts = { ...run.counts };
  for (const { found } of judged) counts[found]++;
  const masterKeys = { ...run.masterKeys };
  for (const id of judged.flatMap((each) => each.masterKeys)) masterKeys[id] = (masterKeys[id] ?? 0) + 1;
  const amiss = judged.filter(isAmiss).map(({ clientId, found }) => ({ clientId, found }));
  return {
    clients: run.clients + judged.length,
    ...{ counts, masterKeys },
    findings: [...run.findings, ...amiss].slice(-FINDINGS_KEPT),
  };
};
