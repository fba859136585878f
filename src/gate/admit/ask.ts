import {
  type Evidence,
  type HeldStanding,
  type Known,
  noUses,
  purseName,
  useName,
} from '../../model/evidence.ts';
import type { Purse, Verdict } from '../../model/lease.ts';
import type { KeyUse, Standing } from '../../model/ports.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { Trace } from '../../model/trace.ts';
import type { DecisionPorts } from '../ports.ts';
import { type Presented, refuseEnded, rememberEnded, seenOf } from '../presented.ts';
import { type AskOptions, askRing, heldStanding } from './ring-call.ts';

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
  { costs, wantsLease }: Pick<AskOptions, 'costs' | 'wantsLease'>,
  trace: Trace,
  others: readonly Known[] = [],
): Promise<Result<readonly Verdict[]>> => {
  const { name, ring } = evidence;
  const told = [evidence, ...others.map((other) => other.evidence)].map(takeUses);
  const asked = await askRing(
    ports,
    {
      ...{ name, ring, purse: purseName(evidence), costs, wantsLease, wantToken: false },
      others: others.map((other) => other.evidence.name),
      uses: told.flatMap(({ use }) => use ?? []),
      seen: told[0]?.use != null || costs.length > 0 ? seenOf(presented) : null,
    },
    trace,
  );
  if (!asked.ok) {
    for (const each of told) each.putBack();
    return asked;
  }
  trace.tier = 'lease';
  const { standing, askedAt, verdicts } = asked.value;
  others.forEach((other, i) => {
    const theirs = asked.value.others[i];
    if (theirs !== undefined) learn(ports, other, theirs, askedAt);
  });
  const held = heldStanding(standing, askedAt);
  if (held !== null) {
    hold(evidence, held);
    return ok(verdicts);
  }
  // A secret that the Ring can no longer vouch for has to be proven anew: from the start.
  if (standing.status === 'live' || standing.status === 'unproven') {
    ports.memory.forget(presented.text);
    evidence.held = null;
    return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
  }
  return refuseEnded(ports, presented, standing.status, askedAt + standing.leaseMs);
};

/** What was done with a credential since the Ring was last told. Told again with the next ask if this one fails: better twice than never. */
const takeUses = (evidence: Evidence): { readonly use: KeyUse | null; readonly putBack: () => void } => {
  const { uses } = evidence;
  evidence.uses = noUses();
  const isUsed = uses.admitted + uses.refused + uses.limited > 0;
  return {
    use: isUsed ? { keyId: useName(evidence.name), ...uses } : null,
    putBack: () => {
      for (const kind of ['admitted', 'refused', 'limited'] as const) evidence.uses[kind] += uses[kind];
    },
  };
};

/** The Ring's word on a credential that nobody waits with. */
const learn = (
  ports: DecisionPorts,
  { text, evidence }: Known,
  standing: Standing,
  askedAt: number,
): void => {
  if (standing.status === 'live') hold(evidence, { standing, askedAt });
  else if (standing.status === 'unproven') ports.memory.forget(text);
  else rememberEnded(ports, text, 'bearer', standing.status, askedAt + standing.leaseMs);
};

/** Newer words replace older ones, never the other way round: answers may overtake each other. */
const hold = (evidence: Evidence, held: HeldStanding): void => {
  const before = evidence.held;
  if (before !== null && held.askedAt < before.askedAt) return;
  if (before?.standing.generation !== held.standing.generation) evidence.identity = null;
  evidence.held = held;
};
