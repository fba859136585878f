import { nowSeconds, shortTimestamp, timestamp } from './clock.ts';
import type { Call } from './endpoint.ts';
import { issuer } from './issuer.ts';
import type { JsonObject } from './json.ts';
import type { Session } from './sessions.ts';
import { sign } from './sign.ts';

const LIFETIME_SECONDS = 300;
const NO_ATTRIBUTES = { ip_address: '', user_agent: '' };

/** The five-minute JWT of a session; a member's also names the organization. */
export const sessionJwt = async (
  call: Call,
  session: Session,
  roles: readonly string[],
  organization: JsonObject | null,
): Promise<string> => {
  const issuedAt = nowSeconds(call.project);
  const claims = {
    ...session.customClaims,
    ...{ sub: session.subject, iss: issuer(call), aud: [call.project.id] },
    ...{ iat: issuedAt, nbf: issuedAt, exp: issuedAt + LIFETIME_SECONDS },
    'https://stytch.com/session': {
      id: session.sessionId,
      started_at: shortTimestamp(session.startedMs),
      last_accessed_at: shortTimestamp(session.accessedMs),
      expires_at: shortTimestamp(session.expiresMs),
      attributes: { user_agent: '', ip_address: '' },
      authentication_factors: session.factors,
      roles: call.switches.sessionRolesClaim === 'present' ? roles : undefined,
    },
    'https://stytch.com/organization': organization ?? undefined,
  };
  return await sign(call.project, claims, call.tokenFault);
};

/** Stytch's Session object. */
export const sessionObject = (session: Session, roles: readonly string[]): JsonObject => ({
  session_id: session.sessionId,
  user_id: session.subject,
  ...common(session, roles),
  attributes: NO_ATTRIBUTES,
});

/** Stytch's MemberSession object. */
export const memberSessionObject = (
  session: Session,
  roles: readonly string[],
  slug: string,
): JsonObject => ({
  member_session_id: session.sessionId,
  member_id: session.subject,
  organization_id: session.organizationId,
  organization_slug: slug,
  ...common(session, roles),
});

const common = (session: Session, roles: readonly string[]): JsonObject => ({
  authentication_factors: session.factors,
  roles,
  started_at: timestamp(session.startedMs),
  last_accessed_at: timestamp(session.accessedMs),
  expires_at: timestamp(session.expiresMs),
  custom_claims: session.customClaims,
});
