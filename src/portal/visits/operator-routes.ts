import type { FormRules } from '../entrance.ts';
import { createOperatorsDoor, createOwnersPlace } from '../operators.ts';
import { PATHS } from '../paths.ts';
import { createHealthVisit } from './health.tsx';
import type { Route } from './index.ts';
import { createFindVisits } from './operators.tsx';
import { createOwnerVisits } from './owner.tsx';
import type { VisitParts } from './parts.ts';

/** The pages of operators that are of no owner's keys. */
export const createOperatorRoutes = (parts: VisitParts): readonly Route[] => {
  const { page, form } = parts.entrance;
  const [door, owners] = [createOperatorsDoor(parts.ports), createOwnersPlace(parts.ports)];
  const [find, owner] = [createFindVisits(parts), createOwnerVisits(parts)];
  const { route } = owners;
  const toOwner: FormRules = { outlives: true, returnTo: ({ home }) => home };
  const toDoor: FormRules = { outlives: false, returnTo: () => PATHS.operators };
  const everything = `${PATHS.operators}/*`;
  return [
    ['GET', PATHS.operators, page(door, find.ask)],
    ['POST', PATHS.operators, form(door, toDoor, find.find)],
    ['GET', PATHS.health, page(door, createHealthVisit(parts))],
    ['GET', `${route}/suspend`, page(owners, owner.askSuspend)],
    ['POST', `${route}/suspend`, form(owners, toOwner, owner.suspend)],
    ['GET', `${route}/lift`, page(owners, owner.askLift)],
    ['POST', `${route}/lift`, form(owners, toOwner, owner.lift)],
    ['GET', `${route}/limits`, page(owners, owner.askLimits)],
    ['POST', `${route}/limits`, form(owners, toOwner, owner.setLimits)],
    ['GET', `${route}/revoke-all`, page(owners, owner.askRevokeAll)],
    ['POST', `${route}/revoke-all`, form(owners, toOwner, owner.revokeAll)],
    // Last: an address that is none is answered as one that is not for who asks.
    ['GET', everything, page(door, find.nowhere)],
    ['POST', everything, form(door, toDoor, find.nowhere)],
  ];
};
