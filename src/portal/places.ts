import { sourceOf } from '../http/author.ts';
import { ok, type Result } from '../model/refusal.ts';
import { organizationSubject, ownSubject, type Subject } from '../model/subject.ts';
import { createOwnersPlace } from './operators.ts';
import type { PortalPorts, Visit } from './ports.ts';
import type { PortalSession } from './session.ts';

/** Where somebody's keys are looked at and changed, and who may do so there. */
export interface Place {
  readonly kind: 'own' | 'organization' | 'user' | 'operators';
  /** What its routes begin with. */
  readonly route: string;
  /** What the paths of its pages begin with, on this visit. */
  readonly baseOf: (visit: Visit) => string;
  /** Whether all that is done there needs a recent sign-in, and not only what makes secrets. */
  readonly isStrict: boolean;
  readonly subjectOf: (session: PortalSession, visit: Visit) => Result<Subject> | Promise<Result<Subject>>;
}

/** The places of the portal: everybody's own, and those that some may enter. */
export const createPlaces = (ports: PortalPorts): readonly Place[] => [
  {
    kind: 'own',
    route: '',
    isStrict: false,
    baseOf: () => '',
    subjectOf: (session, visit) => ok(ownSubject(session, ports, sourceOf(visit.request, visit.requestId))),
  },
  {
    kind: 'organization',
    route: '/organization',
    isStrict: false,
    baseOf: () => '/organization',
    subjectOf: (session, visit) =>
      organizationSubject(session, ports, sourceOf(visit.request, visit.requestId)),
  },
  createOwnersPlace(ports),
];
