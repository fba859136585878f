import {
  authenticateMemberPassword,
  authenticateMemberSession,
  revokeMemberSession,
} from './b2b-endpoints.ts';
import { searchMembers, searchOrganizations } from './b2b-search.ts';
import type { Call, Endpoint } from './endpoint.ts';
import { introspect } from './introspect.ts';
import { deleteClient, getClient, updateClient } from './m2m-change.ts';
import { createClient } from './m2m-create.ts';
import { cancelRotation, finishRotation, startRotation } from './m2m-rotate.ts';
import { searchClients } from './m2m-search.ts';
import { createMember, reactivateMember, removeMember, updateMember } from './members-endpoints.ts';
import { authenticatePassword, createPassword } from './passwords-endpoints.ts';
import { getEnvironment, getJwks, getTemplate, putTemplate, whoami } from './project-endpoints.ts';
import { refuse } from './result.ts';
import { authenticateSession, listSessions, revoke } from './sessions-endpoints.ts';
import { exchange, exchangeOnDomain } from './token.ts';
import { createUser, getUser, removeUser, searchUsers, updateUser } from './users-endpoints.ts';

const CLIENTS = '/v1/m2m/clients';
const CLIENT = `${CLIENTS}/:client_id`;
const MEMBERS = '/v1/b2b/organizations/:organization_id/members';
const MEMBER = `${MEMBERS}/:member_id`;
const ENVIRONMENT = '/pwa/v3/projects/:project_slug/environments/:environment_slug';
const TEMPLATE = `${ENVIRONMENT}/jwt_templates/M2M`;

type Handle = Endpoint['handle'];

const ours = (name: string, method: Endpoint['method'], path: string, handle: Handle): Endpoint => ({
  ...{ name, method, path, handle },
  access: 'project',
});

const oauth = (name: string, path: string, handle: Handle): Endpoint => ({
  ...{ name, path, handle, method: 'POST' },
  ...{ access: 'public', oauth: true },
});

const jwks = (path: string): Endpoint => ({
  ...{ name: 'jwks', method: 'GET', path, access: 'public', handle: getJwks },
});

/** Of the Management API. */
const managed = (name: string, method: 'GET' | 'PUT', path: string, handle: Handle): Endpoint => ({
  ...{ name, method, path, access: 'workspace' },
  handle: (call) => (isSlugged(call) ? handle(call) : refuse('project_not_found')),
});

const isSlugged = ({ project: { slugs }, params }: Call): boolean =>
  params.project_slug === slugs.project && params.environment_slug === slugs.environment;

/** Every operation of Stytch that is emulated; several paths may share a name. */
export const ENDPOINTS: readonly Endpoint[] = [
  ours('m2m.search', 'POST', `${CLIENTS}/search`, searchClients),
  ours('m2m.create', 'POST', CLIENTS, createClient),
  ours('m2m.get', 'GET', CLIENT, getClient),
  ours('m2m.update', 'PUT', CLIENT, updateClient),
  ours('m2m.delete', 'DELETE', CLIENT, deleteClient),
  ours('m2m.rotate.start', 'POST', `${CLIENT}/secrets/rotate/start`, startRotation),
  ours('m2m.rotate.cancel', 'POST', `${CLIENT}/secrets/rotate/cancel`, cancelRotation),
  ours('m2m.rotate', 'POST', `${CLIENT}/secrets/rotate`, finishRotation),
  oauth('token', '/v1/public/:project_id/oauth2/token', exchange),
  oauth('token', '/v1/oauth2/token', exchangeOnDomain),
  oauth('introspect', '/v1/public/:project_id/oauth2/introspect', introspect),
  jwks('/v1/sessions/jwks/:project_id'),
  jwks('/v1/b2b/sessions/jwks/:project_id'),
  jwks('/.well-known/jwks.json'),
  ours('users.search', 'POST', '/v1/users/search', searchUsers),
  ours('users.create', 'POST', '/v1/users', createUser),
  ours('users.get', 'GET', '/v1/users/:user_id', getUser),
  ours('users.update', 'PUT', '/v1/users/:user_id', updateUser),
  ours('users.delete', 'DELETE', '/v1/users/:user_id', removeUser),
  ours('passwords.authenticate', 'POST', '/v1/passwords/authenticate', authenticatePassword),
  ours('passwords.create', 'POST', '/v1/passwords', createPassword),
  ours('sessions.authenticate', 'POST', '/v1/sessions/authenticate', authenticateSession),
  ours('sessions.revoke', 'POST', '/v1/sessions/revoke', revoke),
  ours('sessions.get', 'GET', '/v1/sessions', listSessions),
  ours('b2b.passwords.authenticate', 'POST', '/v1/b2b/passwords/authenticate', authenticateMemberPassword),
  ours('b2b.sessions.authenticate', 'POST', '/v1/b2b/sessions/authenticate', authenticateMemberSession),
  ours('b2b.sessions.revoke', 'POST', '/v1/b2b/sessions/revoke', revokeMemberSession),
  ours('b2b.organizations.search', 'POST', '/v1/b2b/organizations/search', searchOrganizations),
  ours('b2b.members.search', 'POST', '/v1/b2b/organizations/members/search', searchMembers),
  ours('b2b.members.create', 'POST', MEMBERS, createMember),
  ours('b2b.members.update', 'PUT', MEMBER, updateMember),
  ours('b2b.members.delete', 'DELETE', MEMBER, removeMember),
  ours('b2b.members.reactivate', 'PUT', `${MEMBER}/reactivate`, reactivateMember),
  ours('debug.whoami', 'GET', '/v1/debug/whoami', whoami),
  managed('environment.get', 'GET', ENVIRONMENT, getEnvironment),
  managed('template.get', 'GET', TEMPLATE, getTemplate),
  managed('template.put', 'PUT', TEMPLATE, putTemplate),
];

/** The names that faults and counters know. */
export const ENDPOINT_NAMES: readonly string[] = [...new Set(ENDPOINTS.map(({ name }) => name))];
