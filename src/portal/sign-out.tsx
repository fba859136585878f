import { ok } from '../model/refusal.ts';
import { dropCookie, SESSION_COOKIE, SIGN_IN_COOKIE } from './cookies.ts';
import { createForms } from './forms.ts';
import { SignedOutPage } from './pages/signed-out.tsx';
import { signedOutPath } from './paths.ts';
import type { PortalPorts, Serve, Visit } from './ports.ts';
import type { Press } from './press.tsx';
import type { PortalSession } from './session.ts';
import { stytchTokenOf, type Visitors } from './visitor.ts';

/** What a browser forgets with a session (WEB-09). Cookies of the host are named one by one: the app's are its own. */
const CLEAR = { 'clear-site-data': '"cache", "storage"' };

/** Stytch's longest session, 366 days: whoever names a later end has made it up. Seconds. */
const LONGEST_SESSION = 31_622_400;

/** The way out. */
export const createSignOutPages = (ports: PortalPorts, visitors: Visitors, press: Press) => {
  const forms = createForms(ports, visitors);

  /**
   * Whether it is over at Stytch too. It has to be: our cookie holds a session whole, and a copy of it is good until
   * Stytch says no. What the app left in this browser goes as well, or the next page would begin a session again.
   */
  const isOver = async (visit: Visit, session: PortalSession): Promise<boolean> => {
    // Each of these is a call of Stytch's, and a copied cookie could be sent again and again.
    if ((await visitors.refusalOfStranger(visit)) !== null) return false;
    const tokens = new Set([session.stytchToken, stytchTokenOf(visit) ?? session.stytchToken]);
    const ended = await Promise.all([...tokens].map(ports.endSession));
    return ended.every((each) => each.ok);
  };

  /** Whatever Stytch says, the browser has no session with us any more. Who had none has none. */
  const end: Serve = async (visit) => {
    const session = await forms.last(visit);
    if (!session.ok) return session;
    visit.cookies.push(dropCookie(SESSION_COOKIE), dropCookie(SIGN_IN_COOKIE));
    const isDone = session.value === null || (await isOver(visit, session.value));
    const openUntil = isDone ? null : (session.value?.sessionExpiresAt ?? null);
    return ok(press.goTo(signedOutPath(openUntil), visit, CLEAR));
  };

  /** Who comes by a link and is signed in is not told that he is not. */
  const ended: Serve = async (visit) => {
    if ((await visitors.held(visit)) !== null) return ok(press.goTo(visit.returnTo, visit));
    const openSeconds = openSecondsOf(new URL(visit.request.url).searchParams.get('until'), ports.now());
    const shown = { frame: press.frame(visit), openSeconds, canSignIn: ports.login.loginUrl !== null };
    return ok(await press.page(<SignedOutPage {...shown} />, visit));
  };

  return { end, ended };
};

/** How long it is to the end of a session that a path names; null for none, one that is past, or one that cannot be. */
const openSecondsOf = (until: string | null, now: number): number | null => {
  const seconds = /^\d{1,11}$/.test(until ?? '') ? Math.ceil(Number(until) - now / 1000) : 0;
  return seconds > 0 && seconds <= LONGEST_SESSION ? seconds : null;
};
