import type { Result } from '../model/refusal.ts';
import type { Subject } from '../model/subject.ts';
import type { Visit } from './ports.ts';
import type { PortalSession } from './session.ts';

/** Where somebody's keys are looked at and changed, and who may do so there. */
export interface Place {
  readonly kind: 'own' | 'organization' | 'user' | 'operators';
  /** What its routes begin with. */
  readonly route: string;
  /** What the paths of its pages begin with, on this visit. */
  readonly baseOf: (visit: Visit) => string;
  /** Whether there is anything here for him; where not, he is not told what he would need either. */
  readonly isFor: (session: PortalSession) => boolean;
  /** Whether all that is done there needs a recent sign-in, and not only what makes secrets. */
  readonly isStrict: boolean;
  readonly subjectOf: (session: PortalSession, visit: Visit) => Result<Subject> | Promise<Result<Subject>>;
}
