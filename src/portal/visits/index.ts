import type { FormRules } from '../entrance.ts';
import { pathsAt } from '../paths.ts';
import type { Place } from '../place.ts';
import type { Serve } from '../ports.ts';
import { createAuditVisits } from './audit.tsx';
import { createCreateVisits, createLink } from './create.tsx';
import { createListVisits } from './list.tsx';
import { createOneKeyVisits } from './one-key.tsx';
import type { VisitParts } from './parts.ts';
import { createUsageVisits } from './usage.tsx';

/** A page of the portal, or what a form of one does. */
export type Route = readonly [method: 'GET' | 'POST', path: string, serve: Serve];

/** The pages of somebody's keys at a place, and what their forms do. */
export const createPlaceRoutes = (parts: VisitParts, place: Place): readonly Route[] => {
  const { page, form } = parts.entrance;
  const [list, create, one, usage, audit] = [
    createListVisits(parts),
    createCreateVisits(parts),
    createOneKeyVisits(parts),
    createUsageVisits(parts),
    createAuditVisits(parts),
  ];
  const at = pathsAt(place.route);
  const key = `${at.keys}/:key_id`;
  const toKey: FormRules = {
    outlives: false,
    returnTo: (paths, visit) => paths.key(visit.params.key_id ?? ''),
  };
  return [
    ['GET', at.home, page(place, list.list)],
    ['GET', at.usage, page(place, usage.show)],
    ['GET', at.audit, page(place, audit.list)],
    ['GET', at.create, page(place, create.ask)],
    [
      'POST',
      at.keys,
      form(
        place,
        { outlives: true, returnTo: (paths, _, sent) => createLink(paths.create, sent) },
        create.create,
      ),
    ],
    ['GET', key, page(place, one.show)],
    ['GET', `${key}/change`, page(place, one.askChange)],
    ['POST', `${key}/change`, form(place, toKey, one.change)],
    ['GET', `${key}/rotate`, page(place, one.askRotate)],
    [
      'POST',
      `${key}/rotate`,
      form(
        place,
        { outlives: true, returnTo: (paths, visit) => paths.rotate(visit.params.key_id ?? '') },
        one.rotate,
      ),
    ],
    ['POST', `${key}/rotate/finish`, form(place, toKey, one.finish)],
    ['POST', `${key}/rotate/cancel`, form(place, toKey, one.cancel)],
    ['GET', `${key}/revoke`, page(place, one.askRevoke)],
    ['POST', `${key}/revoke`, form(place, toKey, one.revoke)],
  ];
};
