import { type BoxPorts, closeValue, openValue } from '../model/box.ts';
import { toBase64url } from '../model/bytes.ts';
import { OWNER_KINDS } from '../model/identity.ts';
import type { StytchSession } from '../model/ports.ts';
import * as z from '../model/zod.ts';
import type { PortalPorts } from './ports.ts';

/**
 * A person's session at the Desk: what Stytch said of his, and when. It lives in his browser alone, closed to it
 * (`model/box.ts`). A JWT of Stytch's is never part of it.
 */
export interface PortalSession extends StytchSession {
  /** Stytch's opaque token, by which the session is asked for again. */
  readonly stytchToken: string;
  /** When Stytch was last asked; milliseconds. */
  readonly checkedAt: number;
  /** What the forms of this session carry. Another with each sign-in. */
  readonly csrf: string;
}

/** The number is of the form below: a session in another form is none. */
const USE = 'portal-session/1';

const CSRF_BYTES = 18;

/** A new session of somebody who has just signed in. */
export const newSession = (
  known: StytchSession,
  stytchToken: string,
  checkedAt: number,
  randomBytes: PortalPorts['randomBytes'],
): PortalSession => ({ ...known, stytchToken, checkedAt, csrf: toBase64url(randomBytes(CSRF_BYTES)) });

/** A session as its cookie holds it. */
export const closeSession = (session: PortalSession, ports: BoxPorts): Promise<string> =>
  closeValue(session, USE, ports);

/** The session in a cookie; null for what we did not close, or closed in another form. */
export const openSession = async (
  cookie: string,
  ports: Omit<BoxPorts, 'randomBytes'>,
): Promise<PortalSession | null> => SESSION.safeParse(await openValue(cookie, USE, ports)).data ?? null;

const SESSION = z.object({
  owner: z.object({
    kind: z.enum(OWNER_KINDS),
    id: z.string(),
    organizationId: z.nullable(z.string()),
  }),
  sessionId: z.string(),
  roles: z.array(z.string()),
  sessionExpiresAt: z.number(),
  authenticatedAt: z.nullable(z.number()),
  email: z.nullable(z.string()),
  stytchToken: z.string(),
  checkedAt: z.number(),
  csrf: z.string().check(z.minLength(1)),
});
