import type { OwnerStanding } from '../../model/life.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { Subject } from '../../model/subject.ts';
import type { DeskPorts } from '../ports.ts';
import { ownRing } from './own-ring.ts';

/** What an owner may have and ask for, and what is left of it; with a key, that key's own limit besides. */
export const createLimitsWork =
  (ports: DeskPorts) =>
  async (who: Subject, keyId: string | null): Promise<Result<OwnerStanding>> => {
    const ring = keyId === null ? ok(await ports.ringOf(who.owner)) : await ownRing(ports, who, keyId);
    if (!ring.ok) return ring;
    const standing = await ring.value.limits(who.owner, keyId);
    if (!standing.ok) return standing;
    return standing.value === null ? err({ reason: 'not_found' }) : ok(standing.value);
  };

export type LimitsWork = ReturnType<typeof createLimitsWork>;
