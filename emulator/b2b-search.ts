import type { Call } from './endpoint.ts';
import { isObject, isStrings, type JsonObject } from './json.ts';
import {
  allMembers,
  allOrganizations,
  isDeleted,
  type Member,
  memberObject,
  type Organization,
  organizationObject,
} from './organizations.ts';
import { isRefusal, type Refusal, type Result, refuse, succeed } from './result.ts';

const DEFAULT_LIMIT = 100;

/** `POST /v1/b2b/organizations/search`: by organization_ids, organization_slugs and member_emails; in one page. */
export const searchOrganizations = (call: Call): Result => {
  const { project } = call;
  const members = allMembers(project).filter(({ member_id }) => !isDeleted(project, member_id));
  const matches = readQuery<Organization>(call, {
    organization_ids: (organization) => [organization.organization_id],
    organization_slugs: (organization) => [organization.organization_slug],
    member_emails: ({ organization_id }) =>
      members.filter((member) => member.organization_id === organization_id).map(({ email }) => email),
  });
  if (isRefusal(matches)) return matches;
  const found = allOrganizations(project).filter(matches);
  return succeed({
    organizations: found.slice(0, limitOf(call)).map(organizationObject),
    results_metadata: { total: found.length, next_cursor: null },
  });
};

/** `POST /v1/b2b/organizations/members/search`: by member_ids and member_emails, in organizations that are named. */
export const searchMembers = (call: Call): Result => {
  const { project, body } = call;
  const { organization_ids: wanted } = body;
  if (!isStrings(wanted) || wanted.length === 0) return refuse('bad_request');
  const matches = readQuery<Member>(call, {
    member_ids: (member) => [member.member_id],
    member_emails: (member) => [member.email],
  });
  if (isRefusal(matches)) return matches;
  const organizations = allOrganizations(project).filter(({ organization_id }) =>
    wanted.includes(organization_id),
  );
  const ids = new Set(organizations.map(({ organization_id }) => organization_id));
  const found = allMembers(project).filter(
    (member) => ids.has(member.organization_id) && !isDeleted(project, member.member_id) && matches(member),
  );
  const used = new Set(found.map(({ organization_id }) => organization_id));
  return succeed({
    members: found.slice(0, limitOf(call)).map((member) => memberObject(project, member)),
    organizations: Object.fromEntries(
      organizations
        .filter(({ organization_id }) => used.has(organization_id))
        .map((organization) => [organization.organization_id, organizationObject(organization)]),
    ),
    results_metadata: { total: found.length, next_cursor: null },
  });
};

type Fields<T> = Readonly<Record<string, (each: T) => readonly string[]>>;

/** Each operand names a field and texts, one of which it must have; all operands must fit, or one with `OR`. */
const readQuery = <T>({ body }: Call, fields: Fields<T>): ((each: T) => boolean) | Refusal => {
  const query: JsonObject = isObject(body.query) ? body.query : {};
  const operands = Array.isArray(query.operands) ? query.operands : [];
  const filters: ((each: T) => boolean)[] = [];
  for (const operand of operands) {
    const { filter_name: name, filter_value: wanted } = isObject(operand) ? operand : {};
    if (typeof name !== 'string' || !Object.hasOwn(fields, name) || !isStrings(wanted))
      return refuse('bad_request');
    filters.push((each) => fields[name]?.(each).some((value) => wanted.includes(value)) === true);
  }
  if (filters.length === 0) return () => true;
  return query.operator === 'OR'
    ? (each) => filters.some((filter) => filter(each))
    : (each) => filters.every((filter) => filter(each));
};

const limitOf = ({ body: { limit } }: Call): number =>
  typeof limit === 'number' && limit > 0 ? limit : DEFAULT_LIMIT;
