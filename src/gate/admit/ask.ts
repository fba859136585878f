import {
  type Evidence,
  type HeldStanding,
  heldStanding,
  isTimed,
  isUsed,
  type Known,
  purseName,
} from '../../model/evidence.ts';
import type { Purse, Verdict } from '../../model/lease.ts';
import type { Standing } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { Trace } from '../../model/trace.ts';
import type { DecisionPorts } from '../ports.ts';
import { type Presented, refuseEnded, rememberEnded, seenOf } from '../presented.ts';
import { type AskOptions, askRing } from './ring-call.ts';

/** The permits that a credential spends in this isolate. */
export const purseOf = (ports: DecisionPorts, evidence: Evidence): Purse =>
  ports.memory.purse(evidence.ring, purseName(evidence));

/**
 * Asks the Ring about a credential that is known here, and about `others` of the same purse: decides the costs that
 * wait, renews lease and standings, and tells what was done with them meanwhile. Its newest word takes the place of the
 * one that was held.
 */
export const ask = async (
  ports: DecisionPorts,
  evidence: Evidence,
  presented: Presented,
  { costs, wantsLease, next = 0 }: Pick<AskOptions, 'costs' | 'wantsLease' | 'next'>,
  trace: Trace,
  others: readonly Known[] = [],
): Promise<Result<readonly Verdict[]>> => {
  const { name, ring } = evidence;
  const isSeen = isUsed(evidence) || costs.length > 0;
  const asked = await askRing(
    ports,
    {
      ...{ name, evidence, ring, purse: purseName(evidence), costs, wantsLease, next, wantToken: false },
      others: others.map((other) => other.evidence.name),
      seen: isSeen ? seenOf(presented) : null,
    },
    trace,
  );
  if (!asked.ok) return asked;
  trace.tier = 'lease';
  const { standing, askedAt, verdicts } = asked.value;
  others.forEach((other, i) => {
    const theirs = asked.value.others[i];
    if (theirs !== undefined) learn(ports, other, theirs, askedAt);
  });
  const { text } = presented;
  if (standing.status === 'live') {
    hold(ports, { text, evidence }, heldStanding(standing, askedAt));
    return ok(verdicts);
  }
  // A secret that the Ring can no longer vouch for has to be proven anew: from the start.
  if (standing.status === 'unproven') {
    ports.memory.forget(text);
    evidence.held = null;
    return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
  }
  return refuseEnded(ports, presented, standing.status, askedAt + standing.leaseMs);
};

/** The Ring's word on a credential that nobody waits with. */
const learn = (
  ports: DecisionPorts,
  { text, evidence }: Known,
  standing: Standing,
  askedAt: number,
): void => {
  if (standing.status === 'live') hold(ports, { text, evidence }, heldStanding(standing, askedAt));
  else if (standing.status === 'unproven') ports.memory.forget(text);
  else rememberEnded(ports, text, 'bearer', standing.status, askedAt + standing.leaseMs);
};

/**
 * Newer words replace older ones, never the other way round: answers may overtake each other. One that was asked for later
 * than now is of before the clock stepped back: older than any that is not.
 */
const hold = (ports: DecisionPorts, { text, evidence }: Known, held: HeldStanding): void => {
  const before = evidence.held;
  const now = ports.now();
  if (before !== null && (held.askedAt > now || (isTimed(before, now) && held.askedAt < before.askedAt)))
    return;
  if (before?.standing.generation !== held.standing.generation) evidence.identity = null;
  evidence.held = held;
  const isHeavier = held.addresses?.length !== before?.addresses?.length;
  if (isHeavier && ports.memory.recall(text) === evidence) ports.memory.remember(text, evidence);
};
