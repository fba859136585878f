import { type Evidence, isUsed, noUses, useOf } from '../../model/evidence.ts';
import type { KeyUse } from '../../model/ports.ts';
import type { DecisionPorts } from '../ports.ts';

/** Of how many credentials one call tells; of the others the next one does. */
const MAX_TOLD = 100;

/** What is told now. Put back when nobody heard it: told twice is better than never. */
export interface Taken {
  readonly uses: readonly KeyUse[];
  readonly putBack: () => void;
}

/** A request was let in by this credential. */
export const countAdmitted = ({ uses }: Evidence, now: number): void => {
  uses.admitted++;
  uses.admittedAt = now;
};

/**
 * What was done with an owner's credentials here since the Ring was last told. Every ask tells all of it: whatever lease
 * an ask reports closed, the requests that were let in by it are counted with it. `asking` need not be in memory any more.
 */
export const takeUses = (ports: DecisionPorts, ring: string, asking: Evidence | null): Taken => {
  const used = new Set(asking !== null && isUsed(asking) ? [asking] : []);
  for (const { evidence } of ports.memory.knownOf(ring)) {
    if (used.size === MAX_TOLD) break;
    if (isUsed(evidence)) used.add(evidence);
  }
  const now = ports.now();
  const taken = [...used].map((evidence) => {
    const { uses } = evidence;
    const use = useOf(evidence, now);
    evidence.uses = noUses();
    return { evidence, uses, use };
  });
  return {
    uses: taken.map(({ use }) => use),
    putBack: () => {
      for (const { evidence, uses } of taken) {
        const since = evidence.uses;
        evidence.uses = {
          admitted: since.admitted + uses.admitted,
          refused: since.refused + uses.refused,
          limited: since.limited + uses.limited,
          admittedAt: Math.max(since.admittedAt, uses.admittedAt),
        };
      }
    },
  };
};
