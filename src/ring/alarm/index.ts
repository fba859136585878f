import { deliverEvents } from '../events.ts';
import { forgetWhenDue } from '../owner/forget.ts';
import { lapseWhenDue } from '../owner/index.ts';
import type { RingParts } from '../parts.ts';
import { tellTokens } from '../token-days.ts';
import { confirmKeys } from './confirm.ts';
import { workOffLedger } from './ledger.ts';
import { workOffRotations } from './rotation-ledger.ts';
import { upkeep } from './upkeep.ts';

/** All that a Ring does when it wakes. Whatever of it fails is due again, and keeps nothing else from being done. */
export const work = async (parts: RingParts): Promise<void> => {
  upkeep(parts);
  await Promise.all([workOffLedger(parts), workOffRotations(parts), confirmKeys(parts), tellTokens(parts)]);
  await deliverEvents(parts);
  lapseWhenDue(parts);
  await forgetWhenDue(parts);
  await parts.wake();
};
