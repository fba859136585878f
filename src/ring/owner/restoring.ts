import type { RingParts } from '../parts.ts';

/** By whom a Ring is suspended that is being restored: no user, client or operator is called so. */
export const RESTORER = 'latchkey:restore';

/**
 * Whether the Ring is being restored: everything of the owner's is refused until that is over, and so is a revoke. What
 * it ends might be still to come, or come again where the restore is begun anew: who was told 200 would be told wrong.
 */
export const isRestoring = ({ tables }: Pick<RingParts, 'tables'>): boolean =>
  tables.suspendedBy() === RESTORER;
