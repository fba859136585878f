import { nowMs } from './clock.ts';
import { hashSecret } from './hash.ts';
import { makeId } from './ids.ts';
import { isObject, isStrings, type Json, type JsonObject } from './json.ts';
import { rotateKeys } from './keys.ts';
import { findClient, insertClient, updateClient } from './m2m-clients.ts';
import { findMemberByEmail, findOrganization, putMember, putOrganization } from './organizations.ts';
import { setPassword } from './passwords.ts';
import type { Project } from './project.ts';
import { readSetting, writeSetting } from './settings.ts';
import { emptyTables } from './tables.ts';
import { blankUser, findUser, findUserByEmail, putUser } from './users.ts';

/** Users, organizations and M2M clients to make: in Stytch's words, ids and passwords of people optional. */
export type Seed = {
  readonly users: readonly JsonObject[];
  readonly organizations: readonly JsonObject[];
  readonly clients: readonly JsonObject[];
};

const demo = (environment: string): Seed => ({
  users: [
    {
      ...{ user_id: `user-${environment}-ada00000-0000-4000-8000-000000000001`, email: 'ada@example.com' },
      ...{ password: 'correct horse battery staple', name: { first_name: 'Ada', last_name: 'Example' } },
    },
    {
      ...{ user_id: `user-${environment}-9ace0000-0000-4000-8000-000000000002`, email: 'grace@example.com' },
      ...{ password: 'tin whistle copper kettle', name: { first_name: 'Grace', last_name: 'Example' } },
    },
  ],
  organizations: [
    {
      organization_id: `organization-${environment}-0a900000-0000-4000-8000-000000000003`,
      ...{ organization_slug: 'example', organization_name: 'Example Organization' },
      members: [
        {
          ...{ member_id: `member-${environment}-3e3be000-0000-4000-8000-000000000004`, name: 'Lin Example' },
          ...{ email_address: 'lin@example.com', password: 'quiet lantern paper boat' },
          roles: ['stytch_member', 'stytch_admin'],
        },
      ],
    },
  ],
  clients: [
    {
      client_id: `m2m-client-${environment}-0e0e0e0e-0000-4000-8000-000000000001`,
      ...{ client_secret: 'copper-kettle-quiet-lantern', client_name: 'Operator' },
      scopes: ['latchkey:admin'],
    },
  ],
});

/** Makes the demo users at the very first start. */
export const seedOnce = async (project: Project): Promise<void> => {
  if (readSetting(project, 'seeded', false)) return;
  await seed(project, demo(project.environment));
  writeSetting(project, 'seeded', true);
};

/** Empties the project; its signing keys stay, unless they are to go as well. */
export const resetProject = async (
  project: Project,
  { keys, reseed }: { readonly keys: boolean; readonly reseed: boolean },
): Promise<void> => {
  project.background.drop();
  emptyTables(project.sql);
  if (keys) {
    project.sql.exec('DELETE FROM signing_keys');
    await rotateKeys(project);
  }
  if (reseed) await seed(project, demo(project.environment));
  writeSetting(project, 'seeded', true);
};

/** Checks a seed from the side door; the answer says what is wrong with it. */
export const readSeed = (value: JsonObject): Seed | string => {
  const { users = [], organizations = [], clients = [] } = value;
  if (!areObjects(users) || !areObjects(organizations) || !areObjects(clients))
    return 'users, organizations and clients must be arrays of objects';
  if (!users.every(({ email }) => typeof email === 'string')) return 'each user needs an email';
  const pairs = clients.every(
    ({ client_id, client_secret }) => typeof client_id === 'string' && typeof client_secret === 'string',
  );
  if (!pairs) return 'each client needs a client_id and a client_secret';
  const slugs = organizations.every(({ organization_slug }) => typeof organization_slug === 'string');
  return slugs ? { users, organizations, clients } : 'each organization needs an organization_slug';
};

/** Makes users, organizations, members and clients; one that is there already is changed. */
export const seed = async (project: Project, { users, organizations, clients }: Seed) => {
  const userIds: string[] = [];
  for (const user of users) userIds.push(await seedUser(project, user));
  const organizationIds: string[] = [];
  const memberIds: string[] = [];
  for (const organization of organizations) {
    const organizationId = seedOrganization(project, organization);
    organizationIds.push(organizationId);
    const members = areObjects(organization.members) ? organization.members : [];
    for (const member of members) memberIds.push(await seedMember(project, organizationId, member));
  }
  const clientIds: string[] = [];
  for (const client of clients) clientIds.push(await seedClient(project, client));
  return { userIds, organizationIds, memberIds, clientIds };
};

const seedUser = async (project: Project, wanted: JsonObject): Promise<string> => {
  const email = text(wanted.email);
  const userId = text(wanted.user_id) ?? makeId(project, 'user');
  const known =
    findUser(project, userId) ?? findUserByEmail(project, email ?? '') ?? blankUser(project, userId);
  putUser(project, {
    ...{ ...known, email: known.email ?? email ?? null, emailVerified: true },
    emailId: known.emailId === '' ? makeId(project, 'email') : known.emailId,
    externalId: text(wanted.external_id) ?? known.externalId,
    roles: isStrings(wanted.roles) ? wanted.roles : known.roles,
    name: isObject(wanted.name) ? wanted.name : known.name,
    trustedMetadata: isObject(wanted.trusted_metadata) ? wanted.trusted_metadata : known.trustedMetadata,
  });
  const password = text(wanted.password);
  if (password !== undefined)
    await setPassword(project, known.userId, password, wanted.requires_reset === true);
  return known.userId;
};

const seedOrganization = (project: Project, wanted: JsonObject): string => {
  const slug = text(wanted.organization_slug) ?? '';
  const known = findOrganization(project, text(wanted.organization_id) ?? slug);
  const organization_id =
    known?.organization_id ?? text(wanted.organization_id) ?? makeId(project, 'organization');
  putOrganization(project, {
    ...{
      organization_id,
      organization_slug: slug,
      organization_name: text(wanted.organization_name) ?? slug,
    },
    trusted_metadata: JSON.stringify(wanted.trusted_metadata ?? {}),
    created_ms: known?.created_ms ?? nowMs(project),
  });
  return organization_id;
};

const seedMember = async (project: Project, organization_id: string, wanted: JsonObject): Promise<string> => {
  const email = text(wanted.email_address) ?? '';
  const known = findMemberByEmail(project, organization_id, email);
  const member_id = known?.member_id ?? text(wanted.member_id) ?? makeId(project, 'member');
  putMember(project, {
    ...{ member_id, organization_id, email, name: text(wanted.name) ?? '' },
    roles: JSON.stringify(isStrings(wanted.roles) ? wanted.roles : ['stytch_member']),
    trusted_metadata: JSON.stringify(wanted.trusted_metadata ?? {}),
    created_ms: known?.created_ms ?? nowMs(project),
  });
  const password = text(wanted.password);
  if (password !== undefined) await setPassword(project, member_id, password);
  return member_id;
};

const seedClient = async (project: Project, wanted: JsonObject): Promise<string> => {
  const clientId = text(wanted.client_id) ?? '';
  const secret = text(wanted.client_secret) ?? '';
  const client = {
    ...{ clientId, name: text(wanted.client_name) ?? null, description: null, status: 'active' as const },
    scopes: isStrings(wanted.scopes) ? wanted.scopes : [],
    metadata: isObject(wanted.trusted_metadata) ? wanted.trusted_metadata : null,
    ...{ secretHash: await hashSecret(secret), secretLastFour: secret.slice(-4) },
    ...{ nextSecretHash: null, nextSecretLastFour: null },
  };
  const known = findClient(project, clientId);
  if (known === null) insertClient(project, client);
  else updateClient(project, { ...known, ...client });
  return clientId;
};

const text = (value: Json | undefined): string | undefined => (typeof value === 'string' ? value : undefined);

const areObjects = (value: Json | undefined): value is readonly JsonObject[] =>
  Array.isArray(value) && value.every(isObject);
