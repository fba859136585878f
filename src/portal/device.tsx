import type { Approver } from '../model/device.ts';
import { readUserCode, showUserCode } from '../model/device-code.ts';
import { err, ok, type Refusal } from '../model/refusal.ts';
import { addressOf } from '../model/stranger.ts';
import { createForms } from './forms.ts';
import { CodePage } from './pages/code.tsx';
import { ComparePage } from './pages/compare.tsx';
import { DecidedPage } from './pages/decided.tsx';
import { devicePath, PATHS } from './paths.ts';
import type { PortalPorts, Serve, Visit } from './ports.ts';
import type { Press } from './press.tsx';
import type { PortalSession } from './session.ts';
import { leadToSignIn } from './sign-in-pages.ts';
import type { Visitors } from './visitor.ts';
import { WORDS } from './words.ts';

/** Where a user lets a device in (RFC 8628 §3.3): the code, what asks behind it, yes or no. */
export const createDevicePages = (ports: PortalPorts, visitors: Visitors, press: Press) => {
  const { devices } = ports;
  const forms = createForms(ports, visitors);

  const codePage = (
    visit: Visit,
    session: PortalSession,
    typed: string,
    refused: { readonly refusal: Refusal; readonly problem: string } | null,
  ): Promise<Response> => {
    const asked = { frame: press.frameOf(visit, session), typed };
    const content = <CodePage {...asked} problem={refused?.problem ?? null} />;
    return press.page(content, visit, refused?.refusal);
  };

  const sent = (visit: Visit) =>
    forms.sent(
      visit,
      (form) => devicePath(shownCodeIn(form.get('user_code'))),
      // A key outlives the session that lets a device have it.
      (form) => form.get('decision') === 'approve',
    );

  const ask: Serve = async (visit) => {
    const shownCode = shownCodeIn(new URL(visit.request.url).searchParams.get('user_code'));
    visit.returnTo = devicePath(shownCode);
    const entered = await visitors.enter(visit);
    if (!entered.ok) return entered;
    return entered.value === null
      ? leadToSignIn(ports, press, visit, false)
      : ok(await codePage(visit, entered.value, shownCode ?? '', null));
  };

  const open: Serve = async (visit) => {
    const asked = await sent(visit);
    if (!asked.ok) return asked;
    const { session, form } = asked.value;
    const userCode = readUserCode(form.get('user_code') ?? '');
    const unknown = { reason: 'user_code_unknown' } as const;
    if (userCode === null) {
      const typed = form.get('user_code')?.slice(0, 64) ?? '';
      return ok(await codePage(visit, session, typed, { refusal: unknown, problem: WORDS.code.notACode }));
    }
    // Before it is opened: what one session has claimed, the one after a new sign-in could not.
    const staleness = visitors.staleness(session);
    if (staleness !== null) return err(staleness);
    const asking = await devices.open(userCode, approverOf(session, visit));
    if (asking.ok) {
      const shown = { frame: press.frameOf(visit, session), asking: asking.value };
      return ok(await press.page(<ComparePage {...shown} titleOf={ports.scopeTitle} />, visit));
    }
    if (asking.refusal.reason !== 'user_code_unknown') return asking;
    const refused = { refusal: asking.refusal, problem: WORDS.code.unknown };
    return ok(await codePage(visit, session, showUserCode(userCode), refused));
  };

  const decide: Serve = async (visit) => {
    const asked = await sent(visit);
    if (!asked.ok) return asked;
    const { session, form } = asked.value;
    const userCode = readUserCode(form.get('user_code') ?? '');
    const decision = form.get('decision');
    if (userCode === null || (decision !== 'approve' && decision !== 'deny'))
      return err({ reason: 'oauth_request_invalid', detail: 'the form is not complete' });
    const isApproved = decision === 'approve';
    const staleness = isApproved ? visitors.staleness(session) : null;
    if (staleness !== null) return err(staleness);
    const claim = form.get('claim') ?? '';
    const decided = await devices.decide({ userCode, claim, isApproved }, approverOf(session, visit));
    return decided.ok ? ok(press.goTo(isApproved ? PATHS.approved : PATHS.denied, visit)) : decided;
  };

  const decided =
    (isApproved: boolean): Serve =>
    async (visit) =>
      ok(await press.page(<DecidedPage frame={press.frame(visit)} isApproved={isApproved} />, visit));

  return { ask, open, decide, approved: decided(true), denied: decided(false) };
};

/** A code as it is shown, of a text that can be one. */
const shownCodeIn = (text: string | null | undefined): string | null => {
  const userCode = readUserCode(text ?? '');
  return userCode === null ? null : showUserCode(userCode);
};

const approverOf = ({ owner, sessionId, roles }: PortalSession, { request }: Visit): Approver => ({
  ...{ owner, sessionId, roles },
  address: addressOf(request.headers),
});
