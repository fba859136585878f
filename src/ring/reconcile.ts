import type { ClientAtStytch, Reconciled } from '../model/life.ts';
import type { RingParts } from './parts.ts';

export const reconcile = (
  _parts: RingParts,
  clients: readonly ClientAtStytch[],
  _dryRun: boolean,
): readonly Reconciled[] => clients.map(() => 'same');
