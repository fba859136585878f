import type { Owner } from '../../model/identity.ts';
import { OWNER_PURSE } from '../../model/lease-wire.ts';
import type { OwnerStanding } from '../../model/life.ts';
import { readMeter } from '../../model/meter-reading.ts';
import { recordOf } from '../keys/record.ts';
import type { RingParts } from '../parts.ts';
import { meterRules } from '../requests/plan.ts';
import { keysLimit } from './index.ts';

/**
 * The owner's limits and what is left of them, and with a key that key's own besides; null for a key that nobody may see.
 * Whoever has nothing here has all of it left, and leaves no trace by asking.
 */
export const limits = (parts: RingParts, owner: Owner, keyId: string | null): OwnerStanding | null => {
  const { tables } = parts;
  const key = keyId === null ? null : recordOf(parts, keyId, owner);
  if (keyId !== null && key === null) return null;
  const own = key?.limit ?? null;
  const purse = own === null || keyId === null ? OWNER_PURSE : keyId;
  const now = parts.now();
  const readings = readMeter(parts.meter().saved(purse), purse, meterRules(parts, own), now);
  return {
    plan: tables.plan(),
    keysLimit: tables.keysLimit(),
    keys: { limit: keysLimit(parts), used: tables.openKeys() },
    limits: readings.map(({ name, requests, perSeconds, free, wholeInMs }) => ({
      ...{ name, requests, perSeconds, left: free },
      wholeAt: wholeInMs > 0 ? now + wholeInMs : null,
    })),
  };
};
