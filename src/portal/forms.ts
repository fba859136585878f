import { readParameters } from '../http/form.ts';
import { err, ok, type Result } from '../model/refusal.ts';
import { isFromHere, isOfSession } from './csrf.ts';
import type { PortalPorts, Visit } from './ports.ts';
import type { PortalSession } from './session.ts';
import type { Visitors } from './visitor.ts';

/** The fields of a form that have a value, by name. */
export type Form = ReadonlyMap<string, string>;

/** What one of our forms sent, and in which session. */
export interface Sent {
  readonly session: PortalSession;
  readonly form: Form;
}

/** How forms are taken: by these steps in this order, and by no other way. */
export const createForms = ({ deskUrl }: PortalPorts, visitors: Visitors) => {
  const fromHere = async (visit: Visit): Promise<Result<Form>> =>
    isFromHere(visit.request.headers, deskUrl)
      ? await readParameters(visit.request)
      : err({ reason: 'cross_site' });

  return {
    /**
     * A form that a page of ours sent, whole, in a session that is good, by a page of that session (WEB-01). For what
     * outlives the session, Stytch is asked about it anew. Who has to sign in first goes on at `returnTo`. Stytch's cookie
     * alone sends nothing: it would be anybody's form.
     */
    sent: async (
      visit: Visit,
      returnTo: (form: Form) => string,
      outlives: (form: Form, session: PortalSession) => boolean,
    ): Promise<Result<Sent>> => {
      const form = await fromHere(visit);
      if (!form.ok) return form;
      visit.returnTo = returnTo(form.value);
      const session = await visitors.required(visit, (held) => outlives(form.value, held));
      if (!session.ok) return session;
      return isOfSession(form.value, session.value)
        ? ok({ session: session.value, form: form.value })
        : err({ reason: 'cross_site' });
    },

    /**
     * The form that ends a session: of the session in the cookie, whatever Stytch would say of it now. Null where there
     * is none to end.
     */
    last: async (visit: Visit): Promise<Result<PortalSession | null>> => {
      const form = await fromHere(visit);
      if (!form.ok) return form;
      const session = await visitors.held(visit);
      return session === null || isOfSession(form.value, session)
        ? ok(session)
        : err({ reason: 'cross_site' });
    },
  };
};
