import { latchkeyFor } from '../src/assemble.ts';
import settings from './settings.ts';
import { type Isolate, isolate, oddToken, PROJECT } from './world.ts';

/** Somebody who may look at an owner's keys, where they are served to him. */
export interface Visitor {
  readonly here: Isolate;
  /** `/v1`, `/v1/organization` or `/v1/users/…`. */
  readonly base: string;
  readonly credential: string;
}

const OPERATOR = 'm2m-client-test-00000000-0000-4000-8000-00000000000a';

const withOperators = latchkeyFor({ ...settings, operators: [OPERATOR] });

const withMembers = latchkeyFor({
  ...settings,
  stytch: { projectId: PROJECT, vertical: 'b2b' },
  roles: { stytch_member: ['items:read'], keymaster: ['items:read', 'items:write'] },
  desk: { organizationRoles: ['keymaster'] },
});

/** An operator, at a user's place. */
export const operatorOf = async (userId: string, scope = 'latchkey:admin'): Promise<Visitor> => ({
  here: isolate({}, withOperators),
  base: `/v1/users/${userId}`,
  credential: await oddToken({ kind: 'm2m', claims: { sub: OPERATOR, scope } }),
});

/** A member of a new organisation, at its place. */
export const memberWith = async (
  roles: readonly string[],
  organizationId = `organization-test-${crypto.randomUUID()}`,
): Promise<Visitor> => {
  const session = {
    id: 'member-session-test-1',
    expires_at: new Date(Date.now() + 600_000).toISOString().replace(/\.\d+/, ''),
    roles,
  };
  const claims = {
    sub: `member-test-${crypto.randomUUID()}`,
    'https://stytch.com/session': session,
    'https://stytch.com/organization': { organization_id: organizationId, slug: 'example' },
  };
  return {
    here: isolate({}, withMembers),
    base: '/v1/organization',
    credential: await oddToken({ kind: 'memberSession', claims }),
  };
};

/** What a visitor is answered. */
export const visit = ({ here, base, credential }: Visitor, method: string, path: string, body?: unknown) =>
  here.desk(credential, method, `${base}${path}`, body);
