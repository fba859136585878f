import { type Owner, PERSON_ID } from '../model/identity.ts';
import { isRecord, isShortText, isText, isTexts, isTime } from '../model/shape.ts';
import type { SessionToken } from '../model/token.ts';
import type { StytchProject } from './project.ts';

type Vertical = StytchProject['vertical'];

/** What the claim of a session says of it. */
export interface SessionClaim
  extends Pick<SessionToken, 'sessionId' | 'sessionExpiresAt' | 'authenticatedAt'> {
  /** Null where it names none. */
  readonly roles: readonly string[] | null;
}

/** Reads the claim of a session (STYTCH 4.1), or tells by null that it is none. `issuedAt` of its JWT, in seconds. */
export const readSessionClaim = (claim: unknown, issuedAt: number): SessionClaim | null => {
  if (!isRecord(claim)) return null;
  const { id, expires_at, roles = null } = claim;
  if (!isShortText(id, MAX_ID) || !isTime(expires_at)) return null;
  if (claim.roles === null || (roles !== null && !(isTexts(roles) && roles.length <= MAX_ROLES))) return null;
  return {
    ...{ sessionId: id, sessionExpiresAt: secondsOf(expires_at) },
    ...{ authenticatedAt: authenticatedAt(claim, issuedAt), roles },
  };
};

/** The roles of somebody. Stytch writes none for users who have only the one that everybody has. */
export const rolesOf = (roles: readonly string[] | null, vertical: Vertical): readonly string[] =>
  roles ?? [vertical === 'b2b' ? 'stytch_member' : 'stytch_user'];

const MAX_ID = 256;
const MAX_ROLES = 100;

export const isOrganizationId = (value: unknown): value is string =>
  isText(value) && /^organization-(test|live)-[0-9a-f-]{36}$/.test(value);

/** Whose session it is: a user without an organisation, or a member of one. Null for whoever is neither. */
export const ownerOfSession = (
  subject: string,
  organizationClaim: unknown,
  vertical: Vertical,
): Owner | null => {
  if (!PERSON_ID[vertical].test(subject)) return null;
  if (vertical === 'consumer') {
    return organizationClaim === undefined ? { kind: 'user', id: subject, organizationId: null } : null;
  }
  const organizationId = isRecord(organizationClaim) ? organizationClaim.organization_id : null;
  return isOrganizationId(organizationId) ? { kind: 'member', id: subject, organizationId } : null;
};

/** The latest of a session's factors, or its start. Never after the JWT was made, which would keep it young. */
const authenticatedAt = (claim: Readonly<Record<string, unknown>>, issuedAt: number): number | null => {
  const { started_at, authentication_factors: factors } = claim;
  // A time that cannot be read makes a session older, and never no session.
  const used = (Array.isArray(factors) ? factors : []).map((factor: unknown) =>
    isRecord(factor) ? factor.last_authenticated_at : null,
  );
  const known = used.filter(isTime);
  const times = known.length > 0 ? known : [started_at].filter(isTime);
  return times.length > 0 ? Math.min(issuedAt, Math.max(...times.map(secondsOf))) : null;
};

const secondsOf = (text: string): number => Math.floor(Date.parse(text) / 1000);
