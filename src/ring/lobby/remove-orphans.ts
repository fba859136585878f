import { inTurns } from '../../model/in-turns.ts';
import type { Finding } from './judge-page.ts';
import type { LobbyParts } from './parts.ts';
import { counted } from './run.ts';
import type { Run } from './run-tables.ts';

/** More orphans than these, of all clients of ours seen so far, are no accident: somebody has to look first. */
const USUAL_ORPHANS = 20;
const USUAL_SHARE = 0.1;

/** How many are deleted at a time. */
const AT_A_TIME = 5;

/** What became of a page's orphans. */
export interface Removal {
  /** Of the whole page: those that Stytch did not delete are `failed`. */
  readonly findings: readonly Finding[];
  /** How many were left where they are. */
  readonly left: number;
  /** For how long Stytch asked not to be called (RFC 9110 §10.2.3), in milliseconds. */
  readonly quietMs: number;
}

/**
 * Deletes the orphans of a page at Stytch. Where they are more than usual, none: a Worker whose Rings are other ones (a
 * second deployment for the same project, storage that was emptied) takes every client for an orphan.
 */
export const removeOrphans = async (
  parts: LobbyParts,
  run: Run,
  judged: readonly Finding[],
): Promise<Removal> => {
  const orphans = judged.filter(({ found }) => found === 'orphan');
  const isLeft = run.dryRun || run.orphansLeft > 0 || areTooMany(run, judged);
  if (isLeft) return { findings: judged, left: orphans.length, quietMs: 0 };
  const failures = new Set<string>();
  let quietSeconds = 0;
  await inTurns(orphans, AT_A_TIME, async ({ clientId }) => {
    // When Stytch is silent once, it is not asked about each of the others: the next run finds them.
    const outcome = failures.size > 0 ? null : await parts.stytch.deleteClient(clientId);
    if (outcome?.outcome === 'answered') return;
    failures.add(clientId);
    if (outcome?.outcome === 'unreachable')
      quietSeconds = Math.max(quietSeconds, outcome.retryAfterSeconds ?? 0);
  });
  const findings = judged.map((each) =>
    failures.has(each.clientId) ? { ...each, found: 'failed' as const } : each,
  );
  return { findings, left: 0, quietMs: quietSeconds * 1000 };
};

const areTooMany = (run: Run, judged: readonly Finding[]): boolean => {
  const { clients, counts } = counted(run, judged);
  const usual = Math.max(USUAL_ORPHANS, USUAL_SHARE * (clients - counts.foreign));
  return counts.orphan > (run.maxOrphans ?? usual);
};
