import type { Outcome } from './run.ts';

/** One line for a check, and beneath a failure what was sent, what came, and what to do. */
export const lineOf = ({ id, verdict, says, row, wrong, advice, note }: Outcome): string => {
  const head = `${verdict.padEnd(8)} ${id.padEnd(28)} ${says}${note === null ? '' : ` (${note})`}`;
  if (verdict !== 'FAIL') return head;
  const details = wrong.map(({ sent, came, problem }) => `sent ${sent}\n  came ${came}: ${problem}`);
  return [head, ...details, `SECURITY.md ${row}. ${advice}`].join('\n').replaceAll('\n', '\n           ');
};

/** The group of a check, which is the first word of its id. */
export const groupOf = ({ id }: Pick<Outcome, 'id'>): string => id.split('.', 1)[0] ?? id;

export const summaryOf = (outcomes: readonly Outcome[]): string => {
  const count = (verdict: Outcome['verdict']): number =>
    outcomes.filter((outcome) => outcome.verdict === verdict).length;
  return `${count('ok')} ok, ${count('FAIL')} failed, ${count('not made')} not made.`;
};
