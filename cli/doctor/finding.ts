import { CHECKS, type CheckId } from './checks/index.ts';

/** What one look came to. */
export interface Finding {
  /** Of the doctor's table, or of the probe's. */
  readonly id: string;
  readonly verdict: 'ok' | 'WARN' | 'FAIL' | 'skipped';
  /** What holds, or should. */
  readonly says: string;
  /** What is wrong, a thing a line; of what was skipped, why. */
  readonly details: readonly string[];
  /** What to do; null where nothing is to be done. */
  readonly advice: string | null;
}

/** Fine if there is no problem. */
export const found = (id: CheckId, problems: readonly string[]): Finding => {
  const { says, advice, warns = false } = CHECKS[id];
  if (problems.length === 0) return { id, verdict: 'ok', says, details: [], advice: null };
  return { id, verdict: warns ? 'WARN' : 'FAIL', says, details: problems, advice };
};

/** Not looked at, and why. */
export const skipped = (id: CheckId, why: string): Finding => ({
  ...{ id, verdict: 'skipped', says: CHECKS[id].says, details: [why], advice: null },
});

/** Several that were not looked at, for one reason. */
export const allSkipped = (ids: readonly CheckId[], why: string): readonly Finding[] =>
  ids.map((id) => skipped(id, why));
