import { type Evidence, type HeldStanding, noUses, purseName } from '../model/evidence.ts';
import type { Purse, Verdict } from '../model/lease.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import type { Trace } from '../model/trace.ts';
import type { DecisionPorts } from './ports.ts';
import { type PresentedKey, refuseEnded } from './presented.ts';
import { askRing, heldStanding } from './ring-call.ts';

/** The permits that a key spends in this isolate. */
export const purseOf = (ports: DecisionPorts, evidence: Evidence): Purse =>
  ports.memory.purse(evidence.ring, purseName(evidence));

/**
 * Asks the Ring about a key that is known here: decides the costs that wait, renews lease and standing, and tells what
 * was done with the key meanwhile. Its newest word takes the place of the one that was held.
 */
export const ask = async (
  ports: DecisionPorts,
  evidence: Evidence,
  presented: PresentedKey,
  costs: readonly number[],
  trace: Trace,
): Promise<Result<readonly Verdict[]>> => {
  const { name, ring, uses } = evidence;
  evidence.uses = noUses();
  const used = uses.admitted + uses.refused + uses.limited > 0;
  const asked = await askRing(
    ports,
    {
      ...{ name, ring, purse: purseName(evidence), costs, wantToken: false, wantsLease: true },
      uses: used ? [{ keyId: name.clientId, ...uses }] : [],
      seen: used || costs.length > 0 ? presented.seen() : null,
    },
    trace,
  );
  if (!asked.ok) {
    // Told again with the next ask: better twice than never.
    for (const kind of ['admitted', 'refused', 'limited'] as const) evidence.uses[kind] += uses[kind];
    return asked;
  }
  trace.tier = 'lease';
  const { standing, askedAt, verdicts } = asked.value;
  const held = heldStanding(asked.value);
  if (held !== null) {
    hold(evidence, held);
    return ok(verdicts);
  }
  // A secret that the Ring can no longer vouch for has to be proven anew: from the start.
  if (standing.status === 'live' || standing.status === 'unproven') {
    ports.memory.forget(presented.text);
    return err({ reason: 'unavailable', what: 'ring', retryAfterSeconds: 1 });
  }
  return refuseEnded(ports, presented, standing.status, askedAt + standing.leaseMs);
};

/** Newer words replace older ones, never the other way round: answers may overtake each other. */
const hold = (evidence: Evidence, held: HeldStanding): void => {
  if (held.askedAt < evidence.held.askedAt) return;
  if (held.standing.generation !== evidence.held.standing.generation) evidence.identity = null;
  evidence.held = held;
};
