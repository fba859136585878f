import { GROUPS } from './checks/index.ts';
import type { Finding } from './finding.ts';

/** One line for a finding, and beneath what is wrong and what to do. */
export const lineOf = ({ id, verdict, says, details, advice }: Finding): string => {
  const isBad = verdict === 'FAIL' || verdict === 'WARN';
  const head = `${verdict.padEnd(8)} ${id.padEnd(28)} ${says}`;
  if (!isBad) return details.length === 0 ? head : `${head} (${details.join('; ').replaceAll(/\s+/g, ' ')})`;
  return [head, ...details, ...(advice === null ? [] : [`→ ${advice}`])]
    .join('\n')
    .replaceAll('\n', '\n           ');
};

/** What stands above a finding. Those that are not of the table are of the probe's. */
export const titleOf = ({ id }: Pick<Finding, 'id'>): string =>
  GROUPS.find(({ checks }) => id in checks)?.title ?? GROUPS.at(-1)?.title ?? '';

export const summaryOf = (findings: readonly Finding[]): string => {
  const count = (verdict: Finding['verdict']): number =>
    findings.filter((finding) => finding.verdict === verdict).length;
  return `${count('ok')} ok, ${count('WARN')} to look at, ${count('FAIL')} wrong, ${count('skipped')} skipped.`;
};
