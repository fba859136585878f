import type { Refusal } from '../model/refusal.ts';
import { err, type Result } from '../model/refusal.ts';
import type { Subject } from '../model/subject.ts';
import { createForms, type Form } from './forms.ts';
import type { SignedInFrame } from './layout.tsx';
import { isDestination, type PlacePaths, pathsAt } from './paths.ts';
import type { Place } from './place.ts';
import type { PortalPorts, Serve, Visit } from './ports.ts';
import type { Press } from './press.tsx';
import type { PortalSession } from './session.ts';
import { leadToSignIn } from './sign-in-pages.ts';
import type { Visitors } from './visitor.ts';

/** Somebody who has come in at a place. */
export interface Entered {
  readonly visit: Visit;
  readonly session: PortalSession;
  readonly who: Subject;
  readonly place: Place;
  readonly paths: PlacePaths;
  readonly frame: SignedInFrame;
}

/** What a form needs besides being one of ours. */
export interface FormRules {
  /** The page that a sign-in leads back to, of the path that it was sent to. */
  readonly returnTo: (paths: PlacePaths, visit: Visit, form: Form) => string;
  /** Whether what it does outlives the session: then the sign-in must be recent, and Stytch is asked anew. */
  readonly outlives: boolean;
}

/** The ways into the pages of a place: to look, and to do something. */
export const createEntrance = (ports: PortalPorts, visitors: Visitors, press: Press) => {
  const forms = createForms(ports, visitors);

  const entered = async (visit: Visit, place: Place, session: PortalSession): Promise<Result<Entered>> => {
    if (!place.isFor(session)) return err({ reason: 'not_found' });
    const who = await place.subjectOf(session, visit);
    if (!who.ok) return who;
    const paths = pathsAt(place.baseOf(visit));
    const frame = press.frameOf(visit, session, place);
    return { ok: true, value: { visit, session, who: who.value, place, paths, frame } };
  };

  /** A page for who is signed in. Who is not is led to sign in, and comes back to it. */
  const page =
    (place: Place, serve: (entered: Entered) => ReturnType<Serve>): Serve =>
    async (visit) => {
      const { pathname, search } = new URL(visit.request.url);
      if (isDestination(pathname)) visit.returnTo = pathname + search;
      const session = await visitors.enter(visit);
      if (!session.ok) return session;
      if (session.value === null) return leadToSignIn(ports, press, visit, false);
      const came = await entered(visit, place, session.value);
      return came.ok ? serve(came.value) : came;
    };

  /** What a form of a page does. */
  const form =
    (place: Place, rules: FormRules, serve: (entered: Entered, form: Form) => ReturnType<Serve>): Serve =>
    async (visit) => {
      const paths = pathsAt(place.baseOf(visit));
      const outlives = rules.outlives || place.isStrict;
      const sent = await forms.sent(
        visit,
        (fields) => rules.returnTo(paths, visit, fields),
        // Of who may not be here, Stytch is not asked.
        (_, session) => outlives && place.isFor(session),
      );
      if (!sent.ok) return sent;
      // Before all else: who may not be here is not told what he would need.
      const came = await entered(visit, place, sent.value.session);
      if (!came.ok) return came;
      const staleness = outlives ? visitors.staleness(sent.value.session) : null;
      return staleness === null ? serve(came.value, sent.value.form) : err(staleness);
    };

  /** Why what outlives this session cannot be begun in it, or null: told before anything is typed. */
  const staleness = ({ session }: Entered): Refusal | null => visitors.staleness(session);

  return { page, form, staleness };
};

export type Entrance = ReturnType<typeof createEntrance>;
