import { type BoxPorts, closeValue, openValue } from '../model/box.ts';
import { equalInConstantTime, toBase64url } from '../model/bytes.ts';
import * as z from '../model/zod.ts';
import type { PortalPorts } from './ports.ts';

/**
 * A sign-in that is under way: the user is at the app, and this is what his browser keeps meanwhile. Without it nobody
 * comes back: a link that somebody else made signs nobody in (WEB-02).
 */
export interface SignIn {
  /** What the address to come back to carries. */
  readonly state: string;
  /** The page that he wanted. */
  readonly returnTo: string;
  /** Whether his session was too old, so that the one he comes back with must not be. */
  readonly isAgain: boolean;
  /** Milliseconds. */
  readonly expiresAt: number;
}

/** Time to find a password, or a mail with a link. */
export const SIGN_IN_SECONDS = 900;

const STATE_BYTES = 24;
const USE = 'portal-sign-in/1';

type Closing = BoxPorts & Pick<PortalPorts, 'now'>;

/** Begins a sign-in: what its cookie holds, and its state. */
export const beginSignIn = async (
  returnTo: string,
  isAgain: boolean,
  ports: Closing,
): Promise<{ readonly state: string; readonly cookie: string }> => {
  const state = toBase64url(ports.randomBytes(STATE_BYTES));
  const signIn: SignIn = { state, returnTo, isAgain, expiresAt: ports.now() + SIGN_IN_SECONDS * 1000 };
  return { state, cookie: await closeValue(signIn, USE, ports) };
};

/** The sign-in that a cookie and a state belong to; null where they do not belong together, or it took too long. */
export const signInOf = async (
  cookie: string | null,
  state: string | null,
  ports: Omit<Closing, 'randomBytes'>,
): Promise<SignIn | null> => {
  if (cookie === null || state === null) return null;
  const signIn = SIGN_IN.safeParse(await openValue(cookie, USE, ports)).data;
  if (signIn === undefined || ports.now() >= signIn.expiresAt) return null;
  return equalInConstantTime(signIn.state, state) ? signIn : null;
};

/**
 * Where the app's sign-in is, told where to come back to and, of who must sign in anew, how recently (OpenID Connect Core
 * §3.1.2.1).
 */
export const loginUrlWith = (
  { loginUrl, returnParameter }: { readonly loginUrl: string; readonly returnParameter: string },
  comeBackTo: string,
  maxAgeSeconds: number | null,
): string => {
  const url = new URL(loginUrl);
  url.searchParams.set(returnParameter, comeBackTo);
  if (maxAgeSeconds !== null) url.searchParams.set('max_age', String(maxAgeSeconds));
  return url.href;
};

const SIGN_IN = z.object({
  state: z.string().check(z.minLength(1)),
  returnTo: z.string(),
  isAgain: z.boolean(),
  expiresAt: z.number(),
});
