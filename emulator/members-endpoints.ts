import { nowMs } from './clock.ts';
import type { Call } from './endpoint.ts';
import { announceMember } from './events.ts';
import { makeId } from './ids.ts';
import { isStrings, type JsonObject } from './json.ts';
import { mergeMetadata } from './metadata.ts';
import {
  deleteMember,
  findMember,
  findMemberByEmail,
  findOrganization,
  isDeleted,
  type Member,
  memberObject,
  type Organization,
  organizationObject,
  putMember,
  rolesOf,
} from './organizations.ts';
import { isRefusal, type Refusal, type Result, refuse, succeed } from './result.ts';
import { revokeSubject } from './sessions.ts';

/** `POST /v1/b2b/organizations/{organization_id}/members` */
export const createMember = (call: Call): Result => {
  const { project, params, body } = call;
  const organization = findOrganization(project, params.organization_id ?? '');
  if (organization === null) return refuse('organization_not_found');
  const { email_address: email } = body;
  if (typeof email !== 'string' || !/^[^@\s]+@[^@\s]+$/.test(email)) return refuse('invalid_email');
  const { organization_id } = organization;
  if (findMemberByEmail(project, organization_id, email) !== null) return refuse('duplicate_member_email');
  const member = applyFields(
    {
      ...{ member_id: makeId(project, 'member'), organization_id, email, name: '' },
      ...{ roles: '["stytch_member"]', trusted_metadata: '{}', created_ms: nowMs(project) },
    },
    body,
  );
  if (isRefusal(member)) return member;
  putMember(project, member);
  announceMember(project, 'CREATE', member);
  return answer(call, member, organization);
};

/** `PUT /v1/b2b/organizations/{organization_id}/members/{member_id}` */
export const updateMember = (call: Call): Result => {
  const found = findActive(call);
  if (isRefusal(found)) return found;
  const member = applyFields(found.member, call.body);
  if (isRefusal(member)) return member;
  putMember(call.project, member);
  announceMember(call.project, 'UPDATE', member);
  return answer(call, member, found.organization);
};

/** `DELETE /v1/b2b/organizations/{organization_id}/members/{member_id}`: the member is kept, to be reactivated. */
export const removeMember = (call: Call): Result => {
  const found = findActive(call);
  if (isRefusal(found)) return found;
  const { member } = found;
  deleteMember(call.project, member.member_id);
  revokeSubject(call.project, member.member_id);
  announceMember(call.project, 'DELETE', member);
  return succeed({ member_id: member.member_id });
};

/** `PUT …/members/{member_id}/reactivate`: of one that is not deleted, it changes nothing. */
export const reactivateMember = (call: Call): Result => {
  const found = find(call);
  if (isRefusal(found)) return found;
  const { member, organization } = found;
  const wasDeleted = isDeleted(call.project, member.member_id);
  putMember(call.project, member);
  if (wasDeleted) announceMember(call.project, 'UPDATE', member);
  return answer(call, member, organization);
};

type Found = { readonly member: Member; readonly organization: Organization };

const find = ({ project, params }: Call): Found | Refusal => {
  const organization = findOrganization(project, params.organization_id ?? '');
  if (organization === null) return refuse('organization_not_found');
  const member = findMember(project, params.member_id ?? '');
  return member?.organization_id === organization.organization_id
    ? { member, organization }
    : refuse('member_not_found');
};

const findActive = (call: Call): Found | Refusal => {
  const found = find(call);
  const isGone = !isRefusal(found) && isDeleted(call.project, found.member.member_id);
  return isGone ? refuse('member_not_found') : found;
};

const applyFields = (member: Member, { name, roles, trusted_metadata }: JsonObject): Member | Refusal => {
  if (roles !== undefined && !isStrings(roles)) return refuse('bad_request');
  const metadata = mergeMetadata(JSON.parse(member.trusted_metadata) as JsonObject, trusted_metadata);
  if (isRefusal(metadata)) return metadata;
  const given = roles === undefined ? rolesOf(member) : ['stytch_member', ...roles];
  return {
    ...{ ...member, name: typeof name === 'string' ? name : member.name },
    roles: JSON.stringify([...new Set(given)]),
    trusted_metadata: JSON.stringify(metadata),
  };
};

const answer = ({ project }: Call, member: Member, organization: Organization): Result =>
  succeed({
    member_id: member.member_id,
    member: memberObject(project, member),
    organization: organizationObject(organization),
  });
