import type { Owner } from '../../model/identity.ts';
import type { RingParts } from '../parts.ts';

/** Gives the Ring its tables, when there is something to remember for the first time. */
export const found = ({ tables, now }: RingParts, owner: Owner): void => {
  if (!tables.exists()) tables.create(owner, now());
  // A client's token need not name the organisation of the member who owns it: whoever knows it fills it in.
  else if (owner.organizationId !== null) tables.learnOrganization(owner.organizationId);
};
