import {
  authenticateMemberPassword,
  authenticateMemberSession,
  revokeMemberSession,
} from './b2b-endpoints.ts';
import type { Endpoint } from './endpoint.ts';
import { deleteClient, getClient, updateClient } from './m2m-change.ts';
import { createClient } from './m2m-create.ts';
import { cancelRotation, finishRotation, startRotation } from './m2m-rotate.ts';
import { searchClients } from './m2m-search.ts';
import { authenticatePassword, createPassword } from './passwords-endpoints.ts';
import { getJwks, getTemplate, putTemplate, whoami } from './project-endpoints.ts';
import { authenticateSession, listSessions, revoke } from './sessions-endpoints.ts';
import { exchange, exchangeOnDomain } from './token.ts';
import { createUser, getUser, removeUser, searchUsers, updateUser } from './users-endpoints.ts';

const CLIENTS = '/v1/m2m/clients';
const CLIENT = `${CLIENTS}/:client_id`;
const TEMPLATE = '/pwa/v3/projects/:project_slug/environments/:environment_slug/jwt_templates/M2M';

/** Every operation of Stytch that is emulated; several paths may share a name. */
export const ENDPOINTS: readonly Endpoint[] = [
  ...([
    {
      name: 'm2m.search',
      method: 'POST',
      path: `${CLIENTS}/search`,
      access: 'project',
      handle: searchClients,
    },
    { name: 'm2m.create', method: 'POST', path: CLIENTS, access: 'project', handle: createClient },
    { name: 'm2m.get', method: 'GET', path: CLIENT, access: 'project', handle: getClient },
    { name: 'm2m.update', method: 'PUT', path: CLIENT, access: 'project', handle: updateClient },
    { name: 'm2m.delete', method: 'DELETE', path: CLIENT, access: 'project', handle: deleteClient },
  ] as const),
  ...[
    { name: 'm2m.rotate.start', path: `${CLIENT}/secrets/rotate/start`, handle: startRotation },
    { name: 'm2m.rotate.cancel', path: `${CLIENT}/secrets/rotate/cancel`, handle: cancelRotation },
    { name: 'm2m.rotate', path: `${CLIENT}/secrets/rotate`, handle: finishRotation },
    { name: 'users.search', path: '/v1/users/search', handle: searchUsers },
    { name: 'users.create', path: '/v1/users', handle: createUser },
    { name: 'passwords.authenticate', path: '/v1/passwords/authenticate', handle: authenticatePassword },
    { name: 'passwords.create', path: '/v1/passwords', handle: createPassword },
    { name: 'sessions.authenticate', path: '/v1/sessions/authenticate', handle: authenticateSession },
    { name: 'sessions.revoke', path: '/v1/sessions/revoke', handle: revoke },
    {
      name: 'b2b.passwords.authenticate',
      path: '/v1/b2b/passwords/authenticate',
      handle: authenticateMemberPassword,
    },
    {
      name: 'b2b.sessions.authenticate',
      path: '/v1/b2b/sessions/authenticate',
      handle: authenticateMemberSession,
    },
    { name: 'b2b.sessions.revoke', path: '/v1/b2b/sessions/revoke', handle: revokeMemberSession },
  ].map((endpoint) => ({ ...endpoint, method: 'POST', access: 'project' }) as const),
  ...([
    { name: 'users.get', method: 'GET', path: '/v1/users/:user_id', access: 'project', handle: getUser },
    {
      name: 'users.update',
      method: 'PUT',
      path: '/v1/users/:user_id',
      access: 'project',
      handle: updateUser,
    },
    {
      name: 'users.delete',
      method: 'DELETE',
      path: '/v1/users/:user_id',
      access: 'project',
      handle: removeUser,
    },
    { name: 'sessions.get', method: 'GET', path: '/v1/sessions', access: 'project', handle: listSessions },
    { name: 'debug.whoami', method: 'GET', path: '/v1/debug/whoami', access: 'project', handle: whoami },
    { name: 'template.get', method: 'GET', path: TEMPLATE, access: 'workspace', handle: getTemplate },
    { name: 'template.put', method: 'PUT', path: TEMPLATE, access: 'workspace', handle: putTemplate },
  ] as const),
  ...['/v1/sessions/jwks/:project_id', '/v1/b2b/sessions/jwks/:project_id', '/.well-known/jwks.json'].map(
    (path) => ({ name: 'jwks', method: 'GET', path, access: 'public', handle: getJwks }) as const,
  ),
  ...[
    { path: '/v1/public/:project_id/oauth2/token', handle: exchange },
    { path: '/v1/oauth2/token', handle: exchangeOnDomain },
  ].map(
    (endpoint) => ({ name: 'token', method: 'POST', access: 'public', oauth: true, ...endpoint }) as const,
  ),
];

/** The names that faults and counters know. */
export const ENDPOINT_NAMES: readonly string[] = [...new Set(ENDPOINTS.map(({ name }) => name))];
