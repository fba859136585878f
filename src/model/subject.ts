import { type Author, actorOf } from './author.ts';
import { ownerOfClaim } from './foreign.ts';
import type { Owner } from './identity.ts';
import { err, ok, type Result } from './refusal.ts';

/** Whose keys are meant, what may be given to them, and who does it. */
export interface Subject {
  readonly owner: Owner;
  /** Scopes that can be given to a key. */
  readonly grantable: readonly string[];
  /** The id of who makes a key: the user himself, the member, the operator. */
  readonly createdBy: string;
  readonly author: Author;
}

/** Somebody who is signed in, as far as it matters here. */
export interface SignedIn {
  readonly owner: Owner;
  readonly roles: readonly string[];
  readonly sessionId: string;
}

/** What sessions may do, as the operator's file has it. */
export interface SessionRules {
  /** The scopes that a session's roles let it give to a key. */
  readonly grantable: (roles: readonly string[]) => readonly string[];
  /** Roles of members who manage the keys of their organisation. */
  readonly organizationRoles: readonly string[];
}

type From = Pick<Author, 'address' | 'country' | 'requestId'>;

/** Somebody who is signed in, for his own keys. */
export const ownSubject = (
  { owner, roles, sessionId }: SignedIn,
  { grantable }: Pick<SessionRules, 'grantable'>,
  from: From,
): Subject => ({
  owner,
  grantable: grantable(roles),
  createdBy: owner.id,
  author: { ...from, actor: actorOf(owner), via: sessionId },
});

/** A member whose role lets him manage the keys of his organisation, for those. */
export const organizationSubject = (signedIn: SignedIn, rules: SessionRules, from: From): Result<Subject> => {
  const { owner, roles } = signedIn;
  const { organizationId } = owner;
  if (rules.organizationRoles.length === 0)
    return err({ reason: 'not_configured', setting: 'desk.organizationRoles' });
  if (organizationId === null || !roles.some((role) => rules.organizationRoles.includes(role)))
    return err({ reason: 'role_missing' });
  const organization: Owner = { kind: 'organization', id: organizationId, organizationId };
  return ok({ ...ownSubject(signedIn, rules, from), owner: organization });
};

/** Who operates: a client of the operator's file, or a person of it. */
export interface Operating {
  readonly id: string;
  /** The client or the session by which he is known; public. */
  readonly via: string;
}

/** Somebody who operates, for the owner that he names; null where it can be nobody. He may give every scope there is. */
export const operatorSubject = (
  { id, via }: Operating,
  named: string,
  everyScope: readonly string[],
  from: From,
): Subject | null => {
  const owner = ownerNamed(named);
  const author: Author = { ...from, actor: { kind: 'operator', id }, via };
  return owner && { owner, grantable: everyScope, createdBy: id, author };
};

/** The owner that an operator names: a user, a member or an organisation, by the prefix of its id. */
export const ownerNamed = (id: string): Owner | null =>
  /^(user|member|organization)-[A-Za-z0-9-]{1,120}$/.test(id) ? ownerOfClaim(id, null) : null;
