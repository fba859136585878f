import { isRecent } from '../model/auth-age.ts';
import type { StytchSession } from '../model/ports.ts';
import { err, ok, type Refusal, type Result } from '../model/refusal.ts';
import { strangerRefusal } from '../model/stranger.ts';
import { dropCookie, readCookie, SESSION_COOKIE, STYTCH_COOKIE, setCookie } from './cookies.ts';
import type { PortalPorts, Visit } from './ports.ts';
import { closeSession, newSession, openSession, type PortalSession } from './session.ts';

/** DESIGN, promise 2: a session that was ended at Stytch is over within its five minutes. */
const CHECK_MS = 300_000;

/** What Stytch's opaque tokens look like, with room (STYTCH 4.3): nothing else is sent there. */
const STYTCH_TOKEN = /^[A-Za-z0-9_-]{16,256}$/;

/** Who visits: his session with us, and how one begins. */
export const createVisitors = (ports: PortalPorts) => {
  const keep = async (visit: Visit, session: PortalSession): Promise<PortalSession> => {
    const seconds = session.sessionExpiresAt - ports.now() / 1000;
    visit.cookies.push(setCookie(SESSION_COOKIE, await closeSession(session, ports), seconds));
    return session;
  };

  /** Why a visitor who is not signed in is not served now, or null. */
  const refusalOfStranger = ({ request }: Visit): Promise<Refusal | null> =>
    strangerRefusal(ports.throttle, request.headers);

  /** What our cookie says, if it is ours and the session is not over. */
  const held = async ({ request: { headers } }: Visit): Promise<PortalSession | null> => {
    const cookie = readCookie(headers, SESSION_COOKIE);
    const session = cookie === null ? null : await openSession(cookie, ports);
    return session !== null && isAlive(session, ports.now()) ? session : null;
  };

  /** The session of our cookie, which Stytch has confirmed within five minutes, or anew; null for nobody. */
  const current = async (
    visit: Visit,
    isAnew: (session: PortalSession) => boolean = () => false,
  ): Promise<Result<PortalSession | null>> => {
    const session = await held(visit);
    const now = ports.now();
    if (session === null || (isFresh(session, now) && !isAnew(session))) return ok(session);
    // An old cookie can be sent again and again, each time for a call of Stytch's.
    const refusal = await refusalOfStranger(visit);
    if (refusal !== null) return err(refusal);
    const known = await ports.sessionOf(session.stytchToken);
    if (!known.ok) return known;
    if (known.value !== null && isSame(known.value, session) && isAlive(known.value, now))
      return ok(await keep(visit, { ...session, ...known.value, checkedAt: now }));
    visit.cookies.push(dropCookie(SESSION_COOKIE));
    return ok(null);
  };

  /** Begins a session with us for the one that Stytch's cookie stands for; null where it stands for none. */
  const begin = async (visit: Visit): Promise<Result<PortalSession | null>> => {
    const token = stytchTokenOf(visit);
    if (token === null) return ok(null);
    const now = ports.now();
    const known = await ports.sessionOf(token);
    if (!known.ok) return known;
    if (known.value === null || !isAlive(known.value, now)) return ok(null);
    return ok(await keep(visit, newSession(known.value, token, now, ports.randomBytes)));
  };

  /** Why this session may not let in what outlives it, or null (OA-15, RFC 9470). */
  const staleness = ({ authenticatedAt }: PortalSession): Refusal | null => {
    const { maxAuthAgeSeconds } = ports;
    return isRecent(authenticatedAt, maxAuthAgeSeconds, ports.now())
      ? null
      : { reason: 'insufficient_user_authentication', maxAgeSeconds: maxAuthAgeSeconds };
  };

  /** The session of our cookie, or the refusal of who has none. Stytch is asked anew for what outlives the session. */
  const required = async (
    visit: Visit,
    isAnew: (session: PortalSession) => boolean = () => false,
  ): Promise<Result<PortalSession>> => {
    const session = await current(visit, isAnew);
    if (!session.ok) return session;
    if (session.value !== null) return ok(session.value);
    return err((await refusalOfStranger(visit)) ?? { reason: 'credential_missing' });
  };

  /** The session of a visitor: ours, or one that begins by the cookie of Stytch's. Null for who has to sign in. */
  const enter = async (visit: Visit): Promise<Result<PortalSession | null>> => {
    const session = await current(visit);
    if (!session.ok || session.value !== null) return session;
    const refusal = await refusalOfStranger(visit);
    return refusal === null ? begin(visit) : err(refusal);
  };

  return { enter, begin, held, required, refusalOfStranger, staleness };
};

export type Visitors = ReturnType<typeof createVisitors>;

/** What the app left in the browser; null for what is no token of Stytch's. */
export const stytchTokenOf = ({ request: { headers } }: Visit): string | null => {
  const token = readCookie(headers, STYTCH_COOKIE);
  return token !== null && STYTCH_TOKEN.test(token) ? token : null;
};

const isAlive = ({ sessionExpiresAt }: Pick<StytchSession, 'sessionExpiresAt'>, now: number): boolean =>
  sessionExpiresAt * 1000 > now;

/** Of a check that lies ahead, a clock is wrong: nobody knows how old it is. */
const isFresh = ({ checkedAt }: PortalSession, now: number): boolean =>
  checkedAt <= now && now - checkedAt < CHECK_MS;

/** The forms of a session and what it has claimed are its own: another session begins anew. */
const isSame = (known: StytchSession, session: PortalSession): boolean =>
  known.sessionId === session.sessionId && known.owner.id === session.owner.id;
