import { withoutBlanks } from '../model/blanks.ts';

/**
 * The portal's cookies. `__Host-` keeps them from being set by another host, a sibling among them, or for one path
 * (RFC 6265bis §4.1.3.2). Lax and not Strict: who comes back from the app's sign-in, or follows a link to a page, comes from
 * elsewhere, and a Strict cookie would stay at home. What changes anything is a POST, which Lax does not follow
 * from elsewhere, and which `csrf.ts` looks at besides.
 */
const ATTRIBUTES = 'Path=/; Secure; HttpOnly; SameSite=Lax';

/** The session. */
export const SESSION_COOKIE = '__Host-latchkey';
/** A sign-in that is under way. */
export const SIGN_IN_COOKIE = '__Host-latchkey-sign-in';
/** The opaque session of Stytch's browser SDKs; the app's own, it is read and never written. */
export const STYTCH_COOKIE = 'stytch_session';

/** RFC 6265bis §5.4: browsers drop longer ones without a word. Name and value together. */
const MAX_BYTES = 4_096;

/** RFC 6265 §4.1.1, cookie-octet. */
const VALUE = /^[\x21\x23-\x2B\x2D-\x3A\x3C-\x5B\x5D-\x7E]+$/;

/**
 * A cookie by its exact name; null where it is not there, there twice, or not as RFC 6265 §4.1.1 spells one. Two of
 * a name are no choice of ours: one of them was put there by somebody else.
 */
export const readCookie = (headers: Headers, name: string): string | null => {
  const found = (headers.get('cookie') ?? '').split(';').flatMap((pair) => {
    const at = pair.indexOf('=');
    // SP and HTAB alone: a wider trim would make two names one (U+00A0).
    return at > 0 && withoutBlanks(pair.slice(0, at)) === name ? [withoutBlanks(pair.slice(at + 1))] : [];
  });
  const [only] = found;
  return found.length === 1 && only !== undefined && VALUE.test(only) ? only : null;
};

/** Sets a cookie for so many seconds. Throws for one that a browser would not keep. */
export const setCookie = (name: string, value: string, maxAgeSeconds: number): string => {
  if (name.length + value.length > MAX_BYTES) throw new RangeError(`the cookie ${name} is too long`);
  return `${name}=${value}; Max-Age=${Math.max(0, Math.floor(maxAgeSeconds))}; ${ATTRIBUTES}`;
};

/** Takes a cookie away. */
export const dropCookie = (name: string): string => `${name}=; Max-Age=0; ${ATTRIBUTES}`;
