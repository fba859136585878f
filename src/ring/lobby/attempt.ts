import { addressBlock } from '../../model/address.ts';
import { type Attempt, throttle } from '../../model/budget.ts';
import { nameOfAddress } from '../../model/fingerprint.ts';
import type { Presented } from '../requests/kept-token.ts';
import { type Proof, prove } from '../requests/prove.ts';
import type { LobbyParts } from './parts.ts';

/** What a pair came to, and when Stytch was asked; or that it was not. */
export type Tried =
  | (Proof & { readonly askedAt: number })
  | { readonly proof: 'throttled'; readonly retryAfterSeconds: number };

/** An attempt that may be made, or how long to wait before one may. */
type Admitted =
  | { readonly admitted: true; readonly attempt: Attempt }
  | { readonly admitted: false; readonly retryAfterSeconds: number };

/** The name under which failures from an address are counted: what is written down for a minute says nothing by itself. */
export const nameAddress = async (parts: LobbyParts, address: string | null): Promise<string | null> => {
  const block = addressBlock(address);
  return block === null
    ? null
    : nameOfAddress((await parts.keychain()).current, parts.rules.projectId, block);
};

/**
 * Puts a pair to the proof: behind the budgets, unless Stytch accepted this secret before. Who has a good one is not stopped
 * by what strangers did.
 */
export const tryPair = async (
  parts: LobbyParts,
  { credential: { clientId, fingerprint }, clientSecret }: Presented,
  address: string | null,
): Promise<Tried> => {
  const askedAt = parts.now();
  if (parts.tables.secret(fingerprint, clientId) !== null) {
    const proof = await prove(parts, clientId, clientSecret);
    // A secret that is good no more is a stranger's from now on: no grace, and no way past the budgets.
    if (proof.proof === 'refused') parts.tables.deleteSecret(fingerprint);
    return { ...proof, askedAt };
  }
  const admitted = beginAttempt(parts, clientId, address);
  if (!admitted.admitted) return { proof: 'throttled', retryAfterSeconds: admitted.retryAfterSeconds };
  let failed: 'refused' | 'unanswered' | null = null;
  try {
    const proof = await prove(parts, clientId, clientSecret);
    failed = failureOf(proof);
    return { ...proof, askedAt };
  } finally {
    await endAttempt(parts, admitted.attempt, failed);
  }
};

/** What a proof counts as. Only what Stytch was asked counts at all. */
const failureOf = (proof: Proof): 'refused' | 'unanswered' | null => {
  if (proof.proof === 'refused') return 'refused';
  return proof.proof === 'unusable' || (proof.proof === 'silent' && proof.called) ? 'unanswered' : null;
};

/** Begins an attempt, if the budgets have room for one more failure. Nothing is awaited between the look and the mark. */
const beginAttempt = (parts: LobbyParts, clientId: string, address: string | null): Admitted => {
  const now = parts.now();
  parts.tables.sweepFailures(now);
  const next = { clientId, address };
  const stopped = throttle([...parts.tables.failures(now), ...parts.pending], next, now);
  if (stopped !== null) return { admitted: false, retryAfterSeconds: Math.ceil(stopped.waitMs / 1000) };
  const attempt = { ...next, at: now, outcome: 'pending' } as const;
  parts.pending.add(attempt);
  return { admitted: true, attempt };
};

/** Ends an attempt: forgotten, or counted as a failure. Whoever exhausts a budget is told of in the log, once. */
const endAttempt = async (
  parts: LobbyParts,
  attempt: Attempt,
  failed: 'refused' | 'unanswered' | null,
): Promise<void> => {
  parts.pending.delete(attempt);
  if (failed === null) return;
  parts.tables.putFailure({ ...attempt, outcome: failed });
  const stopped = throttle(parts.tables.failures(parts.now()), attempt, parts.now());
  if (stopped !== null) {
    // A client_id is public where it is one; what a stranger put in its place may be anything.
    const known = parts.tables.owner(attempt.clientId) !== null;
    const scopes = stopped.scopes.join(' ');
    parts.log({ event: 'budget', lobby: parts.name, scopes, client_id: known ? attempt.clientId : null });
  }
  await parts.wake();
};
