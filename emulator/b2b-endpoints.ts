import type { Call } from './endpoint.ts';
import { isObject, type JsonObject } from './json.ts';
import {
  findMember,
  findMemberByEmail,
  findOrganization,
  isDeleted,
  type Member,
  memberObject,
  type Organization,
  organizationObject,
  rolesOf,
} from './organizations.ts';
import { checkPassword } from './passwords.ts';
import { continueSession } from './passwords-endpoints.ts';
import { grantingRoles } from './policy.ts';
import { isRefusal, type Refusal, type Result, refuse, succeed } from './result.ts';
import { readMinutes, touch } from './session-change.ts';
import { isGiven, namedSession } from './session-find.ts';
import { memberSessionObject, sessionJwt } from './session-jwt.ts';
import { putSession, revokeSession, revokeSubject, type Session } from './sessions.ts';
import { sessionToRevoke } from './sessions-endpoints.ts';

const DEFAULT_MINUTES = 60;

/** `POST /v1/b2b/passwords/authenticate` */
export const authenticateMemberPassword = async (call: Call): Promise<Result> => {
  const { organization_id, email_address, password } = call.body;
  if (
    typeof organization_id !== 'string' ||
    typeof email_address !== 'string' ||
    typeof password !== 'string'
  ) {
    return refuse('bad_request');
  }
  const minutes = readMinutes(call);
  if (isRefusal(minutes)) return minutes;
  const organization = findOrganization(call.project, organization_id);
  if (organization === null) return refuse('organization_not_found');
  const member = findMemberByEmail(call.project, organization.organization_id, email_address);
  if (member === null || isDeleted(call.project, member.member_id)) return refuse('email_not_found');
  const refusal = await checkPassword(call.project, call.switches, member.member_id, password);
  if (refusal !== null) return refusal;
  const { member_id } = member;
  const session = await continueSession(call, member_id, member.organization_id, minutes ?? DEFAULT_MINUTES);
  if (isRefusal(session)) return session;
  const outcome = { member_authenticated: true, intermediate_session_token: '', mfa_required: null };
  const ids = { member_id, organization_id: member.organization_id, primary_required: null };
  return succeed({ ...ids, ...outcome, ...(await memberAnswer(call, session, member, organization)) });
};

/** `POST /v1/b2b/sessions/authenticate` */
export const authenticateMemberSession = async (call: Call): Promise<Result> => {
  const minutes = readMinutes(call);
  if (isRefusal(minutes)) return minutes;
  const found = await namedSession(call);
  if (isRefusal(found)) return found;
  const member = found.organizationId === null ? null : findMember(call.project, found.subject);
  const organization = findOrganization(call.project, found.organizationId ?? '');
  if (member === null || organization === null) return refuse('session_not_found');
  const verdict = check(call, member);
  if (isRefusal(verdict)) return verdict;
  const session = touch(call, found, minutes);
  if (isRefusal(session)) return session;
  putSession(call.project, session);
  return succeed({ ...(await memberAnswer(call, session, member, organization)), verdict });
};

/** `POST /v1/b2b/sessions/revoke`: one session, or all of a member. */
export const revokeMemberSession = async (call: Call): Promise<Result> => {
  const { member_id, ...others } = call.body;
  if (!isGiven(member_id)) {
    const session = await sessionToRevoke(call, 'member_session_id');
    if (isRefusal(session)) return session;
    revokeSession(call.project, session.sessionId);
    return succeed({});
  }
  const names = [others.member_session_id, others.session_token, others.session_jwt];
  if (names.some(isGiven)) return refuse('too_many_session_revoke_arguments');
  revokeSubject(call.project, String(member_id));
  return succeed({});
};

const memberAnswer = async (
  call: Call,
  session: Session,
  member: Member,
  organization: Organization,
): Promise<JsonObject> => {
  const { organization_id, organization_slug: slug } = organization;
  const roles = rolesOf(member);
  return {
    member_session: memberSessionObject(session, roles, slug),
    session_token: session.sessionToken,
    session_jwt: await sessionJwt(call, session, roles, { organization_id, slug }),
    member: memberObject(call.project, member),
    organization: organizationObject(organization),
  };
};

const check = ({ project, body }: Call, member: Member): JsonObject | undefined | Refusal => {
  const { authorization_check: wanted } = body;
  if (!isObject(wanted)) return undefined;
  if (wanted.organization_id !== member.organization_id) return refuse('session_authorization_tenancy_error');
  const granting_roles = grantingRoles(project, rolesOf(member), wanted);
  if (granting_roles.length === 0) return refuse('session_authorization_error');
  return { authorized: true, granting_roles };
};
