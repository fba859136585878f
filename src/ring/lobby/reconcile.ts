import type { ReconciliationReport, ReconciliationRequest } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import { retryAfterMs } from '../alarm/retry.ts';
import { becauseOf, type Unanswered } from '../unanswered.ts';
import { judgePage } from './judge-page.ts';
import type { LobbyParts } from './parts.ts';
import { removeOrphans } from './remove-orphans.ts';
import { counted, isAmiss, newRun, reportOf } from './run.ts';
import type { Run } from './run-tables.ts';

/** Clients of one slice: the longest page that is read. */
const PAGE = 250;

/** From one slice to the next, and besides for each client of it that Stytch is called about: ten calls a second. */
const PACE_MS = 1_000;
const PACE_FOR_EACH_MS = 100;

/** A slice that has not ended by then was cut off, and is done again; milliseconds. */
const CUT_OFF_AFTER_MS = 600_000;

/** A page that cannot be had is asked for again at least so often, and for so long; milliseconds. */
const LAST_RETRY_MS = 300_000;
const PATIENCE_MS = 3_600_000;

/** However slow a run is, it does not stand in the way of the next day's; milliseconds. */
const LONGEST_RUN_MS = 82_800_000;

/** Begins a run, unless one is under way. Its slices are the alarm's. */
export const startRun = (parts: LobbyParts, request: ReconciliationRequest): Result<ReconciliationReport> => {
  if (parts.tables.run()?.status === 'running') return err({ reason: 'reconciliation_running' });
  const run = newRun(parts.newId(), request, parts.now());
  parts.tables.putRun(run, parts.now());
  return ok(reportOf(run));
};

/**
 * Does one slice of the run under way: a page of clients, what is made of them, and what follows from it. Where it goes on
 * is written after the work, with what was found: a slice that was cut off is done once more, which changes nothing.
 */
export const workOnRun = async (parts: LobbyParts): Promise<void> => {
  const run = parts.tables.run();
  if (run?.status !== 'running') return;
  parts.tables.putRun(run, parts.now() + CUT_OFF_AFTER_MS);
  await parts.wake();
  const { state, waitMs } = await slice(parts, run);
  parts.tables.putRun(state, state.status === 'running' ? parts.now() + waitMs : null);
  if (state.status !== 'running') tell(parts, state);
};

/** A run after a slice, and how long it waits for its next one. */
interface Step {
  readonly state: Run;
  readonly waitMs: number;
}

const slice = async (parts: LobbyParts, run: Run): Promise<Step> => {
  if (parts.now() - run.startedAt > LONGEST_RUN_MS) return ended(parts, run, 'it took too long');
  const page = await parts.stytch.searchClients({ cursor: run.cursor, limit: PAGE });
  if (page.outcome !== 'answered') return inTrouble(parts, run, page);
  const { clients, nextCursor } = page.value;
  const judged = await judgePage(parts, clients, run.dryRun);
  const { findings, left, quietMs } = await removeOrphans(parts, run, judged);
  const state: Run = {
    ...{ ...run, ...counted(run, findings), cursor: nextCursor, trouble: null },
    orphansLeft: run.orphansLeft + left,
  };
  if (nextCursor === null) {
    const isLeft = !run.dryRun && state.orphansLeft > 0;
    return ended(parts, state, isLeft ? 'more orphans than are removed unasked' : null);
  }
  const calls = run.dryRun ? 0 : findings.filter(isAmiss).length;
  return { state, waitMs: Math.max(quietMs, PACE_MS + calls * PACE_FOR_EACH_MS) };
};

const ended = (parts: LobbyParts, run: Run, because: string | null): Step => ({
  state: { ...run, status: because === null ? 'done' : 'failed', because, finishedAt: parts.now() },
  waitMs: 0,
});

/** The page is asked for again, later each time, and not for ever: the next run begins anew. */
const inTrouble = (parts: LobbyParts, run: Run, outcome: Unanswered): Step => {
  const { since, tries } = run.trouble ?? { since: parts.now(), tries: 0 };
  const because = becauseOf(outcome);
  if (parts.now() - since >= PATIENCE_MS) return ended(parts, run, `Stytch gives no clients: ${because}`);
  parts.log({ event: 'reconciliation', outcome: 'no page', id: run.id, tries: tries + 1, because });
  const askedMs = outcome.outcome === 'declined' ? 0 : (outcome.retryAfterSeconds ?? 0) * 1000;
  const waitMs = Math.max(askedMs, Math.min(LAST_RETRY_MS, retryAfterMs(tries + 1)));
  return { state: { ...run, trouble: { since, tries: tries + 1 } }, waitMs };
};

const tell = (parts: LobbyParts, { id, status, because, dryRun, clients, counts, orphansLeft }: Run): void =>
  parts.log({
    ...{ event: 'reconciliation', outcome: status, because, id, dry_run: dryRun, clients, ...counts },
    orphans_left: orphansLeft,
  });
