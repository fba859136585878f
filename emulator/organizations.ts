import { timestamp } from './clock.ts';
import type { JsonObject } from './json.ts';
import { findPassword, isLocked } from './passwords.ts';
import type { Project } from './project.ts';

/** An organization as it is stored. */
export type Organization = {
  readonly organization_id: string;
  readonly organization_slug: string;
  readonly organization_name: string;
  readonly trusted_metadata: string;
  readonly created_ms: number;
};

/** A member as it is stored. */
export type Member = {
  readonly member_id: string;
  readonly organization_id: string;
  readonly email: string;
  readonly name: string;
  readonly roles: string;
  readonly trusted_metadata: string;
  readonly created_ms: number;
};

/** Finds an organization by its id or its slug. */
export const findOrganization = (project: Project, id: string): Organization | null => {
  const query = 'SELECT * FROM organizations WHERE organization_id = ? OR organization_slug = ?';
  const [row] = project.sql.exec<Organization>(query, id, id);
  return row ?? null;
};

/** Every organization. */
export const allOrganizations = (project: Project): readonly Organization[] =>
  project.sql.exec<Organization>('SELECT * FROM organizations').toArray();

/** Every member of every organization, deleted ones too. */
export const allMembers = (project: Project): readonly Member[] =>
  project.sql.exec<Member>('SELECT * FROM members').toArray();

/** Finds a member by its id. */
export const findMember = (project: Project, memberId: string): Member | null => {
  const [row] = project.sql.exec<Member>('SELECT * FROM members WHERE member_id = ?', memberId);
  return row ?? null;
};

/** Finds a member of an organization by e-mail address, whatever its case. */
export const findMemberByEmail = (project: Project, organizationId: string, email: string): Member | null => {
  const query = 'SELECT * FROM members WHERE organization_id = ? AND email = ?';
  const [row] = project.sql.exec<Member>(query, organizationId, email);
  return row ?? null;
};

/** Adds an organization or replaces it. */
export const putOrganization = (project: Project, organization: Organization): void => {
  project.sql.exec(
    'INSERT OR REPLACE INTO organizations VALUES (?, ?, ?, ?, ?)',
    ...[organization.organization_id, organization.organization_slug, organization.organization_name],
    ...[organization.trusted_metadata, organization.created_ms],
  );
};

/** Adds a member or replaces it; one that was deleted is back. */
export const putMember = (project: Project, member: Member): void => {
  project.sql.exec('DELETE FROM deleted_members WHERE member_id = ?', member.member_id);
  project.sql.exec(
    'INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[member.member_id, member.organization_id, member.email, member.name],
    ...[member.roles, member.trusted_metadata, member.created_ms],
  );
};

/** Deletes a member, who may be reactivated. */
export const deleteMember = (project: Project, memberId: string): void => {
  project.sql.exec('INSERT OR IGNORE INTO deleted_members VALUES (?)', memberId);
};

/** Whether a member was deleted, and not reactivated since. */
export const isDeleted = (project: Project, memberId: string): boolean =>
  project.sql.exec('SELECT 1 FROM deleted_members WHERE member_id = ?', memberId).toArray().length > 0;

/** The ids of a member's roles. */
export const rolesOf = (member: Member): readonly string[] => JSON.parse(member.roles) as readonly string[];

/** Stytch's Organization object. */
export const organizationObject = (organization: Organization): JsonObject => ({
  organization_id: organization.organization_id,
  organization_name: organization.organization_name,
  organization_slug: organization.organization_slug,
  ...{
    organization_logo_url: '',
    organization_external_id: null,
    trusted_metadata: JSON.parse(organization.trusted_metadata),
  },
  ...{ sso_default_connection_id: null, sso_active_connections: [], scim_active_connection: null },
  ...{ sso_jit_provisioning: 'NOT_ALLOWED', sso_jit_provisioning_allowed_connections: [] },
  ...{ email_allowed_domains: [], email_jit_provisioning: 'NOT_ALLOWED', email_invites: 'ALL_ALLOWED' },
  ...{
    auth_methods: 'ALL_ALLOWED',
    allowed_auth_methods: [],
    mfa_policy: 'OPTIONAL',
    mfa_methods: 'ALL_ALLOWED',
  },
  ...{ allowed_mfa_methods: [], rbac_email_implicit_role_assignments: [], claimed_email_domains: [] },
  ...{ oauth_tenant_jit_provisioning: 'NOT_ALLOWED', allowed_oauth_tenants: {}, custom_roles: [] },
  ...{ first_party_connected_apps_allowed_type: 'ALL_ALLOWED', allowed_first_party_connected_apps: [] },
  ...{ third_party_connected_apps_allowed_type: 'ALL_ALLOWED', allowed_third_party_connected_apps: [] },
  created_at: timestamp(organization.created_ms),
  updated_at: timestamp(organization.created_ms),
});

/** Stytch's Member object. */
export const memberObject = (project: Project, member: Member): JsonObject => {
  const password = findPassword(project, member.member_id);
  const roles = rolesOf(member).map((role_id) => ({
    role_id,
    sources: [{ type: 'direct_assignment', details: {} }],
  }));
  return {
    ...{ organization_id: member.organization_id, member_id: member.member_id, external_id: null },
    ...{ email_address: member.email, email_address_verified: true, retired_email_addresses: [] },
    ...{
      status: isDeleted(project, member.member_id) ? 'deleted' : 'active',
      name: member.name,
      is_admin: rolesOf(member).includes('stytch_admin'),
      roles,
    },
    ...{ sso_registrations: [], oauth_registrations: [], scim_registration: null, is_breakglass: false },
    member_password_id: password?.password_id ?? '',
    ...{
      mfa_enrolled: false,
      mfa_phone_number: '',
      mfa_phone_number_verified: false,
      default_mfa_method: '',
    },
    ...{ totp_registration_id: '', is_locked: isLocked(project, password) },
    ...{ trusted_metadata: JSON.parse(member.trusted_metadata), untrusted_metadata: {} },
    created_at: timestamp(member.created_ms),
    updated_at: timestamp(member.created_ms),
  };
};
