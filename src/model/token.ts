import { sha256, toBase64url, utf8 } from './bytes.ts';
import type { Owner } from './identity.ts';

/** A Stytch M2M access token whose signature and claims are right (STYTCH: RFC 6749 §4.4 tokens as JWTs). */
export interface M2MToken {
  readonly kind: 'm2m';
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** The claim that the custom-claims template copies from trusted_metadata; null when it is missing. */
  readonly ownerId: string | null;
  /** The organisation of a member that owns the client, where the template copies `organization_id` too. */
  readonly organizationId: string | null;
  /** NumericDate (RFC 7519 §2), seconds. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A client's access token, as its client is given it. */
export interface IssuedToken {
  readonly accessToken: string;
  readonly scopes: readonly string[];
  /** NumericDate, seconds. */
  readonly expiresAt: number;
}

/** A Stytch session JWT whose signature and claims are right. It lives five minutes. */
export interface SessionToken {
  readonly kind: 'session';
  readonly owner: Owner;
  readonly sessionId: string;
  readonly roles: readonly string[];
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** When the session ends, whatever its JWTs say; seconds. */
  readonly sessionExpiresAt: number;
  /** When its user last showed who he is, not when the JWT was made of it; seconds. Null: the session does not say. */
  readonly authenticatedAt: number | null;
}

export type Token = M2MToken | SessionToken;

/**
 * What is to be thought of a JWT. `unknowable`: the keys to check it with cannot be had now, which is never a
 * verdict on the token.
 */
export type TokenVerdict =
  | { readonly verdict: 'good'; readonly token: Token }
  | { readonly verdict: 'bad'; readonly because: string }
  | { readonly verdict: 'unknowable' };

/**
 * What a token is called where it must not be known: base64url SHA-256 of its text. Every spelling but one is refused
 * by the verifier, so that one token never has two names.
 */
export const hashOfToken = (jwt: string): Promise<string> => sha256(utf8(jwt));

/**
 * A JWT in its one canonical spelling. A lenient reader takes others for the same token: white space, padding, standard
 * base64, last bits that nothing depends on (RFC 4648 §3.5). Who wants any of them ended wants the token ended. A text of
 * another form stays as it is.
 */
export const respelled = (text: string): string => {
  const parts = text.split('.');
  if (parts.length !== 3) return text;
  const canonical = parts.map(canonicalBase64url);
  return canonical.includes(null) ? text : canonical.join('.');
};

const canonicalBase64url = (text: string): string | null => {
  try {
    const bytes = atob(text.replaceAll(/[\s=]/g, '').replaceAll('-', '+').replaceAll('_', '/'));
    return toBase64url(Uint8Array.from(bytes, (each) => each.charCodeAt(0)));
  } catch (error) {
    if (error instanceof DOMException) return null;
    throw error;
  }
};
