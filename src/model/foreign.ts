import type { Owner } from './identity.ts';
import { type KeyRealm, looksLikeKey } from './key.ts';
import type { M2MToken } from './token.ts';

/** Which clients that Latchkey did not make are taken (DESIGN: "What a client may present"). */
export const FOREIGN_CLIENTS = ['off', 'imported', 'any'] as const;
export type ForeignClients = (typeof FOREIGN_CLIENTS)[number];

/** What becomes of a foreign client whose token names no owner. */
export const OWNERLESS_CLIENTS = ['refused', 'own'] as const;
export type OwnerlessClients = (typeof OWNERLESS_CLIENTS)[number];

/** Subjects of Stytch's other kinds: never a client's id. */
export const RESERVED_SUBJECT = /^(user|member|organization|connected-app)-/;

/** RFC 6749 §A.1 admits spaces as well; an id stands in a header one day, and none of Stytch's has one. */
const CLIENT_ID = /^[\x21-\x7E]{1,128}$/;

/**
 * Whether a text can be the id of a client made elsewhere. One that begins as ours do never is, however it goes on:
 * ours are the Ring's to judge, and of its grammar the Ring knows all there are.
 */
export const isForeignClientId = (clientId: string, realm: KeyRealm): boolean =>
  CLIENT_ID.test(clientId) && !RESERVED_SUBJECT.test(clientId) && !looksLikeKey(clientId, realm);

/** Whose client it is, by the claims of its token. The prefix of an id tells its kind; any other id is a user's. */
export const ownerOfClaim = (ownerId: string, organizationId: string | null): Owner => {
  if (ownerId.startsWith('member-')) return { kind: 'member', id: ownerId, organizationId };
  if (ownerId.startsWith('organization-'))
    return { kind: 'organization', id: ownerId, organizationId: ownerId };
  return { kind: 'user', id: ownerId, organizationId: null };
};

/** The owner that a client without any is. */
export const ownOwner = (clientId: string): Owner => ({ kind: 'client', id: clientId, organizationId: null });

/** The owner that a client's token names; one that names none speaks for the client itself. */
export const ownerNamedBy = ({ clientId, ownerId, organizationId }: M2MToken): Owner =>
  ownerId === null ? ownOwner(clientId) : ownerOfClaim(ownerId, organizationId);

/** Whose client it is, or why it is nobody's. */
export type Ownership =
  | { readonly ownership: 'owned'; readonly owner: Owner }
  | { readonly ownership: 'ownerless' }
  | { readonly ownership: 'owner_changed' };

/**
 * Whose client it is from now on, of the owner that its token names and the one that was first. An owner that a token
 * names is never of kind `client`; that is what a token is taken to name that names nobody.
 */
export const ownershipOf = (
  named: Owner,
  held: Owner | null,
  ownerlessClients: OwnerlessClients,
): Ownership => {
  if (named.kind === 'client' && ownerlessClients === 'refused') return { ownership: 'ownerless' };
  const owner = held === null ? named : agreed(held, named);
  return owner === null ? { ownership: 'owner_changed' } : { ownership: 'owned', owner };
};

/** The first claim stands. A member's organisation may be learned later, and never changes. */
const agreed = (held: Owner, named: Owner): Owner | null => {
  if (held.kind !== named.kind || held.id !== named.id) return null;
  if (held.organizationId === null) return named;
  return named.organizationId === null || named.organizationId === held.organizationId ? held : null;
};
