import type { RingParts } from '../parts.ts';

/** By whom a Ring is suspended that is being restored: no user, client or operator is called so. */
export const RESTORER = 'latchkey:restore';

/** Whether the Ring is being restored: everything of the owner's is refused until that is over. */
export const isRestoring = ({ tables }: Pick<RingParts, 'tables'>): boolean =>
  tables.suspendedBy() === RESTORER;
