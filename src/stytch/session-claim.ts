import { type Owner, PERSON_ID } from '../model/identity.ts';
import type { SessionToken } from '../model/token.ts';
import * as z from '../model/zod.ts';
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
  const read = SESSION.safeParse(claim);
  if (!read.success) return null;
  const { id, expires_at, roles, ...times } = read.data;
  return {
    sessionId: id,
    sessionExpiresAt: secondsOf(expires_at),
    authenticatedAt: authenticatedAt(times, issuedAt),
    roles: roles ?? null,
  };
};

/** The roles of somebody. Stytch writes none for users who have only the one that everybody has. */
export const rolesOf = (roles: readonly string[] | null, vertical: Vertical): readonly string[] =>
  roles ?? [vertical === 'b2b' ? 'stytch_member' : 'stytch_user'];

export const organizationId = z.string().check(z.regex(/^organization-(test|live)-[0-9a-f-]{36}$/));

const organization = z.object({ organization_id: organizationId });

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
  const claim = organization.safeParse(organizationClaim);
  return claim.success ? { kind: 'member', id: subject, organizationId: claim.data.organization_id } : null;
};

const time = z.iso.datetime({ offset: true });

/** A factor of which nobody can read when it was used. */
const NO_TIME = { last_authenticated_at: null };

const SESSION = z.object({
  id: z.string().check(z.minLength(1), z.maxLength(256)),
  expires_at: time,
  roles: z.optional(z.array(z.string()).check(z.maxLength(100))),
  // A time that cannot be read makes a session older, and never no session.
  started_at: z.catch(z.nullable(time), null),
  authentication_factors: z.catch(
    z.array(z.catch(z.object({ last_authenticated_at: z.nullable(time) }), NO_TIME)),
    [],
  ),
});

type Times = Pick<z.output<typeof SESSION>, 'started_at' | 'authentication_factors'>;

/** The latest of a session's factors, or its start. Never after the JWT was made, which would keep it young. */
const authenticatedAt = ({ started_at, authentication_factors }: Times, issuedAt: number): number | null => {
  const factors = authentication_factors.map((factor) => factor.last_authenticated_at);
  const known = factors.filter((each) => each !== null);
  const times = known.length > 0 ? known : [started_at].filter((each) => each !== null);
  return times.length > 0 ? Math.min(issuedAt, Math.max(...times.map(secondsOf))) : null;
};

const secondsOf = (text: string): number => Math.floor(Date.parse(text) / 1000);
