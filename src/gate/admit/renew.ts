import { type Evidence, isUsed, type Known, purseName } from '../../model/evidence.ts';
import { newTrace } from '../../model/trace.ts';
import type { DecisionPorts } from '../ports.ts';
import type { Presented } from '../presented.ts';
import { ask } from './ask.ts';

/** How many credentials one call carries besides its own. */
const MAX_OTHERS = 31;

/**
 * Whether the Ring's word on a credential in use is in the last fifth of its life, as leases are when they are renewed.
 * Of one of two secrets the Ring is told at once, and then once in a lease, that it is in use: its owner waits to see it.
 */
export const isStandingDue = ({ held, uses, renewedAt }: Evidence, now: number): boolean => {
  if (held === null) return false;
  const { leaseMs, isRotating } = held.standing;
  if (isRotating === true && now - renewedAt >= leaseMs) return true;
  if (uses.admitted < 3) return false;
  return now >= held.askedAt + 0.8 * leaseMs && now - renewedAt >= 0.2 * leaseMs;
};

/**
 * Renews lease and standing in the background. One call carries all credentials of the purse that are in use here: an
 * owner with twenty keys makes one renewal for each lease and not twenty (docs/leases.md).
 */
export const renew = async (
  ports: DecisionPorts,
  evidence: Evidence,
  presented: Presented,
): Promise<void> => {
  const others = inUseBeside(ports, evidence);
  const now = ports.now();
  for (const each of [evidence, ...others.map((other) => other.evidence)]) each.renewedAt = now;
  await ask(ports, evidence, presented, { costs: [], wantsLease: true }, newTrace(), others);
};

/** The other credentials of the same purse with which something was done since the Ring was last told. */
const inUseBeside = (ports: DecisionPorts, evidence: Evidence): readonly Known[] => {
  const purse = purseName(evidence);
  const now = ports.now();
  const found: Known[] = [];
  for (const known of ports.memory.knownOf(evidence.ring)) {
    if (found.length === MAX_OTHERS) break;
    const other = known.evidence;
    const used = isUsed(other);
    // A token that has ended, and of which there is nothing left to tell, is only in the way.
    if (!used && other.token.expiresAt * 1000 <= now) ports.memory.forget(known.text);
    if (used && other !== evidence && other.held !== null && purseName(other) === purse) found.push(known);
  }
  return found;
};
