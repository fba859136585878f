import { sourceOf } from '../http/author.ts';
import { ok } from '../model/refusal.ts';
import { organizationSubject, ownSubject } from '../model/subject.ts';
import { createOwnersPlace } from './operators.ts';
import { PATHS } from './paths.ts';
import type { Place } from './place.ts';
import type { PortalPorts } from './ports.ts';

/** The places of the portal: everybody's own, and those that some may enter. */
export const createPlaces = (ports: PortalPorts): readonly Place[] => [
  {
    kind: 'own',
    route: '',
    isFor: () => true,
    isStrict: false,
    baseOf: () => '',
    subjectOf: (session, visit) => ok(ownSubject(session, ports, sourceOf(visit))),
  },
  {
    kind: 'organization',
    route: PATHS.organization,
    isFor: () => true,
    isStrict: false,
    baseOf: () => PATHS.organization,
    subjectOf: (session, visit) => organizationSubject(session, ports, sourceOf(visit)),
  },
  createOwnersPlace(ports),
];
