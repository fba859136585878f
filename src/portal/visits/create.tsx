import { err, ok, type Refusal } from '../../model/refusal.ts';
import type { Entered } from '../entrance.ts';
import type { Form } from '../forms.ts';
import { askedBy, type KeyForm, linkedForm, linkOf, problemsOf, sentForm } from '../key-form.ts';
import { newOnce, openedAt } from '../once.ts';
import { CreatePage } from '../pages/create.tsx';
import { withQuery } from '../paths.ts';
import type { PortalPorts, Serve } from '../ports.ts';
import type { VisitParts } from './parts.ts';
import { showKey } from './show-key.tsx';

/** Making a key. */
export const createCreateVisits = (parts: VisitParts) => {
  const { ports, press, entrance } = parts;

  const formPage = (
    { visit, who, place, paths, frame }: Entered,
    form: KeyForm,
    once: string,
    refusal: Refusal | null = null,
  ): Promise<Response> => {
    const problems = problemsOf(refusal, form, place.kind);
    const scopes = who.grantable.map((name) => offered(ports, name));
    const content = <CreatePage {...{ frame, paths, once, form, problems, scopes }} />;
    return press.page(content, visit, refusal);
  };

  const ask = async (entered: Entered): ReturnType<Serve> => {
    // Before anything is typed: it would be lost on the way to the sign-in.
    const staleness = entrance.staleness(entered);
    if (staleness !== null) return err(staleness);
    const query = new URL(entered.visit.request.url).searchParams;
    return ok(await formPage(entered, linkedForm(query, entered.who.grantable), newOnce(ports)));
  };

  const create = async (entered: Entered, sent: Form): ReturnType<Serve> => {
    const form = sentForm(sent);
    const once = sent.get('once') ?? '';
    const opened = openedAt(once, ports.now());
    if (opened === null)
      return err({ reason: 'oauth_request_invalid', detail: 'the form is not complete, or too old' });
    const issued = await ports.keys.create(entered.who, askedBy(form, opened, true), once);
    if (issued.ok) return showKey(parts, entered, 'created', issued.value);
    const { refusal } = issued;
    // What another form was sent under is not this one's any more.
    const isSpent = refusal.reason === 'idempotency_key_reused';
    return ok(await formPage(entered, form, isSpent ? newOnce(ports) : once, refusal));
  };

  return { ask, create };
};

/** Where who has to sign in first finds what he typed. */
export const createLink = (createPath: string, form: Form): string =>
  withQuery(createPath, linkOf(sentForm(form)));

/** A scope as the form offers it. */
export const offered = (
  { scopeTitle, scopeDescription }: Pick<PortalPorts, 'scopeTitle' | 'scopeDescription'>,
  name: string,
  isKept = false,
) => ({ name, title: scopeTitle(name), description: scopeDescription(name), isKept });
