import { err, ok } from '../model/refusal.ts';
import { dropCookie, readCookie, SIGN_IN_COOKIE, setCookie } from './cookies.ts';
import { isDestination, PATHS, wayBack, withQuery } from './paths.ts';
import type { PortalPorts, Serve, Visit } from './ports.ts';
import type { Press } from './press.tsx';
import { returnPath } from './return-path.ts';
import { beginSignIn, loginUrlWith, SIGN_IN_SECONDS, signInOf } from './sign-in.ts';
import type { Visitors } from './visitor.ts';

/** The way to the app's sign-in and back. */
export const createSignInPages = (ports: PortalPorts, visitors: Visitors, press: Press) => {
  const query = ({ request }: Visit) => new URL(request.url).searchParams;

  const begin: Serve = async (visit) => {
    const refusal = await visitors.refusalOfStranger(visit);
    if (refusal !== null) return err(refusal);
    visit.returnTo =
      returnPath(query(visit).get('return_to'), ports.deskUrl, isDestination) ?? visit.returnTo;
    return leadToSignIn(ports, press, visit, query(visit).has('again'));
  };

  /** Takes up who comes back: with the cookie that the app left, into a session with us that is new. */
  const finish: Serve = async (visit) => {
    const refusal = await visitors.refusalOfStranger(visit);
    if (refusal !== null) return err(refusal);
    const cookie = readCookie(visit.request.headers, SIGN_IN_COOKIE);
    const signIn = await signInOf(cookie, query(visit).get('state'), ports);
    if (signIn === null) return err({ reason: 'sign_in_unknown' });
    visit.cookies.push(dropCookie(SIGN_IN_COOKIE));
    visit.returnTo = signIn.returnTo;
    const session = await visitors.begin(visit);
    if (!session.ok) return session;
    if (session.value === null) return err({ reason: 'credential_missing' });
    // An app may send back who is signed in already, without asking: to lead him there again would be a circle.
    const staleness = signIn.isAgain ? visitors.staleness(session.value) : null;
    return staleness === null ? ok(press.goTo(signIn.returnTo, visit)) : err(staleness);
  };

  return { begin, finish };
};

/** Sends a visitor to the app's sign-in, from where he comes back to the page that he wanted. */
export const leadToSignIn = async (
  ports: PortalPorts,
  press: Press,
  visit: Visit,
  isAgain: boolean,
): ReturnType<Serve> => {
  const { loginUrl, returnParameter } = ports.login;
  if (loginUrl === null) return err({ reason: 'credential_missing' });
  const { state, cookie } = await beginSignIn(wayBack(visit.returnTo), isAgain, ports);
  visit.cookies.push(setCookie(SIGN_IN_COOKIE, cookie, SIGN_IN_SECONDS));
  const comeBackTo = `${ports.deskUrl}${withQuery(PATHS.signedIn, { state })}`;
  const maxAgeSeconds = isAgain ? ports.maxAuthAgeSeconds : null;
  return ok(press.goTo(loginUrlWith({ loginUrl, returnParameter }, comeBackTo, maxAgeSeconds), visit));
};
