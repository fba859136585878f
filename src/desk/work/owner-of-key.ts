import type { Owner } from '../../model/identity.ts';
import { err, ok, type Result } from '../../model/refusal.ts';
import type { DeskPorts } from '../ports.ts';

/** Whose a key is, by its id alone: for operators. What is no id of ours, a whole key too, is asked about nowhere. */
export const createOwnerOfKeyWork =
  (ports: Pick<DeskPorts, 'ringOfKey'>) =>
  async (keyId: string): Promise<Result<Owner>> => {
    const owner = (await ports.ringOfKey(keyId)?.ownerOfKey(keyId)) ?? ok(null);
    if (!owner.ok) return owner;
    return owner.value === null ? err({ reason: 'not_found' }) : ok(owner.value);
  };

export type OwnerOfKeyWork = ReturnType<typeof createOwnerOfKeyWork>;
